//! Erasing a subject: what is left afterwards, in every store and on the disk, and that nothing on its way brings anything back.

use crate::enrolments::{checked, enrol, opened};
use crate::faces::{opened_with_source, upload};
use crate::proxy::{self, Mishap, Proxy};
use crate::world::{Person, World, ids};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use prooflight_complete_session::CompleteSession;
use prooflight_create_session::CreateSession;
use prooflight_enroll_face::EnrollFace;
use prooflight_erase_subject::EraseSubject;
use prooflight_local::Options;
use prooflight_rescue_session::RescueSession;
use prooflight_shared::adapters::AwsClients;
use prooflight_shared::app::{Completer, Entropy, Refused};
use prooflight_shared::domain::{SessionNumber, VerificationId};
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::path::Path;

const JSON: (&str, &str) = ("content-type", "application/json");
const MARK: &str = "can-be-found-again";

pub(crate) async fn kept() -> (World, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (World::with(Options { data_dir: Some(folder.path().to_owned()), ..Options::ephemeral() }).await, folder)
}

/// Something of every kind that is kept of a subject; the ids of his verifications, the open one and its session last.
async fn a_life(world: &World, subject: &str) -> (Vec<String>, String) {
    let service = world.caller("shop", "open").await;
    let user = world.user(subject).await;
    let (enrolled, form) = opened_with_source(&service, subject).await;
    assert_eq!(upload(&form, Person::Obama.photo()).await, 204);
    let (_, session_id) = ids(&user.next(&enrolled).await.expect(201));
    world.succeeded_as(&session_id, 97.0, Person::Obama).await;
    assert_eq!(user.complete(&enrolled, &session_id).await.expect(200)["status"], "approved");
    enrol(&service, &enrolled).await.expect(200);
    let (failed, session_id) = ids(&user.open(&json!({ "deviceId": format!("device-{MARK}") }), None).await.expect(201));
    world.succeeded_as(&session_id, 12.0, Person::Obama).await;
    user.complete(&failed, &session_id).await.expect(200);
    let body = json!({ "metadata": { "note": format!("a note that {MARK}") } });
    let (open, session_id) = ids(&user.open(&body, Some(&format!("key-{subject}"))).await.expect(201));
    crate::reviews::look(&world.caller("rita", "review").await, &enrolled).await;
    (vec![enrolled, failed, open], session_id)
}

pub(crate) async fn erase(world: &World, subject: &str) -> Value {
    let eraser = world.caller("dpo", "erase").await;
    let reply = eraser.send(Method::POST, "/erasures", &[JSON], json!({ "subject": subject }).to_string()).await;
    let location = reply.headers["location"].to_str().unwrap().to_owned();
    let body = reply.expect(202);
    assert_eq!(location, format!("erasures/{}", body["erasureId"].as_str().unwrap()));
    body
}

/// What is left in the stores, apart from receipts and what is counted under keyed digests.
async fn left(world: &World) -> Vec<String> {
    let items = world.items().await;
    let known = ["erasure#", "tombstone#", "lockout#", "device#", "reconciliation#"];
    let item = |item: &std::collections::HashMap<_, aws_sdk_dynamodb::types::AttributeValue>| {
        let text = format!("{item:?}");
        let pk = item["pk"].as_s().unwrap();
        (!known.iter().any(|begin| pk.starts_with(begin)) || text.contains(MARK)).then_some(text)
    };
    let mut left: Vec<String> = items.iter().filter_map(item).collect();
    left.extend(world.image_keys().await);
    left.extend(world.faces().await);
    left
}

