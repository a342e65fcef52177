//! Enrolling the face of an approved verification, once. The plan is written before Rekognition is asked; what a crash leaves in the
//! collection is found by the face itself when it is tried again. Of two subjects who enrol the same face side by side the later one
//! is undone and looked at by a person.

use super::change::{Entropy, Refused, TRIES, change_verification, pause};
use crate::adapters::{AwsClients, EvidenceBucket, Faces, FoundFace, Loaded, LoadedEnrolment, VerificationTable, Written};
use crate::domain::{
    Command, Confidence, EnrolledFace, Enrolment, EnrolmentState, FaceId, FaceMatch, Plan, Reason, Rejection, StoredImage, SubjectKey,
    Verification, VerificationId,
};
use crate::environment::{self, Environment, EnvironmentError};
use crate::fault::{Fault, FaultCode};
use bytes::Bytes;
use jiff::Timestamp;

/// The services that enrolling needs, and undoing it.
#[derive(Debug, Clone)]
pub struct Enroller {
    /// Where enrolments stand.
    pub table: VerificationTable,
    /// Where the reference image is.
    pub bucket: EvidenceBucket,
    /// Who keeps the faces.
    pub faces: Faces,
}

impl Enroller {
    /// Reads the settings and builds the clients.
    pub fn connect(clients: &AwsClients, environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            bucket: EvidenceBucket::new(clients.s3(), environment.required(environment::EVIDENCE_BUCKET)?),
            faces: Faces::new(clients.faces(), environment.required(environment::FACE_COLLECTION)?),
        })
    }

    /// Enrols the subject of the verification, or finds it done. How it ended is in the enrolment that is returned.
    pub async fn enrol(&self, id: &VerificationId, now: Timestamp, entropy: &Entropy) -> Result<Enrolment, Refused> {
        for _ in 0..TRIES {
            let loaded = self.table.load(id).await?.ok_or(Refused::Erased)?;
            let existing = self.table.enrolment(&loaded.verification.subject_key).await?;
            let plan = Enrolment::plan(existing.as_ref().map(|existing| &existing.enrolment), &loaded.verification, now);
            let planned = match (plan.ok_or(Refused::Rejected(Rejection::NotEnrollable))?, existing) {
                (Plan::Settled(enrolment), _) => return Ok(enrolment),
                (Plan::GoOn(_), Some(planned)) => planned,
                (Plan::GoOn(plan) | Plan::Begin(plan), existing) => {
                    match self.table.plan_enrolment(&loaded, existing.as_ref(), &plan, &entropy.draw_hex()).await? {
                        Written::Done(planned) => *planned,
                        Written::Erased => return Err(Refused::Erased),
                        Written::Conflict => {
                            tokio::time::sleep(pause(entropy.draw())).await;
                            continue;
                        }
                    }
                }
            };
            match self.carry_out(&loaded, &planned, now, entropy).await? {
                Written::Done(written) => return Ok(written.enrolment),
                Written::Erased => return Err(Refused::Erased),
                Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
            }
        }
        Err(Refused::Faulted(Fault::bare(FaultCode::StoreContended, "enrol a face while others do")))
    }

    /// Undoes the enrolment that this verification made, if it made one. Doing it again changes nothing.
    pub async fn undo(&self, verification: &Verification, because: Reason, entropy: &Entropy) -> Result<(), Refused> {
        for _ in 0..TRIES {
            let Some(loaded) = self.table.enrolment(&verification.subject_key).await? else { return Ok(()) };
            if loaded.enrolment.verification != verification.id {
                return Ok(());
            }
            match &loaded.enrolment.state {
                EnrolmentState::Undone { .. } => return Ok(()),
                // First the face: were it the other way round, a crash between the two would leave it behind for good. Whoever is at a
                // plan finds it undone, and forgets the face himself.
                EnrolmentState::Enrolled(face) => self.faces.forget(std::slice::from_ref(&face.face_id)).await?,
                EnrolmentState::Planned => {}
            }
            match self.table.replace_enrolment(&loaded, &loaded.enrolment.undone(because), &entropy.draw_hex()).await? {
                // With a tombstone everything goes, the enrolment as well.
                Written::Done(_) | Written::Erased => return Ok(()),
                Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
            }
        }
        Err(Refused::Faulted(Fault::bare(FaultCode::StoreContended, "undo an enrolment that others keep changing")))
    }

    /// From the plan to the face, or to the reason why there is none.
    async fn carry_out(
        &self,
        loaded: &Loaded,
        planned: &LoadedEnrolment,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Written<LoadedEnrolment>, Refused> {
        let verification = &loaded.verification;
        let subject = &verification.subject_key;
        let Some(picture) = self.reference_image(verification).await? else {
            return self.give_up(loaded, planned, &[], Reason::ReferenceImageMissing, now, entropy).await;
        };
        let least = alike(&verification.terms.face_match);
        let before = self.faces.search(&picture, least).await?.unwrap_or_default();
        if self.yields(planned, &before).await? {
            return self.give_up(loaded, planned, &own_ids(&before, subject), Reason::FaceKnownElsewhere, now, entropy).await;
        }
        // What an earlier try has left in the collection is taken over.
        let face = match own_face(before, subject, now) {
            Some(left) => Some(left),
            None => self.faces.enrol(subject, &picture, now).await?,
        };
        let Some(face) = face else {
            return self.give_up(loaded, planned, &[], Reason::ReferenceImageMissing, now, entropy).await;
        };
        // Whoever enrolled the same face meanwhile is seen by now, or sees this one.
        let after = self.faces.search(&picture, least).await?.unwrap_or_default();
        let mut own = own_ids(&after, subject);
        own.push(face.face_id.clone());
        if self.yields(planned, &after).await? {
            return self.give_up(loaded, planned, &own, Reason::FaceKnownElsewhere, now, entropy).await;
        }
        // Two deliveries of one task may both have asked Rekognition, or one of them twice: of several faces all choose the same.
        let face = own_face(after, subject, now).unwrap_or(face);
        let written = self.table.replace_enrolment(planned, &planned.enrolment.enrolled(face), &entropy.draw_hex()).await?;
        self.forget_but_the_kept(own, verification).await?;
        Ok(written)
    }

    /// INVARIANT: what was erased or undone does not come back. Of the faces that were seen or made here the one that stands in the
    /// enrolment is kept, and no other.
    async fn forget_but_the_kept(&self, mut faces: Vec<FaceId>, verification: &Verification) -> Result<(), Fault> {
        if let Some(stands) = self.table.enrolment(&verification.subject_key).await?
            && let EnrolmentState::Enrolled(kept) = stands.enrolment.state
        {
            faces.retain(|face| *face != kept.face_id);
        }
        self.faces.forget(&faces).await
    }

    /// Whether somebody else has this face, or had the plan for it first. A face that nobody here has enrolled counts as somebody's.
    async fn yields(&self, planned: &LoadedEnrolment, found: &[FoundFace]) -> Result<bool, Fault> {
        for face in found.iter().filter(|face| face.subject.as_ref() != Some(&planned.enrolment.subject_key)) {
            let Some(subject) = &face.subject else { return Ok(true) };
            match self.table.enrolment(subject).await? {
                Some(other) if !planned.enrolment.yields_to(&other.enrolment) => {}
                _ => return Ok(true),
            }
        }
        Ok(false)
    }

    /// Forgets the faces, asks a person where somebody else has it, and writes down that nobody is enrolled: in this order, so that
    /// whoever is cut off does it again.
    async fn give_up(
        &self,
        loaded: &Loaded,
        planned: &LoadedEnrolment,
        faces: &[FaceId],
        because: Reason,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Written<LoadedEnrolment>, Refused> {
        self.faces.forget(faces).await?;
        if because == Reason::FaceKnownElsewhere {
            let question = Command::Question { because };
            change_verification(&self.table, &loaded.verification.id, None, &question, None, now, entropy).await?;
        }
        Ok(self.table.replace_enrolment(planned, &planned.enrolment.undone(because), &entropy.draw_hex()).await?)
    }

    /// The image that the approval rests on, if it is still kept and still the same.
    async fn reference_image(&self, verification: &Verification) -> Result<Option<Bytes>, Fault> {
        let Some(image) = self.table.approving_image(verification).await? else { return Ok(None) };
        let Some(key) = &image.key else { return Ok(None) };
        let picture = self.bucket.load(key).await?;
        Ok(picture.filter(|picture| StoredImage::of(picture).sha256 == image.sha256))
    }
}

fn own_ids(found: &[FoundFace], subject: &SubjectKey) -> Vec<FaceId> {
    found.iter().filter(|face| face.subject.as_ref() == Some(subject)).map(|face| face.face_id.clone()).collect()
}

/// Of the subject's own faces that were found, the same one every time.
fn own_face(found: Vec<FoundFace>, subject: &SubjectKey, now: Timestamp) -> Option<EnrolledFace> {
    let own = found.into_iter().filter(|face| face.subject.as_ref() == Some(subject));
    let first = own.min_by(|one, other| one.face_id.cmp(&other.face_id))?;
    Some(EnrolledFace { face_id: first.face_id, model: first.model, enrolled_at: now })
}

/// From which similarity on two faces are one, under a policy that enrols.
fn alike(face_match: &FaceMatch) -> Confidence {
    match *face_match {
        FaceMatch::Source { unique_similarity, .. } => unique_similarity,
        FaceMatch::Enrolled { similarity } => similarity,
        // The catalogue refuses a policy that enrols without a match; should one be stored all the same, everybody is alike.
        FaceMatch::None => Confidence::LEAST,
    }
}
