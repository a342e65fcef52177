"""Scripted faults of Rekognition: boto3 maps each to its modelled exception, and its own retries meet the ones that pass."""

import pytest

GET_ERRORS = [
    ("AccessDeniedException", 400),
    ("InternalServerError", 500),
    ("InvalidParameterException", 400),
    ("ProvisionedThroughputExceededException", 400),
    ("SessionNotFoundException", 400),
    ("ThrottlingException", 400),
]
CREATE_ERRORS = [(name, status) for name, status in GET_ERRORS if name != "SessionNotFoundException"]


def assert_modelled(client, call, name, status):
    with pytest.raises(getattr(client.exceptions, name)) as refused:
        call()
    response = refused.value.response
    assert response["Error"]["Code"] == name
    # The model gives these shapes no status: awsJson answers 400 for the caller's errors and 500 for the service's.
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(("name", "status"), GET_ERRORS, ids=lambda value: str(value))
def test_results_fail_as_often_as_scripted(prooflight, rekognition, name, status):
    session_id = rekognition.create_face_liveness_session()["SessionId"]
    prooflight.script_error(name, times=2, session_id=session_id)

    def get():
        return rekognition.get_face_liveness_session_results(SessionId=session_id)

    assert_modelled(rekognition, get, name, status)
    assert_modelled(rekognition, get, name, status)
    assert get()["Status"] == "CREATED"


def test_a_fault_concerns_its_session_alone(prooflight, rekognition):
    troubled, other = (rekognition.create_face_liveness_session()["SessionId"] for _ in range(2))
    prooflight.script_error("ThrottlingException", session_id=troubled)
    assert rekognition.get_face_liveness_session_results(SessionId=other)["Status"] == "CREATED"
    with pytest.raises(rekognition.exceptions.ThrottlingException):
        rekognition.get_face_liveness_session_results(SessionId=troubled)


@pytest.mark.parametrize(("name", "status"), CREATE_ERRORS, ids=lambda value: str(value))
def test_creation_fails_as_often_as_scripted(prooflight, rekognition, name, status):
    prooflight.script_error(name)
    assert_modelled(rekognition, rekognition.create_face_liveness_session, name, status)
    assert rekognition.create_face_liveness_session()["SessionId"]


@pytest.mark.parametrize("name", ["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"])
def test_boto3_retries_what_passes(prooflight, name):
    patient = prooflight.client("rekognition", retries={"mode": "standard", "total_max_attempts": 3})
    session_id = patient.create_face_liveness_session()["SessionId"]
    prooflight.script_error(name, times=1, session_id=session_id)
    answer = patient.get_face_liveness_session_results(SessionId=session_id)
    assert answer["Status"] == "CREATED" and answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_an_unknown_error_cannot_be_scripted(prooflight, rekognition):
    session_id = rekognition.create_face_liveness_session()["SessionId"]
    code, answer = prooflight.dev("outcome", {"sessionId": session_id, "error": "BadMoodException"})
    assert 400 <= code < 500, answer
    assert rekognition.get_face_liveness_session_results(SessionId=session_id)["Status"] == "CREATED"
