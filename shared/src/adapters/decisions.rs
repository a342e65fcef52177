//! The record of a judged session: everything that its decision was made of, so that it can be shown to a reviewer and made again.
//! It lies beside the verification's document under `decision#<number>`, is written once, with the decision, and never changes.

use super::item::{Item, from_item, partition, to_item};
use super::verification_table::VerificationTable;
use crate::domain::{Decision, Evidence, ImageDay, Outcome, Reason, Seal, SessionNumber, StoredImage, Terms, Verification, VerificationId};
use crate::fault::Fault;
use crate::policy::History;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is written with the judgement of a session.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// Which session.
    pub number: SessionNumber,
    /// What was known of it beside its evidence.
    pub history: History,
    /// The evidence.
    pub evidence: &'a Evidence,
    /// What was made of it.
    pub decision: &'a Decision,
    /// Its signature.
    pub seal: &'a Seal,
}

/// The record as it is read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRecord {
    /// Whose session.
    pub verification_id: VerificationId,
    /// Which one.
    pub session_number: SessionNumber,
    /// What followed.
    pub outcome: Outcome,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The policy's name.
    pub policy: String,
    /// The policy's version.
    pub policy_version: String,
    /// [`Evidence::digest`] of what was judged.
    pub evidence_digest: String,
    /// When.
    pub decided_at: Timestamp,
    /// What was known beside the evidence.
    pub history: History,
    /// The policy's values.
    pub terms: Terms,
    /// What was judged.
    pub evidence: Evidence,
    /// The decision's signature; none of records from before there was one.
    #[serde(default)]
    pub seal: Option<Seal>,
}

impl DecisionRecord {
    /// The decision that it records.
    pub fn decision(&self) -> Decision {
        Decision {
            outcome: self.outcome,
            reasons: self.reasons.clone(),
            policy: self.policy.clone(),
            policy_version: self.policy_version.clone(),
            evidence_digest: self.evidence_digest.clone(),
            decided_at: self.decided_at,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionItem<'a> {
    pk: String,
    sk: String,
    expires_at: i64,
    /// Index `imagesByDay`: only what names images is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_day: Option<String>,
    verification_id: &'a VerificationId,
    session_number: SessionNumber,
    outcome: Outcome,
    reasons: &'a [Reason],
    policy: &'a str,
    policy_version: &'a str,
    evidence_digest: &'a str,
    decided_at: Timestamp,
    history: History,
    terms: &'a Terms,
    evidence: &'a Evidence,
    seal: &'a Seal,
}

/// How the sort keys of records begin.
pub(super) const DECISION: &str = "decision#";

impl VerificationTable {
    /// The records of a verification, in the order of its sessions.
    pub async fn decisions(&self, id: &VerificationId) -> Result<Vec<DecisionRecord>, Fault> {
        let items = self.partition(&partition(id), Some(DECISION), "read the records of a verification").await?;
        items.into_iter().map(from_item).collect()
    }

    /// The reference image of the session that the approval rests on.
    pub async fn approving_image(&self, verification: &Verification) -> Result<Option<StoredImage>, Fault> {
        let approves = |record: &DecisionRecord| matches!(record.outcome, Outcome::Passed | Outcome::InReview);
        Ok(self.decisions(&verification.id).await?.into_iter().find(approves).and_then(|record| record.evidence.reference_image))
    }
}

/// The record as an item of its verification.
pub(super) fn decision_item(verification: &Verification, judged: Judged<'_>) -> Result<Item, Fault> {
    let Judged { number, history, evidence, decision, seal } = judged;
    let session = verification.session(number).filter(|_| evidence.image_keys().next().is_some());
    to_item(&DecisionItem {
        pk: partition(&verification.id),
        sk: format!("{DECISION}{:02}", number.0),
        expires_at: verification.records_kept_until(),
        image_day: session.map(|session| ImageDay::of(verification.terms.images_kept_days, session.created_at).to_string()),
        verification_id: &verification.id,
        session_number: number,
        outcome: decision.outcome,
        reasons: &decision.reasons,
        policy: &decision.policy,
        policy_version: &decision.policy_version,
        evidence_digest: &decision.evidence_digest,
        decided_at: decision.decided_at,
        history,
        terms: &verification.terms,
        evidence,
        seal,
    })
}
