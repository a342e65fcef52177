//! Six hundred sessions that begin in one second and whose browsers all die: each is collected by its first message, five at a time, as
//! Lambda begins ("Configuring scaling behavior for SQS event source mappings"); it would take more at a time while messages wait.

use crate::proxy;
use crate::world::World;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use prooflight_create_session::CreateSession;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::time::Instant;

const CROWD: u32 = 600;
/// In `local/src/event_sources/queue.rs`.
const AT_A_TIME: f64 = 5.0;
/// The first message comes at 60 seconds; from 178 on nothing is fetched any more.
const WINDOW: f64 = 118.0;

pub(crate) async fn measure() {
    println!("\n{CROWD} sessions created in one second, all browsers dead, five rescues at a time");
    let world = World::start().await;
    let create = CreateSession::connect(&proxy::environment(&world.aws_url(), &world, CreateSession::NAME)).unwrap();
    // The moment of all invocations: it is an argument.
    let now = world.now();
    let began = Instant::now();
    let open = async |number: u32| {
        let mut entropy = [0; 32];
        entropy[..4].copy_from_slice(&number.to_be_bytes());
        let invocation = Invocation { now, request_id: format!("r{number}"), entropy };
        let answer = create.handle(opening(number), invocation).await.unwrap();
        let Some(aws_lambda_events::encodings::Body::Text(body)) = answer.body else { panic!("no body") };
        let body: Value = serde_json::from_str(&body).unwrap();
        world.succeeded(body["session"]["sessionId"].as_str().unwrap_or_else(|| panic!("{body}")), 91.0).await;
    };
    stream::iter((0..CROWD).map(open)).buffer_unordered(16).collect::<Vec<()>>().await;
    let opened = began.elapsed().as_secs_f64();
    assert!(opened < 50.0, "this machine opens too slowly: their messages would come one by one");

    let began = Instant::now();
    world.advance(60).await;
    let collected = began.elapsed().as_secs_f64();
    let mut ages = Vec::new();
    for item in world.items().await.iter().filter(|item| item["sk"].as_s().unwrap() == "verification") {
        let document = item["document"].as_m().unwrap();
        let text = |value: &AttributeValue| value.as_s().unwrap().clone();
        assert_eq!(text(&document["status"]), "approved");
        let at = |name: &str| text(&document[name]).parse::<Timestamp>().unwrap();
        assert_eq!(at("createdAt"), now);
        ages.push(at("decidedAt").duration_since(now).as_secs_f64());
    }
    let oldest = ages.iter().copied().fold(0.0, f64::max);
    assert_eq!((ages.len(), world.decisions().await), (CROWD as usize, CROWD as usize));
    assert!(oldest < 180.0, "a session was {oldest} s old");
    let crowd = f64::from(CROWD);
    println!("opened in {opened:.1} s, collected in {collected:.1} s; the oldest was {oldest:.1} s old when it was decided, of 180");
    println!("a rescue took {:.0} ms here; {:.0} ms would do", collected * AT_A_TIME / crowd * 1000.0, WINDOW * AT_A_TIME / crowd * 1000.0);
    world.stop().await;
}

fn opening(number: u32) -> aws_lambda_events::apigw::ApiGatewayV2httpRequest {
    let claims = json!({ "iss": "https://prooflight.local/", "sub": format!("person-{number}"), "scope": "verify" });
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "POST /verifications",
        "headers": { "content-type": "application/json" },
        "body": "{}",
        "requestContext": { "authorizer": { "jwt": { "claims": claims } }, "http": { "method": "POST" } },
        "isBase64Encoded": false
    }))
    .unwrap()
}
