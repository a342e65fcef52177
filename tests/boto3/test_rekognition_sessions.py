"""CreateFaceLivenessSession and GetFaceLivenessSessionResults, through the newest boto3 and its model of the service."""

import re
import uuid

import pytest
from botocore.exceptions import ClientError

SESSION_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
JPEG = b"\xff\xd8\xff"
IMAGE_LIMIT = 204_800


def create(rekognition, **parameters):
    return rekognition.create_face_liveness_session(**parameters)["SessionId"]


def results(rekognition, session_id):
    answer = rekognition.get_face_liveness_session_results(SessionId=session_id)
    metadata = answer.pop("ResponseMetadata")
    assert metadata["HTTPStatusCode"] == 200 and metadata["RequestId"]
    return answer


def assert_image(image):
    assert image["Bytes"].startswith(JPEG) and len(image["Bytes"]) <= IMAGE_LIMIT
    box = image["BoundingBox"]
    assert 0 < box["Width"] <= 1 and 0 < box["Height"] <= 1
    assert 0 <= box["Left"] <= 1 and 0 <= box["Top"] <= 1


def test_a_new_session_is_created_and_nothing_more(rekognition):
    session_id = create(rekognition)
    assert SESSION_ID.fullmatch(session_id)
    assert results(rekognition, session_id) == {"SessionId": session_id, "Status": "CREATED"}


def test_a_session_that_succeeded_has_a_score_images_and_feedback(prooflight, rekognition):
    session_id = create(rekognition, Settings={"AuditImagesLimit": 2})
    prooflight.script(session_id, confidence=97.5, referenceImage=True, auditImages=2, feedback=["LOW_LIGHTING_DETECTED", "FACE_NOT_ALIGNED"])

    answer = results(rekognition, session_id)

    assert answer["Status"] == "SUCCEEDED"
    assert answer["Confidence"] == pytest.approx(97.5)
    assert_image(answer["ReferenceImage"])
    assert len(answer["AuditImages"]) == 2
    for image in answer["AuditImages"]:
        assert_image(image)
    assert [entry["Code"] for entry in answer["Feedback"]] == ["LOW_LIGHTING_DETECTED", "FACE_NOT_ALIGNED"]
    assert all(entry["Message"] for entry in answer["Feedback"])
    assert answer["Challenge"]["Type"] == "FaceMovementAndLightChallenge"
    assert re.fullmatch(r"\d+\.\d+\.\d+", answer["Challenge"]["Version"])


def test_a_session_can_succeed_without_a_reference_image(prooflight, rekognition):
    session_id = create(rekognition, Settings={"AuditImagesLimit": 4})
    prooflight.script(session_id, confidence=90.0, referenceImage=False, auditImages=0)
    answer = results(rekognition, session_id)
    assert answer["Status"] == "SUCCEEDED" and "ReferenceImage" not in answer and not answer.get("AuditImages")


@pytest.mark.parametrize("status", ["CREATED", "IN_PROGRESS", "FAILED", "EXPIRED"])
def test_only_success_has_a_score(prooflight, rekognition, status):
    session_id = create(rekognition)
    prooflight.script(session_id, status)
    answer = results(rekognition, session_id)
    assert answer["Status"] == status
    assert not {"Confidence", "ReferenceImage", "AuditImages", "Feedback"} & answer.keys()


@pytest.mark.parametrize("confidence", [0.0, 50.25, 100.0])
def test_confidence_is_on_the_scale_of_0_to_100(prooflight, rekognition, confidence):
    session_id = create(rekognition)
    prooflight.script(session_id, confidence=confidence)
    assert results(rekognition, session_id)["Confidence"] == pytest.approx(confidence)


def test_after_three_minutes_session_score_and_images_are_gone(prooflight, rekognition):
    waiting, finished = create(rekognition), create(rekognition)
    prooflight.script(finished, confidence=99.0)

    prooflight.advance(170)
    assert results(rekognition, waiting)["Status"] == "CREATED"
    assert results(rekognition, finished)["Status"] == "SUCCEEDED"

    prooflight.advance(11)
    for session_id in (waiting, finished):
        assert results(rekognition, session_id) == {"SessionId": session_id, "Status": "EXPIRED"}


def test_the_movement_challenge_can_be_preferred(prooflight, rekognition):
    session_id = create(rekognition, Settings={"ChallengePreferences": [{"Type": "FaceMovementChallenge"}]})
    prooflight.script(session_id, confidence=80.0)
    assert results(rekognition, session_id)["Challenge"]["Type"] == "FaceMovementChallenge"


def test_both_challenges_can_be_preferred_with_versions(rekognition):
    light = {"Type": "FaceMovementAndLightChallenge", "Versions": {"Minimum": "1.0.0", "Maximum": "2.0.0"}}
    movement = {"Type": "FaceMovementChallenge", "Versions": {"Minimum": "1.0.0"}}
    assert create(rekognition, Settings={"ChallengePreferences": [light, movement]})


@pytest.mark.parametrize("limit", range(5))
def test_none_to_four_audit_images(prooflight, rekognition, limit):
    session_id = create(rekognition, Settings={"AuditImagesLimit": limit})
    prooflight.script(session_id, confidence=95.0, auditImages=limit)
    assert len(results(rekognition, session_id).get("AuditImages", [])) == limit


