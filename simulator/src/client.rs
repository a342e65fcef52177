//! A client in the place of the page: opens a verification, streams a presentation that answers the drawn challenge as Amplify's component
//! streams a camera, completes it, and says what came of it. It knows the system by its wire alone.

pub mod api;
pub mod options;
mod performance;
mod session;
mod stream;
mod tls;

use crate::portrait::{Portrait, PortraitError};
use crate::presenter::Presenter;
use crate::record::RecordError;
use crate::scene::Recording;
use api::Api;
use options::Options;
use prooflight_vision::{ModelError, Models, PortraitModels};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// The portrait that is shown where no other is given; NOTICE says whose it is.
const PORTRAIT: &[u8] = include_bytes!("../../web/src/presenters/portrait.jpg");

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Who was in front of the camera.
    pub presenter: &'static str,
    /// What everything was drawn from; with the same one and the same challenge, the pictures are the same.
    pub seed: u64,
    /// The verification.
    pub verification_id: String,
    /// `passed`, `failed`, `lapsed`, `error`.
    pub session: String,
    /// `approved`, `open`, `denied`, `in_review`.
    pub status: String,
    /// What the person is told.
    pub tips: Vec<String>,
    /// From opening the verification to its outcome.
    pub took_ms: u64,
}

impl Outcome {
    /// Whether the verification was approved.
    pub fn is_approved(&self) -> bool {
        self.status == "approved"
    }
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file of the command line.
    #[error("{} cannot be read", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate file.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    /// The networks that find the face in the portrait.
    #[error(transparent)]
    Models(#[from] ModelError),
    /// The portrait.
    #[error(transparent)]
    Portrait(#[from] PortraitError),
    /// The encoder.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// No connection, or one that broke off.
    #[error("{what}: {why}")]
    Connection {
        /// What was attempted.
        what: &'static str,
        /// What the library says.
        why: String,
    },
    /// The API refused.
    #[error("{what} was refused: {status} {code}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The problem's code.
        code: String,
    },
    /// An answer without what it has to hold.
    #[error("the answer to {0} is not what the API documents")]
    Unexpected(&'static str),
    /// The stream ended in an exception.
    #[error("the stream ended with {name}: {message}")]
    Stream {
        /// The exception's name.
        name: String,
        /// Its message.
        message: String,
    },
}

impl CheckError {
    #[expect(clippy::needless_pass_by_value, reason = "it is called where an error ends its way")]
    fn connection(what: &'static str, why: impl ToString) -> Self {
        Self::Connection { what, why: why.to_string() }
    }
}

/// An error with everything that led to it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line = format!("{line}: {error}");
        source = error.source();
    }
    line
}

/// Runs a whole check; a replay records one of its own before.
pub async fn check(options: &Options) -> Result<Outcome, CheckError> {
    let (portrait, wearer) = portraits(options)?;
    let tls = tls::trusting(options.ca_file.as_deref())?;
    let api = Api::new(&options.api, tls, options.token.clone(), &options.subject).await?;
    let mut earlier = None;
    if options.presenter == Presenter::Replay {
        // Whatever became of that check, what was recorded can be played.
        let at_once = Options { unthrottled: true, ..options.clone() };
        earlier = Some(one(&api, &at_once, Presenter::Live, &portrait, &wearer, None).await?.1);
    }
    Ok(one(&api, options, options.presenter, &portrait, &wearer, earlier).await?.0)
}

async fn one(
    api: &Api,
    options: &Options,
    presenter: Presenter,
    portrait: &Portrait,
    wearer: &Portrait,
    earlier: Option<Recording>,
) -> Result<(Outcome, Recording), CheckError> {
    let began = Instant::now();
    let opened = api.open(&options.policy).await?;
    let cast = performance::Cast { presenter, portrait: portrait.clone(), wearer: wearer.clone(), earlier };
    let recording = session::perform(api, options, &opened, cast).await?;
    let completed = api.complete(&opened).await?;
    let outcome = Outcome {
        presenter: presenter.name(),
        seed: options.seed,
        verification_id: opened.verification_id,
        session: completed.session,
        status: completed.status,
        tips: completed.tips,
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    Ok((outcome, recording))
}

/// Whose face it is, and who wears it as a mask.
fn portraits(options: &Options) -> Result<(Portrait, Portrait), CheckError> {
    let models = PortraitModels::load(Arc::new(Models::load()?))?;
    let read = |path: &Option<PathBuf>| match path {
        None => Ok(Portrait::read(&models, PORTRAIT)?),
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|source| CheckError::File { path: path.clone(), source })?;
            Ok::<_, CheckError>(Portrait::read(&models, &bytes)?)
        }
    };
    let portrait = read(&options.portrait)?;
    let wearer = if options.wearer.is_some() { read(&options.wearer)? } else { portrait.clone() };
    Ok((portrait, wearer))
}
