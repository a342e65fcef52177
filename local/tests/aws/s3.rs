//! S3's promises that the product rests on: what is written once stays, what comes back is what was put, and pages end.

use crate::support::{DEVELOPER, FUNCTION, World, keys, now, signed};
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, Delete, ObjectIdentifier, ServerSideEncryption};
use base64::Engine as _;
use bytes::Bytes;
use http::{Request, StatusCode};
use sha2::Digest as _;
use std::collections::BTreeSet;

fn bucket() -> World {
    let world = World::in_memory();
    world.endpoint.ensure_bucket("evidence").unwrap();
    world
}

fn sha256(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(bytes))
}

async fn put(client: &aws_sdk_s3::Client, key: &str, bytes: &'static [u8]) {
    client.put_object().bucket("evidence").key(key).body(ByteStream::from_static(bytes)).send().await.unwrap();
}

async fn get(client: &aws_sdk_s3::Client, key: &str) -> Bytes {
    let object = client.get_object().bucket("evidence").key(key).send().await.unwrap();
    object.body.collect().await.unwrap().into_bytes()
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let world = bucket();
    let client = world.s3();
    let request = client.put_object().bucket("evidence").key("a/b c.jpg").body(ByteStream::from_static(b"picture"));
    let request =
        request.checksum_sha256(sha256(b"picture")).content_type("image/jpeg").cache_control("no-store").metadata("kind", "reference");
    let stored = request.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id("key-1").send().await.unwrap();
    assert_eq!(stored.e_tag(), Some("\"5456fc54c74a297ce994998c2873b370\""), "the MD5 of the bytes");
    assert_eq!(stored.checksum_sha256(), Some(sha256(b"picture").as_str()));
    assert_eq!(stored.server_side_encryption(), Some(&ServerSideEncryption::AwsKms));

    let object = client.get_object().bucket("evidence").key("a/b c.jpg").checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!(object.e_tag(), stored.e_tag());
    assert_eq!(object.checksum_sha256(), Some(sha256(b"picture").as_str()));
    assert_eq!((object.content_type(), object.cache_control(), object.content_length()), (Some("image/jpeg"), Some("no-store"), Some(7)));
    assert_eq!(object.metadata().unwrap()["kind"], "reference");
    assert_eq!((object.server_side_encryption(), object.ssekms_key_id()), (Some(&ServerSideEncryption::AwsKms), Some("key-1")));
    assert_eq!(object.body.collect().await.unwrap().into_bytes(), "picture");

    let head = client.head_object().bucket("evidence").key("a/b c.jpg").send().await.unwrap();
    assert_eq!((head.content_length(), head.content_type(), head.checksum_sha256()), (Some(7), Some("image/jpeg"), None));
    assert_eq!(head.metadata().unwrap()["kind"], "reference");
}

#[tokio::test]
async fn of_twenty_writers_that_expect_nothing_there_one_writes() {
    let folder = tempfile::tempdir().unwrap();
    for world in [World::in_memory(), World::open(Some(folder.path()))] {
        world.endpoint.ensure_bucket("evidence").unwrap();
        let client = world.s3();
        let writes = (0..20).map(|number| {
            let body = ByteStream::from(format!("writer {number}").into_bytes());
            client.put_object().bucket("evidence").key("once").if_none_match("*").body(body).send()
        });
        let results = futures_util::future::join_all(writes).await;
        let winners: Vec<_> = results.iter().enumerate().filter_map(|(number, result)| result.is_ok().then_some(number)).collect();
        assert_eq!(winners.len(), 1);
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            assert_eq!(error.code(), Some("PreconditionFailed"));
            assert_eq!(error.raw_response().unwrap().status().as_u16(), 412);
        }
        assert_eq!(get(&client, "once").await, format!("writer {}", winners[0]), "the winner's bytes are the object");
        if let Some(folder) = Some(folder.path().join("s3/.unfinished")).filter(|folder| folder.exists()) {
            assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "the losers leave nothing behind");
        }
    }
}

