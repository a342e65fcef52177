"""Queues as a second SDK sees them: digests, receipt handles, batches, and delays, visibility and redrive on the movable clock."""

import hashlib
import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def sqs(prooflight):
    return prooflight.client("sqs")


@pytest.fixture
def queue(sqs):
    """An empty queue of the test's own, and gone after it."""
    url = sqs.create_queue(QueueName=f"test-{uuid.uuid4()}", Attributes={"VisibilityTimeout": "8"})["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def receive(sqs, queue, **parameters):
    return sqs.receive_message(**({"QueueUrl": queue, "MaxNumberOfMessages": 10} | parameters)).get("Messages", [])


def counts(sqs, queue):
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return [int(attributes[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible", "Delayed")]


def test_the_queues_of_the_template_are_there(prooflight, sqs):
    url = sqs.get_queue_url(QueueName="prooflight-local-rescue-queue")["QueueUrl"]
    assert url == f"{prooflight.endpoint}/000000000000/prooflight-local-rescue-queue"
    assert url in sqs.list_queues(QueueNamePrefix="prooflight-local-rescue")["QueueUrls"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout", "RedrivePolicy", "QueueArn"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "8" and attributes["QueueArn"].endswith(":prooflight-local-rescue-queue")
    policy = json.loads(attributes["RedrivePolicy"])
    assert policy["deadLetterTargetArn"].endswith(":prooflight-local-rescue-dead-letters") and policy["maxReceiveCount"] == 8


def test_a_message_is_sent_received_and_deleted(sqs, queue):
    body = json.dumps({"name": "Zürich"}, ensure_ascii=False)
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    (message,) = receive(sqs, queue, AttributeNames=["All"])
    assert (message["MessageId"], message["Body"], message["MD5OfBody"]) == (sent["MessageId"], body, sent["MD5OfMessageBody"])
    assert message["Attributes"]["ApproximateReceiveCount"] == "1" and message["Attributes"]["SentTimestamp"].isdigit()
    assert receive(sqs, queue) == [] and counts(sqs, queue) == [0, 1, 0]
    for _ in range(2):
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, queue) == [0, 0, 0]


def test_delays_and_visibility_go_by_the_movable_clock(prooflight, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=60)
    assert receive(sqs, queue) == [] and counts(sqs, queue) == [0, 0, 1]
    prooflight.advance(61)
    (first,) = receive(sqs, queue)
    prooflight.advance(9)
    (second,) = receive(sqs, queue)
    assert first["ReceiptHandle"] != second["ReceiptHandle"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    assert counts(sqs, queue) == [0, 1, 0], "an older handle deletes nothing"
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    (third,) = receive(sqs, queue, VisibilityTimeout=100)
    prooflight.advance(50)
    assert receive(sqs, queue) == []
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"])


def test_what_is_received_too_often_goes_to_the_dead_letters(prooflight, sqs, queue):
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})}
    source = sqs.create_queue(QueueName=f"test-{uuid.uuid4()}", Attributes=redrive | {"VisibilityTimeout": "0"})["QueueUrl"]
    sent = sqs.send_message(QueueUrl=source, MessageBody="poison")
    assert [len(receive(sqs, source)) for _ in range(3)] == [1, 1, 0]
    (buried,) = receive(sqs, queue)
    assert (buried["MessageId"], buried["Body"]) == (sent["MessageId"], "poison")
    sqs.delete_queue(QueueUrl=source)


def test_a_batch_tells_what_was_taken_and_what_was_not(sqs, queue):
    entries = [{"Id": "good", "MessageBody": "a"}, {"Id": "late", "MessageBody": "b", "DelaySeconds": 901}]
    sent = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == ["good"]
    assert sent["Successful"][0]["MD5OfMessageBody"] == hashlib.md5(b"a").hexdigest()
    (failed,) = sent["Failed"]
    assert (failed["Id"], failed["SenderFault"], failed["Code"]) == ("late", True, "InvalidParameterValue")
    (message,) = receive(sqs, queue)
    handles = [{"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "invented"}]
    deleted = sqs.delete_message_batch(QueueUrl=queue, Entries=handles)
    assert [entry["Id"] for entry in deleted["Successful"]] == ["1"]
    assert [(entry["Id"], entry["Code"]) for entry in deleted["Failed"]] == [("2", "ReceiptHandleIsInvalid")]


def test_whoever_waits_gets_what_comes_meanwhile(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="soon", DelaySeconds=1)
    begun = time.monotonic()
    assert [message["Body"] for message in receive(sqs, queue, WaitTimeSeconds=10)] == ["soon"]
    assert time.monotonic() - begun < 5


def test_a_purge_leaves_nothing(sqs, queue):
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": str(number), "MessageBody": "x"} for number in range(10)])
    sqs.purge_queue(QueueUrl=queue)
    assert counts(sqs, queue) == [0, 0, 0]


def test_making_a_queue_again_is_the_same_queue(sqs):
    name = f"test-{uuid.uuid4()}"
    first = sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "5"})["QueueUrl"]
    assert sqs.create_queue(QueueName=name)["QueueUrl"] == first
    assert code_of(lambda: sqs.create_queue(QueueName=name, Attributes={"DelaySeconds": "6"})) == "QueueAlreadyExists"
    sqs.delete_queue(QueueUrl=first)
    assert code_of(lambda: sqs.get_queue_url(QueueName=name)) == "AWS.SimpleQueueService.NonExistentQueue"


REFUSED = {
    "a body that is too large": (lambda sqs, queue: sqs.send_message(QueueUrl=queue, MessageBody="x" * 1_048_577), "InvalidParameterValue"),
    "a body with a character that is none": (lambda sqs, queue: sqs.send_message(QueueUrl=queue, MessageBody="\0"), "InvalidMessageContents"),
    "no entries": (lambda sqs, queue: sqs.send_message_batch(QueueUrl=queue, Entries=[]), "AWS.SimpleQueueService.EmptyBatchRequest"),
    "one id twice": (
        lambda sqs, queue: sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": "x"}] * 2),
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    ),
    "a handle that is none": (lambda sqs, queue: sqs.delete_message(QueueUrl=queue, ReceiptHandle="invented"), "ReceiptHandleIsInvalid"),
    "eleven messages": (lambda sqs, queue: sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=11), "InvalidParameterValue"),
    "an attribute that is none": (lambda sqs, _: sqs.create_queue(QueueName="q", Attributes={"Colour": "red"}), "InvalidAttributeName"),
    "message attributes": (
        lambda sqs, queue: sqs.send_message(
            QueueUrl=queue, MessageBody="x", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}}
        ),
        "AWS.SimpleQueueService.UnsupportedOperation",
    ),
}


@pytest.mark.parametrize(("call", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_has_its_name(sqs, queue, call, code):
    assert code_of(lambda: call(sqs, queue)) == code


def test_a_session_policy_names_the_action(prooflight, queue):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}
    vended = prooflight.client("sts").assume_role(
        RoleArn="arn:aws:iam::000000000000:role/sender", RoleSessionName="test", Policy=json.dumps(policy)
    )["Credentials"]
    sender = prooflight.client("sqs", key=vended["AccessKeyId"], secret=vended["SecretAccessKey"], token=vended["SessionToken"])
    sender.send_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": "x"}])
    assert code_of(lambda: sender.receive_message(QueueUrl=queue)) == "AccessDeniedException"
