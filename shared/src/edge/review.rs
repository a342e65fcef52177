//! A review as reviewers see it: why somebody has to look, how far it has come, and whether another is at it - never who. What one
//! thinks of a person is to be no matter between colleagues.

use super::view::ReviewView;
use crate::domain::{Owner, Reason, Review, ReviewKind, Verification};
use jiff::Timestamp;
use serde::Serialize;

/// One that awaits a verdict, as it stands in the queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueEntry<'a> {
    verification_id: &'a str,
    kind: ReviewKind,
    policy: &'a str,
    policy_version: &'a str,
    since: Timestamp,
    because: &'a [Reason],
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimView>,
    approvals: u8,
    needed: u8,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaimView {
    by: &'static str,
    until: Timestamp,
}

/// How a review stands, with what led to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaseView<'a> {
    #[serde(flatten)]
    review: ReviewView,
    because: &'a [Reason],
}

impl<'a> QueueEntry<'a> {
    /// Of a verification to which the passing of time was applied, as `reviewer` sees it; none where nothing is asked.
    pub fn of(verification: &'a Verification, reviewer: &Owner, now: Timestamp) -> Option<Self> {
        let review = verification.review.as_ref().filter(|_| verification.needs_verdict())?;
        let claim = review
            .claim_at(now)
            .map(|claim| ClaimView { by: if claim.reviewer == *reviewer { "you" } else { "another" }, until: claim.until });
        Some(Self {
            verification_id: verification.id.as_str(),
            kind: review.kind,
            policy: &verification.terms.name,
            policy_version: &verification.terms.version,
            since: review.since,
            because: &review.because,
            claim,
            approvals: review.approvals(),
            needed: review.approvals_needed(),
        })
    }
}

impl<'a> CaseView<'a> {
    /// Without the reviewers' names.
    pub fn of(review: &'a Review) -> Self {
        Self { review: ReviewView::of(review), because: &review.because }
    }
}
