//! The decision table: every kind of evidence, challenge, match, age and history under every shipped policy and band of confidence, in the
//! first session and in the last one, with what the subject can do next, as one snapshot.

use crate::sample::{commit, done, evidence, judge, judge_with, opened, reserve, start, terms};
use prooflight_shared::domain::{
    AgeRange, Challenge, ChallengeKind, Change, Command, Confidence, Decision, Evidence, FaceMatch, FeedbackCode, GallerySearch, Outcome,
    Reason, SourceMatch, Status, StoredImage, Verification,
};
use prooflight_shared::policy::{History, decide, tips};
use serde::Serialize;
use std::fmt::Write as _;

/// What is judged.
struct Case {
    evidence: Evidence,
    history: History,
}

/// A name, and how a case with it differs from one that lacks nothing.
type Difference = (&'static str, fn(&mut Case));

/// Bands of confidence, each with what follows in it.
type Bands = Vec<(String, String)>;

pub(crate) const USUAL: History = History { superseded: false, source_given: true, device_suspicious: false };
pub(crate) const POLICIES: [&str; 5] = ["liveness", "bot-check", "onboarding", "step-up", "age-gate"];

/// Both sides of every threshold.
const POINTS: [f32; 9] = [0.0, 0.99, 49.9, 50.0, 59.9, 60.0, 79.9, 80.0, 100.0];

const MOVEMENT: Difference = ("movement only", |case| case.evidence.challenge = Some(movement()));
const SUPERSEDED: Difference = ("superseded", |case| case.history.superseded = true);
const DEVICE: Difference = ("device suspicious", |case| case.history.device_suspicious = true);
const NO_SOURCE: Difference = ("no source given", |case| {
    case.evidence.source_match = None;
    case.history.source_given = false;
});
const SOURCE_UNLIKE: Difference = ("source not alike", |case| case.evidence.source_match = Some(compared(1, None)));
const SOURCE_OF_TWO: Difference = ("source with two faces", |case| case.evidence.source_match = Some(compared(2, similarity(99.0))));
const NOT_OWN: Difference = ("own face not found", |case| case.evidence.gallery = found(None, None));
const ANOTHERS: Difference = ("another's face at 95", |case| case.evidence.gallery = found(Some(97.0), Some(95.0)));
const ANOTHERS_ONLY: Difference = ("another's face only", |case| case.evidence.gallery = found(None, Some(99.0)));
const STRADDLING: Difference = ("17 to 30", |case| case.evidence.age = Some(AgeRange { low: 17, high: 30 }));
const YOUNG: Difference = ("9 to 17", |case| case.evidence.age = Some(AgeRange { low: 9, high: 17 }));

/// Each of these alone.
const DIFFERENCES: [Difference; 25] = [
    MOVEMENT,
    ("no challenge", |case| case.evidence.challenge = None),
    ("no confidence", |case| case.evidence.confidence = None),
    ("no reference image", |case| case.evidence.reference_image = None),
    ("no audit images", |case| case.evidence.audit_images.clear()),
    ("check failed", |case| case.evidence = Evidence::of_failed_check()),
    SUPERSEDED,
    DEVICE,
    ("source not compared", |case| case.evidence.source_match = None),
    NO_SOURCE,
    ("source alike at 89.9", |case| case.evidence.source_match = Some(compared(1, similarity(89.9)))),
    SOURCE_UNLIKE,
    SOURCE_OF_TWO,
    ("source without a face", |case| case.evidence.source_match = Some(compared(0, None))),
    ("not searched", |case| case.evidence.gallery = None),
    ("own face at 89.9", |case| case.evidence.gallery = found(Some(89.9), None)),
    NOT_OWN,
    ("another's face at 89.9", |case| case.evidence.gallery = found(Some(97.0), Some(89.9))),
    ("another's face at 94.9", |case| case.evidence.gallery = found(Some(97.0), Some(94.9))),
    ANOTHERS,
    ANOTHERS_ONLY,
    ("no age", |case| case.evidence.age = None),
    ("18 to 30", |case| case.evidence.age = Some(AgeRange { low: 18, high: 30 })),
    STRADDLING,
    YOUNG,
];

fn similarity(value: f32) -> Option<Confidence> {
    Confidence::new(value)
}

fn movement() -> Challenge {
    Challenge { kind: ChallengeKind::Movement, version: "1.0.0".into() }
}

pub(crate) fn compared(faces_in_source: u8, similarity: Option<Confidence>) -> SourceMatch {
    SourceMatch { faces_in_source, similarity, source_sha256: "digest".into() }
}

#[expect(clippy::unnecessary_wraps, reason = "evidence holds it so")]
fn found(own: Option<f32>, other: Option<f32>) -> Option<GallerySearch> {
    Some(GallerySearch { own: own.and_then(similarity), other: other.and_then(similarity) })
}

/// Evidence that lacks nothing that any policy asks for.
fn complete(confidence: f32) -> Evidence {
    Evidence {
        source_match: Some(compared(1, similarity(95.0))),
        gallery: found(Some(97.0), None),
        age: Some(AgeRange { low: 25, high: 41 }),
        ..evidence(confidence)
    }
}

/// What can differ under a policy at the same time: of each line one.
fn alternatives(policy: &str) -> Vec<Vec<Difference>> {
    let terms = terms(policy);
    let mut alternatives = vec![vec![MOVEMENT], vec![SUPERSEDED], vec![DEVICE]];
    match terms.face_match {
        FaceMatch::None => {}
        FaceMatch::Source { .. } => alternatives.extend([vec![NO_SOURCE, SOURCE_UNLIKE, SOURCE_OF_TWO], vec![ANOTHERS]]),
        FaceMatch::Enrolled { .. } => alternatives.push(vec![NOT_OWN, ANOTHERS, ANOTHERS_ONLY]),
    }
    if terms.minimum_age.is_some() {
        alternatives.push(vec![STRADDLING, YOUNG]);
    }
    alternatives
}

/// Every combination of two and more differences, the small ones first.
fn combinations(policy: &str) -> Vec<Vec<Difference>> {
    let mut combined: Vec<Vec<Difference>> = vec![Vec::new()];
    for line in alternatives(policy) {
        let with = |difference: &Difference| combined.iter().map(|before| [before.as_slice(), &[*difference]].concat()).collect();
        let more: Vec<Vec<Difference>> = line.iter().flat_map(|difference| -> Vec<_> { with(difference) }).collect();
        combined.extend(more);
    }
    combined.retain(|differences| differences.len() > 1);
    combined.sort_by_key(Vec::len);
    combined
}

/// A verification with a session that runs, and its number: the first one, or the last that its policy allows.
fn running(policy: &str, superseded: bool, last: bool) -> (Verification, u8) {
    let mut verification = done(&opened(policy), &commit(1), start());
    // A superseded session is never the last one: that which took its place still runs.
    let number = if last { verification.terms.sessions - u8::from(superseded) } else { 1 };
    for failed in 1..number {
        verification = done(&verification, &judge(&verification, failed, 12.0, start()), start());
        verification = done(&verification, &reserve(failed + 1, None), start());
        verification = done(&verification, &commit(failed + 1), start());
    }
    if superseded {
        verification = done(&verification, &reserve(number + 1, Some(number)), start());
    }
    (verification, number)
}

/// What is made of a case, and how the verification then stands.
fn follows(policy: &str, differences: &[Difference], confidence: f32) -> String {
    let mut case = Case { evidence: complete(confidence), history: USUAL };
    for (_, change) in differences {
        change(&mut case);
    }
    let Case { evidence, history } = case;
    let terms = terms(policy);
    let decision = decide(&terms, history, &evidence, start());
    let reasons: Vec<String> = decision.reasons.iter().map(word).collect();
    let stands = |last| {
        let (verification, number) = running(policy, history.superseded, last);
        let after = done(&verification, &judge_with(number, &terms, history, &evidence, start()), start());
        format!("{}, {}", after.status.as_str(), word(&after.status.next_step()))
    };
    format!("{:<9} | {:<20} | {:<20} | {}", word(&decision.outcome), stands(false), stands(true), reasons.join(", "))
}

/// The bands of confidence in which the same follows.
fn bands(policy: &str, differences: &[Difference]) -> Bands {
    let mut bands: Vec<(f32, f32, String)> = Vec::new();
    for confidence in POINTS {
        let follows = follows(policy, differences, confidence);
        match bands.last_mut() {
            Some((_, to, same)) if *same == follows => *to = confidence,
            _ => bands.push((confidence, confidence, follows)),
        }
    }
    let whole = bands.len() == 1;
    let name = |from, to| if whole { "any".to_owned() } else { format!("{from} to {to}") };
    bands.into_iter().map(|(from, to, follows)| (name(from, to), follows)).collect()
}

fn write(table: &mut String, name: &str, bands: &[(String, String)]) {
    for (at, (band, follows)) in bands.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        writeln!(table, "  {name:<64} | {band:<10} | {follows}").unwrap();
    }
}

