//! Whether the decisions in the table are ours: each record's signature by the key that only those who judge may use, its evidence by its digest, and each
//! approval by a signed decision that allows it. Whoever can write to the table can write an approval; he cannot sign it.

use crate::replay::SessionName;
use prooflight_shared::adapters::{DecisionRecord, VerificationTable};
use prooflight_shared::domain::{DecisionKeyPublic, Outcome, SealedDecision, Status, Verdict, Verification, VerificationId};
use prooflight_shared::fault::Fault;
use serde::Serialize;
use std::collections::BTreeMap;

/// What was found. It holds names, and no score.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Decisions whose signature and evidence are in order.
    pub decisions: u64,
    /// Without a signature: written by another hand, or before decisions were signed.
    pub unsigned: Vec<SessionName>,
    /// With a signature that is not over what they say.
    pub forged: Vec<SessionName>,
    /// Whose evidence is not what the decision names.
    pub misfits: Vec<SessionName>,
    /// Approved, without a decision in order that allows it.
    pub unfounded: Vec<VerificationId>,
    /// Records and documents that cannot be read.
    pub unreadable: u64,
}

/// What a record is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    Sound,
    Unsigned,
    Forged,
    Misfit,
}

/// What an approval may rest on.
struct Ground {
    outcome: Outcome,
    policy: String,
    version: String,
}

type Grounds = BTreeMap<VerificationId, Vec<Ground>>;

impl Ground {
    fn of(record: &DecisionRecord) -> Self {
        Self { outcome: record.outcome, policy: record.policy.clone(), version: record.policy_version.clone() }
    }
}

impl Verified {
    /// Everything that the table holds. It may change meanwhile, so what looks unfounded is looked at again by itself.
    pub async fn of(table: &VerificationTable, key: &DecisionKeyPublic) -> Result<Self, Fault> {
        let mut verified = Self::default();
        let mut grounds: Grounds = BTreeMap::new();
        let mut place = None;
        loop {
            let page = table.all_decisions(place).await?;
            for record in page.found {
                match record {
                    Ok(record) => verified.take(&record, key, &mut grounds),
                    Err(_) => verified.unreadable += 1,
                }
            }
            place = page.next;
            if place.is_none() {
                break;
            }
        }
        loop {
            let page = table.all_verifications(place).await?;
            for verification in page.found {
                match verification {
                    Ok(verification) => verified.look_at(table, key, &verification, &grounds).await?,
                    Err(_) => verified.unreadable += 1,
                }
            }
            place = page.next;
            if place.is_none() {
                break;
            }
        }
        for list in [&mut verified.unsigned, &mut verified.forged, &mut verified.misfits] {
            list.sort_unstable();
        }
        verified.unfounded.sort_unstable();
        Ok(verified)
    }

    /// Whether everything is in order.
    pub fn is_sound(&self) -> bool {
        let Self { decisions: _, unsigned, forged, misfits, unfounded, unreadable } = self;
        unsigned.is_empty() && forged.is_empty() && misfits.is_empty() && unfounded.is_empty() && *unreadable == 0
    }

    fn take(&mut self, record: &DecisionRecord, key: &DecisionKeyPublic, grounds: &mut Grounds) {
        let name = SessionName { verification_id: record.verification_id.clone(), session: record.session_number };
        match worth(record, key) {
            Worth::Sound => {
                self.decisions += 1;
                grounds.entry(record.verification_id.clone()).or_default().push(Ground::of(record));
            }
            Worth::Unsigned => self.unsigned.push(name),
            Worth::Forged => self.forged.push(name),
            Worth::Misfit => self.misfits.push(name),
        }
    }

    async fn look_at(
        &mut self,
        table: &VerificationTable,
        key: &DecisionKeyPublic,
        verification: &Verification,
        grounds: &Grounds,
    ) -> Result<(), Fault> {
        if is_founded(verification, grounds.get(&verification.id).map_or(&[][..], Vec::as_slice)) {
            return Ok(());
        }
        let records = table.decisions(&verification.id).await?;
        // A record that lies here and names another verification is that one's.
        let is_own = |record: &&DecisionRecord| record.verification_id == verification.id && worth(record, key) == Worth::Sound;
        let now: Vec<Ground> = records.iter().filter(is_own).map(Ground::of).collect();
        if !is_founded(verification, &now) {
            self.unfounded.push(verification.id.clone());
        }
        Ok(())
    }
}

fn worth(record: &DecisionRecord, key: &DecisionKeyPublic) -> Worth {
    let Some(seal) = &record.seal else { return Worth::Unsigned };
    let decision = record.decision();
    let sealed = SealedDecision { verification: &record.verification_id, session: record.session_number, decision: &decision };
    if !sealed.is_sealed_by(seal, key) {
        Worth::Forged
    } else if record.evidence.digest() != record.evidence_digest {
        Worth::Misfit
    } else {
        Worth::Sound
    }
}

/// An approval rests on a session that passed under its own policy, or on one that a person was asked about and who said yes. That he did is in
/// the document and is not signed.
fn is_founded(verification: &Verification, grounds: &[Ground]) -> bool {
    if verification.status != Status::Approved {
        return true;
    }
    let verdict = verification.review.as_ref().and_then(|review| review.verdict.as_ref());
    let by_reviewer = verdict.is_some_and(|opinion| opinion.verdict == Verdict::Approve);
    let terms = (verification.terms.name.as_str(), verification.terms.version.as_str());
    grounds.iter().filter(|ground| (ground.policy.as_str(), ground.version.as_str()) == terms).any(|ground| match ground.outcome {
        Outcome::Passed => true,
        Outcome::InReview => by_reviewer,
        Outcome::Failed | Outcome::Denied => false,
    })
}
