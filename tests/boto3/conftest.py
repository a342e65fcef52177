"""One `prooflight-local` for all tests, and what several of them need.

Everything of a test lives under ids and names of its own, so the tests may share the server; only the clock is common, and it only ever moves forward.
"""

import os
import uuid

import people
import pytest
from local_server import serving


@pytest.fixture(scope="session")
def prooflight(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("prooflight")) as server:
        yield server


@pytest.fixture(scope="session")
def portraits():
    """Pictures of three people by name: `astronaut`, `obama` and `obama2`, `biden`."""
    return people.portraits()


@pytest.fixture(autouse=True)
def no_aws_settings(monkeypatch):
    """A developer's own AWS settings reach no client of a test: a test must never talk to a real account."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def rekognition(prooflight):
    return prooflight.client("rekognition")


@pytest.fixture
def bucket(prooflight):
    """An empty bucket of the test's own."""
    name = f"test-{uuid.uuid4()}"
    prooflight.client("s3").create_bucket(Bucket=name)
    return name
