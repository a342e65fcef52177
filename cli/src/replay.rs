//! Stored decisions, made again: each is decided once more from its record, under the policy of the same name in another file, and what
//! would change is kept. Evidence that is not what its decision names is not decided again, but told.

use prooflight_shared::adapters::{DecisionRecord, VerificationTable};
use prooflight_shared::domain::{Outcome, Reason, SessionNumber, VerificationId};
use prooflight_shared::fault::Fault;
use prooflight_shared::policy::{Catalogue, decide};
use serde::Serialize;
use std::collections::BTreeMap;

/// What deciding again came to. It holds outcomes and reasons, and no score.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// By the policy's name.
    pub policies: BTreeMap<String, PolicyReplay>,
    /// How many decisions there are under policies that the file does not have.
    pub unknown_policies: BTreeMap<String, u64>,
    /// Whose evidence is not what the decision names.
    pub misfits: Vec<SessionName>,
    /// Records that cannot be read.
    pub unreadable: u64,
}

/// The decisions under one policy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyReplay {
    /// The version that they were decided under again.
    pub version: String,
    /// How many were.
    pub decisions: u64,
    /// Those with another outcome.
    pub changes: Vec<ChangedDecision>,
}

/// A decision that would be another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedDecision {
    /// Whose.
    #[serde(flatten)]
    pub session: SessionName,
    /// As it was decided.
    pub from: Outcome,
    /// As it would be.
    pub to: Outcome,
    /// Why it would be.
    pub reasons: Vec<Reason>,
}

/// A session of a verification.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionName {
    /// The verification.
    pub verification_id: VerificationId,
    /// Its session.
    pub session: SessionNumber,
}

impl Replay {
    /// Of everything that the table holds. Records come in no order, so what is told is sorted.
    pub async fn of(table: &VerificationTable, catalogue: &Catalogue) -> Result<Self, Fault> {
        let mut replay = Self::default();
        let mut place = None;
        loop {
            let page = table.all_decisions(place).await?;
            for record in page.found {
                match record {
                    Ok(record) => replay.take(catalogue, &record),
                    Err(_) => replay.unreadable += 1,
                }
            }
            place = page.next;
            if place.is_none() {
                break;
            }
        }
        replay.misfits.sort_unstable();
        replay.policies.values_mut().for_each(|policy| policy.changes.sort_unstable());
        Ok(replay)
    }

    /// Whether every record could be read and holds what its decision names.
    pub fn is_sound(&self) -> bool {
        self.misfits.is_empty() && self.unreadable == 0
    }

    fn take(&mut self, catalogue: &Catalogue, record: &DecisionRecord) {
        let session = SessionName { verification_id: record.verification_id.clone(), session: record.session_number };
        if record.evidence.digest() != record.evidence_digest {
            self.misfits.push(session);
            return;
        }
        let Some(terms) = catalogue.get(Some(&record.policy)) else {
            *self.unknown_policies.entry(record.policy.clone()).or_default() += 1;
            return;
        };
        let again = decide(terms, record.history, &record.evidence, record.decided_at);
        let fresh = || PolicyReplay { version: terms.version.clone(), decisions: 0, changes: Vec::new() };
        let policy = self.policies.entry(terms.name.clone()).or_insert_with(fresh);
        policy.decisions += 1;
        if again.outcome != record.outcome {
            policy.changes.push(ChangedDecision { session, from: record.outcome, to: again.outcome, reasons: again.reasons });
        }
    }
}
