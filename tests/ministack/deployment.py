"""Deploys the shipped template.yaml as `sam package` and `sam deploy` do: code and state machine go to a bucket, the template names them there, and
CloudFormation makes a stack of it. What MiniStack cannot make is taken out here, and nowhere else.
"""

import io
import os
import pathlib
import re
import time
import zipfile

import yaml

ROOT = pathlib.Path(__file__).parents[2]
STACK = "prooflight"
ISSUER = "https://tokens.example/"
PARAMETERS = {
    "JwtIssuer": ISSUER,
    "JwtAudience": "prooflight",
    "AllowedOrigins": "https://verify.example",
    "Architecture": "x86_64",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:000000000000:alarms",
}
CODE_BUCKET = "prooflight-code"
DEPLOYED_WITHIN_SECONDS = 120

# A function is the binary that was built for the tests. MiniStack takes any key and gives a function the number of its account for one;
# prooflight-local, which is this stack's Rekognition and STS, knows who asks.
BOOTSTRAP = """#!/bin/sh
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local-secret AWS_SESSION_TOKEN=
exec '{binary}'
"""


class TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def intrinsic(loader, name, node):
    """`!Sub text` as `{"Fn::Sub": text}`."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        value = value.split(".", 1) if name == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


TemplateLoader.add_multi_constructor("!", intrinsic)


class Stack:
    """What was deployed: the template, and what its resources are called."""

    def __init__(self, template, names, collection):
        self.resources = template["Resources"]
        self.names, self.collection = names, collection
        self.routes = [
            (event["Properties"]["Method"], re.compile(pattern(event["Properties"]["Path"])), event["Properties"]["Path"], names[logical_id])
            for logical_id, event in self.events("HttpApi")
        ]

    def events(self, kind):
        """Every event of that kind, with the function that it is for."""
        for logical_id, resource in self.resources.items():
            if resource["Type"] == "AWS::Serverless::Function":
                for event in resource["Properties"].get("Events", {}).values():
                    if event["Type"] == kind:
                        yield logical_id, event

    def __getitem__(self, logical_id):
        return self.names[logical_id]


def pattern(path):
    """A route's path as a regular expression whose groups are its parameters."""
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "$"


def deploy(aws, collection) -> Stack:
    """A stack of the template, with the functions of this build; `collection` is the face collection that prooflight-local has for it."""
    template = yaml.load((ROOT / "template.yaml").read_text(), TemplateLoader)
    s3, formation = aws.client("s3"), aws.client("cloudformation")
    s3.create_bucket(Bucket=CODE_BUCKET)
    # MiniStack has no Rekognition: the collection becomes a parameter of the same name.
    del template["Resources"]["FaceCollection"]
    template["Parameters"]["FaceCollection"] = {"Type": "String"}
    # Nor does it know alarms over several metrics.
    template["Resources"] = {name: made for name, made in template["Resources"].items() if "Metrics" not in made.get("Properties", {})}
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            name = pathlib.PurePath(properties["CodeUri"]).name
            properties["CodeUri"] = upload(s3, f"{name}.zip", code(name))
        if "DefinitionUri" in properties:
            properties["DefinitionUri"] = upload(s3, "definition.asl.json", (ROOT / properties["DefinitionUri"]).read_bytes())
    body = yaml.safe_dump(template, sort_keys=False).encode()
    bucket, key = upload(s3, "template.yaml", body).removeprefix("s3://").split("/")
    formation.create_stack(
        StackName=STACK,
        TemplateURL=f"{aws.endpoint}/{bucket}/{key}",
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in (PARAMETERS | {"FaceCollection": collection}).items()
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    wait(formation)
    made = formation.describe_stack_resources(StackName=STACK)["StackResources"]
    return Stack(template, {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in made}, collection)


def wait(formation):
    deadline = time.monotonic() + DEPLOYED_WITHIN_SECONDS
    while (status := formation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]) == "CREATE_IN_PROGRESS":
        assert time.monotonic() < deadline, "the stack was not made in time"
        time.sleep(0.2)
    if status != "CREATE_COMPLETE":
        events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
        reasons = [f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}" for event in events if event.get("ResourceStatusReason")]
        raise AssertionError("\n".join([status, *reasons]))


def upload(s3, key, content):
    s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=content)
    return f"s3://{CODE_BUCKET}/{key}"


def code(name):
    """The archive of a function."""
    binary = pathlib.Path(os.environ["PROOFLIGHT_LOCAL"]).absolute().parent / name
    assert binary.is_file(), f"{binary} was not built"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        entries.writestr(entry, BOOTSTRAP.format(binary=binary))
    return archive.getvalue()
