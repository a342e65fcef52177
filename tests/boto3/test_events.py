"""PutEvents and the answers of a task worker, as boto3 sends and reads them; and what is written down of both."""

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def events(prooflight):
    return prooflight.client("events")


@pytest.fixture
def states(prooflight):
    return prooflight.client("stepfunctions")


@pytest.fixture
def token(prooflight):
    status, answer = prooflight.dev("task", {})
    assert status == 200
    return answer["taskToken"]


def left(prooflight, kind):
    status, everything = prooflight.look("events")
    assert status == 200
    return everything[kind]


def told(prooflight, token):
    """What the step was told, once it was; a file of answers cannot be awaited, so it is looked for often."""
    deadline = time.monotonic() + 20
    while True:
        status, outcome = prooflight.look("task", token=token)
        if status != 200 or outcome["state"] != "waiting":
            return outcome
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)


def an_event(**fields):
    return {"EventBusName": "a-bus", "Source": f"test-{uuid.uuid4()}", "DetailType": "Happened", "Detail": '{"number": 7}'} | fields


def test_an_event_is_kept_as_it_was_put(prooflight, events):
    entry = an_event(Time=1_790_000_000)
    answer = events.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 0
    [kept] = [event for event in left(prooflight, "events") if event["source"] == entry["Source"]]
    assert kept == {
        "id": answer["Entries"][0]["EventId"],
        "time": "2026-09-21T14:13:20Z",
        "eventBusName": "a-bus",
        "source": entry["Source"],
        "detailType": "Happened",
        "detail": {"number": 7},
    }


def test_entries_fail_one_by_one_inside_a_success(events):
    answer = events.put_events(Entries=[an_event(), an_event(Detail="{"), an_event(Source="aws.ec2"), an_event(DetailType="")])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["FailedEntryCount"] == 3
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == [None, "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"]
    assert "EventId" in answer["Entries"][0]


def test_at_most_ten_entries_go_into_one_call(events):
    with pytest.raises(ClientError) as refused:
        events.put_events(Entries=[an_event()] * 11)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_task_succeeds_once(prooflight, states, token):
    states.send_task_heartbeat(taskToken=token)
    states.send_task_success(taskToken=token, output='{"status": "approved"}')
    assert told(prooflight, token) == {"state": "succeeded", "output": {"status": "approved"}}
    for again in (
        lambda: states.send_task_success(taskToken=token, output="{}"),
        lambda: states.send_task_failure(taskToken=token, error="Late"),
        lambda: states.send_task_heartbeat(taskToken=token),
    ):
        with pytest.raises(states.exceptions.TaskTimedOut):
            again()
    refused = [call["refused"] for call in left(prooflight, "tasks") if call["taskToken"] == token]
    assert refused == [None, None] + ["TaskTimedOut"] * 3


def test_a_task_fails_by_name(prooflight, states, token):
    states.send_task_failure(taskToken=token, error="VerificationExpired", cause="nobody came")
    assert told(prooflight, token) == {"state": "failed", "error": "VerificationExpired", "cause": "nobody came"}


def test_tokens_that_are_none_are_told_apart(states, token):
    with pytest.raises(states.exceptions.InvalidToken):
        states.send_task_success(taskToken="nonsense", output="{}")
    with pytest.raises(states.exceptions.TaskDoesNotExist):
        states.send_task_success(taskToken=token[:-8] + "AAAAAAAA", output="{}")
    with pytest.raises(states.exceptions.InvalidOutput):
        states.send_task_success(taskToken=token, output="{")


@pytest.mark.parametrize("service, call", [("events", "list_rules"), ("stepfunctions", "list_state_machines")])
def test_what_is_not_there_is_named(prooflight, service, call):
    with pytest.raises(ClientError) as refused:
        getattr(prooflight.client(service), call)()
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"


def test_a_step_that_waits_is_resumed(prooflight, token):
    """open-verification, called as a workflow calls it, and clean-up's word half an hour later."""
    functions = prooflight.client("lambda")
    subject = {"issuer": "https://prooflight.local/", "subject": f"subject-{uuid.uuid4()}"}
    task = {"subject": subject, "idempotencyKey": str(uuid.uuid4()), "taskToken": token, "request": {"policy": "liveness"}}
    answer = functions.invoke(FunctionName="open-verification", Payload=json.dumps(task).encode())
    assert "FunctionError" not in answer
    opened = json.loads(answer["Payload"].read())
    prooflight.advance(31 * 60)
    outcome = told(prooflight, token)
    assert (outcome["state"], outcome["error"]) == ("failed", "VerificationExpired")
    about = [event for event in left(prooflight, "events") if event["detail"].get("verificationId") == opened["verificationId"]]
    assert [event["detailType"] for event in about][:1] == ["VerificationOpened"]
