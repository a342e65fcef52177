"""Who may call at all: SigV4 is verified for every service, and each answers in its own way."""

import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

CALLS = {
    "rekognition": lambda client: client.create_face_liveness_session(),
    "dynamodb": lambda client: client.list_tables(),
    "s3": lambda client: client.list_buckets(),
    "sts": lambda client: client.get_caller_identity(),
}

WRONG_SECRET = {
    "rekognition": "InvalidSignatureException",
    "dynamodb": "InvalidSignatureException",
    "s3": "SignatureDoesNotMatch",
    "sts": "SignatureDoesNotMatch",
}

UNKNOWN_KEY = {
    "rekognition": "UnrecognizedClientException",
    "dynamodb": "UnrecognizedClientException",
    "s3": "InvalidAccessKeyId",
    "sts": "InvalidClientTokenId",
}


def refusal(service, client):
    with pytest.raises(ClientError) as refused:
        CALLS[service](client)
    response = refused.value.response
    assert 400 <= response["ResponseMetadata"]["HTTPStatusCode"] <= 403
    return response["Error"]["Code"]


@pytest.mark.parametrize("service", CALLS)
def test_the_local_key_may_call(prooflight, service):
    CALLS[service](prooflight.client(service))


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_secret_is_refused(prooflight, service):
    assert refusal(service, prooflight.client(service, secret="guessed")) == WRONG_SECRET[service]


@pytest.mark.parametrize("service", CALLS)
def test_an_unknown_key_is_refused(prooflight, service):
    assert refusal(service, prooflight.client(service, key="AKIDNOBODY")) == UNKNOWN_KEY[service]


@pytest.mark.parametrize("service", CALLS)
def test_an_unsigned_call_is_refused(prooflight, service):
    assert refusal(service, prooflight.client(service, signature_version=UNSIGNED))
