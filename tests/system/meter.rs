//! A proxy in front of the AWS endpoint that counts what calls cost: every read of `DynamoDB` is asked to say how many units it took
//! (`ReturnConsumedCapacity`), as the service reports them. The function behind it knows nothing of that.

use crate::signing::signed;
use crate::world::World;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tally {
    /// Of `DynamoDB`.
    pub(crate) read_units: f64,
    /// By operation, or by method where it is S3's.
    pub(crate) calls: BTreeMap<String, u32>,
}

#[derive(Clone)]
pub(crate) struct Meter {
    behind: String,
    client: Client<HttpConnector, Body>,
    tally: Arc<Mutex<Tally>>,
}

const READS: [&str; 4] = ["GetItem", "BatchGetItem", "Query", "Scan"];

impl Meter {
    pub(crate) async fn before(world: &World) -> (Self, String) {
        let client = Client::builder(TokioExecutor::new()).build_http();
        let meter = Self { behind: world.aws_url(), client, tally: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(meter.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (meter, url)
    }

    /// What was counted since the last time.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut *self.tally.lock().unwrap())
    }
}

async fn forward(State(meter): State<Meter>, mut request: Request) -> Response {
    let target = request.headers().get("x-amz-target").map(|value| value.to_str().unwrap().to_owned());
    let operation = target.as_ref().and_then(|target| target.strip_prefix("DynamoDB_20120810."));
    *meter.tally.lock().unwrap().calls.entry(operation.unwrap_or(request.method().as_str()).to_owned()).or_default() += 1;
    let (Some(target), Some(operation)) = (&target, operation.filter(|operation| READS.contains(operation))) else {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = format!("{}{path}", meter.behind).parse().unwrap();
        return meter.client.request(request).await.unwrap().map(Body::new);
    };
    let mut asked: Value = serde_json::from_slice(&to_bytes(request.into_body(), usize::MAX).await.unwrap()).unwrap();
    assert_eq!(asked.get("ReturnConsumedCapacity"), None, "{operation} asks by itself");
    asked["ReturnConsumedCapacity"] = json!("TOTAL");
    // The signature covers the body.
    let answer = meter.client.request(signed(&meter.behind, target, &asked).map(Body::from)).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = to_bytes(Body::new(body), usize::MAX).await.unwrap();
    let told: Value = serde_json::from_slice(&body).unwrap();
    assert!(parts.status.is_success(), "{told}");
    meter.tally.lock().unwrap().read_units += units(&told["ConsumedCapacity"]);
    Response::from_parts(parts, Body::from(body))
}

/// One capacity, or one for each table.
fn units(capacity: &Value) -> f64 {
    match capacity {
        Value::Array(tables) => tables.iter().map(units).sum(),
        one => one["CapacityUnits"].as_f64().unwrap_or_else(|| panic!("no units in {one}")),
    }
}
