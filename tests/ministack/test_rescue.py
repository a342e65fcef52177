"""Browsers that never call back, and browsers that call back at the very moment at which they were given up."""

import concurrent.futures
import json
import threading
import uuid

from cloud import somebody


def test_a_browser_that_never_calls_back_loses_nothing(cloud):
    subject = somebody()
    execution, verification = cloud.start(subject, "liveness")
    cloud.ends(cloud.session(subject, verification), 95.0)
    # 60 seconds later a message is delivered, and the rest follows from it.
    status, said, path = cloud.outcome(execution)
    assert status == "SUCCEEDED", said
    assert (said["status"], path[-1]) == ("approved", "Approved")
    assert cloud.writes(verification, "decision#01") == ["INSERT"]
    assert len(cloud.images(verification)) == 3, "the reference image and two audit images"
    assert cloud.told(verification, "VerificationDecided")["status"] == "approved"
    # The log has the age where the template's metric filter looks for it.
    filter = cloud.stack.resources["RescueSessionResultAge"]["Properties"]
    field = filter["MetricTransformations"][0]["MetricValue"].removeprefix("$.fields.")
    lines = [json.loads(line) for line in cloud.logged("RescueSessionLog") if line.startswith("{")]
    ages = [line["fields"][field] for line in lines if field in line.get("fields", {})]
    assert any(60 <= age < 170 for age in ages), ages


def test_callbacks_and_rescues_at_one_moment_decide_once(cloud):
    for _ in range(4):
        subject = somebody()
        execution, verification = cloud.start(subject, "liveness")
        session = cloud.session(subject, verification)
        cloud.ends(session, 95.0)
        body = json.dumps({"verificationId": verification, "sessionNumber": 1})
        record = {"messageId": str(uuid.uuid4()), "receiptHandle": "a", "body": body, "eventSource": "aws:sqs", "awsRegion": "us-east-1"}
        together = threading.Barrier(6)

        def rescue():
            together.wait()
            return cloud.invoke(cloud.stack["RescueSession"], {"Records": [record]})

        def call_back():
            together.wait()
            return cloud.ask(subject, "POST", f"/verifications/{verification}/sessions/{session}/complete")

        with concurrent.futures.ThreadPoolExecutor(max_workers=6) as threads:
            runs = [threads.submit(run) for run in [rescue, call_back] * 3]
            answers = [run.result() for run in runs]
        assert [answer["batchItemFailures"] for answer in answers[::2]] == [[]] * 3
        assert [(status, body["session"], body["status"]) for status, body, _ in answers[1::2]] == [(200, "passed", "approved")] * 3
        assert cloud.writes(verification, "decision#01") == ["INSERT"]
        assert len(cloud.images(verification)) == 3
        assert cloud.outcome(execution)[1]["status"] == "approved"
        decided = [detail["eventId"] for kind, detail in cloud.events(verification) if kind == "VerificationDecided"]
        assert len(set(decided)) <= 1
