"""Secrets Manager: the secrets of the template, read and replaced."""

import json

import pytest
from botocore.exceptions import ClientError

KEY = "prooflight-local-identifier-key"


def test_a_secret_is_read_by_its_name_and_its_arn(prooflight):
    secrets = prooflight.client("secretsmanager")
    read = secrets.get_secret_value(SecretId=KEY)
    assert len(read["SecretString"]) == 64 and int(read["SecretString"], 16) > 0
    assert read["VersionStages"] == ["AWSCURRENT"] and read["CreatedDate"].year > 2000
    assert secrets.get_secret_value(SecretId=read["ARN"])["SecretString"] == read["SecretString"]


def test_a_secret_is_replaced(prooflight):
    secrets = prooflight.client("secretsmanager")
    before = secrets.get_secret_value(SecretId=KEY)
    put = secrets.put_secret_value(SecretId=KEY, SecretString=json.dumps({"current": "another"}))
    after = secrets.get_secret_value(SecretId=KEY)
    assert after["VersionId"] == put["VersionId"] != before["VersionId"]
    assert json.loads(after["SecretString"]) == {"current": "another"}
    # The functions that run have read it when they started; the next one finds what it had.
    secrets.put_secret_value(SecretId=KEY, SecretString=before["SecretString"])


@pytest.mark.parametrize(
    "call, asked, code",
    [
        ("get_secret_value", {"SecretId": "nothing"}, "ResourceNotFoundException"),
        ("put_secret_value", {"SecretId": "nothing", "SecretString": "x"}, "ResourceNotFoundException"),
        ("put_secret_value", {"SecretId": KEY}, "InvalidRequestException"),
        ("get_secret_value", {"SecretId": KEY, "VersionStage": "AWSPREVIOUS"}, "InvalidParameterException"),
        ("describe_secret", {"SecretId": KEY}, "UnknownOperationException"),
    ],
)
def test_what_is_not_there_or_not_known_is_refused(prooflight, call, asked, code):
    with pytest.raises(ClientError) as refused:
        getattr(prooflight.client("secretsmanager"), call)(**asked)
    assert refused.value.response["Error"]["Code"] == code
