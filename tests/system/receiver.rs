//! A receiver of webhooks: keeps what arrives, and answers as it was told to, or not at all.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a receiver does with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(u16),
    /// 503, with so many seconds to wait.
    RetryAfter(u32),
    /// To another of its own addresses.
    Redirect,
    /// The connection ends instead.
    Cut,
    /// There is none.
    Never,
}

/// A webhook that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug)]
struct Script {
    planned: VecDeque<Answer>,
    otherwise: Answer,
    delivered: Vec<Delivered>,
}

/// A receiver that listens.
pub(crate) struct Receiver {
    port: u16,
    script: Arc<Mutex<Script>>,
    serving: Option<JoinHandle<()>>,
}

impl Delivered {
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        &self.headers[name]
    }

    pub(crate) fn with_header(&self, name: &str, value: &str) -> Self {
        let mut changed = self.clone();
        changed.headers.insert(name.to_owned(), value.to_owned());
        changed
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::at(0).await
    }

    /// At a port where one has listened before.
    pub(crate) async fn at(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Script { planned: VecDeque::new(), otherwise: Answer::Status(204), delivered: Vec::new() };
        let script = Arc::new(Mutex::new(script));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { port, script, serving: Some(serving) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// What it does with the next ones.
    pub(crate) fn plan(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().unwrap().planned.extend(answers);
    }

    /// What it does with those that nothing is planned for.
    pub(crate) fn answers_always(&self, answer: Answer) {
        self.script.lock().unwrap().otherwise = answer;
    }

    /// Everything so far, in the order of arrival.
    pub(crate) fn all(&self) -> Vec<Delivered> {
        self.script.lock().unwrap().delivered.clone()
    }

    /// Everything, once there are so many.
    pub(crate) async fn delivered(&self, count: usize) -> Vec<Delivered> {
        self.until(async || self.all().len() >= count).await;
        self.all()
    }

    /// Waits for longer than a try may take.
    pub(crate) async fn until(&self, mut look: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !look().await {
            assert!(Instant::now() < deadline, "it did not come: {:?}", self.script.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// From now on connections are refused; the port can be had again.
    pub(crate) async fn go_away(&mut self) -> u16 {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _aborted = serving.await;
        }
        self.port
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let answer = {
        let mut script = script.lock().unwrap();
        script.delivered.push(Delivered { path: parts.uri.path().to_owned(), headers, body: body.to_vec() });
        let otherwise = script.otherwise;
        script.planned.pop_front().unwrap_or(otherwise)
    };
    let response = Response::builder();
    let response = match answer {
        Answer::Status(status) => response.status(status),
        Answer::RetryAfter(seconds) => response.status(503).header("retry-after", seconds),
        Answer::Redirect => response.status(307).header("location", "/elsewhere"),
        // A handler that panics has its connection closed.
        Answer::Cut => panic!("a connection that ends"),
        Answer::Never => std::future::pending().await,
    };
    response.body(Body::from("an answer that nobody reads")).unwrap()
}
