//! How a verification begins: by its subject, with the first session reserved, or by a service on the subject's behalf.

use super::{
    ClientAccess, Consent, DeviceKey, Nonce, Owner, Session, SessionNumber, SourcePicture, Status, SubjectKey, TaskToken, Terms,
    Verification, VerificationId,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What a new verification is made of.
#[derive(Debug, Clone)]
pub struct OpenVerification {
    /// Its name.
    pub id: VerificationId,
    /// Who is verified.
    pub owner: Owner,
    /// Stands for the subject.
    pub subject_key: SubjectKey,
    /// Its policy's values.
    pub terms: Terms,
    /// The first session's nonce; none where the subject asks for his sessions later.
    pub nonce: Option<Nonce>,
    /// The client's device hint.
    pub device_id: Option<String>,
    /// Stands for the device.
    pub device_key: Option<DeviceKey>,
    /// What a service calls it.
    pub external_reference: Option<String>,
    /// Drawn for the picture that a service will upload, where it will.
    pub source: Option<String>,
    /// The consent that came with it.
    pub consent: Option<Consent>,
    /// The caller's notes.
    pub metadata: BTreeMap<String, String>,
    /// SHA-256 of the request's body.
    pub opening_digest: String,
    /// The step of a workflow that waits for the answer.
    pub waiting: Option<TaskToken>,
    /// For a subject without an account: the link that opens it to whoever has it.
    pub client_access: Option<ClientAccess>,
}

impl OpenVerification {
    /// The verification with its first session reserved, where there is one.
    pub fn at(self, now: Timestamp) -> Verification {
        // Nobody can guess the key, and it is told to nobody but in the form.
        let source = self.source.map(|random| SourcePicture { key: format!("sources/{}/{random}", self.id), sha256: None });
        let first = self.nonce.map(|nonce| Session::reserved(SessionNumber(1), nonce, now));
        Verification {
            id: self.id,
            owner: self.owner,
            subject_key: self.subject_key,
            terms: self.terms,
            status: Status::Open,
            closed_because: None,
            created_at: now,
            decided_at: None,
            device_id: self.device_id,
            device_key: self.device_key,
            external_reference: self.external_reference,
            source,
            consent: self.consent,
            withdrawn_at: None,
            removal_due: None,
            metadata: self.metadata,
            opening_digest: self.opening_digest,
            sessions: first.into_iter().collect(),
            review: None,
            waiting: self.waiting.into_iter().collect(),
            client_access: self.client_access,
        }
    }
}
