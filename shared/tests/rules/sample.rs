//! Small values to build cases from.

use jiff::{SignedDuration, Timestamp};
use prooflight_shared::domain::{
    Challenge, ChallengeKind, Change, CheckStatus, Command, Confidence, Decision, Evidence, FeedbackCode, Nonce, OpenVerification, Owner,
    Session, SessionId, SessionNumber, StackKey, StoredImage, Terms, Verification, VerificationId,
};
use prooflight_shared::policy::{Catalogue, History, decide, tips};

pub(crate) fn start() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(crate) fn after(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

pub(crate) fn terms(policy: &str) -> Terms {
    Catalogue::shipped().unwrap().get(Some(policy)).unwrap().clone()
}

pub(crate) fn nonce(number: u8) -> Nonce {
    Nonce::from_bytes([number; 16])
}

pub(crate) fn session_id(number: u8) -> SessionId {
    SessionId::parse(&format!("0f9c8a52-7d0e-4a3b-9d5e-1c2b3a4d5e{number:02x}")).unwrap()
}

pub(crate) fn person(subject: &str) -> Owner {
    Owner { issuer: "https://issuer.example/".into(), subject: subject.into() }
}

/// A verification whose first session is reserved at [`start`].
pub(crate) fn opened(policy: &str) -> Verification {
    OpenVerification {
        id: VerificationId::from_bytes([1; 16]),
        owner: person("alice"),
        subject_key: StackKey::new("a stack's secret").subject(&person("alice")),
        terms: terms(policy),
        nonce: Some(nonce(1)),
        device_id: None,
        device_key: None,
        external_reference: None,
        source: None,
        consent: None,
        metadata: std::collections::BTreeMap::new(),
        opening_digest: String::new(),
        waiting: None,
        client_access: None,
    }
    .at(start())
}

pub(crate) fn commit(number: u8) -> Command {
    Command::Commit { number: SessionNumber(number), session_id: session_id(number) }
}

pub(crate) fn reserve(nonce_of: u8, supersede: Option<u8>) -> Command {
    Command::Reserve { nonce: nonce(nonce_of), supersede: supersede.map(SessionNumber) }
}

pub(crate) fn lapse(number: u8) -> Command {
    Command::Lapse { number: SessionNumber(number) }
}

pub(crate) fn give_back(number: u8) -> Command {
    Command::GiveBack { number: SessionNumber(number) }
}

pub(crate) fn observe(number: u8) -> Command {
    Command::ObserveStreaming { number: SessionNumber(number) }
}

/// A judgement made as the functions make it, of evidence with that confidence.
pub(crate) fn judge(verification: &Verification, number: u8, confidence: f32, now: Timestamp) -> Command {
    let superseded = verification.session(SessionNumber(number)).is_some_and(|session| session.superseded);
    let history = History { superseded, ..History::default() };
    judge_with(number, &verification.terms, history, &evidence(confidence), now)
}

/// A judgement of that evidence with that history; whether the session is superseded is the document's to say.
pub(crate) fn judge_with(number: u8, terms: &Terms, history: History, evidence: &Evidence, now: Timestamp) -> Command {
    let decision: Decision = decide(terms, history, evidence, now);
    let tips = tips(&decision, evidence);
    Command::Judge { number: SessionNumber(number), decision, tips, superseded: history.superseded, sampled: false }
}

/// Complete evidence of a light check.
pub(crate) fn evidence(confidence: f32) -> Evidence {
    Evidence {
        check: CheckStatus::Succeeded,
        confidence: Confidence::new(confidence),
        challenge: Some(Challenge { kind: ChallengeKind::MovementAndLight, version: "2.0.0".into() }),
        feedback: vec![FeedbackCode::LowLightingDetected],
        reference_image: Some(StoredImage::of(b"reference")),
        audit_images: vec![StoredImage::of(b"audit")],
        source_match: None,
        gallery: None,
        age: None,
    }
}

/// Applies what has to be applicable.
pub(crate) fn done(verification: &Verification, command: &Command, now: Timestamp) -> Verification {
    match verification.apply(command, now).unwrap() {
        Change::Changed(next) => *next,
        Change::Unchanged => panic!("{command:?} changed nothing"),
    }
}

/// One line that says where a verification stands.
pub(crate) fn line(verification: &Verification) -> String {
    use prooflight_shared::domain::SessionState;
    let session = |session: &Session| {
        let state = match &session.state {
            SessionState::Reserved => "reserved".to_owned(),
            SessionState::Issued => "issued".to_owned(),
            SessionState::Lapsed => "lapsed".to_owned(),
            SessionState::Decided(decided) => format!("{:?}/{}", decided.outcome, decided.status_after.as_str()).to_lowercase(),
        };
        let flags = [(session.streamed, " streamed"), (session.superseded, " superseded")];
        let flags: String = flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect();
        format!("{}:{state}{flags}", session.number)
    };
    let sessions: Vec<_> = verification.sessions.iter().map(session).collect();
    let because = verification.closed_because.map(|reason| format!(" ({reason:?})")).unwrap_or_default();
    format!("{}{because} left {} [{}]", verification.status.as_str(), verification.attempts_left(), sessions.join(", "))
}
