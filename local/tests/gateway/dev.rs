//! The helpers under `/dev`, over the wire.

use crate::client::{ask, help, token};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use prooflight_local::clock::wall_now;
use prooflight_local::{Local, Options};
use serde_json::{Value, json};

async fn local() -> Local {
    Local::start(Options::ephemeral()).await.expect("it starts")
}

#[tokio::test]
async fn a_token_says_who_and_what_for() {
    let local = local().await;
    for (body, scope) in [
        (json!({"subject": "u1"}), "verify"),
        (json!({"subject": "u1", "scope": "verify"}), "verify"),
        (json!({"subject": "u1", "scope": "read  verify read"}), "read verify"),
        (json!({"subject": "u1", "scope": "verify open read review erase admin"}), "admin erase open read review verify"),
    ] {
        let token = token(&local, &body).await;
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("claims")).expect("Base64");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        let issued = claims["iat"].as_i64().expect("a time");
        assert!((wall_now().as_second() - issued).abs() < 60);
        let expected = json!({
            "iss": "https://prooflight.local/", "aud": "prooflight", "sub": "u1", "scope": scope, "iat": issued, "exp": issued + 3600,
        });
        assert_eq!(claims, expected);
    }
    local.shutdown().await;
}

#[tokio::test]
async fn what_a_helper_does_not_take_is_explained() {
    let local = local().await;
    for (helper, body, status, named) in [
        ("token", r#"{"subject":""}"#, 400, "subject"),
        ("token", r#"{"subject":"  "}"#, 400, "subject"),
        ("token", r#"{"subject":"a\nb"}"#, 400, "subject"),
        ("token", r#"{"scope":"verify"}"#, 400, "subject"),
        ("token", r#"{"subject":"u1","scope":""}"#, 400, "scope"),
        ("token", r#"{"subject":"u1","scope":"verify root"}"#, 400, "verify, open, read, review, erase, admin"),
        ("token", r#"{"subject":"u1","role":"x"}"#, 400, "role"),
        ("token", "{", 400, "EOF"),
        ("clock", r#"{"advanceSeconds":-1}"#, 400, "-1"),
        ("clock", r#"{"advanceSeconds":1.5}"#, 400, "1.5"),
        ("clock", r#"{"advanceSeconds":4294967296}"#, 400, "4294967296"),
        ("clock", "{}", 400, "advanceSeconds"),
        ("outcome", r#"{"sessionId":"7d5b4b0e-0000-4000-8000-000000000000","status":"SUCCEEDED"}"#, 404, "session"),
        ("outcome", r#"{"status":"DONE"}"#, 400, "DONE"),
        ("task", r#"{"taskToken":"x"}"#, 400, "taskToken"),
        ("nonsense", "{}", 404, "no such helper"),
    ] {
        let answer = ask(&local, "POST", &format!("/dev/{helper}"), &[("content-type", "application/json")], body.to_owned()).await;
        assert_eq!(answer.status.as_u16(), status, "{helper} {body}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{helper} {body}");
        let problem = answer.json();
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(named)), "{helper} {body}: {problem}");
        assert!(problem["code"].is_string() && problem["status"] == status && problem["title"].is_string(), "{problem}");
    }
    let huge = format!(r#"{{"subject":"{}"}}"#, "u".repeat(330_000));
    assert_eq!(ask(&local, "POST", "/dev/token", &[("content-type", "application/json")], huge).await.status, 413);
    assert_eq!(ask(&local, "GET", "/dev/token", &[], "").await.status, 405);
    local.shutdown().await;
}

#[tokio::test]
async fn foreigners_are_turned_away() {
    let local = local().await;
    let own = format!("https://localhost:{}", local.https_port());
    let body = r#"{"subject":"u1"}"#;
    let json = ("content-type", "application/json");
    for (headers, status) in [
        (&[json][..], 200),
        (&[json, ("origin", own.as_str())], 200),
        (&[json, ("host", "127.0.0.1:1")], 200),
        (&[json, ("origin", "https://evil.example")], 403),
        (&[json, ("origin", "null")], 403),
        (&[json, ("origin", "http://localhost:3000")], 403),
        (&[json, ("host", "evil.example")], 403),
        (&[json, ("host", "evil.example"), ("origin", "https://evil.example")], 403),
        (&[], 415),
        (&[("content-type", "text/plain")], 415),
        (&[("content-type", "application/x-www-form-urlencoded")], 415),
        (&[("content-type", "application/json; charset=utf-8")], 200),
    ] {
        let answer = ask(&local, "POST", "/dev/token", headers, body).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}: {}", answer.text());
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{headers:?}");
    }
    // What tells about a check is told to foreigners no more than what makes one; of an unknown session there is nothing to tell.
    for (headers, status) in [(&[][..], 404), (&[("origin", "https://evil.example")], 403), (&[("host", "evil.example")], 403)] {
        let answer = ask(&local, "GET", "/dev/sessions/0b0b0b0b-0000-4000-8000-000000000000/explain", headers, "").await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}: {}", answer.text());
        assert_eq!(answer.json()["code"], if status == 404 { "not_found" } else { "foreign" });
    }
    assert_eq!(ask(&local, "POST", "/dev/sessions/x/explain", &[json], "{}").await.status, 405);
    // A preflight of a foreign page gets nothing that would let it go on.
    let preflight = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    assert_eq!(ask(&local, "OPTIONS", "/dev/token", &preflight, "").await.status, 403);
    local.shutdown().await;
}

#[tokio::test]
async fn the_clock_moves_and_tokens_do_not_mind() {
    let local = local().await;
    let token = token(&local, &json!({"subject": "u1"})).await;
    let answer = help(&local, "clock", &json!({"advanceSeconds": 7200})).await;
    assert_eq!(answer.status, 200);
    let now: Timestamp = answer.json()["now"].as_str().expect("a time").parse().expect("a time");
    assert!(now >= wall_now() + SignedDuration::from_secs(7190));
    assert!(local.clock().now() >= now);
    // Two hours on by our clock, the token is as good as it was: JWT expiry goes by wall time.
    let authorization = format!("Bearer {token}");
    let answer = ask(&local, "GET", "/api/verifications/v1", &[("authorization", &authorization)], "").await;
    assert!(answer.status != 401 && answer.status != 403, "{}", answer.text());
    local.shutdown().await;
}
