//! Tokens that the JWT authorizer must turn away, and the few that it lets in, with the gateway's own answers.

use crate::wire::{gateway, response, send};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use prooflight_local::clock::wall_now;
use prooflight_local::gateway::{Authorizer, JwtConfiguration, Refusal};
use prooflight_local::tokens::TokenIssuer;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// The issuer's own key, read where it is kept, so that tokens with any claims and headers can be signed.
struct Forge {
    issuer: TokenIssuer,
    key: EcdsaKeyPair,
    key_id: String,
    _folder: tempfile::TempDir,
}

impl Forge {
    fn new() -> Self {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = prooflight_local::data_folder::DataFolder::open(scratch.path()).expect("a folder");
        let issuer = TokenIssuer::open(Some(&folder)).expect("an issuer");
        let pkcs8 = std::fs::read(scratch.path().join("token-key.pk8")).expect("the key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new()).expect("a key");
        let (_, key_id) = issuer.verifying_key();
        Self { issuer, key, key_id, _folder: scratch }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "JWT", "kid": self.key_id })
    }

    /// A good token with some claims changed; null takes a claim away.
    fn with(&self, changes: &Value) -> String {
        self.sign(&self.header(), &claims(changes))
    }
}

fn claims(changes: &Value) -> Value {
    let now = wall_now().as_second();
    let mut claims = json!({
        "iss": "https://prooflight.local/", "aud": "prooflight", "sub": "u1", "scope": "verify", "iat": now - 1, "exp": now + 60,
    });
    let claims_map = claims.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            claims_map.remove(name);
        } else {
            claims_map.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// What a route with the scope `verify` answers to this header.
async fn answered(forge: &Forge, authorization: &str) -> (StatusCode, String) {
    let router = gateway(&forge.issuer, |_| async { response(json!({ "statusCode": 200, "cookies": [] })) });
    let answer = send(&router, "GET", "/api/verifications/v1/result", &[("authorization", authorization)], "").await;
    let expected = match answer.status.as_u16() {
        401 => r#"{"message":"Unauthorized"}"#,
        403 => r#"{"message":"Forbidden"}"#,
        _ => "",
    };
    assert_eq!(answer.text(), expected);
    (answer.status, answer.header("www-authenticate").unwrap_or_default().to_owned())
}

#[tokio::test]
async fn claims_decide() {
    let forge = Forge::new();
    let now = wall_now().as_second();
    let cases = [
        (json!({}), 200, ""),
        (json!({"aud": ["other", "prooflight"]}), 200, ""),
        (json!({"aud": null, "client_id": "prooflight"}), 200, ""),
        (json!({"scope": "read verify open"}), 200, ""),
        (json!({"scope": null, "scp": ["verify"]}), 200, ""),
        (json!({"iat": null}), 200, ""),
        (json!({"nbf": now - 1}), 200, ""),
        (json!({"iss": "https://other.example/"}), 401, "valid issuer"),
        (json!({"iss": null}), 401, "valid issuer"),
        (json!({"iss": ["https://prooflight.local/"]}), 401, "valid issuer"),
        (json!({"aud": "other"}), 401, "valid audience"),
        (json!({"aud": null}), 401, "valid audience"),
        // `client_id` counts only where there is no `aud`.
        (json!({"aud": "other", "client_id": "prooflight"}), 401, "valid audience"),
        (json!({"aud": []}), 401, "valid audience"),
        (json!({"exp": now}), 401, "expired"),
        (json!({"exp": now - 1}), 401, "expired"),
        (json!({"exp": null}), 401, "when it expires"),
        (json!({"exp": "never"}), 401, "when it expires"),
        (json!({"nbf": now + 60}), 401, "not valid yet"),
        (json!({"iat": now + 60}), 401, "in the future"),
        (json!({"nbf": "soon"}), 401, "not valid yet"),
        (json!({"scope": "open"}), 403, "insufficient_scope"),
        (json!({"scope": "verify2"}), 403, "insufficient_scope"),
        (json!({"scope": ""}), 403, "insufficient_scope"),
        (json!({"scope": null}), 403, "insufficient_scope"),
        (json!({"scope": {"verify": true}}), 403, "insufficient_scope"),
    ];
    for (changes, status, challenge) in cases {
        let (answered, said) = answered(&forge, &format!("Bearer {}", forge.with(&changes))).await;
        assert_eq!(answered.as_u16(), status, "{changes}");
        assert!(said.contains(challenge) && said.starts_with(if status == 200 { "" } else { "Bearer " }), "{changes}: {said}");
    }
}

#[tokio::test]
async fn signatures_decide() {
    let forge = Forge::new();
    let good = forge.with(&json!({}));
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let other_key = Forge::new();
    let richer = URL_SAFE_NO_PAD.encode(claims(&json!({"scope": "admin verify"})).to_string());
    let mut bent = URL_SAFE_NO_PAD.decode(signature).expect("Base64");
    bent[10] ^= 1;
    let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "kid": forge.key_id}).to_string());
    let without_kid = forge.sign(&json!({"alg": "ES256"}), &claims(&json!({})));
    let with_other_kid = forge.sign(&json!({"alg": "ES256", "kid": "other"}), &claims(&json!({})));
    let by_other_key = other_key.sign(&forge.header(), &claims(&json!({})));
    // The classic: HMAC with the public key, which everybody has, as the secret.
    let hs256 = jsonwebtoken::encode(
        &jsonwebtoken::Header { kid: Some(forge.key_id.clone()), ..jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256) },
        &claims(&json!({})),
        &jsonwebtoken::EncodingKey::from_secret(forge.key.public_key().as_ref()),
    )
    .expect("a token");
    let cases = [
        (format!("Bearer {good}"), 200),
        (good.clone(), 200),
        (format!("bearer   {good}"), 200),
        (format!("Basic {good}"), 401),
        ("Bearer".to_owned(), 401),
        (String::new(), 401),
        ("Bearer a.b".to_owned(), 401),
        ("Bearer a.b.c".to_owned(), 401),
        ("Bearer ☂".to_owned(), 401),
        (format!("Bearer {good} {good}"), 401),
        (format!("Bearer {header}.{richer}.{signature}"), 401),
        (format!("Bearer {header}.{payload}."), 401),
        (format!("Bearer {header}.{payload}.{}", URL_SAFE_NO_PAD.encode(&bent)), 401),
        (format!("Bearer {none}.{payload}."), 401),
        (format!("Bearer {none}.{payload}.{signature}"), 401),
        (format!("Bearer {without_kid}"), 401),
        (format!("Bearer {with_other_kid}"), 401),
        (format!("Bearer {by_other_key}"), 401),
        (format!("Bearer {hs256}"), 401),
    ];
    for (authorization, status) in cases {
        let (answered, said) = answered(&forge, &authorization).await;
        assert_eq!(answered.as_u16(), status, "{authorization}");
        assert_eq!(said.starts_with("Bearer"), status == 401, "{authorization}: {said}");
    }
}

