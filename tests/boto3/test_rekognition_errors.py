"""Scripted faults of Rekognition: boto3 maps each to its modelled exception, and its own retries meet the ones that pass."""

import pytest
from botocore.loaders import Loader

RESULT_ERRORS = [
    "AccessDeniedException",
    "InternalServerError",
    "InvalidParameterException",
    "ProvisionedThroughputExceededException",
    "SessionNotFoundException",
    "ThrottlingException",
]
# The model names no status, but says whose fault an error is; awsJson answers 400 for the caller's and 500 for the service's.
FAULTS_OF_THE_SERVICE = {"InternalServerError", "ThrottlingException"}
CREATION_ERRORS = [name for name in RESULT_ERRORS if name != "SessionNotFoundException"]


def test_these_are_all_errors_of_the_model(rekognition):
    model = rekognition.meta.service_model
    assert {shape.name for shape in model.operation_model("GetFaceLivenessSessionResults").error_shapes} == set(RESULT_ERRORS)
    assert {shape.name for shape in model.operation_model("CreateFaceLivenessSession").error_shapes} == set(CREATION_ERRORS)
    shapes = Loader().load_service_model("rekognition", "service-2")["shapes"]
    assert {name for name in RESULT_ERRORS if shapes[name].get("fault")} == FAULTS_OF_THE_SERVICE


def assert_modelled(client, call, name):
    with pytest.raises(getattr(client.exceptions, name)) as refused:
        call()
    response = refused.value.response
    assert response["Error"]["Code"] == name
    assert response["ResponseMetadata"]["HTTPStatusCode"] == (500 if name in FAULTS_OF_THE_SERVICE else 400)
    assert response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize("name", RESULT_ERRORS)
def test_results_fail_as_often_as_scripted(prooflight, rekognition, name):
    session_id = rekognition.create_face_liveness_session()["SessionId"]
    prooflight.script_error(name, times=2, session_id=session_id)

    def get():
        return rekognition.get_face_liveness_session_results(SessionId=session_id)

    assert_modelled(rekognition, get, name)
    assert_modelled(rekognition, get, name)
    assert get()["Status"] == "CREATED"


def test_a_fault_concerns_its_session_alone(prooflight, rekognition):
    troubled, other = (rekognition.create_face_liveness_session()["SessionId"] for _ in range(2))
    prooflight.script_error("ThrottlingException", session_id=troubled)
    assert rekognition.get_face_liveness_session_results(SessionId=other)["Status"] == "CREATED"
    with pytest.raises(rekognition.exceptions.ThrottlingException):
        rekognition.get_face_liveness_session_results(SessionId=troubled)


@pytest.mark.parametrize("name", CREATION_ERRORS)
def test_creation_fails_as_often_as_scripted(prooflight, rekognition, name):
    prooflight.script_error(name)
    assert_modelled(rekognition, rekognition.create_face_liveness_session, name)
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
