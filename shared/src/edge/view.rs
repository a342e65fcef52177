//! A verification as it is shown: to its owner, and to a service. Neither sees a score, an image or a face; the owner does not
//! even see which of several checks was missed.

use crate::domain::{
    Consent, NextStep, Outcome, Owner, Reason, Review, ReviewKind, Session, SessionNumber, SessionState, Status, Verification,
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// What everybody who may see a verification sees of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerView<'a> {
    /// Its name.
    pub verification_id: &'a str,
    /// Where it stands.
    pub status: Status,
    /// The policy's name.
    pub policy: &'a str,
    /// The policy's version.
    pub policy_version: &'a str,
    /// The sessions that may still fail.
    pub attempts_left: u8,
    /// What the subject can do now.
    pub next_step: NextStep,
    /// When he can do it, where he has to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it left `open`, or `in_review`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// By the server's clock.
    pub server_time: Timestamp,
}

/// What a service sees besides.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceView<'a> {
    #[serde(flatten)]
    owner: OwnerView<'a>,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<&'a str>,
    metadata: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_because: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<&'a Consent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    expires_at: Timestamp,
    sessions: Vec<SessionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<ReviewView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionView {
    number: SessionNumber,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    created_at: Timestamp,
}

/// How a review stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewView {
    kind: ReviewKind,
    since: Timestamp,
    approvals: u8,
    needed: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<Timestamp>,
}

impl<'a> OwnerView<'a> {
    /// Of a verification to which the passing of time was applied.
    pub fn of(verification: &'a Verification, now: Timestamp) -> Self {
        Self {
            verification_id: verification.id.as_str(),
            status: verification.status,
            policy: &verification.terms.name,
            policy_version: &verification.terms.version,
            attempts_left: verification.attempts_left(),
            next_step: verification.status.next_step(),
            retry_after_seconds: None,
            created_at: verification.created_at,
            decided_at: verification.decided_at,
            server_time: now,
        }
    }

    /// With the time that the subject has to wait for another session, where he needs one.
    #[must_use]
    pub fn limited(mut self, retry_after_seconds: Option<u32>) -> Self {
        self.retry_after_seconds = retry_after_seconds.filter(|_| self.status == Status::Open);
        self
    }
}

impl<'a> ServiceView<'a> {
    /// Of a verification to which the passing of time was applied.
    pub fn of(verification: &'a Verification, now: Timestamp) -> Self {
        let Owner { subject, .. } = &verification.owner;
        Self {
            owner: OwnerView::of(verification, now),
            subject,
            external_reference: verification.external_reference.as_deref(),
            metadata: &verification.metadata,
            closed_because: verification.closed_because,
            consent: verification.consent.as_ref(),
            withdrawn_at: verification.withdrawn_at,
            device_id: verification.device_id.as_deref(),
            expires_at: verification.expires_at(),
            sessions: verification.sessions.iter().map(SessionView::of).collect(),
            review: verification.review.as_ref().map(ReviewView::of),
        }
    }
}

impl SessionView {
    fn of(session: &Session) -> Self {
        let (state, outcome) = match &session.state {
            SessionState::Reserved => ("reserved", None),
            SessionState::Issued => ("issued", None),
            SessionState::Decided(decided) => ("decided", Some(decided.outcome)),
            SessionState::Lapsed => ("lapsed", None),
        };
        Self { number: session.number, state, outcome, created_at: session.created_at }
    }
}

impl ReviewView {
    /// Without the reviewers' names.
    pub fn of(review: &Review) -> Self {
        Self {
            kind: review.kind,
            since: review.since,
            approvals: review.approvals(),
            needed: review.approvals_needed(),
            verdict: review.verdict.as_ref().map(|opinion| opinion.verdict.as_str()),
            decided_at: review.verdict.as_ref().map(|opinion| opinion.at),
        }
    }
}
