//! What reviewers do, over the wire: the queue, a hold, a look at the evidence, and the one verdict that counts. No shipped policy
//! sends a bare liveness check to review, so the tests give a verification's own copy of the terms a threshold that does.

use crate::world::{Reply, User, World, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Puts a value where the verification's document has another, as a policy or a face operation would have left it there.
pub(crate) async fn put(world: &World, id: &str, path: &[&str], value: AttributeValue) {
    let client = aws_sdk_dynamodb::Client::new(&world.sdk());
    let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
    let names = path.iter().enumerate().map(|(at, name)| (format!("#n{at}"), (*name).to_owned())).collect();
    let placeholders: Vec<String> = (0..path.len()).map(|at| format!("#n{at}")).collect();
    let update = client.update_item().table_name(table).set_expression_attribute_names(Some(names));
    update
        .key("pk", AttributeValue::S(format!("verification#{id}")))
        .key("sk", AttributeValue::S("verification".into()))
        .update_expression(format!("SET {} = :value", placeholders.join(".")))
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
}

/// A check of that subject's that ended with that confidence, under terms with that value.
async fn checked(world: &World, subject: &str, field: &str, value: &str, confidence: f32) -> String {
    let user = world.user(subject).await;
    let (id, session_id) = ids(&user.open(&json!({}), None).await.expect(201));
    put(world, &id, &["document", "terms", field], AttributeValue::N(value.into())).await;
    world.succeeded(&session_id, confidence).await;
    user.complete(&id, &session_id).await.expect(200);
    id
}

pub(crate) async fn in_review(world: &World, subject: &str) -> String {
    checked(world, subject, "reviewFrom", "60", 70.5).await
}

async fn sampled(world: &World, subject: &str) -> String {
    checked(world, subject, "sampledForReview", "1", 97.0).await
}

pub(crate) async fn look(reviewer: &User<'_>, id: &str) -> (String, Value) {
    let reply = reviewer.send(Method::GET, &format!("/verifications/{id}/evidence"), &[], "").await;
    (reply.headers.get("etag").map_or_else(String::new, |tag| tag.to_str().unwrap().to_owned()), reply.expect(200))
}

pub(crate) async fn judge(reviewer: &User<'_>, id: &str, etag: &str, verdict: &str, reason: &str) -> Reply {
    let body = json!({ "verdict": verdict, "reason": reason }).to_string();
    reviewer.send(Method::POST, &format!("/verifications/{id}/review"), &[JSON, ("if-match", etag)], body).await
}

async fn claim(reviewer: &User<'_>, id: &str) -> Reply {
    reviewer.send(Method::POST, &format!("/verifications/{id}/claim"), &[], "").await
}

async fn queue(reviewer: &User<'_>) -> Vec<Value> {
    let page = reviewer.send(Method::GET, "/reviews", &[], "").await.expect(200);
    page["reviews"].as_array().unwrap().clone()
}

async fn looks(world: &World) -> usize {
    world.items().await.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("look#")).count()
}

