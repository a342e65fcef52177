//! Whose face it has to be, and how old, under the policies that ask: what the service is told, and what the subject is not.

use crate::enrolments::{checked, opened};
use crate::world::{Person, Reply, User, World, ids};
use http::Method;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Opens an onboarding with a source picture; its id and the form to upload it with.
pub(crate) async fn opened_with_source(service: &User<'_>, subject: &str) -> (String, Value) {
    let body = json!({ "policy": "onboarding", "consent": { "version": "2026-11" }, "source": { "contentType": "image/jpeg" } });
    let reply = service.send(Method::POST, &format!("/subjects/{subject}/verifications"), &[JSON], body.to_string()).await;
    let body = reply.expect(201);
    (body["verificationId"].as_str().unwrap().to_owned(), body["sourceUpload"].clone())
}

/// Sends the form as a browser does: every field, and last of all the file.
pub(crate) async fn upload(form: &Value, picture: &[u8]) -> u16 {
    const BOUNDARY: &str = "a-boundary-that-is-in-no-picture";
    let mut body = Vec::new();
    for (name, value) in form["fields"].as_object().unwrap() {
        let value = value.as_str().unwrap();
        body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
    }
    let file = "Content-Disposition: form-data; name=\"file\"; filename=\"face.jpg\"\r\nContent-Type: image/jpeg";
    body.extend_from_slice(format!("--{BOUNDARY}\r\n{file}\r\n\r\n").as_bytes());
    body.extend_from_slice(picture);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    let request = http::Request::post(form["url"].as_str().unwrap())
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    client.request(request).await.unwrap().status().as_u16()
}

async fn check(world: &World, subject: &str, id: &str, person: Person) -> Value {
    let user = world.user(subject).await;
    let (_, session_id) = ids(&user.next(id).await.expect(201));
    world.succeeded_as(&session_id, 97.0, person).await;
    user.complete(id, &session_id).await.expect(200)
}

async fn evidence(world: &World, id: &str) -> Value {
    crate::reviews::look(&world.caller("rita", "review").await, id).await.1
}

/// Two people side by side: a picture that names nobody.
fn two_faces() -> &'static [u8] {
    include_bytes!("../data/photos/two.jpg")
}

#[tokio::test]
async fn the_face_has_to_be_the_one_on_the_picture_that_was_given() {
    let world = World::start().await;
    let service = world.caller("shop", "open read").await;

    let (id, form) = opened_with_source(&service, "alice").await;
    assert_eq!(upload(&form, Person::Obama.photo()).await, 204);
    let told = check(&world, "alice", &id, Person::Obama).await;
    assert_eq!(told["status"], "approved", "{told}");
    let seen = evidence(&world, &id).await;
    assert!(seen["sessions"][0]["sourceMatch"]["similarity"].as_f64() > Some(90.0), "{seen}");

    let (id, form) = opened_with_source(&service, "bob").await;
    assert_eq!(upload(&form, Person::Obama.photo()).await, 204);
    let told = check(&world, "bob", &id, Person::Biden).await;
    assert_eq!((&told["status"], &told["session"], &told["nextStep"]), (&json!("open"), &json!("failed"), &json!("retry")));
    assert_eq!(evidence(&world, &id).await["sessions"][0]["reasons"], json!(["face_match_too_low"]));
    // Another picture under the same key, while the form is still good, is not looked at: the first one is pinned.
    assert_eq!(upload(&form, Person::Biden.photo()).await, 204);
    let told = check(&world, "bob", &id, Person::Biden).await;
    assert_eq!(told["status"], "in_review", "a picture that was exchanged is for a person to look at: {told}");
    assert_eq!(evidence(&world, &id).await["sessions"][1]["reasons"], json!(["source_unusable"]));
    world.stop().await;
}

#[tokio::test]
async fn a_picture_that_names_nobody_approves_nobody() {
    let world = World::start().await;
    let service = world.caller("shop", "open read").await;
    for (subject, picture, reasons) in [
        ("nothing", None, json!(["face_match_missing"])),
        ("noise", Some(&b"not a picture at all"[..]), json!(["source_unusable"])),
        ("two", Some(two_faces()), json!(["source_unusable"])),
    ] {
        let (id, form) = opened_with_source(&service, subject).await;
        if let Some(picture) = picture {
            assert_eq!(upload(&form, picture).await, 204, "{subject}");
        }
        let told = check(&world, subject, &id, Person::Obama).await;
        assert_ne!(told["status"], "approved", "{subject}: {told}");
        assert_eq!(evidence(&world, &id).await["sessions"][0]["reasons"], reasons, "{subject}");
    }
    world.stop().await;
}

