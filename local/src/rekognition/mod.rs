//! Rekognition on this machine. Here is Face Liveness's control plane: `CreateFaceLivenessSession` and `GetFaceLivenessSessionResults` with
//! their real constraints, errors and times, and the sessions that the stream works on. The operations about faces are in `faces`.

mod challenge;
mod exception;
mod explanation;
mod faces;
mod outcome;
mod request;
mod results;
mod script;
mod session;
mod sessions;

pub use challenge::{Challenge, ChallengeType, UnknownChallenge, Version};
pub use exception::{Exception, ExceptionName};
pub use outcome::{FeedbackCode, Found};
pub use request::is_session_id;
pub use script::{ScriptError, ScriptedConfidence, ScriptedOutcome};
pub use session::{LIFE, Refusal, Status, sdk_type};

use crate::aws::credentials::Caller;
use crate::aws::s3::Buckets;
use crate::aws::{entropy, json, policy};
use crate::clock::Clock;
use bytes::Bytes;
use faces::Faces;
use http::{Response, StatusCode};
use jiff::Timestamp;
use outcome::{BoundingBox, Image, ImagePlace, Outcome, Picture};
use request::{CreateRequest, OutputConfig, parse_get};
use script::{Script, Target};
use serde_json::Value;
use session::{Session, Stage, Streaming};
use sessions::Sessions;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::spawn_blocking;

/// The service.
pub struct Rekognition {
    sessions: Mutex<Sessions>,
    scripted: Mutex<HashMap<Target, (Exception, u32)>>,
    faces: Arc<Faces>,
    clock: Arc<Clock>,
    buckets: Arc<Buckets>,
    region: String,
}

/// A session that a client has connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connected {
    /// The challenge to put.
    pub challenge: Challenge,
    /// At most so many audit images.
    pub audit_images: u8,
    /// When the session's data goes.
    pub expires_at: Timestamp,
}

/// Why the end of a check was not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The session's time was over.
    #[error("session expired")]
    Expired,
    /// The pictures or the session could not be stored.
    #[error("the result could not be stored")]
    NotStored,
}

impl Rekognition {
    /// Opens the sessions and collections kept in `data` (its folders `rekognition` and `collections`), or keeps them in memory when there
    /// is none.
    pub fn open(data: Option<&Path>, clock: Arc<Clock>, buckets: Arc<Buckets>, region: &str) -> io::Result<Self> {
        let folder = data.map(|data| data.join("rekognition"));
        let mut sessions = Sessions::open(folder.as_deref())?;
        sessions.sweep(clock.now())?;
        let faces = Arc::new(Faces::open(data, Arc::clone(&clock), Arc::clone(&buckets), region)?);
        Ok(Self { sessions: Mutex::new(sessions), scripted: Mutex::default(), faces, clock, buckets, region: region.to_owned() })
    }

    /// Makes the face collection unless it is there.
    pub fn ensure_collection(&self, id: &str) -> io::Result<()> {
        self.faces.ensure_collection(id)
    }

    /// Answers one request whose signature has been verified. What it reads and writes on the disk does not hold up other requests.
    pub async fn answer(self: &Arc<Self>, operation: &str, body: Bytes, caller: &Caller) -> Response<Bytes> {
        let answer = match self.faces.answer(operation, body.clone()).await {
            Some(answer) => answer,
            None => match LivenessOperation::named(operation) {
                Some(operation) => self.answer_about_liveness(operation, body, caller.clone()).await,
                None => return json::unknown_operation("rekognition", operation),
            },
        };
        match answer {
            Ok(value) => json::answer("rekognition", StatusCode::OK, value.to_string()),
            Err(exception) => exception.to_response(),
        }
    }

    /// Makes a session's result or the next calls' errors what the script says, at once.
    pub async fn script(&self, outcome: ScriptedOutcome) -> Result<(), ScriptError> {
        match outcome.check()? {
            Script::Fail { target, error, times } => {
                if let Target::Results(id) = &target {
                    self.scriptable(id)?;
                }
                let mut scripted = lock(&self.scripted);
                scripted.retain(|target, _| match target {
                    Target::Create => true,
                    Target::Results(id) => lock(&self.sessions).get(id).is_some(),
                });
                scripted.insert(target, (error, times));
                Ok(())
            }
            Script::Become { session_id, status, challenge, outcome } => {
                let session = self.scriptable(&session_id)?;
                let streaming = streaming_of(&session, challenge);
                let stage = match status {
                    Status::Created => Stage::Created,
                    Status::InProgress => Stage::InProgress(streaming),
                    Status::Failed => Stage::Failed(streaming),
                    Status::Expired => Stage::Expired,
                    Status::Succeeded => {
                        let portrait = match outcome.portrait.clone() {
                            Some(jpeg) => self.portrait(jpeg).await?,
                            None => script::bundled_portrait(),
                        };
                        let found = outcome.found(session.parameters.audit_images_limit, &portrait);
                        let outcome = self.placed(&session, found).await.map_err(|_| ScriptError::NotStored)?;
                        Stage::Succeeded(streaming, Box::new(outcome))
                    }
                };
                // The session may have moved on while its pictures were put; the script has the last word.
                self.put(Session { stage, ..session }).map_err(|_| ScriptError::NotStored)
            }
        }
    }

