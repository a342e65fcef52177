//! What lies below the SDK: answers that are lost after the write, transactions that conflict, services that fail in the middle.
//! The functions run against a proxy in front of the AWS endpoint; everything behind it is the real thing.

use crate::proxy::{self, Mishap, Proxy};
use crate::world::World;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body as EventBody;
use prooflight_complete_session::CompleteSession;
use prooflight_create_session::CreateSession;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};

/// The functions behind the proxy.
struct Functions {
    create: CreateSession,
    complete: CompleteSession,
    invocations: u8,
    started_at: jiff::Timestamp,
}

impl Functions {
    fn behind(url: &str, world: &World) -> Self {
        Self {
            create: CreateSession::connect(&proxy::environment(url, world, CreateSession::NAME)).unwrap(),
            complete: CompleteSession::connect(&proxy::environment(url, world, CompleteSession::NAME)).unwrap(),
            invocations: 0,
            started_at: prooflight_local::clock::wall_now(),
        }
    }

    fn invocation(&mut self) -> Invocation {
        self.invocations += 1;
        Invocation { now: self.started_at, request_id: format!("r{}", self.invocations), entropy: [self.invocations; 32] }
    }

    async fn open(&mut self) -> (i64, Value) {
        let request = event("POST /verifications", &json!({}));
        let invocation = self.invocation();
        read(self.create.handle(request, invocation).await.unwrap())
    }

    async fn next(&mut self, id: &str) -> (i64, Value) {
        let request = event("POST /verifications/{id}/sessions", &json!({ "id": id }));
        let invocation = self.invocation();
        read(self.create.handle(request, invocation).await.unwrap())
    }

    async fn complete(&mut self, id: &str, session_id: &str) -> (i64, Value) {
        let parameters = json!({"id": id, "sessionId": session_id});
        let request = event("POST /verifications/{id}/sessions/{sessionId}/complete", &parameters);
        let invocation = self.invocation();
        read(self.complete.handle(request, invocation).await.unwrap())
    }
}

fn event(route: &str, parameters: &Value) -> ApiGatewayV2httpRequest {
    let claims = json!({"iss": "https://issuer.example/", "sub": "alice", "scope": "verify"});
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": route,
        "headers": {"content-type": "application/json"},
        "pathParameters": parameters,
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}, "http": {"method": "POST"}},
        "isBase64Encoded": false
    }))
    .unwrap()
}

fn read(answer: ApiGatewayV2httpResponse) -> (i64, Value) {
    let Some(EventBody::Text(body)) = answer.body else { panic!("no body") };
    (answer.status_code, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_counts_once() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let mut functions = Functions::behind(&url, &world);

    proxy.plan(&[("PutItem", Mishap::AnswerLost), ("PutItem", Mishap::AnswerLost)]);
    let (status, opened) = functions.open().await;
    assert_eq!((status, &opened["attemptsLeft"]), (201, &json!(4)), "{opened}");
    proxy.plan(&[("CreateFaceLivenessSession", Mishap::AnswerLost), ("SendMessageBatch", Mishap::AnswerLost)]);
    let (status, _) = functions.open().await;
    assert_eq!(status, 201);
    proxy.assert_all_happened();

    let (id, session_id) = crate::world::ids(&opened);
    world.succeeded(&session_id, 93.0).await;
    proxy.plan(&[("PUT", Mishap::AnswerLost), ("TransactWriteItems", Mishap::AnswerLost)]);
    let (status, done) = functions.complete(&id, &session_id).await;
    assert_eq!((status, &done["status"]), (200, &json!("approved")), "{done}");
    proxy.assert_all_happened();
    let decisions = world.items().await.iter().filter(|item| item["sk"].as_s().unwrap().starts_with("decision#")).count();
    assert_eq!(decisions, 1);
    world.stop().await;
}

#[tokio::test]
async fn a_conflict_storm_loses_no_decision() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let mut functions = Functions::behind(&url, &world);
    let (id, session_id) = crate::world::ids(&functions.open().await.1);
    world.succeeded(&session_id, 93.0).await;

    proxy.plan(&[("TransactWriteItems", Mishap::Conflict); 3]);
    assert_eq!(functions.complete(&id, &session_id).await.1["status"], "approved");
    proxy.assert_all_happened();

    let (id, session_id) = crate::world::ids(&functions.open().await.1);
    world.succeeded(&session_id, 93.0).await;
    proxy.plan(&[("TransactWriteItems", Mishap::Conflict); 6]);
    let (status, refused) = functions.complete(&id, &session_id).await;
    assert_eq!((status, &refused["code"]), (503, &json!("try_again")), "six tries, then the client is asked to come again");
    proxy.assert_all_happened();
    assert_eq!(functions.complete(&id, &session_id).await.1["status"], "approved", "and nothing was lost");
    world.stop().await;
}

#[tokio::test]
async fn a_service_that_fails_in_the_middle_leaves_nothing_half_done() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let mut functions = Functions::behind(&url, &world);
    let (id, session_id) = crate::world::ids(&functions.open().await.1);
    world.succeeded(&session_id, 93.0).await;
    for (operation, code) in [
        ("GetItem", "try_again"),
        ("GetFaceLivenessSessionResults", "liveness_unavailable"),
        ("PUT", "try_again"),
        ("TransactWriteItems", "try_again"),
    ] {
        // Three tries for each of the three images that are written side by side.
        proxy.plan(&[(operation, Mishap::Unavailable); 9]);
        let (status, refused) = functions.complete(&id, &session_id).await;
        assert_eq!((status, &refused["code"]), (503, &json!(code)), "{operation}");
        proxy.call_off();
        let decided = world.items().await.iter().any(|item| item["sk"].as_s().unwrap().starts_with("decision#"));
        assert!(!decided, "{operation}");
    }
    assert_eq!(functions.complete(&id, &session_id).await.1["status"], "approved");
    world.stop().await;
}

/// Two requests for one reservation, of which one fails when the other has answered its session: that session stays, and so does its attempt.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_fails_takes_nobody_elses_session_away() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let (mut failing, mut other) = (Functions::behind(&url, &world), Functions::behind(&world.aws_url(), &world));
    // STS has no target to name it by. The SDK tries three times.
    proxy.plan(&[("POST", Mishap::HeldAndLost), ("POST", Mishap::Unavailable), ("POST", Mishap::Unavailable)]);
    let opening = tokio::spawn(async move { failing.open().await });
    proxy.until_held().await;
    let documents = world.items().await.into_iter().filter(|item| item["sk"].as_s().unwrap() == "verification");
    let id = documents.map(|item| item["pk"].as_s().unwrap().trim_start_matches("verification#").to_owned()).next().unwrap();
    let (status, body) = other.next(&id).await;
    assert_eq!(status, 201, "{body}");
    let (_, session_id) = crate::world::ids(&body);
    proxy.let_go();
    let (status, refused) = opening.await.unwrap();
    assert_eq!((status, &refused["code"]), (503, &json!("liveness_unavailable")));
    proxy.assert_all_happened();

    world.succeeded(&session_id, 93.0).await;
    let (_, done) = other.complete(&id, &session_id).await;
    assert_eq!((&done["status"], &done["session"]), (&json!("approved"), &json!("passed")), "{done}");
    world.stop().await;
}
