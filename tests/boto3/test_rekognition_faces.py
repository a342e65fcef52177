"""The face operations: what pictures show, who is like whom, and collections of faces, as boto3 sees them."""

import pathlib
import re
import struct
import subprocess
import tempfile
import threading
import time
import uuid
import zlib

import pytest
from botocore.exceptions import ClientError
from local_server import serving

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def png(width, height, row=None):
    """A grey picture, or one whose rows are given."""
    row = row or b"\x80" * (3 * width)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + row) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def compare(rekognition, source, target, **parameters):
    answer = rekognition.compare_faces(SourceImage={"Bytes": source}, TargetImage={"Bytes": target}, **parameters)
    assert answer["SourceImageFace"]["Confidence"] > 50
    return answer


def similarity(rekognition, source, target):
    matches = compare(rekognition, source, target, SimilarityThreshold=0)["FaceMatches"]
    return matches[0]["Similarity"]


def refused(call, name, **parameters):
    with pytest.raises(ClientError) as error:
        call(**parameters)
    assert error.value.response["Error"]["Code"] == name
    assert type(error.value).__name__ == name, "the error is one of the operation's model"
    return error.value.response["Error"]["Message"]


@pytest.fixture
def collection(rekognition):
    name = f"faces-{uuid.uuid4()}"
    rekognition.create_collection(CollectionId=name)
    return name


def index(rekognition, collection, picture, **parameters):
    return rekognition.index_faces(CollectionId=collection, Image={"Bytes": picture}, **parameters)


def search(rekognition, collection, picture, **parameters):
    return rekognition.search_faces_by_image(CollectionId=collection, Image={"Bytes": picture}, **parameters)


def test_the_same_person_is_alike_and_others_are_not(rekognition, portraits):
    assert similarity(rekognition, portraits["obama"], portraits["obama2"]) > 90
    for one, other in [("obama", "biden"), ("obama", "astronaut"), ("obama2", "biden"), ("biden", "astronaut")]:
        assert similarity(rekognition, portraits[one], portraits[other]) < 50, (one, other)


