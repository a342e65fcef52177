//! Erasing everything about a subject. A tombstone stands first, so nothing new is written; then verification by verification its images
//! go, then its items, its document last; then the faces. Every step can be done again, so whoever is cut off is followed by whoever
//! comes next. A second look, ten minutes later, finds what was on its way.

use super::change::{Entropy, Refused, TRIES, change_verification, pause};
use super::enrol::Enroller;
use crate::adapters::{AwsClients, FACES, List, LoadedErasure, ToRemove, prefixes_of};
use crate::domain::{Command, EnrolmentState, Erasure, ErasureId, ErasureState, StackKey, SubjectKey, Verification};
use crate::environment::{Environment, EnvironmentError};
use crate::fault::{Fault, FaultCode};
use jiff::Timestamp;

/// The services that erasing needs.
#[derive(Debug, Clone)]
pub struct Eraser {
    /// Table, bucket and collection.
    pub stores: Enroller,
    /// The key under which what is gone is named in the receipt.
    pub stack_key: StackKey,
}

/// So many verifications are looked for at once.
const PAGE: u16 = 25;

impl Eraser {
    /// Reads the settings and builds the clients.
    pub fn connect(clients: &AwsClients, environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self { stores: Enroller::connect(clients, environment)?, stack_key: StackKey::new(environment.identifier_key()?) })
    }

    /// Puts the tombstone; from then on nothing is opened, reserved, decided or enrolled for the subject. An erasure of his that is
    /// under way is found.
    pub async fn begin(&self, subject: &SubjectKey, now: Timestamp, entropy: &Entropy) -> Result<LoadedErasure, Fault> {
        let erasure = Erasure::requested(ErasureId::from_bytes(entropy.draw()), subject.clone(), now);
        for _ in 0..TRIES {
            if let Some(begun) = self.stores.table.begin_erasure(&erasure, &entropy.draw_hex()).await? {
                return Ok(begun);
            }
            tokio::time::sleep(pause(entropy.draw())).await;
        }
        Err(Fault::bare(FaultCode::StoreContended, "begin an erasure while others do"))
    }

    /// Removes everything that can be found, and writes down how far that has come. One that is done, or whose second look is not due
    /// yet, is left as it is.
    pub async fn go_on(&self, loaded: &LoadedErasure, now: Timestamp, entropy: &Entropy) -> Result<Erasure, Refused> {
        let erasure = &loaded.erasure;
        let next = erasure.swept(now);
        if next == *erasure {
            return Ok(next);
        }
        self.remove_verifications(erasure, now, entropy).await?;
        self.remove_faces(erasure).await?;
        let receipt = self.stores.table.receipt(&erasure.id).await?;
        // What was written between the first look at the bucket and the end of whoever wrote it.
        let late = self.stores.bucket.list(&receipt.prefixes).await?;
        self.stores.bucket.delete(&late).await?;
        if let ErasureState::Done { .. } = next.state {
            self.stores.table.seal_receipt(&erasure.id, &receipt).await?;
        }
        // Somebody else who has written it was at the same work.
        self.stores.table.replace_erasure(loaded, &next, &entropy.draw_hex()).await?;
        Ok(next)
    }

    async fn remove_verifications(&self, erasure: &Erasure, now: Timestamp, entropy: &Entropy) -> Result<(), Refused> {
        let mut place = None;
        loop {
            let page = self.stores.table.page(List::OfSubject(&erasure.subject_key), place.as_ref(), PAGE).await?;
            for (found, _) in page.found {
                let id = found.verification.id.clone();
                match change_verification(&self.stores.table, &id, Some(found), &Command::Erase, None, now, entropy).await {
                    Ok(closed) => self.remove_verification(erasure, &closed.verification).await?,
                    // Another run has removed it.
                    Err(Refused::Erased) => {}
                    Err(other) => return Err(other),
                }
            }
            place = page.next;
            if place.is_none() {
                return Ok(());
            }
        }
    }

    async fn remove_verification(&self, erasure: &Erasure, verification: &Verification) -> Result<(), Fault> {
        let prefixes = prefixes_of(verification);
        let (objects, items) = tokio::try_join!(self.stores.bucket.list(&prefixes), self.stores.table.items_of(&verification.id))?;
        let removal = ToRemove {
            digest: self.stack_key.erased_verification(&verification.id),
            prefixes,
            objects: objects.iter().map(|key| self.stack_key.erased_object(key)).collect(),
            items: items.clone(),
        };
        // Noted first: were it the other way round, a crash between the two would leave it out of the receipt.
        self.stores.table.note_removal(erasure, &removal).await?;
        self.stores.bucket.delete(&objects).await?;
        self.stores.table.remove_items(&verification.id, &items).await
    }

    /// The enrolled face, and whatever else the collection has under the subject's digest.
    async fn remove_faces(&self, erasure: &Erasure) -> Result<(), Fault> {
        let enrolment = self.stores.table.enrolment(&erasure.subject_key).await?;
        let mut faces = self.stores.faces.all_of(&erasure.subject_key).await?;
        if let Some(EnrolmentState::Enrolled(face)) = enrolment.as_ref().map(|loaded| &loaded.enrolment.state)
            && !faces.contains(&face.face_id)
        {
            faces.push(face.face_id.clone());
        }
        if !faces.is_empty() {
            let objects = faces.iter().map(|face| self.stack_key.erased_object(face.expose())).collect();
            self.stores.table.note_removal(erasure, &ToRemove { digest: FACES.to_owned(), objects, ..ToRemove::default() }).await?;
            self.stores.faces.forget(&faces).await?;
        }
        if let Some(loaded) = enrolment {
            // Changed meanwhile by somebody who has not met the tombstone yet: the second look finds it.
            self.stores.table.remove_enrolment(&loaded).await?;
        }
        Ok(())
    }
}
