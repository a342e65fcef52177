//! What a withdrawn consent or an overturned approval takes with it: images, and the face that was enrolled. It is done at once, and by
//! clean-up once more, for a removal that was cut off and for whatever was on its way at that moment.

use super::change::{Entropy, Refused, TRIES, change_verification, pause};
use super::enrol::Enroller;
use crate::adapters::{LoadedEnrolment, Written, prefixes_of};
use crate::domain::{Command, EnrolmentState, Reason, Verification};
use crate::fault::{Fault, FaultCode};
use jiff::Timestamp;

impl Enroller {
    /// Removes what has to go with this verification, if anything has. Doing it again changes nothing.
    pub async fn remove_what_must_go(&self, verification: &Verification, now: Timestamp, entropy: &Entropy) -> Result<(), Refused> {
        if verification.withdrawn_at.is_some() {
            // Every image of every session, and the picture that they were compared with.
            self.bucket.delete(&self.bucket.list(&prefixes_of(verification)).await?).await?;
            return self.undo(verification, Reason::ConsentWithdrawn, now, entropy).await;
        }
        if verification.is_overturned() {
            return self.undo(verification, Reason::ReviewDenied, now, entropy).await;
        }
        Ok(())
    }

    /// The second look, when its time has come.
    pub async fn look_again(&self, verification: &Verification, now: Timestamp, entropy: &Entropy) -> Result<(), Refused> {
        self.remove_what_must_go(verification, now, entropy).await?;
        change_verification(&self.table, &verification.id, None, &Command::Removed, None, now, entropy).await.map(drop)
    }

    /// Forgets whatever the collection has of a subject whose enrolment was given up, when whoever was at it has ended. False where
    /// somebody has changed it meanwhile.
    pub async fn clear(&self, loaded: &LoadedEnrolment, entropy: &Entropy) -> Result<bool, Fault> {
        self.faces.forget(&self.faces.all_of(&loaded.enrolment.subject_key).await?).await?;
        let written = self.table.replace_enrolment(loaded, &loaded.enrolment.cleared(), &entropy.draw_hex()).await?;
        Ok(matches!(written, Written::Done(_)))
    }

    /// Undoes the enrolment that this verification made, if it made one. What stands is written first, so that nobody steps up with the
    /// face from then on, and whoever is at the plan finds it undone; a face that is left behind by a crash is clean-up's.
    async fn undo(&self, verification: &Verification, because: Reason, now: Timestamp, entropy: &Entropy) -> Result<(), Refused> {
        for _ in 0..TRIES {
            let Some(loaded) = self.table.enrolment(&verification.subject_key).await? else { return Ok(()) };
            let enrolment = &loaded.enrolment;
            if enrolment.verification != verification.id || matches!(enrolment.state, EnrolmentState::Undone(_)) {
                return Ok(());
            }
            match self.table.replace_enrolment(&loaded, &enrolment.undone(because, now), &entropy.draw_hex()).await? {
                Written::Done(_) => {
                    if let EnrolmentState::Enrolled(face) = &enrolment.state {
                        self.faces.forget(std::slice::from_ref(&face.face_id)).await?;
                    }
                    return Ok(());
                }
                // With a tombstone everything goes, the enrolment as well.
                Written::Erased => return Ok(()),
                Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
            }
        }
        Err(Refused::Faulted(Fault::bare(FaultCode::StoreContended, "undo an enrolment that others keep changing")))
    }
}