#[tokio::test]
async fn a_case_is_queued_held_looked_at_and_closed() {
    let world = World::start().await;
    // Five failures on one device within three minutes, whoever was in front of it: what comes next from it is for a person.
    let on_kiosk = json!({"deviceId": "kiosk"});
    for (subject, failures) in [("bob", 3), ("carol", 2)] {
        let user = world.user(subject).await;
        let mut session = user.open(&on_kiosk, None).await.expect(201);
        for at in 0..failures {
            let (id, session_id) = ids(&session);
            world.succeeded(&session_id, 12.0).await;
            user.complete(&id, &session_id).await.expect(200);
            if at + 1 < failures {
                session = user.next(&id).await.expect(201);
            }
        }
    }
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&on_kiosk, None).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    let done = alice.complete(&id, &session_id).await.expect(200);
    assert_eq!((&done["status"], &done["session"], &done["nextStep"]), (&json!("in_review"), &json!("in_review"), &json!("wait")));

    let rita = world.caller("rita", "review").await;
    let waiting = queue(&rita).await;
    assert_eq!(waiting.len(), 1);
    let entry = &waiting[0];
    assert_eq!((&entry["verificationId"], &entry["kind"]), (&json!(id), &json!("decision")));
    assert_eq!((&entry["policy"], &entry["because"]), (&json!("liveness"), &json!(["device_suspicious"])));
    assert_eq!((&entry["approvals"], &entry["needed"], &entry["claim"]), (&json!(0), &json!(1), &Value::Null));
    assert_eq!(claim(&rita, &id).await.expect(200)["claim"]["by"], "you");

    let (etag, _) = look(&rita, &id).await;
    let verdict = judge(&rita, &id, &etag, "approved", "live_person").await.expect(200);
    assert_eq!((&verdict["verificationId"], &verdict["status"]), (&json!(id), &json!("approved")));
    assert_eq!((&verdict["review"]["verdict"], &verdict["review"]["approvals"]), (&json!("approved"), &json!(1)));
    assert_eq!(alice.get(&id).await.expect(200)["status"], "approved");
    assert!(queue(&rita).await.is_empty());
    let again = judge(&rita, &id, &etag, "approved", "live_person").await.expect(200);
    assert_eq!(again, verdict, "the answer that was lost on its way is repeated");
    assert_eq!(claim(&rita, &id).await.refusal(), (409, "verification_closed"));

    let denied = in_review(&world, "dave").await;
    let (etag, _) = look(&rita, &denied).await;
    assert_eq!(judge(&rita, &denied, &etag, "denied", "not_live").await.expect(200)["status"], "denied");
    let service = world.caller("shop", "read").await;
    let read = service.send(Method::GET, &format!("/verifications/{denied}"), &[], "").await.expect(200);
    assert_eq!(
        (&read["status"], &read["closedBecause"], &read["review"]["verdict"]),
        (&json!("denied"), &json!("review_denied"), &json!("denied"))
    );
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_verdicts_at_the_same_moment_one_wins() {
    let world = World::start().await;
    let (rita, ralf) = (world.caller("rita", "review").await, world.caller("ralf", "review").await);
    for round in 0..3 {
        let id = in_review(&world, &format!("alice{round}")).await;
        let ((etag, _), _) = tokio::join!(look(&rita, &id), look(&ralf, &id));
        let (approved, denied) =
            tokio::join!(judge(&rita, &id, &etag, "approved", "same_person"), judge(&ralf, &id, &etag, "denied", "different_person"));
        let (winner, loser, status) = if approved.status == 200 { (approved, denied, "approved") } else { (denied, approved, "denied") };
        let winner = winner.expect(200);
        assert_eq!(winner["status"], status);
        assert_eq!(loser.refusal(), (409, "already_reviewed"));
        assert_eq!(
            (&loser.body["verdict"], &loser.body["decidedAt"]),
            (&json!(status), &winner["review"]["decidedAt"]),
            "the winner is named"
        );
    }
    world.stop().await;
}