    /// Connects a client that can do `offered` to a session: from then on the session is used, whatever becomes of the client.
    pub fn connect(&self, id: &str, offered: &[Challenge], sdk_type: Option<String>) -> Result<Connected, Refusal> {
        let mut sessions = lock(&self.sessions);
        let session = sessions.get(id).ok_or(Refusal::NotFound)?;
        let (audit_images, expires_at) = (session.parameters.audit_images_limit, session.expires_at());
        let (session, challenge) = session.connected(offered, sdk_type, self.clock.now())?;
        sessions.put(session).map_err(|error| {
            tracing::error!(%error, "a liveness session could not be stored");
            Refusal::NotStored
        })?;
        Ok(Connected { challenge, audit_images, expires_at })
    }

    /// Records that the check of a session ran and what it found (`Some`), or that it could not be completed (`None`). A session that a
    /// script has already ended keeps what the script said.
    pub async fn settle(&self, id: &str, found: Option<Found>) -> Result<(), SettleError> {
        let session = lock(&self.sessions).get(id).cloned().ok_or(SettleError::Expired)?;
        if !session.lives(self.clock.now()) {
            return Err(SettleError::Expired);
        }
        let outcome = match found {
            Some(found) => Some(self.placed(&session, found).await.map_err(|_| SettleError::NotStored)?),
            None => None,
        };
        let mut sessions = lock(&self.sessions);
        let now = self.clock.now();
        let session = sessions.get(id).filter(|session| session.lives(now)).ok_or(SettleError::Expired)?;
        let Some(session) = session.ended(outcome, now) else { return Ok(()) };
        sessions.put(session).map_err(|error| {
            tracing::error!(%error, "a liveness session could not be stored");
            SettleError::NotStored
        })
    }

    /// Removes what is past its time. Every create and get does so too; a timer keeps the promise when nobody asks.
    pub fn sweep(&self) {
        if let Err(error) = lock(&self.sessions).sweep(self.clock.now()) {
            tracing::error!(%error, "expired liveness sessions could not be removed");
        }
    }

