"""Every way through the shipped state machine, with the functions as they are."""

import pytest
from cloud import CONSENT, somebody, until


def test_approved_and_enrolled(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "onboarding", consent=CONSENT)
    cloud.check(subject, verification, 95.0, "obama.jpg")
    status, said, path = cloud.outcome(execution)
    assert status == "SUCCEEDED", said
    assert (said["status"], said["verificationId"]) == ("approved", verification)
    assert said["enrolment"] == {"verificationId": verification, "state": "enrolled"}
    assert len(cloud.enrolled(verification)) == 1
    assert path == ["OpenVerification", "WhatWasDecided", "EnrollFace", "Approved"]


def test_approved_under_a_policy_that_enrols_nobody(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "liveness")
    cloud.check(subject, verification, 95.0)
    status, said, path = cloud.outcome(execution)
    assert status == "SUCCEEDED", said
    assert (said["status"], said["policy"]) == ("approved", "liveness")
    assert "enrolment" not in said
    assert path == ["OpenVerification", "WhatWasDecided", "EnrollFace", "Approved"]


def test_denied_and_shown_another_way(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "liveness")
    while cloud.check(subject, verification, 12.0)["status"] == "open":
        pass
    status, said, path = cloud.outcome(execution)
    assert status == "SUCCEEDED", said
    assert (said["status"], said["reasons"]) == ("denied", ["attempts_exhausted"])
    assert path == ["OpenVerification", "WhatWasDecided", "AskForAnotherWay", "Denied"]
    asked = cloud.told(verification, "AlternativeMethodNeeded")
    assert asked == {"schemaVersion": 1, "verificationId": verification, "policy": "liveness", "policyVersion": said["policyVersion"]}


def in_review(cloud, subject, photo=None):
    """An execution that waits for a person."""
    execution, verification = cloud.start(subject, "onboarding", consent=CONSENT)
    assert cloud.check(subject, verification, 70.0, photo)["status"] == "in_review"
    until(
        lambda: cloud.items(verification)["verification"]["document"]["waiting"] and "AwaitVerdict" in cloud.path(execution),
        "nobody waits for the verdict",
    )
    return execution, verification


@pytest.mark.parametrize(
    "verdict, reason, end",
    [
        ("approved", "live_person", ["EnrollFace", "Approved"]),
        ("denied", "not_live", ["AskForAnotherWay", "Denied"]),
    ],
)
def test_in_review_and_then_judged(cloud, verdict, reason, end):
    execution, verification = in_review(cloud, somebody(), "biden.jpg")
    cloud.judge(verification, verdict, reason)
    status, said, path = cloud.outcome(execution)
    assert (status, said["status"]) == ("SUCCEEDED", verdict)
    assert path == ["OpenVerification", "WhatWasDecided", "AwaitVerdict", "WhatWasSaid", *end]
    assert cloud.told(verification, "VerificationInReview")["status"] == "in_review"
    assert cloud.told(verification, "VerificationDecided")["status"] == verdict


def test_judged_before_the_workflow_waits_for_it(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "onboarding", consent=CONSENT)
    with cloud.stream_held_up():
        assert cloud.check(subject, verification, 70.0)["status"] == "in_review"
        cloud.judge(verification, "approved", "same_person")
        assert cloud.standing(verification)["status"] == "approved"
        assert cloud.path(execution) == ["OpenVerification"]
    status, said, path = cloud.outcome(execution)
    assert status == "SUCCEEDED", said
    assert (said["status"], said["enrolment"]["state"]) == ("approved", "enrolled")
    assert path == ["OpenVerification", "WhatWasDecided", "AwaitVerdict", "WhatWasSaid", "EnrollFace", "Approved"]


def test_expired_by_the_schedule(cloud):
    execution, verification = cloud.start(somebody(), "liveness")
    cloud.make_older(verification, "createdAt", hours=1)
    status, said, path = cloud.outcome(execution)
    assert (status, said, path) == ("FAILED", "VerificationExpired", ["OpenVerification", "Expired"])
    decided = cloud.told(verification, "VerificationDecided")
    assert (decided["status"], decided["reasons"]) == ("expired", ["timed_out"])


def test_expired_in_review_by_the_schedule(cloud):
    execution, verification = in_review(cloud, somebody())
    cloud.make_older(verification, "decidedAt", hours=73)
    status, said, path = cloud.outcome(execution)
    assert (status, said) == ("FAILED", "VerificationExpired")
    assert path == ["OpenVerification", "WhatWasDecided", "AwaitVerdict", "Expired"]


def test_a_workflow_that_nobody_answers_ends_and_hears_no_late_answer(cloud):
    subject = somebody()
    impatient = cloud.altered("OpenVerification", lambda state: state.update(TimeoutSeconds=4))
    execution, verification = cloud.start(subject, "liveness", machine=impatient)
    assert cloud.outcome(execution) == ("FAILED", "VerificationExpired", ["OpenVerification", "Expired"])
    # The verification itself lives on, and that its answer comes too late is nobody's failure.
    cloud.check(subject, verification, 95.0)
    assert cloud.told(verification, "VerificationDecided")["status"] == "approved"
    assert cloud.outcome(execution)[0] == "FAILED"
    assert any('"too_late":1' in line for line in cloud.logged("PublishDecisionLog"))


def test_erased_while_the_workflow_waits_for_the_check(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "liveness")
    erased(cloud, subject, execution, verification)
    assert cloud.path(execution) == ["OpenVerification", "Erased"]


def test_erased_while_the_workflow_waits_for_the_verdict(cloud):
    subject = somebody()
    execution, verification = in_review(cloud, subject)
    assert cloud.images(verification)
    erased(cloud, subject, execution, verification)
    assert cloud.path(execution) == ["OpenVerification", "WhatWasDecided", "AwaitVerdict", "Erased"]


def without_waiting(state):
    """MiniStack forgets the error of a function whose answer comes by a token, and waits on. On AWS the step fails by that name."""
    state["Resource"] = state["Resource"].removesuffix(".waitForTaskToken")
    del state["Arguments"]["Payload"]["taskToken"]


def test_nothing_is_opened_for_a_subject_who_is_being_erased(cloud):
    subject = somebody()
    cloud.expect(202, "a service", "POST", "/erasures", {"subject": subject})
    execution = cloud.begin(subject, "liveness", machine=cloud.altered("OpenVerification", without_waiting))
    assert cloud.outcome(execution) == ("FAILED", "VerificationErased", ["OpenVerification", "Erased"])


def test_a_refusal_fails_the_workflow_by_its_name(cloud):
    machine = cloud.altered("OpenVerification", without_waiting)
    for policy, error in [("nothing", "PolicyUnknown"), ("onboarding", "ConsentRequired"), ("step-up", "NotEnrolled")]:
        assert cloud.outcome(cloud.begin(somebody(), policy, machine=machine)) == ("FAILED", error, ["OpenVerification"])


def erased(cloud, subject, execution, verification):
    """Has the subject erased: the execution says so, and nothing is left."""
    cloud.expect(202, "a service", "POST", "/erasures", {"subject": subject})
    status, said, _ = cloud.outcome(execution)
    assert (status, said) == ("FAILED", "VerificationErased")
    cloud.told(verification, "VerificationErased")
    until(lambda: not cloud.items(verification) and not cloud.images(verification), "something is left")
