"""What a deployment chooses by parameters: CloudFormation refuses those that do not go together before it makes anything, by the `Rules` of
template.yaml; and what is optional, page, edge and user pool, can be made.
"""

import re
import time

import botocore.exceptions
import pytest
import yaml
from deployment import DEPLOYED_WITHIN_SECONDS, ROOT, TemplateLoader

ISSUER = {"JwtIssuer": "https://issuer.example/", "JwtAudience": "app"}
POOL = {"WithUserPool": "true", "ScopePrefix": "prooflight/"}
ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/edge/00000000-0000-4000-8000-000000000000"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000"

CASES = {
    "an-issuer": (ISSUER, None),
    "a-prefix": (ISSUER | {"ScopePrefix": "https://api.example.com/"}, None),
    "a-pool": (POOL, None),
    "neither": ({}, "not both"),
    "an-issuer-for-nobody": ({"JwtIssuer": "https://issuer.example/"}, "not both"),
    "both": (ISSUER | POOL, "not both"),
    "a-pool-with-bare-scopes": ({"WithUserPool": "true"}, "Set ScopePrefix to prooflight/"),
    "plain-http": (ISSUER | {"JwtIssuer": "http://issuer.example/"}, "https URL"),
    "two-scopes": (ISSUER | {"ScopePrefix": "a b/"}, "characters that a scope may have"),
    "policies": (ISSUER | {"DisabledPolicies": "liveness,age-gate"}, None),
    "policies-apart": (ISSUER | {"DisabledPolicies": "liveness, age-gate"}, "separated by commas"),
    "an-edge": (ISSUER | {"WithEdge": "true"}, None),
    "an-edge-elsewhere": (ISSUER | {"WithEdge": "true"}, "us-east-1 alone"),
    "an-edge-elsewhere-with-an-acl": (ISSUER | {"WithEdge": "true", "WebAclArn": ACL}, None),
    "an-acl-of-a-region": (ISSUER | {"WithEdge": "true", "WebAclArn": ACL.replace("global", "regional")}, "web ACL for CloudFront"),
    "a-certificate-of-a-region": (ISSUER | {"PageCertificateArn": CERTIFICATE.replace("us-east-1", "eu-west-1")}, "in us-east-1"),
}


@pytest.mark.parametrize("name", CASES)
def test_parameters_that_do_not_go_together_are_refused(cloud, name):
    parameters, refused_for = CASES[name]
    whole = yaml.load((ROOT / "template.yaml").read_text(), TemplateLoader)
    # What is decided before anything is made, and something to make.
    template = {part: whole[part] for part in ("AWSTemplateFormatVersion", "Parameters", "Rules")}
    template["Resources"] = {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    formation = cloud.formation["eu-west-1" if "elsewhere" in name else "us-east-1"]
    parameters = parameters | {"AllowedOrigins": "https://verify.example"}
    asked = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    try:
        formation.create_stack(StackName=f"parameters-{name}", TemplateBody=yaml.safe_dump(template), Parameters=asked)
    except botocore.exceptions.ClientError as refusal:
        assert refused_for and refused_for in str(refusal), refusal
    else:
        assert not refused_for


PAGE = {"ConnectOrigins": "https://api.example.com wss://stream.example.com", "ImagesOrigin": "https://bucket.example.com"}
EDGE = {"ApiHost": "abc.execute-api.us-east-1.amazonaws.com"}
OPTIONAL = {
    "page": ("infra/page.yaml", PAGE, r"https://[a-z0-9]+\.cloudfront\.net"),
    "page-of-a-domain": ("infra/page.yaml", PAGE | {"Domain": "verify.example.com", "CertificateArn": CERTIFICATE}, r"https://verify\.example\.com"),
    "edge": ("infra/edge.yaml", EDGE, r"https://[a-z0-9]+\.cloudfront\.net"),
    "edge-of-a-domain": ("infra/edge.yaml", EDGE | {"Domain": "api.example.com", "CertificateArn": CERTIFICATE}, r"https://api\.example\.com"),
}


@pytest.mark.parametrize("name", OPTIONAL)
def test_page_and_edge_can_be_made(cloud, name):
    file, parameters, origin = OPTIONAL[name]
    outputs = made(cloud, name, (ROOT / file).read_text(), parameters)
    assert re.fullmatch(origin, outputs["Origin"])


def test_a_user_pool_gives_each_client_what_everybody_of_it_may(cloud):
    whole = yaml.load((ROOT / "template.yaml").read_text(), TemplateLoader)
    template = {part: whole[part] for part in ("AWSTemplateFormatVersion", "Parameters", "Rules", "Conditions")}
    for part in ("Resources", "Outputs"):
        template[part] = {name: it for name, it in whole[part].items() if it.get("Condition") == "HasUserPool"}
    outputs = made(cloud, "user-pool", yaml.safe_dump(template), POOL | {"AllowedOrigins": "https://verify.example,https://other.example"})
    pool = {"UserPoolId": outputs["UserPoolId"]}
    clients = [outputs["PageClientId"], outputs["ServiceClientId"]]
    page, service = (cloud.user_pools.describe_user_pool_client(**pool, ClientId=client)["UserPoolClient"] for client in clients)
    assert (page["AllowedOAuthFlows"], sorted(page["AllowedOAuthScopes"])) == (["code"], ["openid", "prooflight/verify"])
    assert page["CallbackURLs"] == ["https://verify.example", "https://other.example"]
    assert (service["AllowedOAuthFlows"], sorted(service["AllowedOAuthScopes"])) == (["client_credentials"], ["prooflight/open", "prooflight/read"])
    assert "ClientSecret" in service and "ClientSecret" not in page
    assert cloud.user_pools.describe_user_pool(**pool)["UserPool"]["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]
    # Every scope that a route asks for is one that the pool knows.
    known = {scope["ScopeName"] for scope in template["Resources"]["ScopesOfUserPool"]["Properties"]["Scopes"]}
    events = [event for resource in whole["Resources"].values() for event in resource.get("Properties", {}).get("Events", {}).values()]
    asked = {scope["Fn::Sub"] for event in events for scope in event["Properties"].get("Auth", {}).get("AuthorizationScopes", [])}
    assert asked == {f"${{ScopePrefix}}{scope}" for scope in known}


def made(cloud, name, template, parameters):
    """The outputs of a stack that was made."""
    formation, stack = cloud.formation["us-east-1"], {"StackName": f"optional-{name}"}
    asked = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    formation.create_stack(**stack, TemplateBody=template, Parameters=asked)
    deadline = time.monotonic() + DEPLOYED_WITHIN_SECONDS
    while (found := formation.describe_stacks(**stack)["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found["StackStatus"] == "CREATE_COMPLETE", formation.describe_stack_events(**stack)["StackEvents"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
