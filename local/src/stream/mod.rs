//! `StartFaceLivenessSession`: the websocket on which the component sends its video and the server answers with a challenge and, once the
//! result can be fetched, goodbye. `machine` decides, `pump` carries, the other files say how the wire looks.

mod admission;
mod analysis;
mod chain;
mod conversation;
mod draw;
mod event;
mod frames;
#[cfg(any(test, feature = "fuzz"))]
pub mod fuzz;
mod machine;
mod message;
mod pump;
mod websocket;

#[cfg(test)]
mod tests;

use crate::aws::credentials::Credentials;
use crate::clock::Clock;
use crate::rekognition::Rekognition;
use analysis::Analyses;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Where the component connects to.
pub const PATH: &str = "/start-face-liveness-session-websocket";

/// Streams at a time, of those that were let in. Each may hold a video of 10 MB.
const MOST_STREAMS: usize = 64;

/// What all streams share.
pub struct LivenessStream {
    rekognition: Arc<Rekognition>,
    credentials: Arc<Credentials>,
    clock: Arc<Clock>,
    region: String,
    analyses: Arc<Analyses>,
    places: Arc<Semaphore>,
}

impl LivenessStream {
    /// Streams into the sessions of `rekognition`, signed with one of `credentials` for `region`. The face models are loaded when the
    /// first stream opens.
    pub fn new(rekognition: Arc<Rekognition>, credentials: Arc<Credentials>, clock: Arc<Clock>, region: &str) -> Self {
        Self {
            rekognition,
            credentials,
            clock,
            region: region.to_owned(),
            analyses: Arc::new(Analyses::new()),
            places: Arc::new(Semaphore::new(MOST_STREAMS)),
        }
    }
}

/// The one route, to be served with upgrades over TLS.
pub fn router(stream: Arc<LivenessStream>) -> axum::Router {
    axum::Router::new().route(PATH, any(open)).with_state(stream)
}

/// Accepts every websocket, whatever is wrong with the request: the component cannot see why an upgrade is refused.
async fn open(State(stream): State<Arc<LivenessStream>>, mut request: Request) -> Response {
    let (response, upgrade) = match websocket::upgrade(&mut request) {
        Ok(upgrade) => upgrade,
        Err(reason) => {
            let upgrade = [(header::UPGRADE, HeaderValue::from_static("websocket"))];
            return (StatusCode::UPGRADE_REQUIRED, upgrade, reason).into_response();
        }
    };
    let (request, _) = request.into_parts();
    tokio::spawn(async move {
        // A client that goes away before the upgrade is done has used nothing.
        let Ok(upgraded) = upgrade.await else { return };
        pump::converse(upgraded, request, stream).await;
    });
    response.map(Body::new)
}