def test_matches_and_the_unmatched_are_told_apart_by_the_threshold(rekognition, portraits):
    same = compare(rekognition, portraits["obama"], portraits["obama2"])
    assert len(same["FaceMatches"]) == 1 and same["UnmatchedFaces"] == []
    face = same["FaceMatches"][0]["Face"]
    assert {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"} <= face.keys()
    other = compare(rekognition, portraits["obama"], portraits["biden"])
    assert other["FaceMatches"] == [] and len(other["UnmatchedFaces"]) == 1
    everyone = compare(rekognition, portraits["obama"], portraits["biden"], SimilarityThreshold=0)
    assert len(everyone["FaceMatches"]) == 1 and everyone["UnmatchedFaces"] == []


def test_a_face_is_described(rekognition, portraits):
    [face] = rekognition.detect_faces(Image={"Bytes": portraits["astronaut"]})["FaceDetails"]
    assert face.keys() == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert {landmark["Type"] for landmark in face["Landmarks"]} == {"eyeLeft", "eyeRight", "mouthLeft", "mouthRight", "nose"}
    box = face["BoundingBox"]
    assert 0.3 < box["Left"] < 0.4 and 0.1 < box["Width"] < 0.25 and 0.1 < box["Top"] < 0.2
    assert all(box["Left"] < mark["X"] < box["Left"] + box["Width"] for mark in face["Landmarks"])
    assert abs(face["Pose"]["Yaw"]) < 15 and abs(face["Pose"]["Roll"]) < 15
    assert face["Quality"]["Sharpness"] > 50 and 30 < face["Quality"]["Brightness"] < 100


@pytest.mark.parametrize(
    ("attributes", "with_age", "landmarks"),
    [(["DEFAULT"], False, 5), (["AGE_RANGE"], True, 5), (["SMILE", "GENDER"], False, 5), (["ALL"], True, 28), (["DEFAULT", "ALL"], True, 28)],
)
def test_attributes_are_given_as_asked_for(rekognition, portraits, attributes, with_age, landmarks):
    [face] = rekognition.detect_faces(Image={"Bytes": portraits["astronaut"]}, Attributes=attributes)["FaceDetails"]
    assert ("AgeRange" in face) == with_age and len(face["Landmarks"]) == landmarks
    if with_age:
        assert 18 <= face["AgeRange"]["Low"] < face["AgeRange"]["High"]
    # These two are measured; the astronaut looks into the camera, with nothing before her face.
    measured = {name: face[name]["Value"] for name in ("EyesOpen", "FaceOccluded") if name in face}
    assert measured == ({"EyesOpen": True, "FaceOccluded": False} if "ALL" in attributes else {})
    assert not face.keys() & {"Emotions", "Gender", "Smile", "MouthOpen", "Beard"}, "nothing is made up"


def test_a_picture_without_a_face(rekognition, collection, portraits):
    empty = png(200, 200)
    assert rekognition.detect_faces(Image={"Bytes": empty})["FaceDetails"] == []
    refused(rekognition.compare_faces, "InvalidParameterException", SourceImage={"Bytes": empty}, TargetImage={"Bytes": portraits["biden"]})
    answer = compare(rekognition, portraits["biden"], empty)
    assert answer["FaceMatches"] == [] and answer["UnmatchedFaces"] == []
    refused(rekognition.search_faces_by_image, "InvalidParameterException", CollectionId=collection, Image={"Bytes": empty})
    assert index(rekognition, collection, empty)["FaceRecords"] == []


@pytest.mark.parametrize(
    ("picture", "name"),
    [
        (b"this is no picture", "InvalidImageFormatException"),
        (b"GIF89a" + bytes(100), "InvalidImageFormatException"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "InvalidImageFormatException"),
        (png(79, 200), "InvalidParameterException"),
        (bytes(6 * 1024 * 1024), "ImageTooLargeException"),
        (png(10_001, 80), "ImageTooLargeException"),
    ],
    ids=["text", "GIF", "damaged JPEG", "79 pixels", "6 MB", "10001 pixels"],
)
def test_what_is_no_usable_picture_is_refused(rekognition, collection, portraits, picture, name):
    image, good = {"Bytes": picture}, {"Bytes": portraits["astronaut"]}
    refused(rekognition.detect_faces, name, Image=image)
    refused(rekognition.compare_faces, name, SourceImage=image, TargetImage=good)
    refused(rekognition.compare_faces, name, SourceImage=good, TargetImage=image)
    refused(rekognition.index_faces, name, CollectionId=collection, Image=image)
    refused(rekognition.search_faces_by_image, name, CollectionId=collection, Image=image)


def test_a_picture_may_be_an_object(prooflight, rekognition, bucket, portraits):
    prooflight.client("s3").put_object(Bucket=bucket, Key="people/one.png", Body=portraits["astronaut"])
    stored = {"S3Object": {"Bucket": bucket, "Name": "people/one.png"}}
    assert len(rekognition.detect_faces(Image=stored)["FaceDetails"]) == 1
    answer = rekognition.compare_faces(SourceImage=stored, TargetImage={"Bytes": portraits["astronaut"]})
    assert answer["FaceMatches"][0]["Similarity"] > 99
    for missing in [{"Bucket": bucket, "Name": "nothing"}, {"Bucket": f"no-{bucket}", "Name": "people/one.png"}]:
        refused(rekognition.detect_faces, "InvalidS3ObjectException", Image={"S3Object": missing})
    refused(rekognition.detect_faces, "InvalidParameterException", Image={})
    refused(rekognition.detect_faces, "InvalidParameterException", Image=stored | {"Bytes": b"x"})


def test_a_collection_lives(rekognition):
    name = f"faces-{uuid.uuid4()}"
    created = rekognition.create_collection(CollectionId=name)
    assert created["StatusCode"] == 200 and created["CollectionArn"].endswith(f":collection/{name}") and created["FaceModelVersion"] == "7.0"
    refused(rekognition.create_collection, "ResourceAlreadyExistsException", CollectionId=name)
    described = rekognition.describe_collection(CollectionId=name)
    assert described["FaceCount"] == 0 and described["CollectionARN"].startswith("arn:aws:rekognition:us-east-1:")
    assert described["CreationTimestamp"].year >= 2024
    assert rekognition.delete_collection(CollectionId=name)["StatusCode"] == 200
    for call in (rekognition.describe_collection, rekognition.delete_collection, rekognition.list_faces):
        refused(call, "ResourceNotFoundException", CollectionId=name)


def test_operations_on_no_collection(rekognition, portraits):
    image, nowhere, face = {"Bytes": portraits["biden"]}, "not-there", str(uuid.uuid4())
    refused(rekognition.index_faces, "ResourceNotFoundException", CollectionId=nowhere, Image=image)
    refused(rekognition.search_faces_by_image, "ResourceNotFoundException", CollectionId=nowhere, Image=image)
    refused(rekognition.search_faces, "ResourceNotFoundException", CollectionId=nowhere, FaceId=face)
    refused(rekognition.delete_faces, "ResourceNotFoundException", CollectionId=nowhere, FaceIds=[face])
    refused(rekognition.create_collection, "InvalidParameterException", CollectionId="no/slash")


def test_the_collection_of_the_template_exists(rekognition):
    assert "prooflight-local-faces" in rekognition.list_collections()["CollectionIds"]


def test_a_face_is_indexed_found_and_forgotten(rekognition, collection, portraits):
    answer = index(rekognition, collection, portraits["obama"], ExternalImageId="person:44", DetectionAttributes=["ALL"])
    [record] = answer["FaceRecords"]
    face = record["Face"]
    assert UUID.fullmatch(face["FaceId"]) and UUID.fullmatch(face["ImageId"]) and face["ExternalImageId"] == "person:44"
    assert "AgeRange" in record["FaceDetail"] and answer["FaceModelVersion"] == face["IndexFacesModelVersion"] == "7.0"
    index(rekognition, collection, portraits["biden"], ExternalImageId="person:46")
    assert rekognition.describe_collection(CollectionId=collection)["FaceCount"] == 2

    found = search(rekognition, collection, portraits["obama2"], FaceMatchThreshold=90)
    [match] = found["FaceMatches"]
    assert match["Face"]["FaceId"] == face["FaceId"] and match["Face"]["ExternalImageId"] == "person:44" and match["Similarity"] > 90
    assert found["SearchedFaceConfidence"] > 50 and found["SearchedFaceBoundingBox"]["Width"] > 0
    assert search(rekognition, collection, portraits["astronaut"])["FaceMatches"] == []
    everyone = search(rekognition, collection, portraits["obama2"], FaceMatchThreshold=0)["FaceMatches"]
    assert [match["Face"]["ExternalImageId"] for match in everyone] == ["person:44", "person:46"]
    assert len(search(rekognition, collection, portraits["obama2"], FaceMatchThreshold=0, MaxFaces=1)["FaceMatches"]) == 1

    unknown = str(uuid.uuid4())
    deleted = rekognition.delete_faces(CollectionId=collection, FaceIds=[face["FaceId"], unknown])
    assert deleted["DeletedFaces"] == [face["FaceId"]]
    assert deleted["UnsuccessfulFaceDeletions"] == [{"FaceId": unknown, "Reasons": ["FACE_NOT_FOUND"]}]
    assert search(rekognition, collection, portraits["obama"])["FaceMatches"] == []


def test_faces_like_an_indexed_one(rekognition, collection, portraits):
    ids = {name: index(rekognition, collection, portraits[name])["FaceRecords"][0]["Face"]["FaceId"] for name in ("obama", "obama2", "biden")}
    answer = rekognition.search_faces(CollectionId=collection, FaceId=ids["obama"])
    assert answer["SearchedFaceId"] == ids["obama"]
    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == [ids["obama2"]], "not the face itself"
    refused(rekognition.search_faces, "InvalidParameterException", CollectionId=collection, FaceId=str(uuid.uuid4()))


def ffmpeg(filters, *pictures):
    """A picture made of others, as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for number, picture in enumerate(pictures):
            path = pathlib.Path(folder, f"{number}")
            path.write_bytes(picture)
            inputs += ["-f", "image2pipe", "-i", path]
        command = ["ffmpeg", "-v", "error", *inputs, "-filter_complex", filters, "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "pipe:1"]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout


def test_two_people_in_one_picture(rekognition, collection, portraits):
    side_by_side = "[0]scale=-1:750[a];[1]scale=400:-1,pad=500:750:50:150[b];[a][b]hstack"
    both = ffmpeg(side_by_side, portraits["obama2"], portraits["astronaut"])
    faces = rekognition.detect_faces(Image={"Bytes": both})["FaceDetails"]
    assert len(faces) == 2 and faces[0]["BoundingBox"]["Width"] > faces[1]["BoundingBox"]["Width"], "the largest comes first"

    answer = compare(rekognition, portraits["astronaut"], both)
    assert len(answer["FaceMatches"]) == 1 and len(answer["UnmatchedFaces"]) == 1
    assert answer["FaceMatches"][0]["Similarity"] > 90 and answer["FaceMatches"][0]["Face"]["BoundingBox"]["Left"] > 0.5
    # Of the source it is the largest face that is compared.
    assert similarity(rekognition, both, portraits["obama"]) > 90

    indexed = index(rekognition, collection, both, MaxFaces=1, ExternalImageId="largest")
    assert len(indexed["FaceRecords"]) == 1 and [face["Reasons"] for face in indexed["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]]
    assert len(search(rekognition, collection, portraits["obama"])["FaceMatches"]) == 1
    assert search(rekognition, collection, portraits["astronaut"])["FaceMatches"] == []


def test_faces_are_listed_page_by_page(rekognition, collection, portraits):
    ids = sorted(index(rekognition, collection, portraits["biden"])["FaceRecords"][0]["Face"]["FaceId"] for _ in range(5))
    first = rekognition.list_faces(CollectionId=collection, MaxResults=2)
    assert len(first["Faces"]) == 2 and first["NextToken"] and first["FaceModelVersion"] == "7.0"
    pages = rekognition.get_paginator("list_faces").paginate(CollectionId=collection, PaginationConfig={"PageSize": 2})
    assert [face["FaceId"] for page in pages for face in page["Faces"]] == ids
    assert "NextToken" not in rekognition.list_faces(CollectionId=collection, MaxResults=5)
    only = rekognition.list_faces(CollectionId=collection, FaceIds=[ids[3], str(uuid.uuid4())])["Faces"]
    assert [face["FaceId"] for face in only] == [ids[3]]
    refused(rekognition.list_faces, "InvalidPaginationTokenException", CollectionId=collection, NextToken="x" * 256)


def test_collections_are_listed_page_by_page(rekognition, collection):
    pages = list(rekognition.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 1}))
    ids = [name for page in pages for name in page["CollectionIds"]]
    assert collection in ids and ids == sorted(set(ids)) and all(len(page["CollectionIds"]) == 1 for page in pages)
    assert all(len(page["FaceModelVersions"]) == len(page["CollectionIds"]) for page in pages)


@pytest.mark.parametrize(
    "parameters",
    [{"MaxFaces": 0}, {"FaceMatchThreshold": 100.5}, {"FaceMatchThreshold": -1.0}, {"QualityFilter": "BEST"}, {"MaxFaces": 4097}],
    ids=str,
)
def test_constraints_of_the_model_hold(prooflight, collection, portraits, parameters):
    unchecked = prooflight.client("rekognition", parameter_validation=False)
    image = {"Bytes": portraits["astronaut"]}
    refused(unchecked.search_faces_by_image, "InvalidParameterException", CollectionId=collection, Image=image, **parameters)


def test_a_picture_below_the_quality_bar_is_not_indexed(rekognition, collection, portraits):
    dark = ffmpeg("[0]colorlevels=romax=0.2:gomax=0.2:bomax=0.2", portraits["astronaut"])
    answer = index(rekognition, collection, dark, QualityFilter="HIGH")
    assert answer["FaceRecords"] == [] and "LOW_BRIGHTNESS" in answer["UnindexedFaces"][0]["Reasons"]
    assert len(index(rekognition, collection, dark, QualityFilter="NONE")["FaceRecords"]) == 1


def test_other_requests_are_answered_while_a_picture_is_looked_at(prooflight, rekognition, collection, portraits):
    looking = [threading.Thread(target=index, args=(prooflight.client("rekognition"), collection, portraits["biden"])) for _ in range(4)]
    for thread in looking:
        thread.start()
    began = time.monotonic()
    rekognition.describe_collection(CollectionId=collection)
    session = rekognition.create_face_liveness_session()
    assert session["SessionId"] and time.monotonic() - began < 1.0
    for thread in looking:
        thread.join()
    assert rekognition.describe_collection(CollectionId=collection)["FaceCount"] == 4


def test_collections_survive_a_restart_and_what_was_deleted_does_not(tmp_path, portraits):
    data = tmp_path / "data"
    with serving(tmp_path, data) as server:
        client = server.client("rekognition")
        client.create_collection(CollectionId="..")
        client.create_collection(CollectionId="gone")
        kept, forgotten = (index(client, "..", portraits[name])["FaceRecords"][0]["Face"]["FaceId"] for name in ("obama", "biden"))
        index(client, "gone", portraits["biden"])
        client.delete_faces(CollectionId="..", FaceIds=[forgotten])
        client.delete_collection(CollectionId="gone")
        created = client.describe_collection(CollectionId="..")["CreationTimestamp"]
    on_disk = [path.read_text(errors="replace") for path in data.rglob("*") if path.is_file()]
    assert any(kept in content for content in on_disk) and not any(forgotten in content for content in on_disk)
    (tmp_path / "ready.json").unlink()
    with serving(tmp_path, data) as server:
        client = server.client("rekognition")
        assert client.list_collections()["CollectionIds"] == ["..", "prooflight-local-faces"]
        assert client.describe_collection(CollectionId="..")["CreationTimestamp"] == created
        assert [match["Face"]["FaceId"] for match in search(client, "..", portraits["obama2"])["FaceMatches"]] == [kept]
        assert search(client, "..", portraits["biden"])["FaceMatches"] == []
