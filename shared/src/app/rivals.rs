//! Two subjects and one face. Whoever is enrolled stays; of two who are at it side by side, the one who planned first. He takes the
//! other one's plan away before he enrols, so that both cannot come to their end, however slow one of them is.

use super::change::{Entropy, Refused, TRIES, change_verification, pause};
use super::enrol::Enroller;
use crate::adapters::{FoundFace, LoadedEnrolment, Written};
use crate::domain::{Command, Reason, SubjectKey};
use crate::fault::Fault;
use jiff::Timestamp;
use std::collections::BTreeSet;

impl Enroller {
    /// Whether somebody else has this face, or had the plan for it first. A face that nobody here has enrolled counts as somebody's.
    pub(super) async fn yields(&self, planned: &LoadedEnrolment, found: &[FoundFace]) -> Result<bool, Fault> {
        let Some(others) = others(planned, found) else { return Ok(true) };
        for other in others {
            match self.table.enrolment(other).await? {
                Some(other) if !planned.enrolment.yields_to(&other.enrolment) => {}
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// The same, and everybody who has to give way has given way when the answer is no.
    pub(super) async fn yields_or_outranks(
        &self,
        planned: &LoadedEnrolment,
        found: &[FoundFace],
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<bool, Refused> {
        let Some(others) = others(planned, found) else { return Ok(true) };
        for other in others {
            if !self.outranks(planned, other, now, entropy).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// True once the other one's plan is undone; he finds that when he comes to write his end, and forgets his face.
    async fn outranks(&self, planned: &LoadedEnrolment, other: &SubjectKey, now: Timestamp, entropy: &Entropy) -> Result<bool, Refused> {
        for _ in 0..TRIES {
            let Some(rival) = self.table.enrolment(other).await? else { return Ok(false) };
            if planned.enrolment.yields_to(&rival.enrolment) {
                return Ok(false);
            }
            if !rival.enrolment.is_planned() {
                return Ok(true);
            }
            let because = Reason::FaceKnownElsewhere;
            // A person looks at him in any case: first, so that nobody is undone unseen.
            let question = Command::Question { because };
            match change_verification(&self.table, &rival.enrolment.verification, None, &question, None, now, entropy).await {
                Ok(_) | Err(Refused::Erased) => {}
                Err(refused) => return Err(refused),
            }
            match self.table.replace_enrolment(&rival, &rival.enrolment.undone(because, now), &entropy.draw_hex()).await? {
                Written::Done(_) | Written::Erased => return Ok(true),
                Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
            }
        }
        // He keeps changing, so he is alive: the face is his as far as anybody can tell.
        Ok(false)
    }
}

/// Everybody else who has such a face; none where one of them is nobody here.
fn others<'a>(planned: &LoadedEnrolment, found: &'a [FoundFace]) -> Option<BTreeSet<&'a SubjectKey>> {
    let subjects: Option<BTreeSet<&SubjectKey>> = found.iter().map(|face| face.subject.as_ref()).collect();
    subjects.map(|mut subjects| {
        subjects.remove(&planned.enrolment.subject_key);
        subjects
    })
}
