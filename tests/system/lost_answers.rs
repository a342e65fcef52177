//! What lies below the SDK: answers that are lost after the write, transactions that conflict, services that fail in the middle.
//! The functions run against a proxy in front of the AWS endpoint; everything behind it is the real thing.

use crate::world::World;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body as EventBody;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prooflight_complete_session::CompleteSession;
use prooflight_create_session::CreateSession;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    /// It is carried out; the answer is a server error, so the SDK sends it again.
    AnswerLost,
    /// It is not carried out: another transaction is at the item.
    Conflict,
    /// It is not carried out.
    Unavailable,
}

/// A proxy that lets mishaps happen to the next requests whose operation or method is named.
#[derive(Clone)]
struct Proxy {
    behind: String,
    client: Client<HttpConnector, Body>,
    mishaps: Arc<Mutex<Vec<(&'static str, Mishap)>>>,
}

impl Proxy {
    async fn before(world: &World) -> (Self, String) {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let proxy = Self { behind: world.aws_url(), client, mishaps: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (proxy, url)
    }

    fn plan(&self, mishaps: &[(&'static str, Mishap)]) {
        self.mishaps.lock().unwrap().extend_from_slice(mishaps);
    }

    fn next_mishap(&self, request: &Request) -> Option<Mishap> {
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().filter(|name| !name.is_empty()).unwrap_or(request.method().as_str());
        let mut mishaps = self.mishaps.lock().unwrap();
        let at = mishaps.iter().position(|(named, _)| *named == operation)?;
        Some(mishaps.remove(at).1)
    }

    #[track_caller]
    fn assert_all_happened(&self) {
        assert_eq!(*self.mishaps.lock().unwrap(), [], "a planned mishap did not happen");
    }
}

async fn forward(State(proxy): State<Proxy>, mut request: Request) -> Response {
    let mishap = proxy.next_mishap(&request);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = format!("{}{path}", proxy.behind).parse().unwrap();
    match mishap {
        None => proxy.client.request(request).await.unwrap().map(Body::new),
        Some(Mishap::AnswerLost) => {
            let answer = proxy.client.request(request).await.unwrap();
            assert!(answer.status().is_success(), "the first one is carried out");
            server_error()
        }
        Some(Mishap::Unavailable) => server_error(),
        Some(Mishap::Conflict) => {
            let body = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]",
                "CancellationReasons": [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}, {"Code": "None"}]
            });
            answer(400, &body)
        }
    }
}

fn server_error() -> Response {
    answer(500, &json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "lost"}))
}

fn answer(status: u16, body: &Value) -> Response {
    Response::builder().status(status).header("content-type", "application/x-amz-json-1.0").body(Body::from(body.to_string())).unwrap()
}

/// The functions behind the proxy.
struct Functions {
    create: CreateSession,
    complete: CompleteSession,
    invocations: u8,
    started_at: jiff::Timestamp,
}

impl Functions {
    async fn behind(url: &str, world: &World) -> Self {
        let table = aws_sdk_dynamodb::Client::new(&world.sdk()).list_tables().send().await.unwrap().table_names()[0].clone();
        let s3 = aws_sdk_s3::config::Builder::from(&world.sdk()).force_path_style(true).build();
        let buckets = aws_sdk_s3::Client::from_conf(s3).list_buckets().send().await.unwrap();
        let bucket = buckets.buckets()[0].name().unwrap().to_owned();
        let environment = Environment::read(|name| {
            Some(match name {
                "AWS_REGION" | "LIVENESS_REGION" => "us-east-1".to_owned(),
                "AWS_ACCESS_KEY_ID" => "local".to_owned(),
                "AWS_SECRET_ACCESS_KEY" => "local-secret".to_owned(),
                "AWS_ENDPOINT_URL" => url.to_owned(),
                "TABLE_NAME" => table.clone(),
                "EVIDENCE_BUCKET" => bucket.clone(),
                "STREAMING_ROLE_ARN" => "arn:aws:iam::000000000000:role/streaming".to_owned(),
                "FACE_COLLECTION" => "faces".to_owned(),
                "IDENTIFIER_KEY" => "0123456789abcdef0123456789abcdef".to_owned(),
                _ => return None,
            })
        });
        Self {
            create: CreateSession::connect(&environment).unwrap(),
            complete: CompleteSession::connect(&environment).unwrap(),
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
    let mut functions = Functions::behind(&url, &world).await;

    proxy.plan(&[("PutItem", Mishap::AnswerLost), ("PutItem", Mishap::AnswerLost)]);
    let (status, opened) = functions.open().await;
    assert_eq!((status, &opened["attemptsLeft"]), (201, &json!(4)), "{opened}");
    proxy.plan(&[("CreateFaceLivenessSession", Mishap::AnswerLost)]);
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
    let mut functions = Functions::behind(&url, &world).await;
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
    let mut functions = Functions::behind(&url, &world).await;
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
        proxy.mishaps.lock().unwrap().clear();
        let decided = world.items().await.iter().any(|item| item["sk"].as_s().unwrap().starts_with("decision#"));
        assert!(!decided, "{operation}");
    }
    assert_eq!(functions.complete(&id, &session_id).await.1["status"], "approved");
    world.stop().await;
}
