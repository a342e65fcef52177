//! Enrolling and stepping up: the right face, once, and nobody with a face that somebody else is enrolled with.

use crate::proxy::{self, Mishap, Proxy};
use crate::world::{Person, Reply, User, World, ids};
use http::Method;
use prooflight_enroll_face::EnrollFace;
use prooflight_shared::edge::{Failure, LambdaFunction};
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// What a service opens for a subject.
pub(crate) async fn opened(service: &User<'_>, subject: &str, policy: &str) -> Reply {
    let body = json!({ "policy": policy, "consent": { "version": "2026-11" } }).to_string();
    service.send(Method::POST, &format!("/subjects/{subject}/verifications"), &[JSON], body).await
}

/// Opens and completes a check of `person` in the name of `subject`; the verification and what the subject was told.
pub(crate) async fn checked(world: &World, subject: &str, policy: &str, person: Person) -> (String, Value) {
    let service = world.caller("shop", "open").await;
    let id = opened(&service, subject, policy).await.expect(201)["verificationId"].as_str().unwrap().to_owned();
    let user = world.user(subject).await;
    let (_, session_id) = ids(&user.next(&id).await.expect(201));
    world.succeeded_as(&session_id, 97.0, person).await;
    (id.clone(), user.complete(&id, &session_id).await.expect(200))
}

pub(crate) async fn enrol(service: &User<'_>, id: &str) -> Reply {
    service.send(Method::POST, &format!("/verifications/{id}/enrolment"), &[], "").await
}

#[tokio::test]
async fn a_face_is_enrolled_once_and_opens_what_only_it_can_open() {
    let world = World::start().await;
    let service = world.caller("shop", "open read").await;
    assert_eq!(opened(&service, "alice", "step-up").await.refusal(), (422, "not_enrolled"));
    let (id, told) = checked(&world, "alice", "onboarding", Person::Obama).await;
    assert_eq!(told["status"], "approved", "{told}");
    for _ in 0..3 {
        assert_eq!(enrol(&service, &id).await.expect(200), json!({ "verificationId": id, "state": "enrolled" }));
    }
    let faces = world.faces().await;
    assert_eq!(faces.len(), 1);
    assert!(!faces[0].contains("alice"), "a name is in no collection");

    let (_, told) = checked(&world, "alice", "step-up", Person::Obama).await;
    assert_eq!(told["status"], "approved", "{told}");
    let (stepped, missed) = checked(&world, "alice", "step-up", Person::Biden).await;
    let (_, weak) = ids_and_answer(&world, "alice", 12.0).await;
    for field in ["session", "nextStep", "tips"] {
        assert_eq!(missed[field], weak[field], "to its subject a missed match looks like a failed check");
    }
    let read = service.send(Method::GET, &format!("/verifications/{stepped}"), &[], "").await.expect(200);
    assert_eq!((&read["status"], &read["sessions"][0]["outcome"]), (&json!("open"), &json!("failed")));

    // A second onboarding of somebody who is enrolled finds the face that is there.
    let (second, told) = checked(&world, "alice", "onboarding", Person::Obama).await;
    assert_eq!(told["status"], "approved", "{told}");
    assert_eq!(enrol(&service, &second).await.expect(200)["verificationId"], json!(id));
    assert_eq!(world.faces().await.len(), 1);

    assert_eq!(enrol(&service, &stepped).await.expect(200)["verificationId"], json!(id), "what is there is answered, whoever asks");
    assert_eq!(enrol(&world.caller("shop", "read").await, &id).await.status, 403);
    assert_eq!(enrol(&service, "ver_00000000000000000000000000000000").await.refusal(), (404, "not_found"));
    let bob = opened(&service, "bob", "onboarding").await.expect(201);
    assert_eq!(enrol(&service, bob["verificationId"].as_str().unwrap()).await.refusal(), (409, "not_enrollable"));
    world.stop().await;
}

/// A step-up whose check fails by its confidence.
async fn ids_and_answer(world: &World, subject: &str, confidence: f32) -> (String, Value) {
    let service = world.caller("shop", "open").await;
    let id = opened(&service, subject, "step-up").await.expect(201)["verificationId"].as_str().unwrap().to_owned();
    let user = world.user(subject).await;
    let (_, session_id) = ids(&user.next(&id).await.expect(201));
    world.succeeded_as(&session_id, confidence, Person::Obama).await;
    (id.clone(), user.complete(&id, &session_id).await.expect(200))
}

