//! `prooflight doctor --verify`, against a running system: whoever can write to the table can write a decision, and cannot sign it.

use crate::world::{Item, World, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use prooflight_cli::options::{Command, parse};
use serde_json::{Value, json};
use std::ffi::OsString;

/// What the command says, with the environment that the README names.
async fn verified(world: &World) -> (Value, bool) {
    let Command::Verify(options) = parse(["doctor", "--verify", "--json"].map(OsString::from)).unwrap() else { panic!("no verify") };
    let endpoint = world.aws_url();
    let variable = |name: &str| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("local".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("local-secret".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        _ => None,
    };
    let report = prooflight_cli::verify(&options, variable).await.unwrap();
    (serde_json::from_str(&report.text).unwrap(), report.sound)
}

/// A check of somebody's that ended with that confidence.
async fn check(world: &World, subject: &str, confidence: f32) -> String {
    let user = world.user(subject).await;
    let (id, session_id) = ids(&user.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, confidence).await;
    user.complete(&id, &session_id).await.expect(200);
    id
}

async fn item(world: &World, id: &str, sort: &str) -> Item {
    let is_it = |item: &Item| item["pk"].as_s().unwrap() == &format!("verification#{id}") && item["sk"].as_s().unwrap() == sort;
    world.items().await.into_iter().find(is_it).unwrap()
}

async fn put(world: &World, item: Item) {
    let client = aws_sdk_dynamodb::Client::new(&world.sdk());
    client.put_item().table_name(world.table().await).set_item(Some(item)).send().await.unwrap();
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// A part of an item, by the names on the way to it.
fn part<'a>(item: &'a mut Item, names: &[&str]) -> &'a mut AttributeValue {
    let (first, rest) = names.split_first().unwrap();
    let mut found = item.get_mut(*first).unwrap();
    for name in rest {
        let AttributeValue::M(map) = found else { panic!("{name}") };
        found = map.get_mut(*name).unwrap();
    }
    found
}

/// What another hand does to an item.
type Change = fn(&mut Item);

#[tokio::test]
async fn what_we_decided_is_in_order() {
    let world = World::start().await;
    check(&world, "alice", 97.0).await;
    check(&world, "bob", 12.0).await;
    let (found, sound) = verified(&world).await;
    assert_eq!(found, json!({"decisions": 2, "unsigned": [], "forged": [], "misfits": [], "unfounded": [], "unreadable": 0}));
    assert!(sound);
    world.stop().await;
}

#[tokio::test]
async fn what_another_hand_wrote_is_found() {
    let world = World::start().await;
    let approved = check(&world, "alice", 97.0).await;
    let failed = check(&world, "bob", 12.0).await;
    let session = |id: &str| json!([{"verificationId": id, "session": 1}]);
    let record = "decision#01";
    let cases: [(&str, &str, &str, Change, &str, Value, bool); 6] = [
        ("the outcome", &failed, record, |item| *part(item, &["outcome"]) = text("passed"), "forged", session(&failed), false),
        (
            "the policy's version",
            &approved,
            record,
            |item| *part(item, &["policyVersion"]) = text("2020-01-1"),
            "forged",
            session(&approved),
            true,
        ),
        ("the signature", &approved, record, |item| drop(item.remove("seal")), "unsigned", session(&approved), true),
        (
            "the evidence",
            &approved,
            record,
            |item| *part(item, &["evidence", "check"]) = text("FAILED"),
            "misfits",
            session(&approved),
            true,
        ),
        (
            "an approval by hand",
            &failed,
            "verification",
            |item| *part(item, &["document", "status"]) = text("approved"),
            "unfounded",
            json!([failed]),
            false,
        ),
        (
            "a stronger policy's name",
            &approved,
            "verification",
            |item| *part(item, &["document", "terms", "name"]) = text("onboarding"),
            "unfounded",
            json!([approved]),
            false,
        ),
    ];
    for (what, id, sort, change, list, expected, unfounds) in cases {
        let before = item(&world, id, sort).await;
        let mut changed = before.clone();
        change(&mut changed);
        put(&world, changed).await;
        let (found, sound) = verified(&world).await;
        assert_eq!((&found[list], sound), (&expected, false), "{what}: {found}");
        assert!(!unfounds || found["unfounded"] == json!([approved]), "{what}: {found}");
        put(&world, before).await;
        assert!(verified(&world).await.1, "{what}, taken back");
    }
    // Somebody else's decision, with its good signature, under one's own name.
    let mut copied = item(&world, &approved, record).await;
    copied.insert("pk".to_owned(), text(&format!("verification#{failed}")));
    put(&world, copied).await;
    let mut document = item(&world, &failed, "verification").await;
    *part(&mut document, &["document", "status"]) = text("approved");
    put(&world, document).await;
    let (found, sound) = verified(&world).await;
    assert_eq!((&found["unfounded"], sound), (&json!([failed]), false), "{found}");
    world.stop().await;
}
