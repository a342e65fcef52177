//! The records of judged sessions, read again.

use super::item::{Item, decision_key, from_item};
use super::refusal::fault;
use super::verification_table::{CODES, VerificationTable};
use crate::domain::{Evidence, Outcome, SessionNumber, SessionState, StoredImage, Verification, VerificationId};
use crate::fault::Fault;
use serde::Deserialize;

#[derive(Deserialize)]
struct StoredEvidence {
    evidence: Evidence,
}

impl VerificationTable {
    /// The reference image of the session that the approval rests on.
    pub async fn approving_image(&self, verification: &Verification) -> Result<Option<StoredImage>, Fault> {
        let approves = |state: &SessionState| match state {
            SessionState::Decided(decided) => matches!(decided.outcome, Outcome::Passed | Outcome::InReview),
            SessionState::Reserved | SessionState::Issued | SessionState::Lapsed => false,
        };
        let Some(session) = verification.sessions.iter().find(|session| approves(&session.state)) else { return Ok(None) };
        Ok(self.evidence(&verification.id, session.number).await?.and_then(|evidence| evidence.reference_image))
    }

    /// What a session was judged on.
    pub async fn evidence(&self, id: &VerificationId, number: SessionNumber) -> Result<Option<Evidence>, Fault> {
        let key: Item = decision_key(id, number);
        let answer = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(true).send().await;
        let item = answer.map_err(|error| fault(CODES, "load the record of a decision", &error))?.item;
        item.map(|item| from_item::<StoredEvidence>(item).map(|stored| stored.evidence)).transpose()
    }
}