    async fn answer_about_liveness(
        self: &Arc<Self>,
        operation: LivenessOperation,
        body: Bytes,
        caller: Caller,
    ) -> Result<Value, Exception> {
        let service = Arc::clone(self);
        let answer = spawn_blocking(move || match operation {
            LivenessOperation::Create => service.create(&body, &caller),
            LivenessOperation::GetResults => service.get_results(&body),
        });
        answer.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a Rekognition call did not finish");
            Err(Exception::internal())
        })
    }

    fn create(&self, body: &[u8], caller: &Caller) -> Result<Value, Exception> {
        let CreateRequest { client_request_token, parameters } = CreateRequest::parse(body)?;
        self.scripted_failure(&Target::Create)?;
        if let Some(output) = &parameters.output {
            self.check_output(output, caller)?;
        }
        self.sweep();
        let mut sessions = lock(&self.sessions);
        let now = self.clock.now();
        let known = client_request_token.as_ref().and_then(|token| sessions.with_token(token)).filter(|session| session.lives(now));
        if let Some(session) = known {
            // "If the same token is used with multiple requests, the same session is returned." What other parameters do is not
            // documented, and the operation has no error of its own for them.
            return if session.parameters == parameters {
                Ok(serde_json::json!({"SessionId": session.id}))
            } else {
                Err(Exception::invalid_parameter("ClientRequestToken was used with other parameters"))
            };
        }
        let id = entropy::bytes().map_err(|error| {
            tracing::error!(%error, "no session id could be made");
            Exception::internal()
        })?;
        let id = uuid::Builder::from_random_bytes(id).into_uuid().to_string();
        let session = Session { id: id.clone(), created_at: now, client_request_token, parameters, stage: Stage::Created };
        sessions.put(session).map_err(|error| {
            tracing::error!(%error, "a liveness session could not be stored");
            Exception::internal()
        })?;
        Ok(serde_json::json!({"SessionId": id}))
    }

    fn get_results(&self, body: &[u8]) -> Result<Value, Exception> {
        let id = parse_get(body)?;
        self.scripted_failure(&Target::Results(id.clone()))?;
        self.sweep();
        let sessions = lock(&self.sessions);
        let session = sessions.get(&id).ok_or_else(Exception::session_not_found)?;
        Ok(results::results(session, self.clock.now()))
    }

    /// "Requires that the caller has the s3:PutObject permission", and the bucket is there.
    fn check_output(&self, output: &OutputConfig, caller: &Caller) -> Result<(), Exception> {
        let (action, resource) = ("s3:PutObject", format!("arn:aws:s3:::{}/{}", output.bucket, output.prefix));
        let request = policy::Request { action, resource: &resource, region: &self.region, now: self.clock.now(), prefix: None };
        if !policy::permits(caller, &request) {
            return Err(Exception {
                name: ExceptionName::AccessDeniedException,
                message: "the caller may not put objects into the output bucket".to_owned(),
            });
        }
        if self.buckets.contains(&output.bucket) {
            Ok(())
        } else {
            Err(Exception::invalid_parameter("Settings.OutputConfig.S3Bucket does not exist in this account and region"))
        }
    }

    /// Gives each picture its place: in the answer, or under a key of the service's making in the session's bucket.
    async fn placed(&self, session: &Session, found: Found) -> Result<Outcome, NotPut> {
        let reference = match found.reference {
            Some(picture) => Some(self.place(session, "reference.jpg", picture).await?),
            None => None,
        };
        let mut audit = Vec::with_capacity(found.audit.len());
        for (index, picture) in found.audit.into_iter().enumerate() {
            audit.push(self.place(session, &format!("audit-{}.jpg", index + 1), picture).await?);
        }
        Ok(Outcome { confidence: found.confidence, feedback: found.feedback, reference, audit, explanation: found.explanation })
    }

    async fn place(&self, session: &Session, file: &str, picture: Picture) -> Result<Image, NotPut> {
        let Some(output) = &session.parameters.output else {
            return Ok(Image { place: ImagePlace::inline(&picture.jpeg), face: picture.face });
        };
        let name = format!("{}{}/{file}", output.prefix, session.id);
        self.buckets.put(&output.bucket, &name, picture.jpeg, "image/jpeg").await.map_err(|error| {
            tracing::error!(%error, "a liveness image could not be put into its bucket");
            NotPut
        })?;
        Ok(Image { place: ImagePlace::Stored { bucket: output.bucket.clone(), name }, face: picture.face })
    }

    /// A scripted portrait with the place of its face; of a picture without one the whole of it.
    async fn portrait(&self, jpeg: Bytes) -> Result<Picture, ScriptError> {
        let face = self.faces.place_of_face(jpeg.clone()).await.map_err(|_| ScriptError::Invalid("`portrait` cannot be decoded"))?;
        Ok(Picture { jpeg, face: face.unwrap_or(BoundingBox { width: 1.0, height: 1.0, left: 0.0, top: 0.0 }) })
    }

    fn scripted_failure(&self, target: &Target) -> Result<(), Exception> {
        let mut scripted = lock(&self.scripted);
        let Some((error, times)) = scripted.get_mut(target) else { return Ok(()) };
        let error = error.clone();
        *times = times.saturating_sub(1);
        if *times == 0 {
            scripted.remove(target);
        }
        Err(error)
    }

    fn scriptable(&self, id: &str) -> Result<Session, ScriptError> {
        let session = lock(&self.sessions).get(id).cloned().ok_or(ScriptError::SessionNotFound)?;
        if session.lives(self.clock.now()) { Ok(session) } else { Err(ScriptError::SessionExpired) }
    }

    fn put(&self, session: Session) -> io::Result<()> {
        lock(&self.sessions).put(session)
    }
}

/// The operations of the control plane.
#[derive(Debug, Clone, Copy)]
enum LivenessOperation {
    Create,
    GetResults,
}

impl LivenessOperation {
    fn named(name: &str) -> Option<Self> {
        match name {
            "CreateFaceLivenessSession" => Some(Self::Create),
            "GetFaceLivenessSessionResults" => Some(Self::GetResults),
            _ => None,
        }
    }
}

/// A picture that did not reach its bucket; the cause has been logged.
struct NotPut;

/// The challenge of a scripted session: as scripted, else as agreed on with the client, else what the session prefers.
fn streaming_of(session: &Session, scripted: Option<Challenge>) -> Streaming {
    let agreed = match &session.stage {
        Stage::InProgress(streaming) | Stage::Failed(streaming) | Stage::Succeeded(streaming, _) => Some(streaming.clone()),
        Stage::Created | Stage::Expired => None,
    };
    let preferred = || challenge::negotiate(&session.parameters.preferences, &challenge::SUPPORTED);
    let challenge = scripted
        .or(agreed.as_ref().map(|streaming| streaming.challenge))
        .or_else(preferred)
        .unwrap_or_else(|| ChallengeType::FaceMovementAndLightChallenge.newest());
    Streaming { challenge, sdk_type: agreed.and_then(|streaming| streaming.sdk_type) }
}

/// A panic elsewhere leaves these maps whole: every change to them is one insertion.
fn lock<Value>(mutex: &Mutex<Value>) -> MutexGuard<'_, Value> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
