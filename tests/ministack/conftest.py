"""One stack in MiniStack for all tests, and all tests at once: most of what they do is wait for AWS's own clocks, which nobody can move."""

import concurrent.futures
import os

import pytest
import second_aws
from cloud import Cloud
from deployment import deploy
from local_server import serving

COLLECTION = "prooflight-faces"


@pytest.fixture(scope="session", autouse=True)
def no_aws_settings():
    """A developer's own AWS settings reach no client of a test: a test must never talk to a real account."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("AWS_"):
                patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def cloud(no_aws_settings, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("prooflight")) as prooflight:
        endpoints = {"REKOGNITION": prooflight.endpoint, "STS": prooflight.endpoint}
        with second_aws.running(tmp_path_factory.mktemp("ministack"), endpoints) as aws:
            prooflight.client("rekognition").create_collection(CollectionId=COLLECTION)
            yield Cloud(aws, deploy(aws, COLLECTION), prooflight)


def pytest_pyfunc_call(pyfuncitem):
    """Runs a test in a thread that was started with the first one. A test here takes the cloud and its own parameters, nothing else."""
    begun = pyfuncitem.session.stash.setdefault(BEGUN, {})
    if not begun:
        tests = pyfuncitem.session.items
        threads = concurrent.futures.ThreadPoolExecutor(max_workers=len(tests))
        cloud = pyfuncitem.funcargs["cloud"]
        for test in tests:
            parameters = test.callspec.params if hasattr(test, "callspec") else {}
            begun[test.nodeid] = threads.submit(test.obj, cloud=cloud, **parameters)
        threads.shutdown(wait=False)
    begun[pyfuncitem.nodeid].result()
    return True


BEGUN = pytest.StashKey[dict]()
