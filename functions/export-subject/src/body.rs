//! The shape of an export: what is kept, in the words of the API. A field that is added to a record has to be put here on purpose.

use jiff::Timestamp;
use prooflight_shared::adapters::{DecisionRecord, Limits};
use prooflight_shared::domain::{
    AgeRange, Attempt, Challenge, Enrolment, EnrolmentState, FeedbackCode, Outcome, Reason, SessionNumber, Standing, StoredImage,
    Verification,
};
use prooflight_shared::edge::ServiceView;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportBody<'a> {
    pub(crate) subject: &'a str,
    pub(crate) exported_at: Timestamp,
    pub(crate) verifications: Vec<VerificationBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enrolment: Option<EnrolmentBody<'a>>,
    pub(crate) limits: LimitsBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerificationBody<'a> {
    #[serde(flatten)]
    verification: ServiceView<'a>,
    records_kept_until: Timestamp,
    decisions: Vec<DecisionBody>,
    /// When a reviewer looked at the images and scores.
    looked_at: Vec<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionBody {
    session_number: SessionNumber,
    outcome: Outcome,
    reasons: Vec<Reason>,
    policy: String,
    policy_version: String,
    decided_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<Challenge>,
    feedback: Vec<FeedbackCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<AgeRange>,
    images: Vec<ImageBody>,
}

#[derive(Serialize)]
struct ImageBody {
    kind: &'static str,
    sha256: String,
    size: u32,
    /// A policy that keeps none has judged it all the same.
    kept: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EnrolmentBody<'a> {
    state: &'static str,
    verification_id: &'a str,
    planned_at: Timestamp,
    kept_until: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsBody<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_at: Option<Timestamp>,
    attempts: &'a [Attempt],
}

impl<'a> VerificationBody<'a> {
    pub(crate) fn of(verification: &'a Verification, records: Vec<DecisionRecord>, looked_at: Vec<Timestamp>, now: Timestamp) -> Self {
        let kept_until = Timestamp::from_second(verification.records_kept_until()).unwrap_or(Timestamp::MAX);
        let decisions = records
            .into_iter()
            .map(|record| {
                let kept = verification.session(record.session_number).is_some_and(|session| verification.keeps_images(session, now));
                DecisionBody::of(record, kept)
            })
            .collect();
        Self { verification: ServiceView::of(verification, now), records_kept_until: kept_until, decisions, looked_at }
    }
}

impl DecisionBody {
    fn of(record: DecisionRecord, kept: bool) -> Self {
        let image =
            |kind, image: StoredImage| ImageBody { kind, sha256: image.sha256, size: image.size, kept: kept && image.key.is_some() };
        let reference = record.evidence.reference_image.into_iter().map(|found| image("reference", found));
        let audit = record.evidence.audit_images.into_iter().map(|found| image("audit", found));
        Self {
            session_number: record.session_number,
            outcome: record.outcome,
            reasons: record.reasons,
            policy: record.policy,
            policy_version: record.policy_version,
            decided_at: record.decided_at,
            challenge: record.evidence.challenge,
            feedback: record.evidence.feedback,
            age: record.evidence.age,
            images: reference.chain(audit).collect(),
        }
    }
}

impl<'a> EnrolmentBody<'a> {
    pub(crate) fn of(enrolment: &'a Enrolment) -> Self {
        let state = match enrolment.state {
            EnrolmentState::Planned => "planned",
            EnrolmentState::Enrolled(_) => "enrolled",
            EnrolmentState::Undone(_) => "undone",
        };
        let (planned_at, kept_until) = (enrolment.planned_at, enrolment.kept_until);
        Self { state, verification_id: enrolment.verification.as_str(), planned_at, kept_until }
    }
}

impl<'a> LimitsBody<'a> {
    pub(crate) fn of(limits: &'a Limits, now: Timestamp) -> Self {
        let state = match limits.standing(now) {
            Standing::Free => "free",
            Standing::RateLimited { .. } => "rate_limited",
            Standing::LockedOut { .. } => "locked_out",
            Standing::Blocked { .. } => "blocked",
        };
        Self { state, lifted_at: limits.cleared_at, attempts: &limits.attempts }
    }
}