#[tokio::test]
async fn after_an_erasure_nothing_is_left_but_a_receipt() {
    let (world, folder) = kept().await;
    let subject = format!("subject-{MARK}");
    let (verifications, session_id) = a_life(&world, &subject).await;
    let user = world.user(&subject).await;
    let images = world.image_keys().await.len();
    assert!(images >= 5 && world.faces().await.len() == 1, "{images}");

    let begun = erase(&world, &subject).await;
    assert_eq!(begun["state"], "sweeping", "{begun}");
    assert_eq!(left(&world).await, [""; 0]);
    assert_eq!(erase(&world, &subject).await["erasureId"], begun["erasureId"], "asked again, it is the same erasure");
    assert_eq!(user.open(&json!({}), None).await.refusal(), (409, "erasure_in_progress"));
    assert_eq!(opened(&world.caller("shop", "open").await, &subject, "liveness").await.refusal(), (409, "erasure_in_progress"));
    for id in &verifications {
        assert_eq!(user.get(id).await.refusal(), (404, "not_found"));
    }
    assert_eq!(user.complete(verifications.last().unwrap(), &session_id).await.refusal(), (404, "not_found"));

    world.advance(601).await;
    let eraser = world.caller("dpo", "erase").await;
    let path = format!("/erasures/{}", begun["erasureId"].as_str().unwrap());
    let done = eraser.send(Method::GET, &path, &[], "").await.expect(200);
    let receipt = &done["receipt"];
    assert_eq!((&done["state"], receipt["verifications"].as_array().unwrap().len()), (&json!("done"), 3), "{done}");
    assert_eq!(receipt["faceDigests"].as_array().unwrap().len(), 1);
    let removed = |field: &str| receipt["verifications"].as_array().unwrap().iter().map(|one| one[field].clone()).collect::<Vec<_>>();
    assert_eq!(removed("objectDigests").iter().map(|digests| digests.as_array().unwrap().len()).sum::<usize>(), images);
    assert!(removed("records").iter().all(|records| records.as_u64() > Some(0)), "{receipt}");
    assert_eq!(eraser.send(Method::GET, "/erasures/era_00000000000000000000000000000000", &[], "").await.refusal(), (404, "not_found"));
    for item in world.items().await {
        assert!(!format!("{item:?}").contains("ver_"), "a verification's name is left: {item:?}");
    }
    assert_eq!(user.open(&json!({}), None).await.status, 201, "who comes back begins anew");
    erase(&world, &subject).await;

    // DynamoDB's stream holds what was deleted for a day.
    world.advance(601).await;
    world.advance(25 * 3600).await;
    world.stop().await;
    let photo = Person::Obama.photo();
    let needles = [
        subject.into_bytes(),
        MARK.as_bytes().to_vec(),
        verifications[0].clone().into_bytes(),
        session_id.into_bytes(),
        photo[20_000..20_064].to_vec(),
        STANDARD.encode(&photo[19_998..20_064]).into_bytes(),
    ];
    for needle in needles {
        assert_eq!(holding(folder.path(), &needle), [""; 0], "{} is on the disk", String::from_utf8_lossy(&needle));
    }
}

/// The files below `folder` that hold these bytes.
fn holding(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needle));
        } else if std::fs::read(&path).unwrap().windows(needle.len()).any(|window| window == needle)
            || path.to_string_lossy().as_bytes().windows(needle.len()).any(|window| window == needle)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

fn erasing(subject: &str) -> ApiGatewayV2httpRequest {
    let claims = json!({"iss": "https://prooflight.local/", "sub": "dpo", "scope": "erase"});
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "POST /erasures",
        "headers": {"content-type": "application/json"},
        "body": json!({ "subject": subject }).to_string(),
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}, "http": {"method": "POST"}},
        "isBase64Encoded": false
    }))
    .unwrap()
}

