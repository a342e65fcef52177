//! What a function is given and what becomes of its answer.

use crate::wire::{Answer, PAGE_ORIGIN, gateway, gateway_around, response, send};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use axum::Router;
use http::StatusCode;
use prooflight_local::clock::wall_now;
use prooflight_local::gateway::{FunctionFailure, Functions};
use prooflight_local::tokens::TokenIssuer;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn issuer() -> TokenIssuer {
    TokenIssuer::open(None).expect("an issuer")
}

fn token(issuer: &TokenIssuer) -> String {
    format!("Bearer {}", issuer.issue("u1", "verify read", wall_now()).expect("a token"))
}

/// A gateway that keeps the last event, and a token for it.
fn recording() -> (Router, String, Arc<Mutex<Option<ApiGatewayV2httpRequest>>>) {
    let issuer = issuer();
    let kept = Arc::new(Mutex::new(None));
    let keeper = Arc::clone(&kept);
    let router = gateway(&issuer, move |request| {
        *keeper.lock().expect("a lock") = Some(request);
        async { response(json!({ "statusCode": 204, "cookies": [] })) }
    });
    let token = token(&issuer);
    (router, token, kept)
}

fn taken(kept: &Mutex<Option<ApiGatewayV2httpRequest>>) -> ApiGatewayV2httpRequest {
    kept.lock().expect("a lock").take().expect("the function was called")
}

/// The gateway's answer where every function answers this.
async fn answered(function: Value) -> Answer {
    let issuer = issuer();
    let token = token(&issuer);
    let router = gateway(&issuer, move |_| {
        let function = function.clone();
        async move { response(function) }
    });
    send(&router, "GET", "/api/verifications/v1/result", &[("authorization", &token)], "").await
}

#[tokio::test]
async fn an_event_has_the_shape_of_payload_format_2() {
    let (router, token, kept) = recording();
    let headers = [
        ("host", "localhost:8443"),
        ("authorization", token.as_str()),
        ("user-agent", "tests/1.0"),
        ("content-type", "application/json; charset=utf-8"),
        ("X-Twice", "one"),
        ("x-twice", "two"),
        ("cookie", "a=1; b=2"),
        ("connection", "keep-alive"),
        ("x-forwarded-for", "203.0.113.7"),
    ];
    let uri = "/api/verifications/v%2F1%20%C3%A9/cancel?a=1&b=x%26y&a=2&empty&plus=1+1";
    let answer = send(&router, "POST", uri, &headers, r#"{"ü":1}"#).await;
    assert_eq!(answer.status, 204);
    let mut event = serde_json::to_value(taken(&kept)).expect("JSON");
    // What changes from run to run, after a look at it.
    let context = event["requestContext"].as_object_mut().expect("a context");
    assert_eq!(context["requestId"].as_str(), answer.header("apigw-requestid"));
    let now = wall_now().as_millisecond();
    assert!(context["timeEpoch"].as_i64().is_some_and(|time| (now - 60_000..=now).contains(&time)));
    let claims = context["authorizer"]["jwt"]["claims"].as_object_mut().expect("claims");
    for claim in ["iat", "exp"] {
        assert!(claims.insert(claim.to_owned(), json!("[a time]")).expect("a claim").is_string());
    }
    for field in ["requestId", "time", "timeEpoch"] {
        context.insert(field.to_owned(), json!("[drawn]"));
    }
    event["headers"]["authorization"] = json!("[a token]");
    insta::assert_json_snapshot!(sorted(event));
}

/// Serde writes hash maps in any order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let sorted: std::collections::BTreeMap<String, Value> = entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[tokio::test]
async fn bodies_are_text_or_base64_by_their_type() {
    let (router, token, kept) = recording();
    let cases: [(&str, &[u8], &str, bool); 7] = [
        ("application/json", b"{}", "{}", false),
        ("application/problem+json", b"{}", "{}", false),
        ("text/plain; charset=utf-8", b"hello", "hello", false),
        ("application/octet-stream", b"hello", "aGVsbG8=", true),
        ("application/x-www-form-urlencoded", b"a=1", "YT0x", true),
        // What is not UTF-8 cannot be text, whatever it says it is.
        ("application/json", b"\xff", "/w==", true),
        ("image/jpeg", b"\xff\xd8", "/9g=", true),
    ];
    for (content_type, body, expected, base64) in cases {
        let headers = [("authorization", token.as_str()), ("content-type", content_type)];
        send(&router, "POST", "/api/verifications", &headers, body).await;
        let event = taken(&kept);
        assert_eq!((event.body.as_deref(), event.is_base64_encoded), (Some(expected), base64), "{content_type}");
    }
    send(&router, "POST", "/api/verifications", &[("authorization", &token)], "").await;
    let event = taken(&kept);
    assert_eq!((event.body, event.is_base64_encoded), (None, false));
}

#[tokio::test]
async fn bodies_beyond_ten_megabytes_are_refused() {
    let (router, token, kept) = recording();
    let limit = 10 * 1024 * 1024;
    let headers = [("authorization", token.as_str())];
    let answer = send(&router, "POST", "/api/verifications", &headers, vec![b' '; limit]).await;
    assert_eq!(answer.status, 204);
    assert_eq!(taken(&kept).body.map(|body| body.len()), Some(limit));
    let answer = send(&router, "POST", "/api/verifications", &headers, vec![b' '; limit + 1]).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (413, r#"{"message":"Request Entity Too Large"}"#));
    assert!(kept.lock().expect("a lock").is_none());
}

#[tokio::test]
async fn unknown_routes_are_not_found_whoever_asks() {
    let (router, token, _) = recording();
    for (method, uri, status, message) in [
        ("PUT", "/api/verifications", 404, "Not Found"),
        ("DELETE", "/api/verifications/v1/result", 404, "Not Found"),
        ("GET", "/api", 404, "Not Found"),
        ("GET", "/api/", 404, "Not Found"),
        ("GET", "/api/nowhere", 404, "Not Found"),
        ("GET", "/api/verifications/%FF", 400, "Bad Request"),
    ] {
        let answer = send(&router, method, uri, &[("authorization", &token)], "").await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({ "message": message })), "{method} {uri}");
    }
}

