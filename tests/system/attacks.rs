//! What an attacker would try that no other test tries on the way; `docs/SECURITY.md` says which test attacks what.

use crate::world::{World, ids};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use http::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// The credentials that a browser gets are stolen, and tried on everything else that the stack has.
#[tokio::test]
async fn streaming_credentials_open_nothing_but_a_stream() {
    let world = World::start().await;
    let opened = world.user("alice").await.open(&json!({}), None).await.expect(201);
    let stolen = &opened["session"]["credentials"];
    let text = |name: &str| stolen[name].as_str().unwrap().to_owned();
    let key = Credentials::new(text("accessKeyId"), text("secretAccessKey"), Some(text("sessionToken")), None, "a thief");
    let config = world.sdk().into_builder().credentials_provider(SharedCredentialsProvider::new(key)).build();
    let (_, bucket) = world.bucket().await;
    let table = world.table().await;
    let (_, session_id) = ids(&opened);

    let rekognition = aws_sdk_rekognition::Client::new(&config);
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let s3 = aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    let sqs = aws_sdk_sqs::Client::new(&config);
    let queue = world.queues().list_queues().send().await.unwrap().queue_urls.unwrap().remove(0);
    let refused: [(&str, Option<String>); 6] = [
        ("a session of his own", code(rekognition.create_face_liveness_session().send().await)),
        ("the result", code(rekognition.get_face_liveness_session_results().session_id(&session_id).send().await)),
        ("the faces", code(rekognition.list_faces().collection_id("prooflight-local-faces").send().await)),
        ("the table", code(dynamodb.scan().table_name(table).send().await)),
        ("the images", code(s3.list_objects_v2().bucket(bucket).send().await)),
        ("the queue", code(sqs.receive_message().queue_url(queue).send().await)),
    ];
    for (what, code) in refused {
        let code = code.unwrap_or_default();
        assert!(["AccessDeniedException", "AccessDenied"].contains(&code.as_str()), "{what}: {code:?}");
    }
    world.stop().await;
}

/// A client says of its own check what it likes: only what Rekognition says counts, and nothing is said before that.
#[tokio::test]
async fn what_a_client_says_of_its_own_check_counts_for_nothing() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    let path = format!("/verifications/{id}/sessions/{session_id}/complete");
    let forged = json!({"status": "SUCCEEDED", "confidence": 99.9, "session": "passed"}).to_string();
    assert_eq!(alice.send(Method::POST, &path, &[JSON], forged).await.refusal(), (400, "malformed"));
    let with_query = format!("{path}?status=SUCCEEDED&confidence=99.9");
    assert_eq!(alice.send(Method::POST, &with_query, &[], "").await.expect(202)["session"], "pending");
    assert_eq!(alice.get(&id).await.expect(200)["status"], "open");
    world.stop().await;
}

/// Only who protects data may erase, and nobody learns from a receipt of another issuer's whether somebody was here.
#[tokio::test]
async fn nobody_erases_without_being_let() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, _) = ids(&alice.open(&json!({}), None).await.expect(201));
    for scopes in ["verify", "open read", "review", "admin"] {
        let caller = world.caller("mallory", scopes).await;
        let reply = caller.send(Method::POST, "/erasures", &[JSON], json!({"subject": "alice"}).to_string()).await;
        assert_eq!(reply.status, 403, "{scopes}: {}", reply.body);
    }
    assert_eq!(alice.get(&id).await.expect(200)["status"], "open");
    world.stop().await;
}

/// Whoever knows the id of somebody's device, or fails on it on purpose, keeps nobody out.
#[tokio::test]
async fn failing_on_somebodys_device_keeps_him_out_of_nothing() {
    let world = World::start().await;
    let phone = json!({"deviceId": "the-phone-of-alice"});
    for subject in ["mallory-1", "mallory-2", "mallory-3"] {
        let mallory = world.user(subject).await;
        let mut session = mallory.open(&phone, None).await.expect(201);
        for _ in 0..3 {
            let (id, session_id) = ids(&session);
            world.succeeded(&session_id, 12.0).await;
            mallory.complete(&id, &session_id).await.expect(200);
            session = mallory.next(&id).await.expect(201);
        }
    }
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&phone, None).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    let done: Value = alice.complete(&id, &session_id).await.expect(200);
    assert_eq!(done["status"], "in_review", "a person looks; nobody is refused");
    world.stop().await;
}

fn code<T, E: ProvideErrorMetadata, R>(answer: Result<T, aws_sdk_dynamodb::error::SdkError<E, R>>) -> Option<String> {
    answer.err()?.as_service_error()?.code().map(str::to_owned)
}
