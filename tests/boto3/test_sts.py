"""AssumeRole: what it vends works, works only as far as its session policy goes, and ends."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/streaming"


@pytest.fixture
def sts(prooflight):
    return prooflight.client("sts")


def policy(*actions, until="2099-01-01T00:00:00Z"):
    condition = {"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "DateLessThan": {"aws:CurrentTime": until}}
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", "Condition": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def assume(sts, **parameters):
    return sts.assume_role(**({"RoleArn": ROLE, "RoleSessionName": "test", "DurationSeconds": 900} | parameters))


def client_of(prooflight, service, credentials, **changed):
    used = {"key": credentials["AccessKeyId"], "secret": credentials["SecretAccessKey"], "token": credentials["SessionToken"]} | changed
    return prooflight.client(service, **used)


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_a_caller_has_a_name(sts):
    identity = sts.get_caller_identity()
    assert identity["Account"].isdigit() and identity["Arn"].startswith("arn:aws:") and identity["UserId"]


def test_assumed_credentials_last_as_long_as_asked(sts):
    answer = assume(sts)
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA") and credentials["SessionToken"]
    left = credentials["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(seconds=840) < left <= datetime.timedelta(seconds=905)
    assert answer["AssumedRoleUser"]["Arn"].endswith("/test")


def test_a_session_policy_allows_what_it_names(prooflight, sts):
    credentials = assume(sts, Policy=policy("rekognition:CreateFaceLivenessSession"))["Credentials"]
    assert client_of(prooflight, "rekognition", credentials).create_face_liveness_session()["SessionId"]


def test_a_session_policy_refuses_everything_else(prooflight, sts, bucket):
    credentials = assume(sts, Policy=policy("rekognition:StartFaceLivenessSession"))["Credentials"]
    rekognition = client_of(prooflight, "rekognition", credentials)
    with pytest.raises(rekognition.exceptions.AccessDeniedException):
        rekognition.create_face_liveness_session()
    assert code_of(client_of(prooflight, "dynamodb", credentials).list_tables) == "AccessDeniedException"
    assert code_of(lambda: client_of(prooflight, "s3", credentials).put_object(Bucket=bucket, Key="a", Body=b"a")) == "AccessDenied"
    assert code_of(lambda: assume(client_of(prooflight, "sts", credentials))) == "AccessDenied"


def test_a_session_policy_ends_when_it_says(prooflight, sts):
    credentials = assume(sts, Policy=policy("rekognition:CreateFaceLivenessSession", until="2020-01-01T00:00:00Z"))["Credentials"]
    rekognition = client_of(prooflight, "rekognition", credentials)
    with pytest.raises(rekognition.exceptions.AccessDeniedException):
        rekognition.create_face_liveness_session()


def test_the_session_token_belongs_to_the_key(prooflight, sts):
    first, second = (assume(sts, Policy=policy("rekognition:*"))["Credentials"] for _ in range(2))
    for token in (None, "invented", second["SessionToken"]):
        rekognition = client_of(prooflight, "rekognition", first, token=token)
        assert code_of(rekognition.create_face_liveness_session) in ("UnrecognizedClientException", "InvalidSignatureException")


MALFORMED = {
    "a policy that is not JSON": ({"Policy": "allow everything, please"}, "MalformedPolicyDocument"),
    "too short a time": ({"DurationSeconds": 899}, "ValidationError"),
    "too long a time": ({"DurationSeconds": 43_201}, "ValidationError"),
    "a session name with a space": ({"RoleSessionName": "not a name"}, "ValidationError"),
    "something that is no role": ({"RoleArn": "arn:aws:s3:::bucket-not-role"}, "ValidationError"),
}


@pytest.mark.parametrize(("parameters", "code"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_request_is_refused(prooflight, parameters, code):
    unchecked = prooflight.client("sts", parameter_validation=False)
    assert code_of(lambda: assume(unchecked, **parameters)) == code


def test_an_operation_that_is_not_there_is_named(sts):
    with pytest.raises(ClientError) as refused:
        sts.decode_authorization_message(EncodedMessage="x")
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidAction" and "DecodeAuthorizationMessage" in error["Message"]
