//! A proxy in front of the AWS endpoint, in which things go wrong as they do on a network; everything behind it is the real thing.

use crate::world::World;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prooflight_shared::environment::Environment;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It is carried out; the answer is a server error, so the SDK sends it again.
    AnswerLost,
    /// It is not carried out: another transaction is at the item.
    Conflict,
    /// It is not carried out.
    Unavailable,
    /// It is carried out; the answer says that its last entry was not.
    EntryRefused,
    /// It is carried out, and the answer waits until it is let go.
    Held,
    /// The same, and then the answer is a server error.
    HeldAndLost,
}

/// A proxy that lets mishaps happen to the next requests whose operation or method is named.
#[derive(Clone)]
pub(crate) struct Proxy {
    behind: String,
    client: Client<HttpConnector, Body>,
    mishaps: Arc<Mutex<Vec<(&'static str, Mishap)>>>,
    /// So many requests are let through, and then none.
    left: Arc<Mutex<Option<u32>>>,
    held: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Proxy {
    pub(crate) async fn before(world: &World) -> (Self, String) {
        let proxy = Self {
            behind: world.aws_url(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            mishaps: Arc::default(),
            left: Arc::default(),
            held: Arc::new(Semaphore::new(0)),
            waiting: Arc::new(Semaphore::new(0)),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (proxy, url)
    }

    pub(crate) fn plan(&self, mishaps: &[(&'static str, Mishap)]) {
        self.mishaps.lock().unwrap().extend_from_slice(mishaps);
    }

    /// What was planned and has not happened does not happen any more.
    pub(crate) fn call_off(&self) {
        self.mishaps.lock().unwrap().clear();
    }

    /// Lets so many requests through and no more; with none, all.
    pub(crate) fn cut_after(&self, requests: Option<u32>) {
        *self.left.lock().unwrap() = requests;
    }

    /// Waits until an answer is held back.
    pub(crate) async fn until_held(&self) {
        self.waiting.acquire().await.unwrap().forget();
    }

    /// Lets the answer go.
    pub(crate) fn let_go(&self) {
        self.held.add_permits(1);
    }

    #[track_caller]
    pub(crate) fn assert_all_happened(&self) {
        assert_eq!(*self.mishaps.lock().unwrap(), [], "a planned mishap did not happen");
    }

    fn next_mishap(&self, request: &Request) -> Option<Mishap> {
        let mut left = self.left.lock().unwrap();
        match left.as_mut() {
            Some(0) => return Some(Mishap::Unavailable),
            Some(left) => *left -= 1,
            None => {}
        }
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().filter(|name| !name.is_empty()).unwrap_or(request.method().as_str());
        let mut mishaps = self.mishaps.lock().unwrap();
        let at = mishaps.iter().position(|(named, _)| *named == operation)?;
        Some(mishaps.remove(at).1)
    }
}

/// The environment of a function, with AWS behind that address.
pub(crate) fn environment(url: &str, world: &World, function: &str) -> Environment {
    let variables = world.variables(function);
    Environment::read(|name| if name == "AWS_ENDPOINT_URL" { Some(url.to_owned()) } else { variables.get(name).cloned() })
}

/// The environment of a function that works on another table than the stack's own. Its role knows nothing of that table, so it calls as
/// the developer.
pub(crate) fn environment_of(url: &str, world: &World, function: &str, table: &str) -> Environment {
    let variables = world.variables(function);
    Environment::read(|name| match name {
        "AWS_ENDPOINT_URL" => Some(url.to_owned()),
        "TABLE_NAME" => Some(table.to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("local".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("local-secret".to_owned()),
        "AWS_SESSION_TOKEN" => None,
        name => variables.get(name).cloned(),
    })
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
        Some(Mishap::EntryRefused) => {
            let body = proxy.client.request(request).await.unwrap().into_body();
            let mut told: Value = serde_json::from_slice(&axum::body::to_bytes(Body::new(body), usize::MAX).await.unwrap()).unwrap();
            let last = told["Entries"].as_array_mut().unwrap().last_mut().unwrap();
            *last = json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded" });
            told["FailedEntryCount"] = json!(1);
            answer(200, &told)
        }
        Some(Mishap::Held) => {
            let answer = proxy.client.request(request).await.unwrap();
            proxy.waiting.add_permits(1);
            proxy.held.acquire().await.unwrap().forget();
            answer.map(Body::new)
        }
        Some(Mishap::HeldAndLost) => {
            proxy.waiting.add_permits(1);
            proxy.held.acquire().await.unwrap().forget();
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
