//! `prooflight replay`, against a running system: what is stored is decided again under another policy file.

use crate::world::{World, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use prooflight_cli::Report;
use prooflight_cli::options::{Command, parse};
use prooflight_shared::error_chain::ErrorChain;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::Path;

fn shipped() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("infra/policies.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The command as somebody would type it, with the environment that the README names.
async fn prooflight(world: &World, policies: &Value, more: &[&str]) -> Result<Report, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policies.json");
    std::fs::write(&file, policies.to_string()).unwrap();
    let arguments = ["replay", "--policy", file.to_str().unwrap()].into_iter().chain(more.iter().copied()).map(OsString::from);
    let Command::Replay(options) = parse(arguments).unwrap() else { panic!("no replay") };
    let endpoint = world.aws_url();
    let variable = |name: &str| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("local".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("local-secret".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
        _ => None,
    };
    prooflight_cli::replay(&options, variable).await.map_err(|error| ErrorChain(&error).to_string())
}

/// A check of somebody's that ended with that confidence.
async fn check(world: &World, subject: &str, policy: &str, confidence: f32) -> String {
    let user = world.user(subject).await;
    let (id, session_id) = ids(&user.open(&json!({ "policy": policy }), None).await.expect(201));
    world.succeeded(&session_id, confidence).await;
    user.complete(&id, &session_id).await.expect(200);
    id
}

#[tokio::test]
async fn what_would_change_under_another_policy_is_told() {
    let world = World::start().await;
    assert_eq!(prooflight(&world, &shipped(), &[]).await.unwrap().text, "No decision is stored.\n");
    check(&world, "alice", "liveness", 97.0).await;
    let on_the_brink = check(&world, "bob", "liveness", 82.0).await;
    check(&world, "carol", "liveness", 70.0).await;
    check(&world, "dave", "bot-check", 82.0).await;

    let same = prooflight(&world, &shipped(), &[]).await.unwrap();
    let unchanged = "bot-check 2026-11-1: 0 of 1 decisions would change\nliveness 2026-11-1: 0 of 3 decisions would change\n";
    assert_eq!((same.text.as_str(), same.sound), (unchanged, true), "what was decided is decided so again");

    let mut stricter = shipped();
    stricter["policies"][0]["approveAt"] = json!(85);
    stricter["policies"][0]["version"] = json!("2026-12-1");
    stricter["policies"].as_array_mut().unwrap().remove(1);
    let told = prooflight(&world, &stricter, &[]).await.unwrap();
    let expected = format!(
        "liveness 2026-12-1: 1 of 3 decisions would change\n  passed -> failed: 1\n    \
         {on_the_brink} session 1  passed -> failed (confidence_too_low)\nbot-check is not in the file; decisions that stay as they are: 1\n"
    );
    assert_eq!((told.text.as_str(), told.sound), (expected.as_str(), true));
    let told: Value = serde_json::from_str(&prooflight(&world, &stricter, &["--json"]).await.unwrap().text).unwrap();
    let change = json!({"verificationId": on_the_brink, "session": 1, "from": "passed", "to": "failed", "reasons": ["confidence_too_low"]});
    assert_eq!(told["policies"]["liveness"], json!({"version": "2026-12-1", "decisions": 3, "changes": [change]}));
    assert_eq!((&told["unknownPolicies"], &told["misfits"], &told["unreadable"]), (&json!({"bot-check": 1}), &json!([]), &json!(0)));
    // A random id may well hold these two digits.
    assert!(!told.to_string().replace(&on_the_brink, "").contains("82"), "no score is told");
    world.stop().await;
}

#[tokio::test]
async fn what_was_known_beside_the_evidence_is_decided_with_again() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let (id, first) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.outcome(&json!({"sessionId": first, "status": "IN_PROGRESS"})).await;
    alice.next(&id).await.expect(201);
    world.succeeded(&first, 97.0).await;
    assert_eq!(alice.complete(&id, &first).await.expect(200)["session"], "failed", "it was superseded");
    let told = prooflight(&world, &shipped(), &[]).await.unwrap().text;
    assert_eq!(told, "liveness 2026-11-1: 0 of 1 decisions would change\n");
    world.stop().await;
}

#[tokio::test]
async fn evidence_that_was_changed_is_found() {
    let world = World::start().await;
    let id = check(&world, "alice", "liveness", 70.0).await;
    let other = check(&world, "bob", "liveness", 97.0).await;
    let client = aws_sdk_dynamodb::Client::new(&world.sdk());
    let table = client.list_tables().send().await.unwrap().table_names()[0].clone();
    let change = async |id: &str, expression: &str| {
        client
            .update_item()
            .table_name(&table)
            .key("pk", AttributeValue::S(format!("verification#{id}")))
            .key("sk", AttributeValue::S("decision#01".into()))
            .update_expression(expression)
            .expression_attribute_values(":value", AttributeValue::N("99".into()))
            .send()
            .await
            .unwrap();
    };
    change(&id, "SET evidence.confidence = :value").await;
    let told = prooflight(&world, &shipped(), &["--table", &table]).await.unwrap();
    let expected =
        format!("liveness 2026-11-1: 0 of 1 decisions would change\n{id} session 1: the evidence is not what the decision names\n");
    assert_eq!((told.text, told.sound), (expected, false));
    change(&other, "SET evidence = :value").await;
    let told = prooflight(&world, &shipped(), &[]).await.unwrap();
    assert_eq!((told.text.lines().last(), told.sound), (Some("records that cannot be read: 1"), false));

    let mut wrong = shipped();
    wrong["policies"][0]["approveAt"] = json!(0.8);
    let refused = prooflight(&world, &wrong, &[]).await.unwrap_err();
    assert!(refused.contains("policy liveness: approveAt is 0.8"), "{refused}");
    let refused = prooflight(&world, &shipped(), &["--table", "nothing"]).await.unwrap_err();
    assert!(refused.contains("ResourceNotFoundException"), "{refused}");
    world.stop().await;
}