#[tokio::test]
async fn a_write_can_ask_for_the_object_that_it_replaces() {
    let world = bucket();
    let client = world.s3();
    let write = |etag: &str| client.put_object().bucket("evidence").key("k").if_match(etag).body(ByteStream::from_static(b"two")).send();
    assert_eq!(write("\"0123\"").await.unwrap_err().code(), Some("NoSuchKey"));
    let first = client.put_object().bucket("evidence").key("k").body(ByteStream::from_static(b"one")).send().await.unwrap();
    assert_eq!(write("\"0123\"").await.unwrap_err().code(), Some("PreconditionFailed"));
    write(first.e_tag().unwrap()).await.unwrap();
    assert_eq!(get(&client, "k").await, "two");
}

#[tokio::test]
async fn reads_are_conditional_and_partial() {
    let world = bucket();
    let client = world.s3();
    put(&client, "k", b"0123456789").await;
    let etag = client.head_object().bucket("evidence").key("k").send().await.unwrap().e_tag.unwrap();
    assert_eq!(etag, "\"781e5e245d69b566979b86e28d23f2c7\"", "the MD5 of the bytes");
    let read = || client.get_object().bucket("evidence").key("k");
    let status = |error: aws_sdk_s3::error::SdkError<aws_sdk_s3::operation::get_object::GetObjectError>| {
        error.raw_response().unwrap().status().as_u16()
    };
    assert_eq!(status(read().if_none_match(&etag).send().await.unwrap_err()), 304);
    assert_eq!(status(read().if_match("\"other\"").send().await.unwrap_err()), 412);
    assert_eq!(status(read().range("bytes=10-").send().await.unwrap_err()), 416);
    assert!(read().if_none_match("\"other\"").if_match(&etag).send().await.is_ok());
    let cases = [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ];
    for (range, bytes, stated) in cases {
        let part = read().range(range).send().await.unwrap();
        assert_eq!(part.content_range(), Some(stated), "{range}");
        assert_eq!(part.body.collect().await.unwrap().into_bytes(), bytes, "{range}");
    }
    let since = aws_smithy_types::DateTime::from_secs(now().as_second() + 60);
    assert_eq!(status(read().if_modified_since(since).send().await.unwrap_err()), 304);
    assert!(read().if_unmodified_since(since).send().await.is_ok());
}

#[tokio::test]
async fn keys_are_listed_page_by_page() {
    let world = bucket();
    let client = world.s3();
    let keys: BTreeSet<String> = (0..25).map(|number| format!("evidence/r30/2026-11-{:02}/x y+{number}.jpg", number % 5 + 1)).collect();
    for key in &keys {
        client.put_object().bucket("evidence").key(key).body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    let mut pages = client.list_objects_v2().bucket("evidence").prefix("evidence/").into_paginator().page_size(10).send();
    let (mut found, mut sizes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.contents().len());
        found.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!((found, sizes), (keys.iter().cloned().collect::<Vec<_>>(), vec![10, 10, 5]));
    let days = client.list_objects_v2().bucket("evidence").prefix("evidence/r30/").delimiter("/").send().await.unwrap();
    let days: Vec<_> = days.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect();
    assert_eq!(days, (1..=5).map(|day| format!("evidence/r30/2026-11-0{day}/")).collect::<Vec<_>>());
    let coded =
        client.list_objects_v2().bucket("evidence").max_keys(1).encoding_type(aws_sdk_s3::types::EncodingType::Url).send().await.unwrap();
    assert_eq!(coded.contents()[0].key(), Some("evidence/r30/2026-11-01/x%20y%2B0.jpg"));
    let error = client.list_objects_v2().bucket("evidence").continuation_token("?").send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidArgument"));
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_deleting_it_again_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(Some(folder.path()));
    world.endpoint.ensure_bucket("evidence").unwrap();
    let client = world.s3();
    for key in ["a", "b", "c"] {
        put(&client, key, b"secret picture").await;
    }
    for _ in 0..2 {
        client.delete_object().bucket("evidence").key("a").send().await.unwrap();
        let object = |key: &str| ObjectIdentifier::builder().key(key).build().unwrap();
        let delete = Delete::builder().objects(object("b")).objects(object("c")).build().unwrap();
        let deleted = client.delete_objects().bucket("evidence").delete(delete).send().await.unwrap();
        assert_eq!((deleted.deleted().len(), deleted.errors().len()), (2, 0));
    }
    let error = client.get_object().bucket("evidence").key("a").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchKey"));
    let left = std::fs::read_dir(folder.path().join("s3/evidence")).unwrap().count();
    assert_eq!(left, 0, "no file of them is left");
}

#[tokio::test]
async fn a_key_is_a_name_and_never_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(Some(folder.path()));
    world.endpoint.ensure_bucket("evidence").unwrap();
    let client = world.s3();
    let long = "k".repeat(1024);
    let keys = ["a", "a/b", "a/", "../../outside", "/etc/passwd", "..", "a\u{e4}\u{20ac} +%2F?", "con", long.as_str()];
    for key in keys {
        let body = ByteStream::from(format!("[{key}]").into_bytes());
        client.put_object().bucket("evidence").key(key).body(body).send().await.unwrap();
    }
    drop(world);
    let world = World::open(Some(folder.path()));
    for key in keys {
        assert_eq!(get(&world.s3(), key).await, format!("[{key}]"), "{key}");
    }
    let files: BTreeSet<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        files.iter().all(|name| ["s3", "sqs"].iter().any(|known| name == known) || name.to_str().unwrap().starts_with("dynamodb.sqlite")),
        "{files:?}"
    );
    let too_long = world.s3().put_object().bucket("evidence").key("k".repeat(1025)).body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(too_long.unwrap_err().code(), Some("KeyTooLongError"));
}