/// Combinations from which something of their own follows, and then those that are like one of their parts.
fn combine(table: &mut String, policy: &str) {
    let part = |difference: Difference| (vec![difference.0], bands(policy, &[difference]), Vec::new());
    let mut told: Vec<(Vec<&str>, Bands, Vec<String>)> = alternatives(policy).into_iter().flatten().map(part).collect();
    for differences in combinations(policy) {
        let names: Vec<&str> = differences.iter().map(|(name, _)| *name).collect();
        let bands = bands(policy, &differences);
        if let Some((part, _, more)) =
            told.iter_mut().find(|(part, same, _)| *same == bands && part.iter().all(|name| names.contains(name)))
        {
            let rest: Vec<&str> = names.into_iter().filter(|name| !part.contains(name)).collect();
            more.push(rest.join(" + "));
        } else {
            write(table, &names.join(" + "), &bands);
            told.push((names, bands, Vec::new()));
        }
    }
    for (part, _, more) in told.iter().filter(|(_, _, more)| !more.is_empty()) {
        writeln!(table, "  as {} alone, together with: {}", part.join(" + "), more.join("; ")).unwrap();
    }
}

/// The stable code, as it stands in records and answers.
fn word<T: Serialize>(code: &T) -> String {
    serde_json::to_value(code).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_kind_of_evidence_under_every_policy() {
    let mut table = String::new();
    for policy in POLICIES {
        let terms = terms(policy);
        writeln!(table, "{policy} {}, {} sessions", terms.version, terms.sessions).unwrap();
        let heading = ("after the first", "after the last");
        writeln!(table, "  {:<64} | confidence | outcome   | {:<20} | {:<20} | reasons", "evidence", heading.0, heading.1).unwrap();
        let usual = bands(policy, &[]);
        write(&mut table, "complete", &usual);
        let mut alike = Vec::new();
        for difference in DIFFERENCES {
            let bands = bands(policy, &[difference]);
            if bands == usual { alike.push(difference.0) } else { write(&mut table, difference.0, &bands) }
        }
        writeln!(table, "  as complete: {}", alike.join("; ")).unwrap();
        combine(&mut table, policy);
        writeln!(table).unwrap();
    }
    insta::assert_snapshot!(table);
}

/// Invariant 1: a session that was superseded may still be running when another one, or a reviewer, or its subject, has closed the
/// verification. Whatever it then yields changes nothing.
#[test]
fn what_is_closed_is_judged_no_more() {
    let issued = |policy: &str, confidence: f32| {
        let both = done(&running(policy, true, false).0, &commit(2), start());
        let history = History { source_given: false, ..USUAL };
        let (terms, mut evidence) = (both.terms.clone(), complete(confidence));
        evidence.source_match = None;
        done(&both, &judge_with(2, &terms, history, &evidence, start()), start())
    };
    let cancelled = done(&running("liveness", true, false).0, &Command::Cancel, start());
    for (verification, status) in [
        (issued("liveness", 97.0), Status::Approved),
        (issued("onboarding", 70.0), Status::InReview),
        (done(&issued("onboarding", 70.0), &Command::WithdrawConsent, start()), Status::Expired),
        (cancelled, Status::Expired),
    ] {
        assert_eq!(verification.status, status);
        for confidence in [12.0, 70.0, 97.0] {
            let history = History { superseded: true, ..USUAL };
            let late = judge_with(1, &verification.terms, history, &complete(confidence), start());
            assert_eq!(verification.apply(&late, start()), Ok(Change::Unchanged), "{status:?} at {confidence}");
        }
    }
}

#[test]
fn advice_comes_from_what_rekognition_noticed_alone() {
    use FeedbackCode::{EyesClosedDetected, FaceNotVisible, LowLightingDetected};
    let terms = terms("liveness");
    for (outcome, reasons, feedback, advice) in [
        (Outcome::Passed, vec![], vec![LowLightingDetected], &[][..]),
        (Outcome::Failed, vec![Reason::ConfidenceTooLow], vec![LowLightingDetected], &["MORE_LIGHT"]),
        (
            Outcome::Failed,
            vec![Reason::ConfidenceTooLow],
            vec![LowLightingDetected, FaceNotVisible, LowLightingDetected],
            &["SHOW_YOUR_FACE", "MORE_LIGHT"],
        ),
        (Outcome::Failed, vec![Reason::ConfidenceTooLow], vec![], &["HOLD_STILL_AND_FOLLOW"]),
        (Outcome::Failed, vec![Reason::FaceMatchTooLow], vec![], &["HOLD_STILL_AND_FOLLOW"]),
        (Outcome::Failed, vec![Reason::CheckFailed], vec![], &["HOLD_STILL_AND_FOLLOW"]),
        (Outcome::Failed, vec![Reason::ReferenceImageMissing], vec![LowLightingDetected], &["SHOW_YOUR_FACE", "MORE_LIGHT"]),
        (Outcome::InReview, vec![Reason::FaceKnownElsewhere], vec![EyesClosedDetected], &["OPEN_YOUR_EYES"]),
        (Outcome::InReview, vec![Reason::FaceKnownElsewhere], vec![], &[]),
        (Outcome::Denied, vec![Reason::AgeTooLow], vec![], &[]),
    ] {
        // The score makes no difference.
        for confidence in [0.0, 79.9, 100.0] {
            let evidence = Evidence { feedback: feedback.clone(), source_match: None, ..complete(confidence) };
            let decision = Decision { outcome, reasons: reasons.clone(), ..decide(&terms, History::default(), &evidence, start()) };
            assert_eq!(tips(&decision, &evidence), advice, "{outcome:?} {reasons:?} {feedback:?}");
        }
    }
}

#[test]
fn a_decision_names_what_it_judged() {
    let (terms, complete) = (terms("liveness"), evidence(97.5));
    let decision = decide(&terms, History::default(), &complete, start());
    assert_eq!((decision.policy.as_str(), &decision.policy_version), ("liveness", &terms.version));
    assert_eq!(decision.evidence_digest, complete.digest());
    let mut other = complete.clone();
    other.reference_image = Some(StoredImage::of(b"another picture"));
    assert_ne!(other.digest(), complete.digest());
    let reread: Evidence = serde_json::from_slice(&serde_json::to_vec(&complete).unwrap()).unwrap();
    assert_eq!(reread.digest(), complete.digest(), "stored evidence keeps its digest");
}