#[tokio::test]
async fn somebody_elses_face_goes_to_a_person_and_denies_nobody() {
    let world = World::start().await;
    let service = world.caller("shop", "open read").await;
    let (id, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    enrol(&service, &id).await.expect(200);
    let (twin, told) = checked(&world, "bob", "onboarding", Person::Obama).await;
    assert_eq!((&told["status"], &told["session"], &told["nextStep"]), (&json!("in_review"), &json!("in_review"), &json!("wait")));
    let reviewer = world.caller("rita", "review").await;
    let queue = reviewer.send(Method::GET, "/reviews", &[], "").await.expect(200);
    // One approval in a hundred is drawn for a look at its quality, alice's perhaps.
    let case = queue["reviews"].as_array().unwrap().iter().find(|case| case["verificationId"] == *twin).unwrap();
    assert_eq!(case["because"], json!(["face_known_elsewhere"]), "{queue}");
    assert_eq!(case["needed"], 2, "one reviewer alone does not set that aside");
    assert_eq!(enrol(&service, &twin).await.refusal(), (409, "not_enrollable"));
    let (_, told) = checked(&world, "carol", "onboarding", Person::Biden).await;
    assert_eq!(told["status"], "approved");
    world.stop().await;
}

#[tokio::test]
async fn of_two_who_enrol_one_face_side_by_side_one_is_undone_and_looked_at() {
    let world = World::start().await;
    let service = world.caller("shop", "open read").await;
    let (first, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    let (second, told) = checked(&world, "bob", "onboarding", Person::Obama).await;
    assert_eq!(told["status"], "approved", "nobody is enrolled yet");
    let (one, other) = tokio::join!(enrol(&service, &first), enrol(&service, &second));
    let (one, other) = (one.expect(200), other.expect(200));
    let mut states = [one["state"].as_str().unwrap(), other["state"].as_str().unwrap()];
    states.sort_unstable();
    assert_eq!(states, ["enrolled", "undone"], "{one} {other}");
    assert_eq!(world.faces().await.len(), 1);
    let (loser, answer) = if one["state"] == "undone" { (&first, &one) } else { (&second, &other) };
    assert_eq!(answer["because"], "face_known_elsewhere");
    let read = service.send(Method::GET, &format!("/verifications/{loser}"), &[], "").await.expect(200);
    assert_eq!((&read["status"], &read["review"]["kind"]), (&json!("approved"), &json!("quality")), "the approval stays; a person looks");
    assert_eq!(enrol(&service, loser).await.expect(200)["state"], "undone", "and it is not tried again");
    world.stop().await;
}

#[tokio::test]
async fn an_approval_that_is_overturned_or_withdrawn_takes_its_face_with_it() {
    let world = World::start().await;
    let service = world.caller("shop", "open").await;
    let (id, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    let client = aws_sdk_dynamodb::Client::new(&world.sdk());
    enrol(&service, &id).await.expect(200);
    // Drawn for a look at its quality, as one in a hundred is.
    let review =
        json!({ "kind": "quality", "since": "2026-11-24T12:00:00Z", "because": [], "claim": null, "seconded_by": null, "verdict": null });
    let value = serde_dynamo_of(&review);
    let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
    client
        .update_item()
        .table_name(table)
        .key("pk", aws_sdk_dynamodb::types::AttributeValue::S(format!("verification#{id}")))
        .key("sk", aws_sdk_dynamodb::types::AttributeValue::S("verification".into()))
        .update_expression("SET document.review = :review")
        .expression_attribute_values(":review", value)
        .send()
        .await
        .unwrap();
    let reviewer = world.caller("rita", "review").await;
    let (etag, _) = crate::reviews::look(&reviewer, &id).await;
    let verdict = json!({ "verdict": "overturned", "reason": "different_person" }).to_string();
    let path = format!("/verifications/{id}/review");
    let judged = reviewer.send(Method::POST, &path, &[JSON, ("if-match", &etag)], verdict).await.expect(200);
    assert_eq!((&judged["status"], &judged["review"]["verdict"]), (&json!("approved"), &json!("overturned")));
    assert!(world.faces().await.is_empty());
    assert_eq!(enrol(&service, &id).await.expect(200)["because"], "review_denied");
    assert_eq!(opened(&service, "alice", "step-up").await.refusal(), (422, "not_enrolled"));

    let (id, _) = checked(&world, "bob", "onboarding", Person::Biden).await;
    enrol(&service, &id).await.expect(200);
    let bob_s_face = world.faces().await.pop().unwrap();
    let bob = world.user("bob").await;
    bob.send(Method::POST, &format!("/verifications/{id}/withdraw-consent"), &[], "").await.expect(200);
    assert!(world.faces().await.is_empty());
    assert_eq!(enrol(&service, &id).await.expect(200)["because"], "consent_withdrawn");
    // Whatever comes late under his name is found by clean-up.
    let late = aws_sdk_rekognition::types::Image::builder().bytes(Person::Biden.photo().to_vec().into()).build();
    let client = aws_sdk_rekognition::Client::new(&world.sdk());
    client.index_faces().collection_id("prooflight-local-faces").external_image_id(&bob_s_face).image(late).send().await.unwrap();
    world.advance(601).await;
    assert!(world.faces().await.is_empty());

    let (again, _) = checked(&world, "bob", "onboarding", Person::Biden).await;
    assert_eq!(enrol(&service, &again).await.expect(200)["state"], "enrolled", "who consents again is enrolled again");
    assert_eq!(world.faces().await.len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn a_face_is_forgotten_when_its_time_is_over() {
    let world = World::start().await;
    let service = world.caller("shop", "open").await;
    let (id, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    enrol(&service, &id).await.expect(200);
    world.advance(364 * 24 * 3600).await;
    assert_eq!(world.faces().await.len(), 1);
    world.advance(2 * 24 * 3600).await;
    assert!(world.faces().await.is_empty());
    assert_eq!(opened(&service, "alice", "step-up").await.refusal(), (422, "not_enrolled"));
    world.stop().await;
}

#[tokio::test]
async fn without_the_picture_of_the_approval_nobody_is_enrolled() {
    let world = World::start().await;
    let (id, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    world.remove_images().await;
    let enrolment = enrol(&world.caller("shop", "open").await, &id).await.expect(200);
    assert_eq!((&enrolment["state"], &enrolment["because"]), (&json!("undone"), &json!("reference_image_missing")));
    assert!(world.faces().await.is_empty());
    world.stop().await;
}

/// JSON as an attribute.
fn serde_dynamo_of(value: &Value) -> aws_sdk_dynamodb::types::AttributeValue {
    use aws_sdk_dynamodb::types::AttributeValue;
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(value) => AttributeValue::Bool(*value),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(items) => AttributeValue::L(items.iter().map(serde_dynamo_of).collect()),
        Value::Object(fields) => AttributeValue::M(fields.iter().map(|(name, value)| (name.clone(), serde_dynamo_of(value))).collect()),
    }
}

/// The function behind a proxy, invoked as a workflow does.
struct Workflow {
    function: EnrollFace,
    now: jiff::Timestamp,
}

impl Workflow {
    fn behind(url: &str, world: &World) -> Self {
        let environment = proxy::environment(url, world, EnrollFace::NAME);
        Self { function: EnrollFace::connect(&environment).unwrap(), now: prooflight_local::clock::wall_now() }
    }

    async fn enrol(&self, id: &str, number: u8) -> Result<Value, Failure> {
        let task = serde_json::from_value(json!({ "verificationId": id })).unwrap();
        self.function.handle(task, Invocation { now: self.now, request_id: format!("r{number}"), entropy: [number; 32] }).await
    }
}

/// Whichever call does not take place or whose answer is lost, and however often: in the end there is one face and nothing else.
#[tokio::test]
async fn whatever_goes_wrong_in_between_one_face_is_enrolled() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let workflow = Workflow::behind(&url, &world);
    for (number, (operation, mishap, times)) in [
        ("GetItem", Mishap::Unavailable, 3),
        ("TransactWriteItems", Mishap::AnswerLost, 1),
        ("TransactWriteItems", Mishap::Conflict, 1),
        ("SearchFacesByImage", Mishap::Unavailable, 3),
        ("IndexFaces", Mishap::AnswerLost, 1),
        ("IndexFaces", Mishap::AnswerLost, 3),
        ("IndexFaces", Mishap::Unavailable, 3),
    ]
    .into_iter()
    .enumerate()
    {
        let subject = format!("subject-{number}");
        let (id, told) = checked(&world, &subject, "onboarding", Person::Obama).await;
        assert_eq!(told["status"], "approved", "{operation} {mishap:?}: {told}");
        proxy.plan(&vec![(operation, mishap); times]);
        let number = u8::try_from(number).unwrap();
        let first = workflow.enrol(&id, number).await;
        proxy.assert_all_happened();
        let enrolled = match first {
            Ok(enrolled) => enrolled,
            Err(failure) => {
                assert_eq!(failure.error_type, "TryAgain", "{operation} {mishap:?}");
                workflow.enrol(&id, 100 + number).await.unwrap()
            }
        };
        assert_eq!(enrolled["state"], "enrolled", "{operation} {mishap:?} {times}");
        assert_eq!(world.faces().await.len(), 1, "{operation} {mishap:?} {times}");
        let alice = world.user(&subject).await;
        alice.send(Method::POST, &format!("/verifications/{id}/withdraw-consent"), &[], "").await.expect(200);
        assert!(world.faces().await.is_empty(), "{operation} {mishap:?} {times}");
    }
    world.stop().await;
}

/// Step Functions delivers at least once: two deliveries at the same moment come to one face.
#[tokio::test]
async fn a_task_that_is_delivered_twice_enrols_once() {
    let world = World::start().await;
    let (_proxy, url) = Proxy::before(&world).await;
    let workflow = Workflow::behind(&url, &world);
    let (id, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    let (one, other) = tokio::join!(workflow.enrol(&id, 1), workflow.enrol(&id, 2));
    assert_eq!((one.unwrap()["state"].clone(), other.unwrap()["state"].clone()), (json!("enrolled"), json!("enrolled")));
    assert_eq!(world.faces().await.len(), 1);
    world.stop().await;
}