#[tokio::test]
async fn objects_outlive_a_restart_and_half_written_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::open(Some(folder.path()));
    world.endpoint.ensure_bucket("evidence").unwrap();
    let request = world.s3().put_object().bucket("evidence").key("kept").body(ByteStream::from_static(b"a\nb")).content_type("image/jpeg");
    let stored = request.send().await.unwrap();
    put(&world.s3(), "damaged", b"0123456789").await;
    let unfinished = folder.path().join("s3/.unfinished/left-over");
    std::fs::write(&unfinished, b"{").unwrap();
    let damaged = std::fs::read_dir(folder.path().join("s3/evidence")).unwrap().map(|entry| entry.unwrap().path());
    let damaged = damaged.max_by_key(|path| std::fs::metadata(path).unwrap().len()).unwrap();
    let bytes = std::fs::read(&damaged).unwrap();
    std::fs::write(&damaged, &bytes[..bytes.len() - 1]).unwrap();
    drop(world);

    let world = World::open(Some(folder.path()));
    world.endpoint.ensure_bucket("evidence").unwrap();
    let client = world.s3();
    let kept = client.get_object().bucket("evidence").key("kept").send().await.unwrap();
    assert_eq!((kept.e_tag(), kept.content_type()), (stored.e_tag(), Some("image/jpeg")));
    assert_eq!(kept.body.collect().await.unwrap().into_bytes(), "a\nb");
    assert_eq!(client.get_object().bucket("evidence").key("damaged").send().await.unwrap_err().code(), Some("NoSuchKey"));
    assert!(!unfinished.exists());
    assert_eq!(client.list_buckets().send().await.unwrap().buckets().len(), 1);
}

#[tokio::test]
async fn services_put_objects_without_a_request() {
    let world = bucket();
    let buckets = world.endpoint.buckets();
    buckets.put("evidence", "liveness/reference.jpg", Bytes::from_static(b"picture"), "image/jpeg").await.unwrap();
    assert_eq!(get(&world.s3(), "liveness/reference.jpg").await, "picture");
    let error = buckets.put("elsewhere", "k", Bytes::new(), "image/jpeg").await.unwrap_err();
    assert!(matches!(error, prooflight_local::aws::S3Fault::NoSuchBucket));
}

