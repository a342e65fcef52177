"""Browser uploads: a signed form (presigned POST) as boto3 makes it, sent by a plain HTTP client, and the form that our own API hands out."""

import base64
import datetime
import hmac
import json
import ssl
import urllib.error
import urllib.request
import xml.etree.ElementTree

import pytest


def multipart(fields, content, file_name="me.jpg", boundary="prooflight-test"):
    """A body of `multipart/form-data` with its content type; `content` of None leaves the file out."""
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    if content is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def send(url, body, content_type):
    """The status, headers and body of the answer."""
    request = urllib.request.Request(url, data=body, headers={"content-type": content_type}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read()


def post(form, content=b"bytes", change=None, **options):
    fields = form["fields"] | (change or {})
    return send(form["url"], *multipart({name: value for name, value in fields.items() if value is not None}, content, **options))


def code(answer):
    status, _, body = answer
    return status, xml.etree.ElementTree.fromstring(body).findtext("Code")


@pytest.fixture
def s3(prooflight):
    # Left to itself, boto3 signs forms as S3 has not taken them for new buckets since 2020.
    return prooflight.client("s3", signature_version="s3v4")


def form_of(s3, bucket, key="in/one.jpg", fields=None, conditions=None, expires=60):
    return s3.generate_presigned_post(bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=expires)


def test_a_form_stores_its_file(s3, bucket):
    fields = {"Content-Type": "image/jpeg", "x-amz-meta-device": "phone"}
    form = form_of(s3, bucket, fields=fields, conditions=[fields, ["content-length-range", 1, 5_000_000]])
    content = bytes(range(256)) * 4000
    status, headers, body = post(form, content)
    assert (status, body) == (204, b"") and headers["ETag"]
    stored = s3.get_object(Bucket=bucket, Key="in/one.jpg")
    assert stored["Body"].read() == content and stored["ETag"] == headers["ETag"]
    assert stored["ContentType"] == "image/jpeg" and stored["Metadata"] == {"device": "phone"}


def test_a_form_with_temporary_credentials(prooflight, s3, bucket):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}
    role = {"RoleArn": "arn:aws:iam::000000000000:role/uploader", "RoleSessionName": "test", "DurationSeconds": 900}
    keys = prooflight.client("sts").assume_role(**role, Policy=json.dumps(policy))["Credentials"]
    uploader = prooflight.client("s3", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], signature_version="s3v4")
    form = form_of(uploader, bucket)
    assert "x-amz-security-token" in form["fields"]
    assert post(form)[0] == 204
    assert code(post(form, change={"x-amz-security-token": None}))[0] in (400, 403)
    assert code(post(form, change={"x-amz-security-token": "another"})) == (400, "InvalidToken")
    policy["Statement"][0]["Action"] = "s3:GetObject"
    keys = prooflight.client("sts").assume_role(**role, Policy=json.dumps(policy))["Credentials"]
    reader = prooflight.client("s3", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], signature_version="s3v4")
    assert code(post(form_of(reader, bucket))) == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"key": "in/two.jpg"}, (403, "AccessDenied")),
        ({"Content-Type": "text/html"}, (403, "AccessDenied")),
        ({"x-amz-meta-extra": "1"}, (403, "AccessDenied")),
        ({"x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
        ({"x-amz-signature": None}, (400, "InvalidArgument")),
        ({"policy": None}, (403, "AccessDenied")),
        ({"key": None}, (400, "InvalidArgument")),
        ({"x-amz-credential": "nobody/20261122/us-east-1/s3/aws4_request"}, (403, "InvalidAccessKeyId")),
        ({"x-amz-algorithm": "AWS4-HMAC-MD5"}, (400, "InvalidArgument")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_form_that_was_changed_is_refused(s3, bucket, change, expected):
    fields = {"Content-Type": "image/jpeg"}
    form = form_of(s3, bucket, fields=fields, conditions=[fields])
    if "x-amz-credential" in change:
        change = {"x-amz-credential": form["fields"]["x-amz-credential"].replace("local/", "nobody/")}
    assert code(post(form, change=change)) == expected
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_the_old_signature_is_refused(prooflight, bucket):
    form = prooflight.client("s3", signature_version="s3").generate_presigned_post(bucket, "key")
    assert code(post(form)) == (400, "InvalidRequest")


def test_a_policy_that_was_changed_is_refused(s3, bucket):
    form = form_of(s3, bucket)
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    policy["expiration"] = "2099-01-01T00:00:00Z"
    changed = base64.b64encode(json.dumps(policy).encode()).decode()
    assert code(post(form, change={"policy": changed})) == (403, "SignatureDoesNotMatch")


def test_size_time_and_prefix_are_held_to(s3, bucket):
    ranged = form_of(s3, bucket, conditions=[["content-length-range", 2, 4]])
    assert code(post(ranged, b"12345")) == (400, "EntityTooLarge")
    assert code(post(ranged, b"1")) == (400, "EntityTooSmall")
    assert post(ranged, b"1234")[0] == 204
    status, _, body = post(form_of(s3, bucket, expires=-1))
    assert status == 403 and b"Policy expired" in body
    named = form_of(s3, bucket, key="in/${filename}")
    assert post(named, file_name="portrait.png")[0] == 204
    assert s3.head_object(Bucket=bucket, Key="in/portrait.png")["ContentLength"] == 5
    assert code(post(named, change={"key": "out/x"})) == (403, "AccessDenied")


def test_answers_as_the_form_asks_for(s3, bucket):
    for status in ("200", "201", "204"):
        field = {"success_action_status": status}
        answer = post(form_of(s3, bucket, key=f"a&b {status}.jpg", fields=field, conditions=[field]))
        assert answer[0] == int(status)
        if status == "201":
            assert xml.etree.ElementTree.fromstring(answer[2]).findtext("Key") == "a&b 201.jpg"
    redirect = {"success_action_redirect": "https://example.com/"}
    assert code(post(form_of(s3, bucket, fields=redirect, conditions=[redirect]))) == (501, "NotImplemented")


def test_what_is_no_form_is_refused(s3, bucket):
    form = form_of(s3, bucket)
    body, content_type = multipart(form["fields"], b"bytes")
    assert code(send(form["url"], body[:-30], content_type)) == (400, "MalformedPOSTRequest")
    assert code(send(form["url"], body, "multipart/form-data")) == (400, "MalformedPOSTRequest")
    assert code(post(form, None)) == (400, "InvalidArgument")
    assert code(send(f"{form['url'].rstrip('/')}/key", body, content_type)) == (405, "MethodNotAllowed")
    elsewhere = form | {"url": form["url"].replace(bucket, f"no-{bucket}")}
    assert code(post(elsewhere))[0] in (403, 404)


def call(prooflight, path, token, body):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    url = f"https://localhost:{prooflight.https_port}/api{path}"
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=20, context=context) as answer:
        return json.loads(answer.read())


def test_the_form_that_a_service_gets_for_a_source_picture(prooflight, s3, portraits):
    _, token = prooflight.dev("token", {"subject": "onboarding-service", "scope": "open"})
    asked = {"policy": "onboarding", "consent": {"version": "2026-11"}, "source": {"contentType": "image/jpeg"}}
    opened = call(prooflight, "/subjects/person-1/verifications", token["token"], asked)
    form = opened["sourceUpload"]
    assert code(post(form, bytes(5 * 1024 * 1024 + 1))) == (400, "EntityTooLarge")
    assert post(form, portraits["obama"])[0] == 204
    bucket = form["url"].rstrip("/").rsplit("/", 1)[1]
    stored = s3.get_object(Bucket=bucket, Key=form["fields"]["key"])
    assert stored["Body"].read() == portraits["obama"] and stored["ContentType"] == "image/jpeg"


def test_how_long_a_form_is_good_for_stands_in_its_policy_alone(s3, bucket):
    signed_at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    day = f"{signed_at:%Y%m%d}"
    fields = {
        "key": "late",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"local/{day}/us-east-1/s3/aws4_request",
        "x-amz-date": f"{signed_at:%Y%m%dT%H%M%SZ}",
    }
    expiration = signed_at + datetime.timedelta(hours=2)
    document = {"expiration": f"{expiration:%Y-%m-%dT%H:%M:%S.000Z}", "conditions": [{"bucket": bucket}, fields]}
    policy = base64.b64encode(json.dumps(document).encode())
    key = b"AWS4local-secret"
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, policy, "sha256").hex()
    form = {"url": f"{s3.meta.endpoint_url}/{bucket}", "fields": fields | {"policy": policy.decode(), "x-amz-signature": signature}}
    assert post(form)[0] == 204
