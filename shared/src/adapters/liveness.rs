//! Rekognition Face Liveness, as the functions ask it: create a session, look at its result.

use super::refusal::{Codes, fault};
use crate::domain::{Challenge, ChallengeKind, FeedbackCode, Nonce, SessionId, SessionNumber, Terms, VerificationId, hex};
use crate::fault::{Fault, FaultCode};
use aws_sdk_rekognition::error::SdkError;
use aws_sdk_rekognition::operation::get_face_liveness_session_results::{
    GetFaceLivenessSessionResultsError, GetFaceLivenessSessionResultsOutput,
};
use aws_sdk_rekognition::types::{
    AuditImage, ChallengePreference, ChallengeType, CreateFaceLivenessSessionRequestSettings, LivenessSessionStatus,
};
use ring::hmac;

/// The service.
#[derive(Debug, Clone)]
pub struct Liveness {
    client: aws_sdk_rekognition::Client,
}

/// What Rekognition says of a session.
#[derive(Debug)]
pub enum LivenessStatus {
    /// Rekognition does not know it: not yet, right after its creation, or no more.
    NotFound,
    /// Nobody has streamed into it.
    Created,
    /// Somebody streams, or went away while streaming.
    InProgress,
    /// Its time is over, and its result with it.
    Expired,
    /// The check could not be carried out.
    Failed,
    /// The check ran. That says nothing about the person.
    Succeeded(Box<CheckResult>),
}

/// What accompanies a check that ran. Everything is optional by the service's own contract.
#[derive(Debug)]
pub struct CheckResult {
    /// As it was given, on the scale or not.
    pub confidence: Option<f32>,
    /// None when it was not named, or by a type that this code does not know.
    pub challenge: Option<Challenge>,
    /// The codes that this code knows.
    pub feedback: Vec<FeedbackCode>,
    /// The reference image.
    pub reference: Option<Image>,
    /// The audit images.
    pub audit: Vec<Image>,
}

/// The bytes of an image, moved from the answer to the bucket without a copy.
pub struct Image(pub Vec<u8>);

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Image(..)")
    }
}

const CODES: Codes = Codes { unavailable: FaultCode::LivenessUnavailable, refused: FaultCode::LivenessRefused };

impl Liveness {
    /// The service behind that client.
    pub fn new(client: aws_sdk_rekognition::Client) -> Self {
        Self { client }
    }

    /// The region that the subject has to stream to.
    pub fn region(&self) -> &str {
        self.client.config().region().map_or("", |region| region.as_ref())
    }

    /// Creates the session of a reserved attempt. The token is derived from the reservation, so however often this is tried,
    /// Rekognition makes one session ("If the same token is used", `API_CreateFaceLivenessSession`).
    pub async fn create(&self, id: &VerificationId, number: SessionNumber, nonce: &Nonce, terms: &Terms) -> Result<SessionId, Fault> {
        let preference = ChallengePreference::builder()
            .r#type(ChallengeType::from(terms.challenge.as_str()))
            .build()
            .map_err(|error| Fault::new(FaultCode::Bug, "build a challenge preference", error))?;
        let settings = CreateFaceLivenessSessionRequestSettings::builder()
            .audit_images_limit(i32::from(terms.audit_images))
            .challenge_preferences(preference)
            .build();
        let created = self
            .client
            .create_face_liveness_session()
            .client_request_token(request_token(id, number, nonce))
            .settings(settings)
            .send()
            .await
            .map_err(|error| fault(CODES, "create a liveness session", &error))?;
        SessionId::parse(created.session_id())
            .ok_or_else(|| Fault::bare(FaultCode::LivenessRefused, "read the id of a created liveness session"))
    }

    /// Looks at a session.
    pub async fn look_at(&self, session: &SessionId) -> Result<LivenessStatus, Fault> {
        let answer = self.client.get_face_liveness_session_results().session_id(session.expose()).send().await;
        match answer {
            Ok(results) => read_results(results),
            Err(error) if is_not_found(&error) => Ok(LivenessStatus::NotFound),
            Err(error) => Err(fault(CODES, "look at a liveness session", &error)),
        }
    }

    /// Opens the connection: a look at a session that cannot exist. What it answers does not matter.
    pub async fn warm_up(&self) {
        if let Some(nobody) = SessionId::parse("00000000-0000-0000-0000-000000000000") {
            let _ = self.look_at(&nobody).await;
        }
    }
}

/// HMAC over the names, keyed by the nonce that only the document holds: 64 characters, the most that is allowed.
fn request_token(id: &VerificationId, number: SessionNumber, nonce: &Nonce) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, nonce.expose().as_bytes());
    let tag = hmac::sign(&key, format!("{id}#{number}").as_bytes());
    hex(tag.as_ref())
}

fn read_results(results: GetFaceLivenessSessionResultsOutput) -> Result<LivenessStatus, Fault> {
    Ok(match results.status {
        LivenessSessionStatus::Created => LivenessStatus::Created,
        LivenessSessionStatus::InProgress => LivenessStatus::InProgress,
        LivenessSessionStatus::Expired => LivenessStatus::Expired,
        LivenessSessionStatus::Failed => LivenessStatus::Failed,
        LivenessSessionStatus::Succeeded => LivenessStatus::Succeeded(Box::new(CheckResult {
            confidence: results.confidence,
            challenge: results.challenge.and_then(|challenge| {
                Some(Challenge { kind: ChallengeKind::parse(challenge.r#type.as_str())?, version: challenge.version })
            }),
            feedback: results.feedback.unwrap_or_default().iter().filter_map(|item| FeedbackCode::parse(item.code.as_str())).collect(),
            reference: results.reference_image.and_then(bytes_of),
            audit: results.audit_images.unwrap_or_default().into_iter().filter_map(bytes_of).collect(),
        })),
        // A status that AWS has added since: not an answer that anything may rest on.
        _ => return Err(Fault::bare(FaultCode::LivenessRefused, "read the status of a liveness session")),
    })
}

fn bytes_of(image: AuditImage) -> Option<Image> {
    let bytes = image.bytes?.into_inner();
    (!bytes.is_empty()).then_some(Image(bytes))
}

fn is_not_found(error: &SdkError<GetFaceLivenessSessionResultsError>) -> bool {
    error.as_service_error().is_some_and(GetFaceLivenessSessionResultsError::is_session_not_found_exception)
}
