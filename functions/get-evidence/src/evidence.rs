//! What a reviewer sees of the evidence. Everything that was judged is there, beside the thresholds that it was judged by.

use jiff::Timestamp;
use prooflight_shared::adapters::DecisionRecord;
use prooflight_shared::domain::{
    AgeRange, Challenge, ChallengeKind, Confidence, FaceMatch, FeedbackCode, GallerySearch, Outcome, Reason, SessionNumber, SourceMatch,
    Status, StoredImage, Terms, Verification,
};
use prooflight_shared::edge::CaseView;
use serde::Serialize;

/// The whole answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EvidenceBody<'a> {
    verification_id: &'a str,
    subject: &'a str,
    policy: &'a str,
    policy_version: &'a str,
    status: Status,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_because: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<&'a str>,
    thresholds: Thresholds,
    sessions: Vec<SessionBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceBody>,
    links_expire_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<CaseView<'a>>,
}

/// The policy's values that a session is judged by.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thresholds {
    approve_at: Confidence,
    review_from: Option<Confidence>,
    challenge: ChallengeKind,
    #[serde(rename = "match")]
    face_match: FaceMatch,
    minimum_age: Option<u8>,
}

/// A judged session.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionBody<'a> {
    number: SessionNumber,
    outcome: Outcome,
    reasons: &'a [Reason],
    decided_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<Confidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<ChallengeBody<'a>>,
    feedback: &'a [FeedbackCode],
    #[serde(skip_serializing_if = "Option::is_none")]
    source_match: Option<SourceMatchBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gallery: Option<GalleryBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<AgeRange>,
    images: Vec<ImageBody>,
}

#[derive(Serialize)]
struct ChallengeBody<'a> {
    #[serde(rename = "type")]
    kind: ChallengeKind,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceMatchBody {
    faces_in_source: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    similarity: Option<Confidence>,
}

#[derive(Serialize)]
struct GalleryBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<Confidence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<Confidence>,
}

/// An image; without a link where it is not kept, or not any more.
#[derive(Serialize)]
pub(crate) struct ImageBody {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    sha256: String,
    size: u32,
}

/// The picture that a service uploaded.
#[derive(Serialize)]
pub(crate) struct SourceBody {
    pub(crate) url: String,
    pub(crate) sha256: String,
}

impl<'a> EvidenceBody<'a> {
    /// Of a verification to which the passing of time was applied.
    pub(crate) fn of(
        verification: &'a Verification,
        sessions: Vec<SessionBody<'a>>,
        source: Option<SourceBody>,
        links_expire_at: Timestamp,
    ) -> Self {
        Self {
            verification_id: verification.id.as_str(),
            subject: &verification.owner.subject,
            policy: &verification.terms.name,
            policy_version: &verification.terms.version,
            status: verification.status,
            created_at: verification.created_at,
            decided_at: verification.decided_at,
            closed_because: verification.closed_because,
            external_reference: verification.external_reference.as_deref(),
            thresholds: Thresholds::of(&verification.terms),
            sessions,
            source,
            links_expire_at,
            review: verification.review.as_ref().map(CaseView::of),
        }
    }
}

impl Thresholds {
    fn of(terms: &Terms) -> Self {
        Self {
            approve_at: terms.approve_at,
            review_from: terms.review_from,
            challenge: terms.challenge,
            face_match: terms.face_match,
            minimum_age: terms.minimum_age,
        }
    }
}

impl<'a> SessionBody<'a> {
    pub(crate) fn of(record: &'a DecisionRecord, images: Vec<ImageBody>) -> Self {
        let evidence = &record.evidence;
        let challenge = evidence.challenge.as_ref().map(|Challenge { kind, version }| ChallengeBody { kind: *kind, version });
        let source_match = evidence.source_match.as_ref();
        Self {
            number: record.session_number,
            outcome: record.outcome,
            reasons: &record.reasons,
            decided_at: record.decided_at,
            confidence: evidence.confidence,
            challenge,
            feedback: &evidence.feedback,
            source_match: source_match.map(|SourceMatch { faces_in_source, similarity, .. }| SourceMatchBody {
                faces_in_source: *faces_in_source,
                similarity: *similarity,
            }),
            gallery: evidence.gallery.as_ref().map(|GallerySearch { own, other }| GalleryBody { own: *own, other: *other }),
            age: evidence.age,
            images,
        }
    }
}

impl ImageBody {
    pub(crate) fn of(kind: &'static str, image: &StoredImage, url: Option<String>) -> Self {
        Self { kind, url, sha256: image.sha256.clone(), size: image.size }
    }
}
