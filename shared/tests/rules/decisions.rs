//! The decision table: every kind of evidence under every shipped policy that this release can carry out, as one snapshot.

use crate::sample::{evidence, start, terms};
use prooflight_shared::domain::{Challenge, ChallengeKind, CheckStatus, Confidence, Evidence, Outcome, Reason, StoredImage, Terms};
use prooflight_shared::policy::{History, decide, tips};
use proptest::prelude::*;
use std::fmt::Write as _;

/// A name, what differs, and the history.
type Kind = (&'static str, fn(&mut Evidence), History);

/// Ways in which evidence differs from a complete light check.
fn kinds() -> Vec<Kind> {
    let usual = History { superseded: false };
    let movement = |evidence: &mut Evidence| {
        evidence.challenge = Some(Challenge { kind: ChallengeKind::Movement, version: "1.0.0".into() });
    };
    vec![
        ("complete", |_| {}, usual),
        ("movement only", movement, usual),
        ("no challenge", |evidence| evidence.challenge = None, usual),
        ("no confidence", |evidence| evidence.confidence = None, usual),
        ("no reference image", |evidence| evidence.reference_image = None, usual),
        ("no audit images", |evidence| evidence.audit_images.clear(), usual),
        ("check failed", |evidence| *evidence = Evidence::of_failed_check(), usual),
        ("superseded", |_| {}, History { superseded: true }),
    ]
}

#[test]
fn every_kind_of_evidence_under_every_policy() {
    let mut table = String::new();
    for policy in ["liveness", "bot-check", "onboarding", "step-up", "age-gate"] {
        let terms = terms(policy);
        writeln!(table, "{policy} {}", terms.version).unwrap();
        for (name, change, history) in kinds() {
            for confidence in [0.0, 0.99, 49.9, 50.0, 60.0, 79.9, 80.0, 100.0] {
                let mut evidence = evidence(confidence);
                change(&mut evidence);
                let decision = decide(&terms, history, &evidence, start());
                let (outcome, reasons) = (decision.outcome, decision.reasons);
                writeln!(table, "  {name:<20} {confidence:>5}  {outcome:?} {reasons:?} {:?}", tips(outcome, &evidence)).unwrap();
                if evidence.confidence.is_none() {
                    break;
                }
            }
        }
    }
    insta::assert_snapshot!(table);
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

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let challenge = prop_oneof![Just(None), Just(Some(ChallengeKind::Movement)), Just(Some(ChallengeKind::MovementAndLight))]
        .prop_map(|kind| kind.map(|kind| Challenge { kind, version: "1.0.0".into() }));
    (any::<bool>(), proptest::option::of(0.0..=100.0_f32), challenge, any::<bool>()).prop_map(|(ran, confidence, challenge, pictured)| {
        Evidence {
            check: if ran { CheckStatus::Succeeded } else { CheckStatus::Failed },
            confidence: confidence.and_then(Confidence::new),
            challenge,
            feedback: Vec::new(),
            reference_image: pictured.then(|| StoredImage::of(b"reference")),
            audit_images: Vec::new(),
        }
    })
}

fn any_terms() -> impl Strategy<Value = Terms> {
    proptest::sample::select(vec!["liveness", "bot-check", "onboarding", "step-up", "age-gate"]).prop_map(terms)
}

proptest! {
    /// Invariant 3: `approved` needs complete evidence.
    #[test]
    fn whatever_is_missing_never_passes(terms in any_terms(), evidence in any_evidence(), superseded: bool) {
        let decision = decide(&terms, History { superseded }, &evidence, start());
        let complete = evidence.check == CheckStatus::Succeeded
            && evidence.confidence.is_some_and(|confidence| confidence >= terms.approve_at)
            && evidence.challenge.as_ref().is_some_and(|challenge| challenge.kind >= terms.challenge)
            && evidence.reference_image.is_some()
            && terms.minimum_age.is_none()
            && !superseded;
        prop_assert!(decision.outcome != Outcome::Passed || complete);
        prop_assert_eq!(decision.outcome == Outcome::Passed, decision.reasons.is_empty());
    }

    /// Invariant 4: more confidence never makes an outcome worse.
    #[test]
    fn more_confidence_is_never_worse(terms in any_terms(), evidence in any_evidence(), more in 0.0..=100.0_f32) {
        let Some(confidence) = evidence.confidence else { return Ok(()) };
        let mut surer = evidence.clone();
        surer.confidence = Confidence::new(confidence.get().max(more));
        let outcome = |evidence| decide(&terms, History::default(), evidence, start()).outcome;
        prop_assert!(outcome(&surer) >= outcome(&evidence));
    }

    #[test]
    fn a_superseded_session_never_passes(terms in any_terms(), evidence in any_evidence()) {
        let decision = decide(&terms, History { superseded: true }, &evidence, start());
        prop_assert_eq!(decision.outcome, Outcome::Failed);
        prop_assert!(decision.reasons.contains(&Reason::Superseded));
    }
}
