//! The completion of a session: look at its result, store the images, judge, write once. The callback runs it, and so does
//! whoever finds a finished session that nobody called back for; running it again anywhere repeats the first answer.

use super::change::{Entropy, Refused, change_verification};
use crate::adapters::{CheckResult, EvidenceBucket, EvidenceImage, Image, ImageKind, Liveness, LivenessStatus, Loaded, VerificationTable};
use crate::domain::{
    CheckStatus, Command, Confidence, Decision, Evidence, Session, SessionNumber, SessionState, Status, StoredImage, Verification,
};
use crate::fault::Fault;
use crate::policy::{History, decide, tips};
use jiff::Timestamp;

/// How a completion ended.
#[derive(Debug)]
pub enum Completion {
    /// The session has ended, now or before; the verification as it stands.
    Ended(Loaded),
    /// Rekognition is not done.
    Pending(Loaded),
}

/// Completes `session` of the verification that was loaded. `found` is what Rekognition says of it, where the caller has asked.
pub async fn complete_session(
    (table, bucket, liveness): (&VerificationTable, &EvidenceBucket, &Liveness),
    loaded: Loaded,
    number: SessionNumber,
    found: Option<LivenessStatus>,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Completion, Refused> {
    let settled = loaded.verification.at(now);
    let Some(session) = settled.session(number).cloned() else { return Ok(Completion::Ended(loaded)) };
    let id = settled.id.clone();

    let (Some(session_id), true, Status::Open) = (&session.session_id, session.is_undecided(), settled.status) else {
        // Decided or lapsed before, or the verification is closed: nothing is asked, and the stored answer is repeated. A
        // session that time alone has ended is written down as such.
        let command = Command::Lapse { number };
        return match session.state {
            SessionState::Lapsed => {
                Ok(Completion::Ended(change_verification(table, &id, Some(loaded), &command, None, now, entropy).await?))
            }
            _ => Ok(Completion::Ended(loaded)),
        };
    };
    let status = match found {
        Some(status) => status,
        None => liveness.look_at(session_id).await?,
    };
    match status {
        // Until the session must have ended, an unknown one means "not yet" (design: it lapses on EXPIRED or after 185 s).
        LivenessStatus::NotFound | LivenessStatus::Created => Ok(Completion::Pending(loaded)),
        LivenessStatus::InProgress if session.streamed => Ok(Completion::Pending(loaded)),
        LivenessStatus::InProgress => {
            let command = Command::ObserveStreaming { number };
            Ok(Completion::Pending(change_verification(table, &id, Some(loaded), &command, None, now, entropy).await?))
        }
        LivenessStatus::Expired => {
            let command = Command::Lapse { number };
            Ok(Completion::Ended(change_verification(table, &id, Some(loaded), &command, None, now, entropy).await?))
        }
        LivenessStatus::Failed => {
            let evidence = Evidence::of_failed_check();
            Ok(Completion::Ended(judge(table, loaded, &session, &evidence, now, entropy).await?))
        }
        LivenessStatus::Succeeded(result) => {
            let evidence = gather(bucket, &settled, &session, *result).await?;
            Ok(Completion::Ended(judge(table, loaded, &session, &evidence, now, entropy).await?))
        }
    }
}

/// Stores the images side by side and puts together what is judged.
async fn gather(bucket: &EvidenceBucket, verification: &Verification, session: &Session, result: CheckResult) -> Result<Evidence, Fault> {
    let store = |kind, image| keep(bucket, verification, session, kind, image);
    let reference = async {
        match result.reference {
            Some(image) => store(ImageKind::Reference, image).await.map(Some),
            None => Ok(None),
        }
    };
    let audits = futures_util::future::try_join_all(result.audit.into_iter().map(|image| store(ImageKind::Audit, image)));
    let (reference_image, audit_images) = tokio::try_join!(reference, audits)?;
    Ok(Evidence {
        check: CheckStatus::Succeeded,
        confidence: result.confidence.and_then(Confidence::new),
        challenge: result.challenge,
        feedback: result.feedback,
        reference_image,
        audit_images,
    })
}

/// Stores one image, or only names it where the policy keeps none.
async fn keep(
    bucket: &EvidenceBucket,
    verification: &Verification,
    session: &Session,
    kind: ImageKind,
    image: Image,
) -> Result<StoredImage, Fault> {
    let kept_days = verification.terms.images_kept_days;
    if kept_days == 0 {
        return Ok(StoredImage::of(&image.0));
    }
    let verification = &verification.id;
    let (session_created_at, session) = (session.created_at, session.number);
    bucket.store(EvidenceImage { kept_days, session_created_at, verification, session, kind, image }).await
}

/// Judges and writes the decision with its record. The judgement is made of the document that is replaced: whether the session
/// was superseded meanwhile is looked at again on every try.
async fn judge(
    table: &VerificationTable,
    loaded: Loaded,
    session: &Session,
    evidence: &Evidence,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Loaded, Refused> {
    let number = session.number;
    let terms = loaded.verification.terms.clone();
    let id = loaded.verification.id.clone();
    let mut loaded = Some(loaded);
    let mut superseded = session.superseded;
    loop {
        let decision: Decision = decide(&terms, History { superseded }, evidence, now);
        let tips = tips(decision.outcome, evidence);
        let command = Command::Judge { number, decision: decision.clone(), tips, superseded };
        let record = Some((number, &decision, evidence));
        let changed = change_verification(table, &id, loaded.take(), &command, record, now, entropy).await?;
        match changed.verification.session(number) {
            Some(session) if session.is_undecided() && session.superseded != superseded => superseded = session.superseded,
            _ => return Ok(changed),
        }
    }
}
