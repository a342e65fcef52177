//! Somebody wants to pass for somebody else, or for more than he is: with another's session, with stolen credentials, with the wrong token, under
//! another policy, or by trying until it works.

use crate::proxy;
use crate::streaming::{LET_IN, knock};
use crate::world::{World, ids};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use prooflight_erase_subject::EraseSubject;
use prooflight_get_verification::GetVerification;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};

/// Mallory cannot pass, and shows a session that did: alice's, and one of his own under a policy that asks for less.
#[tokio::test]
async fn a_session_counts_for_its_own_verification_alone() {
    let world = World::start().await;
    let (alice, mallory) = (world.user("alice").await, world.user("mallory").await);
    let (_, hers) = ids(&alice.open(&json!({}), None).await.expect(201));
    let (_, easier) = ids(&mallory.open(&json!({"policy": "bot-check"}), None).await.expect(201));
    let (id, _) = ids(&mallory.open(&json!({}), None).await.expect(201));
    for session_id in [&hers, &easier] {
        world.succeeded(session_id, 97.0).await;
        assert_eq!(mallory.complete(&id, session_id).await.refusal(), (404, "not_found"));
    }
    assert_eq!(mallory.get(&id).await.expect(200)["status"], "open");
    world.stop().await;
}

/// A session that failed is shown again, when Rekognition would say something better of it.
#[tokio::test]
async fn what_was_judged_is_not_judged_again() {
    let world = World::start().await;
    let mallory = world.user("mallory").await;
    let (id, session_id) = ids(&mallory.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 12.0).await;
    let told = mallory.complete(&id, &session_id).await.expect(200);
    assert_eq!((&told["session"], &told["status"]), (&json!("failed"), &json!("open")));
    world.succeeded(&session_id, 99.0).await;
    for _ in 0..2 {
        let again = mallory.complete(&id, &session_id).await.expect(200);
        assert_eq!((&again["session"], &again["status"]), (&json!("failed"), &json!("open")));
    }
    assert_eq!(world.decisions().await, 1);
    world.stop().await;
}

/// What a browser was lent is kept, and tried on a session that somebody else opens later.
#[tokio::test]
async fn streaming_credentials_end_with_their_session() {
    let world = World::start().await;
    let opened = world.user("alice").await.open(&json!({}), None).await.expect(201);
    let kept = &opened["session"]["credentials"];
    assert_eq!(knock(&world, kept, &ids(&opened).1).await, LET_IN);
    world.advance(211).await;
    let later = world.user("bob").await.open(&json!({}), None).await.expect(201);
    let (_, session_id) = ids(&later);
    assert_eq!(knock(&world, kept, &session_id).await, "AccessDenied");
    assert_eq!(knock(&world, &later["session"]["credentials"], &session_id).await, LET_IN, "and bob's session is unharmed");
    world.stop().await;
}

/// The gateway has let somebody through: with an ID token, which has no scope, or with a scope that another route takes. His own issuer's name
/// and scopes that only look alike help no more.
#[tokio::test]
async fn a_function_asks_for_the_scope_itself() {
    let world = World::start().await;
    let (list, erase) = (function::<GetVerification>(&world), function::<EraseSubject>(&world));
    let cases = [
        (json!({"token_use": "id"}), 403),
        (json!({"scope": ""}), 403),
        (json!({"scope": "verify"}), 403),
        (json!({"scope": "[verify open review]"}), 403),
        (json!({"scope": "reader eraser READ ERASE"}), 403),
        (json!({"scope": "read erase", "sub": ""}), 401),
        (json!({"scope": "read erase", "iss": ""}), 401),
    ];
    for (claims, expected) in cases {
        assert_eq!(ask(&list, "GET /verifications", &claims).await, expected, "{claims}");
        assert_eq!(ask(&erase, "POST /erasures", &claims).await, expected, "{claims}");
    }
    // Whoever has both scopes gets as far as being told that he names nobody.
    assert_eq!(ask(&list, "GET /verifications", &json!({"scope": "read"})).await, 400);
    assert_eq!(ask(&erase, "POST /erasures", &json!({"scp": "[open erase]"})).await, 400);
    world.stop().await;
}

fn function<F: LambdaFunction>(world: &World) -> F {
    F::connect(&proxy::environment(&world.aws_url(), world, F::NAME)).unwrap()
}

/// The status that a function answers to whoever the gateway says has those claims.
async fn ask<F>(function: &F, route: &str, changes: &Value) -> i64
where
    F: LambdaFunction<Event = ApiGatewayV2httpRequest, Answer = ApiGatewayV2httpResponse>,
{
    let mut claims = json!({"iss": "https://prooflight.local/", "sub": "mallory"});
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let event = json!({
        "version": "2.0",
        "routeKey": route,
        "headers": {},
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}, "http": {"method": "POST"}},
        "isBase64Encoded": false
    });
    let invocation = Invocation { now: prooflight_local::clock::wall_now(), request_id: "r1".into(), entropy: [7; 32] };
    function.handle(serde_json::from_value(event).unwrap(), invocation).await.unwrap().status_code
}

/// Without the picture that a service would have given, an onboarding would compare with nothing, and enrol whoever is there.
#[tokio::test]
async fn an_end_user_opens_no_policy_that_is_for_services() {
    let world = World::start().await;
    let mallory = world.user("mallory").await;
    for policy in ["onboarding", "step-up", "age-gate"] {
        let body = json!({"policy": policy, "consent": {"version": "2026-11"}});
        assert_eq!(mallory.open(&body, None).await.refusal(), (403, "policy_not_openable"), "{policy}");
    }
    assert!(world.items().await.is_empty(), "nothing was written");
    world.stop().await;
}

/// One try every ten minutes, in a new verification each time: never a burst, and never many an hour.
#[tokio::test]
async fn paced_guesses_end_in_a_block() {
    let world = World::start().await;
    let mallory = world.user("mallory").await;
    for _ in 0..10 {
        let (id, session_id) = ids(&mallory.open(&json!({}), None).await.expect(201));
        world.succeeded(&session_id, 12.0).await;
        mallory.complete(&id, &session_id).await.expect(200);
        world.advance(600).await;
    }
    assert_eq!(mallory.open(&json!({}), None).await.refusal(), (403, "blocked"));
    assert_eq!(world.user("alice").await.open(&json!({}), None).await.status, 201);
    world.stop().await;
}