#[tokio::test]
async fn a_functions_answer_becomes_http() {
    let answer = answered(json!({
        "statusCode": 201,
        "headers": {"content-type": "application/problem+json", "Retry-After": "3", "x-request-id": "r1", "connection": "close"},
        "multiValueHeaders": {"x-many": ["a", "b"], "retry-after": ["9"]},
        "cookies": ["a=1; Secure", "b=2"],
        "body": "{}",
    }))
    .await;
    assert_eq!((answer.status, answer.text()), (StatusCode::CREATED, "{}"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.header("connection"), None);
    let all = |name: &str| answer.headers.get_all(name).iter().map(|value| value.to_str().expect("text")).collect::<Vec<_>>();
    assert_eq!(all("retry-after"), ["3"]);
    assert_eq!(all("x-many"), ["a", "b"]);
    assert_eq!(all("set-cookie"), ["a=1; Secure", "b=2"]);
}

#[tokio::test]
async fn a_base64_answer_is_decoded_and_a_bare_one_is_json() {
    let answer = answered(json!({"statusCode": 200, "body": "/9g=", "isBase64Encoded": true, "cookies": []})).await;
    assert_eq!(answer.body, b"\xff\xd8");
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn an_answer_that_cannot_be_sent_is_an_internal_error() {
    for function in [
        json!({"statusCode": 0, "cookies": []}),
        json!({"statusCode": 70000, "cookies": []}),
        json!({"statusCode": 101, "cookies": []}),
        json!({"statusCode": 200, "body": "not Base64!", "isBase64Encoded": true, "cookies": []}),
        json!({"statusCode": 200, "cookies": ["a\nb"]}),
    ] {
        let answer = answered(function.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (500, r#"{"message":"Internal Server Error"}"#), "{function}");
    }
}

#[tokio::test]
async fn a_function_that_fails_does_not_take_the_gateway_along() {
    let issuer = issuer();
    let token = token(&issuer);
    let router = gateway(&issuer, |request| async move {
        match request.raw_query_string.as_deref() {
            Some("panic") => panic!("on purpose"),
            _ => response(json!({ "statusCode": 200, "cookies": [] })),
        }
    });
    for (query, status) in [("panic", 500), ("fine", 200)] {
        let answer = send(&router, "GET", &format!("/api/verifications/v1/result?{query}"), &[("authorization", &token)], "").await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
    }
}

#[tokio::test]
async fn a_function_is_given_up_on_after_its_time_out() {
    let mut functions = Functions::default();
    functions.insert("slow", |_, _| std::future::pending());
    let invocation = Invocation { now: wall_now(), request_id: "r1".to_owned(), entropy: [0; 32] };
    let moment = Duration::from_millis(1);
    let called = functions.invoke("slow", moment, json!({}), invocation.clone()).await;
    assert!(matches!(called, Err(FunctionFailure::TimedOut(given)) if given == moment), "{called:?}");
    let called = functions.invoke("unknown", moment, json!({}), invocation).await;
    assert!(matches!(called, Err(FunctionFailure::Unknown)), "{called:?}");
}

#[tokio::test]
async fn preflights_are_answered_by_the_gateway() {
    let (router, _, kept) = recording();
    let preflight = |origin: &'static str| [("origin", origin), ("access-control-request-method", "POST")];
    let answer = send(&router, "OPTIONS", "/api/verifications", &preflight(PAGE_ORIGIN), "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE_ORIGIN));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,POST,DELETE"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type,idempotency-key,if-match"));
    assert_eq!(answer.header("access-control-max-age"), Some("600"));
    for foreign in ["https://evil.example", "https://page.example.evil.example", "http://page.example", "null"] {
        let answer = send(&router, "OPTIONS", "/api/verifications", &preflight(foreign), "").await;
        assert_eq!(answer.status, 204);
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{foreign}: {:?}", answer.headers);
    }
    assert!(kept.lock().expect("a lock").is_none());
    // Without the header that makes it a preflight it is a request like any other.
    assert_eq!(send(&router, "OPTIONS", "/api/verifications", &[("origin", PAGE_ORIGIN)], "").await.status, 404);
}

#[tokio::test]
async fn answers_carry_the_gateways_cors_headers_and_not_the_functions() {
    let issuer = issuer();
    let token = token(&issuer);
    let router = gateway(&issuer, |_| async {
        response(json!({"statusCode": 200, "headers": {"access-control-allow-origin": "*"}, "cookies": []}))
    });
    let allowed = [("authorization", token.as_str()), ("origin", PAGE_ORIGIN)];
    let answer = send(&router, "GET", "/api/verifications/v1/result", &allowed, "").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE_ORIGIN));
    assert_eq!(answer.header("access-control-expose-headers"), Some("Date,Retry-After,Location,ETag,x-request-id"));
    assert_eq!(answer.header("vary"), Some("origin"));
    // A page can read why it was turned away.
    let answer = send(&router, "GET", "/api/verifications/v1/result", &[("origin", PAGE_ORIGIN)], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (401, Some(PAGE_ORIGIN)));
    let foreign = [("authorization", token.as_str()), ("origin", "https://evil.example")];
    let answer = send(&router, "GET", "/api/verifications/v1/result", &foreign, "").await;
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, None));
}

#[tokio::test]
async fn a_lambda_authorizer_is_asked_once_a_minute_and_hands_on_what_it_says() {
    let issuer = issuer();
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let asking = Arc::clone(&asked);
    let mut functions = Functions::default();
    functions.insert("authorize", move |event, _| {
        let answer = match event["identitySource"][0].as_str() {
            Some("good") => Ok(json!({"isAuthorized": true, "context": {"sub": "alice"}})),
            Some("bad") => Ok(json!({"isAuthorized": false, "context": {"sub": "alice"}})),
            _ => Err(FunctionFailure::Panicked),
        };
        asking.lock().expect("a lock").push(event);
        async move { answer }
    });
    let router = gateway_around(&issuer, functions, |request| async move {
        let said = request.request_context.authorizer.map(|authorizer| json!(authorizer.fields));
        response(json!({"statusCode": 200, "body": said.unwrap_or_default().to_string(), "cookies": []}))
    });
    let get = async |identity: &str, path: &str| {
        let answer = send(&router, "GET", path, &[("authorization", identity)], "").await;
        (answer.status.as_u16(), answer.text().to_owned())
    };
    let (one, other) = ("/api/verifications/v1", "/api/verifications/v2?a=b");
    assert_eq!(get("good", one).await, (200, r#"{"sub":"alice"}"#.to_owned()));
    assert_eq!(get("good", other).await, (200, r#"{"sub":"alice"}"#.to_owned()), "remembered for another path");
    assert_eq!(get("bad", one).await, (403, r#"{"message":"Forbidden"}"#.to_owned()));
    assert_eq!(get("bad", one).await.0, 403);
    assert_eq!(get("broken", one).await, (500, r#"{"message":"Internal Server Error"}"#.to_owned()));
    assert_eq!(get("broken", one).await.0, 500);
    let nobody = send(&router, "GET", one, &[], "").await;
    assert_eq!((nobody.status.as_u16(), nobody.text()), (401, r#"{"message":"Unauthorized"}"#));
    let asked = asked.lock().expect("a lock");
    let identities: Vec<_> = asked.iter().map(|event| event["identitySource"][0].as_str().unwrap_or_default()).collect();
    assert_eq!(identities, ["good", "bad", "broken", "broken"], "a failure is not remembered, and nobody is not asked about");
    let shape = ["type", "routeArn", "routeKey", "version"].map(|name| asked[0][name].as_str().unwrap_or_default());
    let arn = "arn:aws:execute-api:us-east-1:000000000000:local/$default/GET/verifications/v1";
    assert_eq!(shape, ["REQUEST", arn, "GET /verifications/{id}", "2.0"]);
    assert_eq!((asked[0].get("body"), &asked[0]["pathParameters"]), (None, &json!({"id": "v1"})));
}
