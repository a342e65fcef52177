"""The part of S3 that Prooflight rests on: objects written once, checksums that are checked, links that cannot be altered."""

import base64
import concurrent.futures
import datetime
import hashlib
import urllib.error
import urllib.request

import pytest
from botocore import auth
from botocore.exceptions import ClientError

BODY = b"\xff\xd8\xff an image, as far as S3 is concerned"


@pytest.fixture
def s3(prooflight):
    return prooflight.client("s3", signature_version="s3v4")


def sha256(body):
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def refusal(call):
    with pytest.raises(ClientError) as refused:
        call()
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_what_was_put_comes_back_with_its_type_and_metadata(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="a/b c/ü.jpg", Body=BODY, ContentType="image/jpeg", Metadata={"kind": "reference"})
    got = s3.get_object(Bucket=bucket, Key="a/b c/ü.jpg")
    assert got["Body"].read() == BODY
    assert got["ContentType"] == "image/jpeg" and got["Metadata"] == {"kind": "reference"}
    assert got["ETag"] == put["ETag"] and got["ContentLength"] == len(BODY)
    assert s3.head_object(Bucket=bucket, Key="a/b c/ü.jpg")["ContentLength"] == len(BODY)


def test_an_object_is_written_once(s3, bucket):
    s3.put_object(Bucket=bucket, Key="once", Body=BODY, IfNoneMatch="*")
    assert refusal(lambda: s3.put_object(Bucket=bucket, Key="once", Body=b"other", IfNoneMatch="*")) == (412, "PreconditionFailed")
    assert s3.get_object(Bucket=bucket, Key="once")["Body"].read() == BODY


def test_of_many_writers_at_once_one_wins(s3, bucket):
    def write(number):
        try:
            s3.put_object(Bucket=bucket, Key="race", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError as refused:
            return refused.response["ResponseMetadata"]["HTTPStatusCode"]
        return number

    with concurrent.futures.ThreadPoolExecutor(max_workers=8) as pool:
        outcomes = list(pool.map(write, range(16)))
    winners = [outcome for outcome in outcomes if outcome < 16]
    # 409 is S3's other answer to a lost race: "try again", where 412 says that the object exists.
    assert len(winners) == 1 and {outcome for outcome in outcomes if outcome >= 16} <= {409, 412}
    assert s3.get_object(Bucket=bucket, Key="race")["Body"].read() == str(winners[0]).encode()


def test_a_checksum_is_kept(s3, bucket):
    s3.put_object(Bucket=bucket, Key="sum", Body=BODY, ChecksumSHA256=sha256(BODY))
    assert s3.get_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")["ChecksumSHA256"] == sha256(BODY)


def test_a_checksum_is_checked(s3, bucket):
    status, _ = refusal(lambda: s3.put_object(Bucket=bucket, Key="sum", Body=BODY, ChecksumSHA256=sha256(b"other")))
    assert status == 400
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="sum")) == (404, "NoSuchKey")


def test_a_range_is_a_part(s3, bucket):
    s3.put_object(Bucket=bucket, Key="part", Body=b"0123456789")
    part = s3.get_object(Bucket=bucket, Key="part", Range="bytes=2-4")
    assert part["Body"].read() == b"234" and part["ContentRange"] == "bytes 2-4/10"


def test_keys_are_listed_by_prefix_and_page(s3, bucket):
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"evidence/{number}", Body=BODY)
    s3.put_object(Bucket=bucket, Key="other/0", Body=BODY)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="evidence/", PaginationConfig={"PageSize": 2})
    listed = [[entry["Key"] for entry in page["Contents"]] for page in pages]
    assert listed == [["evidence/0", "evidence/1"], ["evidence/2", "evidence/3"], ["evidence/4"]]
    folders = s3.list_objects_v2(Bucket=bucket, Delimiter="/")["CommonPrefixes"]
    assert [entry["Prefix"] for entry in folders] == ["evidence/", "other/"]


def test_what_was_deleted_is_gone(s3, bucket):
    s3.put_object(Bucket=bucket, Key="gone", Body=BODY)
    s3.delete_object(Bucket=bucket, Key="gone")
    s3.delete_object(Bucket=bucket, Key="gone")
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="gone")) == (404, "NoSuchKey")
    s3.put_object(Bucket=bucket, Key="gone", Body=BODY, IfNoneMatch="*")


def test_a_bucket_that_does_not_exist_is_not_found(s3):
    assert refusal(lambda: s3.put_object(Bucket="there-is-no-such-bucket", Key="a", Body=BODY)) == (404, "NoSuchBucket")


def test_a_key_stays_inside_its_bucket(s3, bucket):
    for key in ("../escape", "a/../../escape", "/etc/escape", "a//b", "."):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert "Contents" in s3.list_objects_v2(Bucket=bucket, Prefix="..")


def test_a_presigned_link_opens_one_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="shared", Body=BODY)
    s3.put_object(Bucket=bucket, Key="private", Body=b"not for you")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "shared"}, ExpiresIn=60)
    assert fetch(link) == (200, BODY)
    assert fetch(link.replace("/shared?", "/private?"))[0] == 403
    assert fetch(link.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"))[0] == 403
    assert fetch(link.partition("?")[0])[0] == 403


def test_a_presigned_link_that_is_over_is_refused(prooflight, bucket, monkeypatch):
    # The signer's clock is put back two minutes, so that a link of one minute is over.
    now = auth.get_current_datetime
    monkeypatch.setattr(auth, "get_current_datetime", lambda *arguments, **named: now(*arguments, **named) - datetime.timedelta(minutes=2))
    s3 = prooflight.client("s3", signature_version="s3v4")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"}, ExpiresIn=60)
    status, body = fetch(link)
    assert status == 403 and b"expired" in body.lower()
