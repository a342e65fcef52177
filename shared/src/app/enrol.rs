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
            let (planned, resumed) = match (plan.ok_or(Refused::Rejected(Rejection::NotEnrollable))?, existing) {
                (Plan::Settled(enrolment), _) => return Ok(enrolment),
                (Plan::GoOn(_), Some(planned)) => (planned, true),
                (Plan::GoOn(plan) | Plan::Begin(plan), existing) => {
                    // What an earlier enrolment may have left in the collection, under whatever id, is not taken for this one's.
                    if existing.is_some() {
                        self.faces.forget(&self.faces.all_of(&plan.subject_key).await?).await?;
                    }
                    match self.table.plan_enrolment(&loaded, existing.as_ref(), &plan, &entropy.draw_hex()).await? {
                        Written::Done(planned) => (*planned, false),
                        Written::Erased => return Err(Refused::Erased),
                        Written::Conflict => {
                            tokio::time::sleep(pause(entropy.draw())).await;
                            continue;
                        }
                    }
                }
            };
            match self.carry_out(&loaded, &planned, resumed, now, entropy).await? {
                Written::Done(written) => return Ok(written.enrolment),
                Written::Erased => return Err(Refused::Erased),
                Written::Conflict => tokio::time::sleep(pause(entropy.draw())).await,
            }
        }
        Err(Refused::Faulted(Fault::bare(FaultCode::StoreContended, "enrol a face while others do")))
    }

    /// From the plan to the face, or to the reason why there is none.
    async fn carry_out(
        &self,
        loaded: &Loaded,
        planned: &LoadedEnrolment,
        resumed: bool,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Written<LoadedEnrolment>, Refused> {
        let verification = &loaded.verification;
        let subject = &verification.subject_key;
        let no_picture = || self.give_up(loaded, planned, &[], Reason::ReferenceImageMissing, now, entropy);
        let Some(picture) = self.reference_image(verification).await? else { return no_picture().await };
        let least = alike(&verification.terms.face_match);
        // A picture on which nothing could be searched for enrols nobody.
        let Some(before) = self.faces.search(&picture, least).await? else { return no_picture().await };
        if self.yields(planned, &before).await? {
            return self.give_up(loaded, planned, &own_ids(&before, subject), Reason::FaceKnownElsewhere, now, entropy).await;
        }
        // What an earlier try of the same plan has left in the collection is taken over.
        let face = match before.into_iter().find(|face| resumed && face.subject.as_ref() == Some(subject)) {
            Some(left) => Some(EnrolledFace { face_id: left.face_id, model: left.model, enrolled_at: now }),
            None => self.faces.enrol(subject, &picture, now).await?,
        };
        let Some(face) = face else { return no_picture().await };
        // Whoever enrolled the same face meanwhile is seen by now, or sees this one.
        let Some(after) = self.faces.search(&picture, least).await? else { return no_picture().await };
        let mut own = own_ids(&after, subject);
        own.push(face.face_id.clone());
        if self.yields_or_outranks(planned, &after, now, entropy).await? {
            return self.give_up(loaded, planned, &own, Reason::FaceKnownElsewhere, now, entropy).await;
        }
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

    /// Asks a person where somebody else has it, writes down that nobody is enrolled, and forgets the faces, unless another delivery of
    /// the same task has written one of them. Whoever is cut off behind the writing is followed by clean-up, which looks for everything
    /// of the subject.
    async fn give_up(
        &self,
        loaded: &Loaded,
        planned: &LoadedEnrolment,
        faces: &[FaceId],
        because: Reason,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Written<LoadedEnrolment>, Refused> {
        if because == Reason::FaceKnownElsewhere {
            let question = Command::Question { because };
            change_verification(&self.table, &loaded.verification.id, None, &question, None, now, entropy).await?;
        }
        let written = self.table.replace_enrolment(planned, &planned.enrolment.undone(because, now), &entropy.draw_hex()).await?;
        self.forget_but_the_kept(faces.to_vec(), &loaded.verification).await?;
        Ok(written)
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

/// From which similarity on two faces are one, under a policy that enrols.
fn alike(face_match: &FaceMatch) -> Confidence {
    match *face_match {
        FaceMatch::Source { unique_similarity, .. } => unique_similarity,
        FaceMatch::Enrolled { similarity } => similarity,
        // The catalogue refuses a policy that enrols without a match; should one be stored all the same, everybody is alike.
        FaceMatch::None => Confidence::LEAST,
    }
}
