//! The completion of a session: look at its result, gather the evidence, judge, write once. The callback runs it, and so does
//! whoever finds a finished session that nobody called back for; running it again anywhere repeats the first answer.

use super::change::{Entropy, Refused, change_verification};
use super::evidence::gather;
use crate::adapters::{AwsClients, DecisionKey, EvidenceBucket, Faces, Judged, Liveness, LivenessStatus, Loaded, VerificationTable};
use crate::domain::{
    Command, Decision, Evidence, SealedDecision, Session, SessionNumber, SessionState, Status, device_failures_matter_since, is_suspicious,
};
use crate::environment::{self, Environment, EnvironmentError};
use crate::fault::Fault;
use crate::policy::{History, decide, is_sampled, tips};
use jiff::Timestamp;

/// The services that a completion needs.
#[derive(Debug, Clone)]
pub struct Completer {
    /// Where the decision goes.
    pub table: VerificationTable,
    /// Where the images go.
    pub bucket: EvidenceBucket,
    /// Where the result is.
    pub liveness: Liveness,
    /// Who compares faces.
    pub faces: Faces,
    /// What decisions are signed with.
    pub decision_key: DecisionKey,
}

/// How a completion ended.
#[derive(Debug)]
pub enum Completion {
    /// The session has ended, now or before; the verification as it stands.
    Ended(Loaded),
    /// Rekognition is not done.
    Pending(Loaded),
}

impl Completer {
    /// Reads the settings and builds the clients.
    pub fn connect(clients: &AwsClients, environment: &Environment) -> Result<Self, EnvironmentError> {
        Ok(Self {
            table: VerificationTable::new(clients.dynamodb(), environment.required(environment::TABLE_NAME)?),
            bucket: EvidenceBucket::new(clients.s3(), environment.required(environment::EVIDENCE_BUCKET)?),
            liveness: Liveness::new(clients.rekognition()),
            faces: Faces::new(clients.faces(), environment.required(environment::FACE_COLLECTION)?),
            decision_key: DecisionKey::new(clients.kms(), environment.required(environment::DECISION_KEY_ARN)?),
        })
    }

    /// Opens the connections; that to the face operations is left to those who need it.
    pub async fn warm_up(&self) {
        tokio::join!(self.table.warm_up(), self.liveness.warm_up(), self.bucket.warm_up(), self.decision_key.warm_up());
    }

    /// Completes a session of the verification that was loaded. `found` is what Rekognition says of it, where the caller has
    /// asked.
    pub async fn complete(
        &self,
        loaded: Loaded,
        number: SessionNumber,
        found: Option<LivenessStatus>,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Completion, Refused> {
        let settled = loaded.verification.at(now);
        let Some(session) = settled.session(number).cloned() else { return Ok(Completion::Ended(loaded)) };
        let id = settled.id.clone();
        let change = async |loaded, command| change_verification(&self.table, &id, Some(loaded), &command, None, now, entropy).await;

        let (Some(session_id), true, Status::Open) = (&session.session_id, session.is_undecided(), settled.status) else {
            // Decided or lapsed before, or the verification is closed: nothing is asked, and the stored answer is repeated. A
            // session that time alone has ended is written down as such.
            return Ok(Completion::Ended(match session.state {
                SessionState::Lapsed => change(loaded, Command::Lapse { number }).await?,
                _ => loaded,
            }));
        };
        let status = match found {
            Some(status) => status,
            None => self.liveness.look_at(session_id).await?,
        };
        if matches!(status, LivenessStatus::Failed | LivenessStatus::Succeeded(_)) {
            // `template.yaml` makes a metric of this field: how much of the 180 seconds was left.
            tracing::info!(result_age_seconds = session.age_since_issue(now).as_secs(), "a result was fetched");
        }
        match status {
            // Until the session must have ended, an unknown one means "not yet" (design: it lapses on EXPIRED or after 185 s).
            LivenessStatus::NotFound | LivenessStatus::Created => Ok(Completion::Pending(loaded)),
            LivenessStatus::InProgress if session.streamed => Ok(Completion::Pending(loaded)),
            LivenessStatus::InProgress => Ok(Completion::Pending(change(loaded, Command::ObserveStreaming { number }).await?)),
            LivenessStatus::Expired => Ok(Completion::Ended(change(loaded, Command::Lapse { number }).await?)),
            LivenessStatus::Failed => {
                let evidence = Evidence::of_failed_check();
                Ok(Completion::Ended(Box::pin(self.judge(loaded, &session, &evidence, false, now, entropy)).await?))
            }
            LivenessStatus::Succeeded(result) => {
                let suspicion = self.is_device_suspicious(&loaded, now);
                // Its many calls side by side make a large future, which would lie in every caller's.
                let evidence = Box::pin(gather(self, &loaded, &session, *result, now, entropy));
                let (evidence, device_suspicious) = tokio::join!(evidence, suspicion);
                let evidence = evidence?;
                let judged = Box::pin(self.judge(loaded, &session, &evidence, device_suspicious?, now, entropy)).await;
                let unwanted = match &judged {
                    Ok(judged) => judged.verification.withdrawn_at.is_some() || !judged.verification.has_judged(number),
                    Err(refused) => matches!(refused, Refused::Erased),
                };
                if unwanted {
                    // INVARIANT: what was erased does not come back, and no image is kept without a record that names it. Exactly what
                    // was written here is removed again.
                    self.bucket.delete(&evidence.image_keys().map(str::to_owned).collect::<Vec<_>>()).await?;
                }
                Ok(Completion::Ended(judged?))
            }
        }
    }

    async fn is_device_suspicious(&self, loaded: &Loaded, now: Timestamp) -> Result<bool, Fault> {
        match &loaded.verification.device_key {
            None => Ok(false),
            Some(device) => Ok(is_suspicious(&self.table.device_failures(device, device_failures_matter_since(now)).await?, now)),
        }
    }

    /// Judges and writes the decision with its record. The judgement is made of the document that is replaced: whether the
    /// session was superseded meanwhile is looked at again on every try.
    async fn judge(
        &self,
        loaded: Loaded,
        session: &Session,
        evidence: &Evidence,
        device_suspicious: bool,
        now: Timestamp,
        entropy: &Entropy,
    ) -> Result<Loaded, Refused> {
        let number = session.number;
        let terms = loaded.verification.terms.clone();
        let id = loaded.verification.id.clone();
        let source_given = loaded.verification.source.is_some();
        let sampled = is_sampled(&terms, entropy.draw_number());
        let mut loaded = Some(loaded);
        let mut superseded = session.superseded;
        loop {
            let history = History { superseded, source_given, device_suspicious };
            let decision: Decision = decide(&terms, history, evidence, now);
            let tips = tips(&decision, evidence);
            let command = Command::Judge { number, decision: decision.clone(), tips, superseded, sampled };
            let seal = self.decision_key.seal(SealedDecision { verification: &id, session: number, decision: &decision }).await?;
            let record = Some(Judged { number, history, evidence, decision: &decision, seal: &seal });
            let changed = change_verification(&self.table, &id, loaded.take(), &command, record, now, entropy).await?;
            match changed.verification.session(number) {
                Some(session) if session.is_undecided() && session.superseded != superseded => superseded = session.superseded,
                _ => return Ok(changed),
            }
        }
    }
}