#[tokio::test]
async fn without_a_token_the_challenge_is_bare() {
    let forge = Forge::new();
    let router = gateway(&forge.issuer, |_| async { panic!("not called") });
    let answer = send(&router, "POST", "/api/verifications", &[], "{}").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (401, r#"{"message":"Unauthorized"}"#));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("apigw-requestid").is_some_and(|id| id.len() == 16));
    let two = [("authorization", "Bearer x"), ("authorization", "Bearer y")];
    assert_eq!(send(&router, "POST", "/api/verifications", &two, "{}").await.status, 401);
}

#[test]
fn time_is_what_the_caller_says() {
    let forge = Forge::new();
    let rules = JwtConfiguration { issuer: "https://prooflight.local/".to_owned(), audience: vec!["prooflight".to_owned()] };
    let authorizer = Authorizer::new(rules, &forge.issuer);
    let issued: Timestamp = "2026-11-22T12:00:00Z".parse().expect("a time");
    let token = forge.issuer.issue("u1", "verify read", issued).expect("a token");
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    for (after, good) in [(-1, false), (0, true), (3599, true), (3600, false)] {
        let judged = authorizer.authorize(&headers, &[], issued + SignedDuration::from_secs(after));
        assert_eq!(judged.is_ok(), good, "{after}");
    }
    let judged = authorizer.authorize(&headers, &["read".to_owned()], issued).expect("authorized");
    assert_eq!(
        judged.scopes,
        Some(vec!["read".to_owned(), "verify".to_owned()]).map(|mut scopes| {
            scopes.reverse();
            scopes
        })
    );
    assert_eq!(judged.claims.get("sub").map(String::as_str), Some("u1"));
    assert_eq!(judged.claims.get("iat").map(String::as_str), Some("1795348800"));
    assert_eq!(authorizer.authorize(&headers, &["admin".to_owned()], issued), Err(Refusal::InsufficientScope));
}
