"""The stack as it is used: by people with tokens, a service that runs the workflow, reviewers, and an operator who looks into tables and queues."""

import base64
import contextlib
import datetime
import json
import pathlib
import threading
import time
import urllib.parse
import uuid

from boto3.dynamodb.types import TypeDeserializer
from deployment import ISSUER

PHOTOS = pathlib.Path(__file__).parents[1] / "data" / "photos"
# Far beyond what anything takes; a test that waits for it has failed.
PATIENCE_SECONDS = 170
CONSENT = {"version": "2026-11"}
SCOPES = "verify read open erase review admin"


class Cloud:
    """One stack, for all tests at once: everything of a test is under a subject of its own."""

    def __init__(self, aws, stack, prooflight):
        self.aws, self.stack, self.prooflight = aws, stack, prooflight
        self.functions, self.states = aws.client("lambda"), aws.client("stepfunctions")
        self.table, self.bucket, self.queues = aws.client("dynamodb"), aws.client("s3"), aws.client("sqs")
        self.heard, self.listening, self.comparing = [], threading.Lock(), threading.Lock()
        self.stream, self.logs = aws.client("dynamodbstreams"), aws.client("logs")
        self.user_pools = aws.client("cognito-idp")
        self.formation = {region: aws.client("cloudformation", region) for region in ("us-east-1", "eu-west-1")}
        self.ear = listen(aws, stack, self.queues)
        hurry(aws.client("scheduler"), stack)

    # What people and services ask for.

    def ask(self, subject, method, path, body=None, **headers):
        """A request with that subject's token, as API Gateway hands it to the function of its route; status, body and headers of the answer."""
        event = self.event(subject, method, path, body, headers)
        answer = self.invoke(self.route(method, path.partition("?")[0])[1], event)
        return answer["statusCode"], json.loads(answer.get("body") or "null"), {k.lower(): v for k, v in answer.get("headers", {}).items()}

    def expect(self, status, subject, method, path, body=None, **headers):
        """The body of an answer with that status. Who is told to try again later does so: on a busy machine faces take their time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        got, answer, told = self.ask(subject, method, path, body, **headers)
        while got == 503 and time.monotonic() < deadline:
            time.sleep(int(told["retry-after"]))
            got, answer, told = self.ask(subject, method, path, body, **headers)
        assert got == status, f"{method} {path}: {got} {answer}"
        return answer

    def route(self, method, path):
        for route_method, expression, key, function in self.stack.routes:
            if method == route_method and (match := expression.match(path)):
                return f"{method} {key}", function, match.groupdict()
        raise AssertionError(f"template.yaml has no route for {method} {path}")

    def event(self, subject, method, path, body, headers):
        """Payload format 2.0 with the claims of a token that the authorizer has verified."""
        path, _, query = path.partition("?")
        key, _, parameters = self.route(method, path)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            headers["content-type"] = "application/json"
        event = {
            "version": "2.0",
            "routeKey": key,
            "rawPath": urllib.parse.unquote(path),
            "rawQueryString": query,
            "headers": {"host": "api.example", "x-forwarded-for": "192.0.2.1", **headers},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": self.stack["HttpApi"],
                "authorizer": {"jwt": {"claims": {"iss": ISSUER, "sub": subject, "scope": SCOPES}, "scopes": None}},
                "domainName": "api.example",
                "domainPrefix": "api",
                "http": {
                    "method": method,
                    "path": urllib.parse.unquote(path),
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "tests",
                },
                "requestId": str(uuid.uuid4()),
                "routeKey": key,
                "stage": "$default",
                "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
                "timeEpoch": int(time.time() * 1000),
            },
            "isBase64Encoded": False,
        }
        if query:
            event["queryStringParameters"] = dict(urllib.parse.parse_qsl(query))
        if parameters:
            event["pathParameters"] = {name: urllib.parse.unquote(value) for name, value in parameters.items()}
        if body is not None:
            event["body"] = json.dumps(body)
        return event

    def invoke(self, function, event):
        """What a function answers."""
        answer = self.functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return payload

    # A check, and how it ends.

    def session(self, subject, verification):
        """The id of a new session."""
        return self.expect(201, subject, "POST", f"/verifications/{verification}/sessions")["session"]["sessionId"]

    def ends(self, session, confidence, photo=None):
        """Has Rekognition say that the check ended with that confidence, and with that person in front of the camera."""
        portrait = {"portrait": base64.b64encode((PHOTOS / photo).read_bytes()).decode()} if photo else {}
        self.prooflight.script(session, confidence=confidence, **portrait)

    def call_back(self, subject, verification, session):
        """One at a time: a small machine that compares many faces at once answers none in the seconds for which a function waits."""
        with self.comparing:
            return self.expect(200, subject, "POST", f"/verifications/{verification}/sessions/{session}/complete")

    def check(self, subject, verification, confidence, photo=None):
        """A whole check, called back."""
        session = self.session(subject, verification)
        self.ends(session, confidence, photo)
        return self.call_back(subject, verification, session)

    def judge(self, verification, verdict, reason):
        """A reviewer looks at the evidence and says so."""
        reviewer = f"reviewer-{uuid.uuid4()}"
        status, evidence, headers = self.ask(reviewer, "GET", f"/verifications/{verification}/evidence")
        assert status == 200, evidence
        body = {"verdict": verdict, "reason": reason}
        return self.expect(200, reviewer, "POST", f"/verifications/{verification}/review", body, if_match=headers["etag"])

    # The workflow.

    def start(self, subject, policy, machine=None, **request):
        """An execution of the shipped state machine, and the verification that it has opened."""
        return self.begin(subject, policy, machine, **request), self.opened(subject)

    def begin(self, subject, policy, machine=None, **request):
        """An execution, whatever comes of it."""
        name = str(uuid.uuid4())
        task = {"subject": {"issuer": ISSUER, "subject": subject}, "request": {"policy": policy, "externalReference": name} | request}
        machine = machine or self.stack["IdentityCheck"]
        return self.states.start_execution(stateMachineArn=machine, name=name, input=json.dumps(task))["executionArn"]

    def altered(self, state, change):
        """The shipped state machine once more, with one state changed."""
        shipped = self.states.describe_state_machine(stateMachineArn=self.stack["IdentityCheck"])
        definition = json.loads(shipped["definition"])
        change(definition["States"][state])
        made = self.states.create_state_machine(
            name=f"altered-{uuid.uuid4()}", definition=json.dumps(definition), roleArn=shipped["roleArn"]
        )
        return made["stateMachineArn"]

    def opened(self, subject):
        """The verification of a subject who has one, found as a service finds it."""
        path = f"/verifications?subject={urllib.parse.quote(subject)}"
        listed = until(lambda: self.expect(200, "a service", "GET", path)["verifications"], f"no verification of {subject}")
        return listed[0]["verificationId"]

    def outcome(self, execution):
        """How an execution ended: its status, what it answered or the name that it failed by, and the states that it went through."""
        ended = until(
            lambda: (now := self.states.describe_execution(executionArn=execution))["status"] != "RUNNING" and now,
            "the execution did not end",
        )
        said = json.loads(ended["output"]) if ended["status"] == "SUCCEEDED" else ended.get("error")
        return ended["status"], said, self.path(execution)

    def path(self, execution):
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        events = [event for page in pages for event in page["events"]]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    # What AWS does, or fails to do for a while.

    @contextlib.contextmanager
    def stream_held_up(self):
        """Writes are not delivered for as long as the block lasts; to the other tests it is a slow moment."""
        mapping = self.stack["PublishDecisionWrite"]
        self.functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        try:
            yield
        finally:
            self.functions.update_event_source_mapping(UUID=mapping, Enabled=True)

    def make_older(self, verification, field, hours):
        """Nobody can move MiniStack's clock, so the verification is dated back, and is due where clean-up looks for it."""
        now = datetime.datetime.now(datetime.timezone.utc)
        then = (now - datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.table.update_item(
            TableName=self.stack["VerificationTable"],
            Key={"pk": {"S": f"verification#{verification}"}, "sk": {"S": "verification"}},
            UpdateExpression="SET #document.#field = :then, dueAt = :due",
            ExpressionAttributeNames={"#document": "document", "#field": field},
            ExpressionAttributeValues={":then": {"S": then}, ":due": {"N": str(int(now.timestamp()) - 60)}},
        )

    # What there is afterwards.

    def standing(self, verification):
        return self.expect(200, "a service", "GET", f"/verifications/{verification}")

    def items(self, verification):
        """What is stored of a verification, by sort key."""
        plain = TypeDeserializer().deserialize
        answer = self.table.query(
            TableName=self.stack["VerificationTable"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"verification#{verification}"}},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: {name: plain(value) for name, value in item.items()} for item in answer["Items"]}

    def writes(self, verification, sort_key):
        """Every write that there was of an item, in order, as the table's stream has them: INSERT, MODIFY or REMOVE."""
        arn = self.table.describe_table(TableName=self.stack["VerificationTable"])["Table"]["LatestStreamArn"]
        key = {"pk": {"S": f"verification#{verification}"}, "sk": {"S": sort_key}}
        writes = []
        for shard in self.stream.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            read = self.stream.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
            while (read := self.stream.get_records(ShardIterator=read.get("ShardIterator") or read["NextShardIterator"]))["Records"]:
                writes += [record["eventName"] for record in read["Records"] if record["dynamodb"]["Keys"] == key]
        return writes

    def logged(self, group):
        """The lines of a log group."""
        pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=self.stack[group])
        return [event["message"] for page in pages for event in page["events"]]

    def images(self, verification):
        """The keys of the images that are stored of a verification."""
        pages = self.bucket.get_paginator("list_objects_v2").paginate(Bucket=self.stack["EvidenceBucket"])
        return [item["Key"] for page in pages for item in page.get("Contents", []) if verification in item["Key"]]

    def events(self, verification):
        """What was told on the bus about a verification so far: type and detail, in the order in which it came."""
        with self.listening:
            while messages := self.queues.receive_message(QueueUrl=self.ear, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    self.heard.append(json.loads(message["Body"]))
                    self.queues.delete_message(QueueUrl=self.ear, ReceiptHandle=message["ReceiptHandle"])
            told = [event for event in self.heard if event["detail"].get("verificationId") == verification]
        return [(event["detail-type"], event["detail"]) for event in told]

    def told(self, verification, kind):
        """The detail of the event of that kind, once it came."""
        return until(
            lambda: next((detail for told, detail in self.events(verification) if told == kind), None), f"no {kind} of {verification}"
        )

    def enrolled(self, verification):
        """Whose face a verification enrolled: the names that the collection has for it."""
        listed = self.prooflight.client("rekognition").list_faces(CollectionId=self.stack.collection)["Faces"]
        key = self.items(verification)["verification"]["subjectKey"]
        return [face["FaceId"] for face in listed if face["ExternalImageId"] == key]


def somebody():
    """A subject of a test's own."""
    return f"subject-{uuid.uuid4()}"


def listen(aws, stack, queues):
    """A queue that hears everything on the stack's bus, as somebody else's rule would."""
    url = queues.create_queue(QueueName="everything-on-the-bus")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events = aws.client("events")
    pattern = json.dumps({"source": [{"prefix": "prooflight"}]})
    events.put_rule(Name="everything", EventBusName=stack["EventBus"], EventPattern=pattern)
    events.put_targets(Rule="everything", EventBusName=stack["EventBus"], Targets=[{"Id": "queue", "Arn": arn}])
    return url


def hurry(schedules, stack):
    """Has the schedule come every minute, which is as often as one can."""
    schedule = schedules.get_schedule(Name=stack["CleanupEveryFewMinutes"])
    kept = ("FlexibleTimeWindow", "GroupName", "Name", "State", "Target")
    schedules.update_schedule(ScheduleExpression="rate(1 minute)", **{name: schedule[name] for name in kept})


def until(look, complaint):
    """What `look` finds, looked for until it is there."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, complaint
        time.sleep(0.2)
    return found