#[tokio::test]
async fn what_is_not_here_says_so() {
    let world = bucket();
    let client = world.s3();
    let missing = client.get_object().bucket("elsewhere").key("k").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchBucket"));
    assert!(client.head_bucket().bucket("elsewhere").send().await.unwrap_err().into_service_error().is_not_found());
    assert!(client.head_object().bucket("evidence").key("k").send().await.unwrap_err().into_service_error().is_not_found());
    assert_eq!(client.create_bucket().bucket("evidence").send().await.unwrap_err().code(), Some("BucketAlreadyOwnedByYou"));
    assert_eq!(client.create_bucket().bucket("Evidence").send().await.unwrap_err().code(), Some("InvalidBucketName"));
    client.create_bucket().bucket("another").send().await.unwrap();
    client.head_bucket().bucket("another").send().await.unwrap();
    let lifecycle = client.get_bucket_lifecycle_configuration().bucket("evidence").send().await.unwrap_err();
    assert_eq!((lifecycle.code(), lifecycle.raw_response().unwrap().status().as_u16()), (Some("NotImplemented"), 501));
    assert!(lifecycle.message().unwrap().contains("GetBucketLifecycleConfiguration"), "{lifecycle:?}");
    let tagged =
        client.put_object().bucket("evidence").key("k").tagging("a=b").body(ByteStream::from_static(b"x")).send().await.unwrap_err();
    assert_eq!(tagged.code(), Some("NotImplemented"));
    assert!(tagged.message().unwrap().contains("tags"), "{tagged:?}");
}

#[tokio::test]
async fn the_journal_names_the_permission_and_not_the_operation() {
    let world = bucket();
    let client = world.s3();
    put(&client, "k", b"x").await;
    client.head_object().bucket("evidence").key("k").send().await.unwrap();
    client.list_objects_v2().bucket("evidence").send().await.unwrap();
    let entries: Vec<_> = world.endpoint.journal().entries().into_iter().map(|entry| (entry.action, entry.resource)).collect();
    let expected = [
        ("s3:PutObject", "arn:aws:s3:::evidence/k"),
        ("s3:GetObject", "arn:aws:s3:::evidence/k"),
        ("s3:ListBucket", "arn:aws:s3:::evidence"),
    ];
    assert_eq!(entries, expected.map(|(action, resource)| (action.to_owned(), resource.to_owned())));
    let refused = signed(Request::get("/evidence/k").body(Bytes::new()).unwrap(), "s3", None, now());
    assert_eq!(world.send(refused).await.0, StatusCode::OK, "{DEVELOPER} reads it too");
}

#[tokio::test]
async fn a_function_may_do_what_its_role_says_and_is_told_what_it_may_know() {
    let world = World::in_memory();
    world.endpoint.ensure_bucket("pictures").unwrap();
    for key in ["sources/a", "sources/b", "evidence/a", "other/a"] {
        world.s3().put_object().bucket("pictures").key(key).body(ByteStream::from_static(b"picture")).send().await.unwrap();
    }
    let client = aws_sdk_s3::Client::new(&world.sdk_for(&keys(FUNCTION, "function-secret", None), None));
    let read = async |key: &str| {
        let answer = client.get_object().bucket("pictures").key(key).send().await;
        answer.map_or_else(|error| error.code().unwrap_or_default().to_owned(), |_| "there".to_owned())
    };
    for (key, expected) in [
        ("sources/a", "there"),
        ("sources/none", "NoSuchKey"),
        ("evidence/a", "there"),
        // Whoever may not list must not learn what is not there.
        ("evidence/none", "AccessDenied"),
        ("other/a", "AccessDenied"),
    ] {
        assert_eq!(read(key).await, expected, "{key}");
    }
    let list = async |prefix: Option<&str>| {
        let answer = client.list_objects_v2().bucket("pictures").set_prefix(prefix.map(str::to_owned)).send().await;
        answer.map_or_else(|error| error.code().unwrap_or_default().to_owned(), |page| page.contents().len().to_string())
    };
    assert_eq!(list(Some("sources/")).await, "2");
    assert_eq!([list(None).await, list(Some("evidence/")).await], ["AccessDenied", "AccessDenied"]);
    let delete = async |keys: [&str; 2]| {
        let objects = keys.map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
        let delete = Delete::builder().set_objects(Some(objects.into())).build().unwrap();
        client.delete_objects().bucket("pictures").delete(delete).send().await.map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    assert_eq!(delete(["sources/a", "other/a"]).await.unwrap_err(), "AccessDenied");
    assert_eq!(read("sources/a").await, "there", "all of a request, or nothing");
    delete(["sources/a", "sources/b"]).await.unwrap();
    assert_eq!(list(Some("sources/")).await, "0");
}