def test_the_same_token_is_the_same_session(rekognition):
    token = f"token-{uuid.uuid4()}"
    first = create(rekognition, ClientRequestToken=token)
    assert create(rekognition, ClientRequestToken=token) == first
    assert create(rekognition, ClientRequestToken=f"{token}-2") != first
    assert create(rekognition) != create(rekognition)


def test_the_same_token_with_other_settings_is_refused(rekognition):
    token = f"token-{uuid.uuid4()}"
    create(rekognition, ClientRequestToken=token, Settings={"AuditImagesLimit": 1})
    with pytest.raises(rekognition.exceptions.InvalidParameterException):
        create(rekognition, ClientRequestToken=token, Settings={"AuditImagesLimit": 2})


MALFORMED = {
    "five audit images": {"Settings": {"AuditImagesLimit": 5}},
    "fewer than no audit images": {"Settings": {"AuditImagesLimit": -1}},
    "a token with a space": {"ClientRequestToken": "not a token"},
    "an empty token": {"ClientRequestToken": ""},
    "a token that is too long": {"ClientRequestToken": "t" * 65},
    "an unknown challenge": {"Settings": {"ChallengePreferences": [{"Type": "FaceDanceChallenge"}]}},
    "a challenge without its type": {"Settings": {"ChallengePreferences": [{}]}},
    "a version of two numbers": {"Settings": {"ChallengePreferences": [{"Type": "FaceMovementChallenge", "Versions": {"Minimum": "1.0"}}]}},
    "output without a bucket": {"Settings": {"OutputConfig": {"S3KeyPrefix": "p"}}},
    "a bucket with a short name": {"Settings": {"OutputConfig": {"S3Bucket": "ab"}}},
    "a prefix with a space": {"Settings": {"OutputConfig": {"S3Bucket": "some-bucket", "S3KeyPrefix": "a b"}}},
    "a bucket that does not exist": {"Settings": {"OutputConfig": {"S3Bucket": "there-is-no-such-bucket"}}},
    "a key id that cannot be one": {"KmsKeyId": "not a key"},
}


@pytest.mark.parametrize("parameters", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_request_is_an_invalid_parameter(prooflight, parameters):
    # boto3 would refuse some of these by itself: the server has to as well.
    unchecked = prooflight.client("rekognition", parameter_validation=False)
    with pytest.raises(unchecked.exceptions.InvalidParameterException) as refused:
        unchecked.create_face_liveness_session(**parameters)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refused.value.response["Error"]["Message"]


def test_an_unknown_session_is_not_found(rekognition):
    with pytest.raises(rekognition.exceptions.SessionNotFoundException) as refused:
        results(rekognition, str(uuid.uuid4()))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("session_id", ["", "nope", "X" * 36, str(uuid.UUID(int=0)).upper() + "A"])
def test_a_malformed_session_id_is_an_invalid_parameter(prooflight, session_id):
    unchecked = prooflight.client("rekognition", parameter_validation=False)
    with pytest.raises(unchecked.exceptions.InvalidParameterException):
        unchecked.get_face_liveness_session_results(SessionId=session_id)


def test_a_scripted_outcome_needs_a_session(prooflight):
    code, answer = prooflight.dev("outcome", {"sessionId": str(uuid.uuid4()), "status": "SUCCEEDED"})
    assert 400 <= code < 500, answer


def test_images_go_to_the_bucket_that_was_named(prooflight, rekognition, bucket):
    session_id = create(rekognition, Settings={"AuditImagesLimit": 2, "OutputConfig": {"S3Bucket": bucket, "S3KeyPrefix": "liveness/"}})
    prooflight.script(session_id, confidence=96.0, referenceImage=True, auditImages=2)

    answer = results(rekognition, session_id)

    images = [answer["ReferenceImage"], *answer["AuditImages"]]
    assert len({image["S3Object"]["Name"] for image in images}) == 3
    s3 = prooflight.client("s3")
    for image in images:
        assert "Bytes" not in image
        assert image["S3Object"]["Bucket"] == bucket and image["S3Object"]["Name"].startswith("liveness/")
        stored = s3.get_object(Bucket=bucket, Key=image["S3Object"]["Name"])["Body"].read()
        assert stored.startswith(JPEG) and len(stored) <= IMAGE_LIMIT


def test_images_in_a_bucket_outlive_the_session(prooflight, rekognition, bucket):
    session_id = create(rekognition, Settings={"OutputConfig": {"S3Bucket": bucket}})
    prooflight.script(session_id, confidence=96.0)
    key = results(rekognition, session_id)["ReferenceImage"]["S3Object"]["Name"]
    prooflight.advance(181)
    assert results(rekognition, session_id)["Status"] == "EXPIRED"
    assert prooflight.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().startswith(JPEG)


def test_a_kms_key_is_accepted(rekognition):
    assert create(rekognition, KmsKeyId="arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab")


def test_an_operation_that_is_not_there_is_named(rekognition):
    with pytest.raises(ClientError) as refused:
        rekognition.detect_labels(Image={"Bytes": b"not looked at"})
    error = refused.value.response["Error"]
    assert error["Code"] == "UnknownOperationException"
    assert "DetectLabels" in error["Message"]
