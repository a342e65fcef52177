"""Invoke: the functions of the stack called directly, as Step Functions does."""

import io
import json
import uuid

import pytest
from botocore.exceptions import ClientError

ISSUER = "https://prooflight.local/"


@pytest.fixture
def functions(prooflight):
    return prooflight.client("lambda")


def invoke(functions, name, event, **parameters):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **parameters)
    payload = answer["Payload"].read()
    return answer.get("FunctionError"), json.loads(payload) if payload else None


def a_task(**request):
    subject = {"issuer": ISSUER, "subject": f"subject-{uuid.uuid4()}"}
    return {"subject": subject, "idempotencyKey": str(uuid.uuid4()), "request": request}


@pytest.mark.parametrize(
    "name",
    [
        "open-verification",
        "prooflight-local-open-verification",
        "arn:aws:lambda:us-east-1:000000000000:function:prooflight-local-open-verification",
        "open-verification:live",
    ],
)
def test_a_function_is_found_by_any_of_its_names(functions, name):
    error, opened = invoke(functions, name, a_task(policy="liveness"))
    assert error is None
    assert opened["status"] == "open" and opened["policy"] == "liveness"


def test_a_task_that_is_delivered_again_opens_nothing_more(functions):
    task = a_task(externalReference="order-7")
    first, second = invoke(functions, "open-verification", task), invoke(functions, "open-verification", task)
    assert first[1]["verificationId"] == second[1]["verificationId"]


@pytest.mark.parametrize(
    "name, event, error_type",
    [
        ("open-verification", {"nonsense": True}, "Malformed"),
        ("open-verification", a_task() | {"subject": {"issuer": "https://other.example/", "subject": "alice"}}, "Malformed"),
        ("open-verification", a_task(policy="nothing"), "PolicyUnknown"),
        ("open-verification", a_task(policy="onboarding"), "ConsentRequired"),
        ("open-verification", a_task(policy="step-up"), "NotEnrolled"),
        ("enroll-face", {"verificationId": "ver_" + "0" * 32}, "NotFound"),
        ("enroll-face", {"verificationId": "nonsense"}, "NotFound"),
    ],
)
def test_a_refusal_has_a_name_that_a_state_machine_can_catch(functions, name, event, error_type):
    error, answer = invoke(functions, name, event)
    assert error == "Unhandled"
    assert answer["errorType"] == error_type and answer["errorMessage"]


def test_a_face_is_not_enrolled_from_what_is_not_approved(functions):
    _, opened = invoke(functions, "open-verification", a_task(policy="onboarding", consent={"version": "2026-11"}))
    error, answer = invoke(functions, "enroll-face", {"verificationId": opened["verificationId"]})
    assert (error, answer["errorType"]) == ("Unhandled", "NotEnrollable")


def test_clean_up_says_what_it_did(functions):
    error, report = invoke(functions, "cleanup", {})
    assert error is None
    assert report["failed"] == 0 and report["verificationsSettled"] >= 0


def test_nobody_waits_for_an_event(functions):
    answer = functions.invoke(FunctionName="cleanup", InvocationType="Event", Payload=io.BytesIO(b"{}"))
    assert answer["StatusCode"] == 202


def test_what_cannot_be_invoked_is_refused(functions):
    with pytest.raises(ClientError) as refused:
        functions.invoke(FunctionName="nothing", Payload=b"{}")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(ClientError) as refused:
        functions.invoke(FunctionName="cleanup", Payload=b"{")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestContentException"