#[tokio::test]
async fn who_is_old_enough_passes_and_nobody_is_told_his_age() {
    let world = World::start().await;
    let (id, told) = checked(&world, "alice", "age-gate", Person::Obama).await;
    assert_eq!(told["status"], "approved", "{told}");
    let seen = evidence(&world, &id).await;
    let age = &seen["sessions"][0]["age"];
    assert!(age["low"].as_u64() >= Some(18) && age["high"].as_u64() > age["low"].as_u64(), "{seen}");
    assert!(world.image_keys().await.is_empty(), "this policy keeps no image");

    // The same face where the line lies above it, and where it runs through the estimate: the verification is over, and another way is shown.
    for (subject, minimum, reason) in [("bob", 120, "age_too_low"), ("carol", age["low"].as_u64().unwrap() + 1, "age_uncertain")] {
        let service = world.caller("shop", "open").await;
        let id = opened(&service, subject, "age-gate").await.expect(201)["verificationId"].as_str().unwrap().to_owned();
        let path = ["document", "terms", "minimumAge"];
        crate::reviews::put(&world, &id, &path, aws_sdk_dynamodb::types::AttributeValue::N(minimum.to_string())).await;
        let told = check(&world, subject, &id, Person::Obama).await;
        assert_eq!((&told["status"], &told["session"], &told["nextStep"]), (&json!("denied"), &json!("failed"), &json!("alternative")));
        assert_eq!(evidence(&world, &id).await["sessions"][0]["reasons"], json!([reason]), "{subject}");
    }
    world.stop().await;
}

/// What is kept of a subject, as it is given out: why, but no score and no link.
#[tokio::test]
async fn an_export_holds_what_is_kept_and_no_score() {
    let world = World::start().await;
    let service = world.caller("shop", "open").await;
    let (enrolled, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    crate::enrolments::enrol(&service, &enrolled).await.expect(200);
    let alice = world.user("alice").await;
    let (failed, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded_as(&session_id, 12.5, Person::Obama).await;
    alice.complete(&failed, &session_id).await.expect(200);
    evidence(&world, &enrolled).await;

    let export = async |scope: &str| -> Reply {
        let caller = world.caller("dpo", scope).await;
        caller.send(Method::GET, "/subjects/alice/export", &[], "").await
    };
    let given = export("erase").await.expect(200);
    assert_eq!(given["subject"], "alice");
    let verifications = given["verifications"].as_array().unwrap();
    let names: Vec<&str> = verifications.iter().map(|one| one["verificationId"].as_str().unwrap()).collect();
    assert_eq!(names, [failed.as_str(), &enrolled], "newest first");
    assert_eq!(verifications[0]["decisions"][0]["reasons"], json!(["confidence_too_low"]));
    let onboarding = &verifications[1];
    assert_eq!(onboarding["consent"]["version"], "2026-11");
    assert_eq!(onboarding["lookedAt"].as_array().unwrap().len(), 1);
    assert_eq!(onboarding["decisions"][0]["images"].as_array().unwrap().len(), 5);
    assert_eq!((&given["enrolment"]["state"], &given["limits"]["attempts"].as_array().unwrap().len()), (&json!("enrolled"), &2));
    let text = given.to_string();
    for secret in ["onfidence\"", "imilarity\"", "X-Amz-", "faceId", "rita"] {
        assert!(!text.contains(secret), "{secret} is given out: {text}");
    }
    assert_eq!(export("read").await.status, 200);
    assert_eq!(export("verify").await.status, 403);
    assert_eq!(export("open").await.status, 403);
    let nobody = world.caller("dpo", "erase").await.send(Method::GET, "/subjects/nobody/export", &[], "").await.expect(200);
    assert_eq!((&nobody["verifications"], &nobody["enrolment"]), (&json!([]), &Value::Null));
    world.stop().await;
}
