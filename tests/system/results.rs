//! Signed results: whoever relies on one checks it with the lines of docs/RESULTS.md and the public keys, and nobody else's, no other's and no
//! old one passes.

use crate::world::{World, ids};
use aws_sdk_kms::error::ProvideErrorMetadata as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use prooflight_local::Options;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

const ISSUER: &str = "urn:prooflight:us-east-1:prooflight-local";
const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/prooflight-local-result-key";

/// What the lines of the document leave to the reader.
const BEFORE: &str = r#"
const crypto = require("node:crypto");
const { token, keys, issuer, audience, nonce, policy, now } = JSON.parse(require("node:fs").readFileSync(0));
Date.now = () => now * 1000;
try {
"#;
const AFTER: &str = r#"
} catch (error) { process.exit(error.message === "not approved by Prooflight" ? 41 : 1); }
process.exit(40);
"#;

/// Whether the lines take a result for an approval that answers their question.
fn is_taken(given: &Value) -> bool {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/RESULTS.md")).unwrap();
    let (lines, _) = document.split_once("```js\n").unwrap().1.split_once("```").unwrap();
    let program = [BEFORE, lines, AFTER].concat();
    let mut child = Command::new("node").args(["-e", &program]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    match child.wait().unwrap().code() {
        Some(40) => true,
        Some(41) => false,
        other => panic!("{other:?}"),
    }
}

fn path(id: &str, nonce: &str) -> String {
    format!("/verifications/{id}/result?aud=shop.example&nonce={nonce}")
}

/// Header and claims of a compact JWS.
fn parts(token: &str) -> [Value; 2] {
    let mut parts = token.split('.');
    [(); 2].map(|()| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap()).unwrap())
}

fn with(mut given: Value, name: &str, value: Value) -> Value {
    given[name] = value;
    given
}

#[tokio::test]
async fn a_result_is_believed_by_whom_it_is_meant_for() {
    let world = World::start().await;
    let (alice, service) = (world.user("alice").await, world.caller("shop", "read").await);
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    let get = async |user: &crate::world::User<'_>, nonce: &str| {
        let reply = user.send(Method::GET, &path(&id, nonce), &[], "").await;
        assert_eq!(reply.headers["cache-control"], "no-store");
        reply.expect(200)["result"].as_str().unwrap().to_owned()
    };
    let open = get(&alice, "n1").await;
    assert_eq!(parts(&open)[1]["status"], "open");
    assert_eq!(parts(&open)[1].get("decidedAt"), None);
    world.succeeded(&session_id, 97.0).await;
    let stands = alice.complete(&id, &session_id).await.expect(200);
    assert_eq!(stands["status"], "approved");

    let token = get(&alice, "n1").await;
    let [header, claims] = parts(&token);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("prooflight-result+jwt")));
    let read = alice.get(&id).await.expect(200);
    let now = claims["iat"].as_i64().unwrap();
    let expected = json!({
        "iss": ISSUER, "aud": "shop.example", "sub": "alice", "nonce": "n1", "iat": now, "exp": now + 300, "verification": id,
        "policy": "liveness", "policyVersion": read["policyVersion"], "status": "approved", "decidedAt": read["decidedAt"],
    });
    assert_eq!(claims, expected, "and no score, image or session");

    let keys = world.send(Method::GET, "/api/.well-known/jwks.json", &[], "").await;
    assert_eq!(keys.headers["cache-control"], "public, max-age=300");
    let keys = keys.expect(200)["keys"].clone();
    let fields: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["alg", "crv", "kid", "kty", "use", "x", "y"], "the public half alone");
    assert_eq!(keys[0]["kid"], header["kid"]);

    let given = json!({
        "token": token, "keys": keys, "issuer": ISSUER, "audience": "shop.example", "nonce": "n1", "policy": "liveness", "now": now,
    });
    assert!(is_taken(&given));
    assert!(is_taken(&with(given.clone(), "now", json!(now + 299))));
    assert!(is_taken(&with(given.clone(), "token", json!(get(&service, "n1").await))), "a service may ask as well");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let other_claims = part(&with(claims.clone(), "sub", json!("mallory")));
    let unsigned = part(&json!({ "alg": "none", "typ": header["typ"], "kid": header["kid"] }));
    let other_world = World::start().await;
    let foreign = other_world.send(Method::GET, "/api/.well-known/jwks.json", &[], "").await.expect(200)["keys"].clone();
    other_world.stop().await;
    for (what, name, value) in [
        ("another server's", "audience", json!("bank.example")),
        ("another question's", "nonce", json!("n2")),
        ("a weaker policy's", "policy", json!("onboarding")),
        ("another stack's", "issuer", json!("urn:prooflight:us-east-1:other")),
        ("an old one", "now", json!(now + 300)),
        ("one of before the decision", "token", json!(open)),
        ("changed claims", "token", json!(format!("{head}.{other_claims}.{signature}"))),
        ("no algorithm", "token", json!(format!("{unsigned}.{}.", part(&claims)))),
        ("another key", "keys", foreign),
        ("no key", "keys", json!([])),
    ] {
        assert!(!is_taken(&with(given.clone(), name, value)), "{what}");
    }
    world.stop().await;
}

#[tokio::test]
async fn results_are_refused_like_any_other_read() {
    let world = World::start().await;
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let (id, _) = ids(&alice.open(&json!({}), None).await.expect(201));
    assert_eq!(bob.send(Method::GET, &path(&id, "n"), &[], "").await.refusal(), (404, "not_found"), "it is alice's");
    assert_eq!(alice.send(Method::GET, &path("nonsense", "n"), &[], "").await.refusal(), (404, "not_found"));
    assert_eq!(world.send(Method::GET, &format!("/api{}", path(&id, "n")), &[], "").await.status, 401);
    let reviewer = world.caller("carol", "review").await;
    assert_eq!(reviewer.send(Method::GET, &path(&id, "n"), &[], "").await.status, 403);
    let long = "n".repeat(129);
    for query in ["", "?aud=a", "?nonce=n", "?aud=&nonce=n", "?aud=a&nonce=%C3%A9", &format!("?aud=a&nonce={long}")] {
        let reply = alice.send(Method::GET, &format!("/verifications/{id}/result{query}"), &[], "").await;
        assert_eq!(reply.refusal(), (400, "malformed"), "{query}");
    }
    world.advance(31 * 60).await;
    let expired = alice.send(Method::GET, &path(&id, "n"), &[], "").await.expect(200);
    assert_eq!(parts(expired["result"].as_str().unwrap())[1]["status"], "expired", "the passing of time counts here too");
    world.stop().await;
}

#[tokio::test]
async fn the_key_stays_where_it_is_and_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let world = World::with(Options { data_dir: Some(folder.path().to_owned()), ..Options::ephemeral() }).await;
        seen.push(world.send(Method::GET, "/api/.well-known/jwks.json", &[], "").await.expect(200));
        let kms = aws_sdk_kms::Client::new(&world.sdk());
        let described = kms.describe_key().key_id(KEY).send().await.unwrap().key_metadata.unwrap();
        assert_eq!((described.arn(), described.key_spec().unwrap().as_str()), (Some(KEY), "ECC_NIST_P256"));
        let refused = kms.get_public_key().key_id("nothing").send().await.unwrap_err();
        assert_eq!(refused.code(), Some("NotFoundException"));
        world.stop().await;
    }
    assert_eq!(seen[0], seen[1]);
}