#[tokio::test]
async fn a_verdict_rests_on_a_look_of_the_same_reviewer() {
    let world = World::start().await;
    let (rita, ralf) = (world.caller("rita", "review").await, world.caller("ralf", "review").await);
    let id = in_review(&world, "alice").await;
    let path = format!("/verifications/{id}/review");
    let body = json!({"verdict": "approved", "reason": "same_person"}).to_string();
    for header in [None, Some(("if-match", "*")), Some(("if-match", ""))] {
        let headers: Vec<_> = [JSON].into_iter().chain(header).collect();
        assert_eq!(rita.send(Method::POST, &path, &headers, body.clone()).await.refusal(), (428, "if_match_required"), "{header:?}");
    }
    let (etag, _) = look(&ralf, &id).await;
    assert_eq!(judge(&rita, &id, &etag, "approved", "same_person").await.refusal(), (409, "look_first"), "another's look is not hers");
    look(&rita, &id).await;
    for stale in ["\"0000\"", "nothing", &etag.replace('"', ""), &format!("W/{etag}"), &format!("{etag}, \"0\"")] {
        assert_eq!(judge(&rita, &id, stale, "approved", "same_person").await.refusal(), (412, "evidence_changed"), "{stale}");
    }
    for (verdict, reason, expected) in [
        ("upheld", "confirmed", (422, "wrong_verdict")),
        ("overturned", "not_live", (422, "wrong_verdict")),
        ("approved", "not_live", (422, "wrong_reason")),
        ("approved", "confirmed", (422, "wrong_reason")),
        ("denied", "same_person", (422, "wrong_reason")),
        ("approve", "same_person", (400, "malformed")),
        ("approved", "because I say so", (400, "malformed")),
    ] {
        assert_eq!(judge(&rita, &id, &etag, verdict, reason).await.refusal(), expected, "{verdict} {reason}");
    }
    for body in ["", "{}", r#"{"verdict":"approved"}"#, r#"{"verdict":"approved","reason":"same_person","note":"nice"}"#] {
        let reply = rita.send(Method::POST, &path, &[JSON, ("if-match", &etag)], body).await;
        assert_eq!(reply.refusal(), (400, "malformed"), "{body}");
    }
    world.advance(31 * 60).await;
    assert_eq!(judge(&rita, &id, &etag, "approved", "same_person").await.refusal(), (409, "look_first"), "her look is too long ago");
    assert_eq!(queue(&rita).await.len(), 1, "nothing of this was a verdict");
    let (same, _) = look(&rita, &id).await;
    assert_eq!(same, etag);
    world.advance(29 * 60).await;
    assert_eq!(judge(&rita, &id, &etag, "approved", "same_person").await.expect(200)["status"], "approved");

    for missing in ["ver_0", "ver_00000000000000000000000000000000"] {
        assert_eq!(judge(&rita, missing, &etag, "approved", "same_person").await.refusal(), (404, "not_found"));
        assert_eq!(claim(&rita, missing).await.refusal(), (404, "not_found"));
        let reply = rita.send(Method::GET, &format!("/verifications/{missing}/evidence"), &[], "").await;
        assert_eq!(reply.refusal(), (404, "not_found"));
    }
    let stranger = world.caller("rita", "verify open read erase admin").await;
    for (method, path) in [
        (Method::GET, "/reviews".to_owned()),
        (Method::GET, format!("/verifications/{id}/evidence")),
        (Method::POST, format!("/verifications/{id}/claim")),
        (Method::POST, path),
    ] {
        assert_eq!(stranger.send(method, &path, &[], "").await.refusal(), (403, "Forbidden"), "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn nobody_reviews_himself() {
    let world = World::start().await;
    let id = in_review(&world, "alice").await;
    let alice = world.caller("alice", "verify review").await;
    let evidence = alice.send(Method::GET, &format!("/verifications/{id}/evidence"), &[], "").await;
    assert_eq!(evidence.refusal(), (403, "own_verification"));
    assert!(!evidence.headers.contains_key("etag"));
    assert_eq!(looks(&world).await, 0, "she has seen nothing");
    assert_eq!(claim(&alice, &id).await.refusal(), (403, "own_verification"));
    let (etag, _) = look(&world.caller("rita", "review").await, &id).await;
    assert_eq!(judge(&alice, &id, &etag, "approved", "same_person").await.refusal(), (403, "own_verification"));
    assert!(queue(&alice).await.is_empty(), "why it waits is not for her to know");
    assert_eq!(alice.get(&id).await.expect(200)["status"], "in_review");
    world.stop().await;
}

#[tokio::test]
async fn what_a_machine_holds_against_somebody_takes_two_to_set_aside() {
    let world = World::start().await;
    let (rita, ralf) = (world.caller("rita", "review").await, world.caller("ralf", "review").await);
    let because = AttributeValue::L(vec![AttributeValue::S("face_known_elsewhere".into())]);
    for (subject, second, reason, status) in
        [("alice", "approved", "same_person", "approved"), ("bob", "denied", "duplicate_person", "denied")]
    {
        let id = in_review(&world, subject).await;
        put(&world, &id, &["document", "review", "because"], because.clone()).await;
        let (etag, seen) = look(&rita, &id).await;
        assert_eq!((&seen["review"]["needed"], &seen["review"]["approvals"]), (&json!(2), &json!(0)));
        for _ in 0..2 {
            let once = judge(&rita, &id, &etag, "approved", "same_person").await.expect(200);
            assert_eq!((&once["status"], &once["review"]["approvals"]), (&json!("in_review"), &json!(1)), "the same person is not two");
        }
        let entry = &queue(&ralf).await[0];
        assert_eq!((&entry["approvals"], &entry["needed"]), (&json!(1), &json!(2)));
        look(&ralf, &id).await;
        assert_eq!(judge(&ralf, &id, &etag, second, reason).await.expect(200)["status"], status);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_judgement_of_an_approvals_quality_stands_beside_it() {
    let world = World::start().await;
    let rita = world.caller("rita", "review").await;
    for (subject, verdict, reason) in [("alice", "upheld", "confirmed"), ("bob", "overturned", "not_live")] {
        let id = sampled(&world, subject).await;
        let user = world.user(subject).await;
        let before = user.get(&id).await.expect(200);
        assert_eq!(before["status"], "approved");
        assert_eq!(queue(&rita).await[0]["kind"], "quality");
        let (etag, seen) = look(&rita, &id).await;
        assert_eq!((&seen["status"], &seen["sessions"][0]["outcome"]), (&json!("approved"), &json!("passed")));
        assert_eq!(judge(&rita, &id, &etag, "denied", "not_live").await.refusal(), (422, "wrong_verdict"));
        let judged = judge(&rita, &id, &etag, verdict, reason).await.expect(200);
        assert_eq!((&judged["status"], &judged["review"]["verdict"]), (&json!("approved"), &json!(verdict)));
        let after = user.get(&id).await.expect(200);
        assert_eq!((&after["status"], &after["decidedAt"]), (&before["status"], &before["decidedAt"]), "what is closed never changes");
        assert!(queue(&rita).await.is_empty());
    }
    world.stop().await;
}

#[tokio::test]
async fn what_nobody_judged_expires_after_three_days() {
    let world = World::start().await;
    let rita = world.caller("rita", "review").await;
    let id = in_review(&world, "alice").await;
    world.advance(72 * 3600 - 600).await;
    assert_eq!(queue(&rita).await.len(), 1);
    let (etag, _) = look(&rita, &id).await;
    world.advance(601).await;
    assert!(queue(&rita).await.is_empty());
    assert_eq!(judge(&rita, &id, &etag, "approved", "same_person").await.refusal(), (409, "verification_closed"));
    assert_eq!(claim(&rita, &id).await.refusal(), (409, "verification_closed"));
    assert_eq!(world.user("alice").await.get(&id).await.expect(200)["status"], "expired");
    world.stop().await;
}

#[tokio::test]
async fn the_queue_has_an_order_pages_and_holds() {
    let world = World::start().await;
    let (rita, ralf) = (world.caller("rita", "review").await, world.caller("ralf", "review").await);
    let mut opened = Vec::new();
    for number in 0..5 {
        opened.push(in_review(&world, &format!("alice{number}")).await);
        world.advance(1).await;
    }
    let mut found = Vec::new();
    let mut path = "/reviews?limit=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = rita.send(Method::GET, &path, &[], "").await.expect(200);
        found.extend(page["reviews"].as_array().unwrap().iter().map(|one| one["verificationId"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/reviews?limit=2&cursor={cursor}");
        pages.push(path.clone());
    }
    assert_eq!(found, opened, "oldest first, each once");
    assert_eq!(ralf.send(Method::GET, &pages[0], &[], "").await.refusal(), (400, "malformed"), "a cursor is its caller's own");
    for query in ["limit=0", "limit=51", "limit=many", "cursor=x"] {
        assert_eq!(rita.send(Method::GET, &format!("/reviews?{query}"), &[], "").await.refusal(), (400, "malformed"), "{query}");
    }

    let held = claim(&rita, &opened[0]).await.expect(200);
    assert_eq!(claim(&ralf, &opened[0]).await.refusal(), (409, "claimed"));
    assert_eq!((&queue(&rita).await[0], &held["claim"]["by"]), (&held, &json!("you")));
    assert_eq!(queue(&ralf).await[0]["claim"], json!({"by": "another", "until": held["claim"]["until"]}));
    let (etag, _) = look(&ralf, &opened[0]).await;
    assert_eq!(judge(&ralf, &opened[0], &etag, "approved", "same_person").await.refusal(), (409, "claimed"));
    world.advance(601).await;
    assert_eq!(queue(&ralf).await[0]["claim"], Value::Null, "a hold runs out");
    assert_eq!(judge(&ralf, &opened[0], &etag, "approved", "same_person").await.expect(200)["status"], "approved");
    world.stop().await;
}
