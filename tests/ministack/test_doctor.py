"""`prooflight doctor`, about a stack that is right, and about one in which one thing was changed: it finds that, and says what mends it.

What MiniStack's CloudFormation leaves out of the template is made here first, as a deployment to AWS makes it. Other tests use the same stack at the
same time, so what they need is changed for a moment only, one thing at a time.
"""

import json
import os
import pathlib
import subprocess
import threading
import urllib.parse

import pytest
from local_server import without_aws_settings
from misconfigurations import CHANGES, Account

# MiniStack has neither.
GAPS = {("not_read", "organizations:DescribeEffectivePolicy"), ("not_read", "servicequotas:ListServiceQuotas")}


def doctor(cloud, *arguments, **environment):
    """The command as somebody would type it."""
    binary = pathlib.Path(os.environ["PROOFLIGHT_LOCAL"]).absolute().parent / "prooflight"
    settings = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local-secret",
        "AWS_ENDPOINT_URL": cloud.aws.endpoint,
        "AWS_ENDPOINT_URL_REKOGNITION": cloud.prooflight.endpoint,
    }
    environment = without_aws_settings() | settings | environment
    return subprocess.run([binary, "doctor", *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def examine(cloud, **environment):
    """What the doctor finds, by code and place, and its exit code. What other tests do to the stack meanwhile is left out."""
    done = doctor(cloud, "--stack", "prooflight", "--json", **environment)
    assert done.returncode in (0, 1), done.stderr
    findings = json.loads(done.stdout)["findings"]
    others = {("source_disabled", cloud.stack["PublishDecisionWrite"])}
    of_this_test = [f for f in findings if (f["code"], f["subject"]) not in others and f["code"] != "dead_letters_wait"]
    return {(f["code"], f["subject"].removeprefix(cloud.aws.endpoint)): f for f in of_this_test}, done.returncode


ONE_AT_A_TIME = threading.Lock()
ACCOUNTS = []


def account(cloud):
    """Made by whoever comes first. Nothing is wrong with it then; what is not put back after a change, the next test finds."""
    if not ACCOUNTS:
        made = Account(cloud)
        made.put_right()
        found, _ = examine(cloud)
        assert set(found) == GAPS, "all is well"
        ACCOUNTS.append(made)
    return ACCOUNTS[0]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_found(cloud, change):
    place, remedy, spoil, mend = CHANGES[change]
    with ONE_AT_A_TIME:
        here = account(cloud)
        spoil(here)
        try:
            found, code = examine(cloud)
        finally:
            mend(here)
    where = urllib.parse.urlsplit(here.named(place)).path if place.endswith("Queue") else here.named(place)
    told = {(code, subject.rsplit("/", 1)[-1] if place == "key" else subject): finding for (code, subject), finding in found.items()}
    assert set(told) == GAPS | {(change, where)}, "that, and nothing else"
    assert remedy in told[change, where]["remedy"]
    assert code == 1


def test_a_region_in_which_nobody_answers_is_found(cloud):
    # Port 9 is nobody's.
    nobody = {"AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_REKOGNITIONSTREAMING": "http://127.0.0.1:9"}
    with ONE_AT_A_TIME:
        account(cloud)
        found, code = examine(cloud, **nobody)
    assert set(found) == GAPS | {("liveness_region_unsupported", "us-east-1"), ("stream_unreachable", "us-east-1")}
    assert "LivenessRegion" in found["liveness_region_unsupported", "us-east-1"]["remedy"]
    assert code == 1


def test_before_a_deployment_the_account_and_the_regions_are_looked_at(cloud):
    done = doctor(cloud, "--parameter", "LivenessRegion=us-west-2")
    assert done.returncode == 1, "what MiniStack does not have cannot be read"
    assert done.stdout.startswith("before a deployment in us-east-1, account 000000000000, sessions in us-west-2\n")
    [note] = [line for line in done.stdout.splitlines() if line.startswith("NOTE")]
    assert note == "NOTE regions_differ: us-west-2"
    assert done.stdout.endswith("\n0 errors, 2 warnings, 1 notes\n")


def test_what_cannot_be_looked_at_is_no_finding(cloud):
    for arguments, environment, reason in [
        (["--stack", "nobodys"], {}, "no stack is called nobodys in us-east-1"),
        ([], {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "sts:GetCallerIdentity failed: no connection"),
        ([], {"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID is not set"),
        (["--table", "t"], {}, "--table"),
    ]:
        done = doctor(cloud, *arguments, **environment)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr
