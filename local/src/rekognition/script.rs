//! Outcomes without a camera: what `/dev/outcome` may ask for, checked. Local only; nothing that is deployed knows of it.

use super::challenge::{Challenge, ChallengeType};
use super::exception::{Exception, ExceptionName};
use super::outcome::{BoundingBox, FeedbackCode, Found, Picture};
use super::session::Status;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Deserializer};

/// The body of `/dev/outcome`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScriptedOutcome {
    /// The session; none, together with `error`, means the next creations.
    pub session_id: Option<String>,
    /// The status that the session gets at once.
    pub status: Option<Status>,
    /// 0-100, for `SUCCEEDED`. Left out: 99. `null`: the answer has no confidence.
    #[serde(default)]
    pub confidence: ScriptedConfidence,
    /// Feedback codes, for `SUCCEEDED`. Left out: none.
    pub feedback: Option<Vec<FeedbackCode>>,
    /// Whether there is a reference image, for `SUCCEEDED`. Left out: yes.
    pub reference_image: Option<bool>,
    /// How many audit images, 0-4, for `SUCCEEDED`. Left out: as many as the session asked for.
    pub audit_images: Option<u8>,
    /// A JPEG in base64, at most 200,000 bytes, for every picture of a `SUCCEEDED`. Left out: the bundled portrait.
    pub portrait: Option<String>,
    /// The challenge that was put: a type, with or without a version (`FaceMovementChallenge_1.0.0`). Left out: what was agreed on
    /// with the client, else what the session prefers.
    pub challenge: Option<String>,
    /// An exception that the next calls answer instead of a result.
    pub error: Option<ExceptionName>,
    /// How many calls. Left out: one.
    pub times: Option<u32>,
}

/// The confidence of a scripted success; a field that is `null` says something else than one that is not there.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum ScriptedConfidence {
    /// A good one.
    #[default]
    LeftOut,
    /// `null`: none at all.
    None,
    /// This one.
    Of(f32),
}

impl<'de> Deserialize<'de> for ScriptedConfidence {
    fn deserialize<Source: Deserializer<'de>>(source: Source) -> Result<Self, Source::Error> {
        Ok(Option::deserialize(source)?.map_or(Self::None, Self::Of))
    }
}

/// Why an outcome cannot be scripted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// No session has this id.
    #[error("no session has this id")]
    SessionNotFound,
    /// The session's time is over.
    #[error("the session has expired")]
    SessionExpired,
    /// The fields make no sense, alone or together.
    #[error("{0}")]
    Invalid(&'static str),
    /// The outcome could not be stored.
    #[error("the outcome could not be stored")]
    NotStored,
}

/// A checked script.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Script {
    /// The next calls fail.
    Fail { target: Target, error: Exception, times: u32 },
    /// A session gets a status at once.
    Become { session_id: String, status: Status, challenge: Option<Challenge>, outcome: ScriptedFindings },
}

/// Which calls fail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// Creating a session.
    Create,
    /// Getting the results of this session.
    Results(String),
}

/// The outcome of a scripted success, with everything that the script may leave out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScriptedFindings {
    confidence: Option<f32>,
    feedback: Vec<FeedbackCode>,
    reference: bool,
    audit: Option<u8>,
    /// Who is in front of the camera; none means the bundled portrait.
    pub(super) portrait: Option<Bytes>,
}

impl ScriptedOutcome {
    pub(super) fn check(self) -> Result<Script, ScriptError> {
        if self.error.is_some() { self.check_error() } else { self.check_status() }
    }

    fn check_error(self) -> Result<Script, ScriptError> {
        let Some(name) = self.error else { return Err(ScriptError::Invalid("`error` is missing")) };
        let result = Self { session_id: None, error: None, times: None, ..self.clone() };
        if result != Self::default() {
            return Err(ScriptError::Invalid("`error` goes with `sessionId` and `times` only: an answer is an exception or a result"));
        }
        let modelled = match name {
            ExceptionName::SessionNotFoundException => self.session_id.is_some(),
            ExceptionName::AccessDeniedException
            | ExceptionName::InternalServerError
            | ExceptionName::InvalidParameterException
            | ExceptionName::ProvisionedThroughputExceededException
            | ExceptionName::ThrottlingException => true,
            _ => false,
        };
        if !modelled {
            return Err(ScriptError::Invalid("the operation does not answer this exception"));
        }
        let times = self.times.unwrap_or(1);
        if !(1..=1000).contains(&times) {
            return Err(ScriptError::Invalid("`times` is not within 1 to 1000"));
        }
        let target = self.session_id.map_or(Target::Create, Target::Results);
        Ok(Script::Fail { target, error: Exception { name, message: "scripted by /dev/outcome".to_owned() }, times })
    }

    fn check_status(self) -> Result<Script, ScriptError> {
        let session_id = self.session_id.ok_or(ScriptError::Invalid("`sessionId` is needed unless `error` is given"))?;
        let status = self.status.ok_or(ScriptError::Invalid("`status` or `error` is needed"))?;
        if self.times.is_some() {
            return Err(ScriptError::Invalid("`times` goes with `error` only"));
        }
        if self.challenge.is_some() && matches!(status, Status::Created | Status::Expired) {
            return Err(ScriptError::Invalid("a session that is CREATED or EXPIRED shows no challenge"));
        }
        if matches!(self.confidence, ScriptedConfidence::Of(confidence) if !(0.0..=100.0).contains(&confidence)) {
            return Err(ScriptError::Invalid("`confidence` is not within 0 to 100"));
        }
        if self.audit_images.is_some_and(|images| images > 4) {
            return Err(ScriptError::Invalid("`auditImages` is not within 0 to 4"));
        }
        if self.feedback.as_ref().is_some_and(|codes| codes.len() > 10) {
            return Err(ScriptError::Invalid("`feedback` holds at most 10 codes"));
        }
        let outcome = ScriptedFindings {
            confidence: match self.confidence {
                ScriptedConfidence::LeftOut => Some(99.0),
                ScriptedConfidence::None => None,
                ScriptedConfidence::Of(confidence) => Some(confidence),
            },
            feedback: self.feedback.unwrap_or_default(),
            reference: self.reference_image.unwrap_or(true),
            audit: self.audit_images,
            portrait: self.portrait.as_deref().map(jpeg).transpose()?,
        };
        Ok(Script::Become { session_id, status, challenge: self.challenge.map(|text| challenge(&text)).transpose()?, outcome })
    }
}

impl ScriptedFindings {
    /// What the check found, with `portrait` for every picture.
    pub(super) fn found(self, audit_images_limit: u8, portrait: &Picture) -> Found {
        let audit = self.audit.unwrap_or(audit_images_limit);
        Found {
            confidence: self.confidence,
            feedback: self.feedback,
            reference: self.reference.then(|| numbered(portrait, 0)),
            audit: (1..=audit).map(|number| numbered(portrait, number)).collect(),
            explanation: None,
        }
    }
}

/// The portrait that is used unless a script brings another.
pub(super) fn bundled_portrait() -> Picture {
    const PORTRAIT: &[u8] = include_bytes!("../../assets/portrait.jpg");
    Picture { jpeg: Bytes::from_static(PORTRAIT), face: BoundingBox { width: 0.40, height: 0.375, left: 0.31, top: 0.153 } }
}

/// A portrait as the picture of that number. A comment in the file tells them apart: pictures of a real check differ, and what is
/// stored under a digest of its bytes should not fall together here alone.
fn numbered(portrait: &Picture, number: u8) -> Picture {
    const START_OF_IMAGE: usize = 2;
    let comment = [0xFF, 0xFE, 0x00, 0x03, number];
    let (start, rest) = portrait.jpeg.split_at_checked(START_OF_IMAGE).unwrap_or((&portrait.jpeg, &[]));
    Picture { jpeg: Bytes::from([start, &comment, rest].concat()), face: portrait.face }
}

/// Leaves room for the comment below the model's 204,800 bytes.
const LARGEST_PORTRAIT: usize = 200_000;

fn jpeg(base64: &str) -> Result<Bytes, ScriptError> {
    let jpeg = BASE64.decode(base64).map_err(|_| ScriptError::Invalid("`portrait` is not base64"))?;
    if !jpeg.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Err(ScriptError::Invalid("`portrait` is not a JPEG"));
    }
    if jpeg.len() > LARGEST_PORTRAIT {
        return Err(ScriptError::Invalid("`portrait` has more than 200,000 bytes"));
    }
    Ok(jpeg.into())
}

fn challenge(text: &str) -> Result<Challenge, ScriptError> {
    let of_type = text.parse::<ChallengeType>().map(ChallengeType::newest);
    of_type.or_else(|_| text.parse()).map_err(|_| ScriptError::Invalid("`challenge` is not a challenge type"))
}
