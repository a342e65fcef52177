"""Every way through the shipped state machine, with the functions as they are."""

import uuid

CONSENT = {"version": "2026-11"}


def somebody():
    return f"subject-{uuid.uuid4()}"


def test_approved_and_enrolled(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "onboarding", consent=CONSENT)
    cloud.check(subject, verification, 95.0, "obama.jpg")
    status, said, path = cloud.outcome(execution)
    assert status == "SUCCEEDED", said
    assert (said["status"], said["verificationId"]) == ("approved", verification)
    assert said["enrolment"] == {"verificationId": verification, "state": "enrolled"}
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
