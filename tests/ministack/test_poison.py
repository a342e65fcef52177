"""What nobody can read, put where functions are fed from."""

import json
import uuid

from cloud import somebody, until


def test_a_message_that_nobody_can_read_becomes_a_dead_letter(cloud):
    body = json.dumps({"nonsense": str(uuid.uuid4())})
    cloud.queues.send_message(QueueUrl=cloud.stack["RescueQueue"], MessageBody=body)

    def dead():
        letters = cloud.queues.receive_message(QueueUrl=cloud.stack["RescueDeadLetters"], VisibilityTimeout=0).get("Messages", [])
        return [letter["Body"] for letter in letters]

    # Received eight times, each time hidden for eight seconds.
    assert until(dead, "it is no dead letter") == [body]


def test_a_record_that_nobody_can_read_holds_up_nobody(cloud):
    for _ in range(2):
        item = {"pk": f"verification#ver_{uuid.uuid4().hex}", "sk": "verification", "document": "nonsense"}
        cloud.table.put_item(TableName=cloud.stack["VerificationTable"], Item={name: {"S": value} for name, value in item.items()})
    subject = somebody()
    execution, verification = cloud.start(subject, "liveness")
    cloud.check(subject, verification, 95.0)
    assert cloud.outcome(execution)[1]["status"] == "approved"
    cloud.told(verification, "VerificationDecided")
    # MiniStack does not deliver again what the function gave back, and has no dead letter for it: the log alone tells.
    assert [line for line in cloud.logged("PublishDecisionLog") if "store.corrupt" in line]