/// The connection is cut after the first call, after the second, and so on: clean-up finishes each, and nothing is left of anybody.
#[tokio::test(flavor = "multi_thread")]
async fn cut_off_at_any_step_it_is_finished_by_clean_up() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let function = EraseSubject::connect(&proxy::environment(&url, &world, EraseSubject::NAME)).unwrap();
    let service = world.caller("shop", "open").await;
    let mut cuts = 0;
    loop {
        let subject = format!("subject-{cuts}-{MARK}");
        let (enrolled, _) = checked(&world, &subject, "onboarding", Person::Obama).await;
        enrol(&service, &enrolled).await.expect(200);
        proxy.cut_after(Some(cuts));
        let invocation = Invocation {
            now: prooflight_local::clock::wall_now(),
            request_id: format!("r{cuts}"),
            entropy: [u8::try_from(cuts).unwrap(); 32],
        };
        let now = invocation.now;
        let answer = function.handle(erasing(&subject), Invocation { now, ..invocation }).await.unwrap();
        proxy.cut_after(None);
        let finished = answer.status_code == 202 && format!("{:?}", answer.body).contains("sweeping");
        // Whoever got no 202 asks again.
        if answer.status_code != 202 {
            erase(&world, &subject).await;
        }
        world.advance(300).await;
        world.advance(601).await;
        assert_eq!(left(&world).await, [""; 0], "cut after {cuts}");
        if finished {
            break;
        }
        cuts += 1;
        assert!(cuts < 80, "an erasure takes fewer calls");
    }
    assert!(cuts > 10, "an erasure takes more calls than {cuts}");
    world.stop().await;
}

/// A completion that had read the verification before the tombstone stood writes its images, finds the tombstone and removes them.
#[tokio::test]
async fn a_completion_on_its_way_brings_nothing_back() {
    for function in [CompleteSession::NAME, CreateSession::NAME, RescueSession::NAME] {
        let world = World::start().await;
        let environment = proxy::environment(&world.aws_url(), &world, function);
        let completer = Completer::connect(&AwsClients::new(&environment).unwrap(), &environment).unwrap();
        let user = world.user("alice").await;
        let (id, session_id) = ids(&user.open(&json!({}), None).await.expect(201));
        world.succeeded_as(&session_id, 97.0, Person::Obama).await;
        let stale = completer.table.load(&VerificationId::parse(&id).unwrap()).await.unwrap().unwrap();
        erase(&world, "alice").await;
        let now = prooflight_local::clock::wall_now();
        let late = completer.complete(stale, SessionNumber(1), None, now, &Entropy::new(&[7; 32])).await;
        assert!(matches!(late, Err(Refused::Erased)), "{function}: {late:?}");
        assert_eq!(left(&world).await, [""; 0], "{function}");
        world.stop().await;
    }
}

/// An enrolment whose face is in the collection already finds the tombstone and forgets exactly that face.
#[tokio::test(flavor = "multi_thread")]
async fn an_enrolment_on_its_way_brings_nothing_back() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let function = EnrollFace::connect(&proxy::environment(&url, &world, EnrollFace::NAME)).unwrap();
    let (other, _) = checked(&world, "bob", "onboarding", Person::Biden).await;
    enrol(&world.caller("shop", "open").await, &other).await.expect(200);
    let (id, _) = checked(&world, "alice", "onboarding", Person::Obama).await;
    proxy.plan(&[("IndexFaces", Mishap::Held)]);
    let task = serde_json::from_value(json!({ "verificationId": id })).unwrap();
    let invocation = Invocation { now: prooflight_local::clock::wall_now(), request_id: "r1".into(), entropy: [7; 32] };
    let enrolling = tokio::spawn(async move { function.handle(task, invocation).await });
    proxy.until_held().await;
    assert_eq!(world.faces().await.len(), 2, "the face is in the collection, and nobody knows its id");
    erase(&world, "alice").await;
    assert_eq!(world.faces().await.len(), 1, "the erasure finds it by its subject");
    proxy.let_go();
    let late = enrolling.await.unwrap().unwrap_err();
    assert_eq!(late.error_type, "NotFound");
    assert_eq!(world.faces().await.len(), 1, "bob's alone");
    world.advance(601).await;
    assert!(world.items().await.iter().all(|item| !format!("{item:?}").contains(&id)));
    world.stop().await;
}
