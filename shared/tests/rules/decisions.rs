//! The decision table: every kind of evidence, match, age and history under every shipped policy and band of confidence, with
//! what the subject can do next, as one snapshot.

use crate::sample::{commit, done, evidence, judge_with, opened, reserve, start, terms};
use prooflight_shared::domain::{
    AgeRange, Challenge, ChallengeKind, CheckStatus, Confidence, Evidence, GallerySearch, Outcome, Reason, SourceMatch, StoredImage, Terms,
    Verification,
};
use prooflight_shared::policy::{History, decide, tips};
use proptest::prelude::*;
use std::fmt::Write as _;

/// A name, what differs, and the history.
type Kind = (&'static str, fn(&mut Evidence), History);

const USUAL: History = History { superseded: false, source_given: true, device_suspicious: false };

fn similarity(value: f32) -> Option<Confidence> {
    Confidence::new(value)
}

fn compared(faces_in_source: u8, similarity: Option<Confidence>) -> SourceMatch {
    SourceMatch { faces_in_source, similarity, source_sha256: "digest".into() }
}

/// Evidence that lacks nothing that any policy asks for.
fn complete(confidence: f32) -> Evidence {
    Evidence {
        source_match: Some(compared(1, similarity(95.0))),
        gallery: Some(GallerySearch { own: similarity(97.0), other: None }),
        age: Some(AgeRange { low: 25, high: 41 }),
        ..evidence(confidence)
    }
}

fn movement(evidence: &mut Evidence) {
    evidence.challenge = Some(Challenge { kind: ChallengeKind::Movement, version: "1.0.0".into() });
}

/// Ways in which evidence differs from complete evidence.
fn kinds() -> Vec<Kind> {
    vec![
        ("complete", |_| {}, USUAL),
        ("movement only", movement, USUAL),
        ("no challenge", |evidence| evidence.challenge = None, USUAL),
        ("no confidence", |evidence| evidence.confidence = None, USUAL),
        ("no reference image", |evidence| evidence.reference_image = None, USUAL),
        ("no audit images", |evidence| evidence.audit_images.clear(), USUAL),
        ("check failed", |evidence| *evidence = Evidence::of_failed_check(), USUAL),
        ("superseded", |_| {}, History { superseded: true, ..USUAL }),
        ("device suspicious", |_| {}, History { device_suspicious: true, ..USUAL }),
        ("source not compared", |evidence| evidence.source_match = None, USUAL),
        ("no source given", |evidence| evidence.source_match = None, History { source_given: false, ..USUAL }),
        ("source alike at 89.9", |evidence| evidence.source_match = Some(compared(1, similarity(89.9))), USUAL),
        ("source not alike", |evidence| evidence.source_match = Some(compared(1, None)), USUAL),
        ("source with two faces", |evidence| evidence.source_match = Some(compared(2, similarity(99.0))), USUAL),
        ("not searched", |evidence| evidence.gallery = None, USUAL),
        ("own face at 89.9", |evidence| evidence.gallery = Some(GallerySearch { own: similarity(89.9), other: None }), USUAL),
        ("own face not found", |evidence| evidence.gallery = Some(GallerySearch { own: None, other: None }), USUAL),
        (
            "another's face at 94.9",
            |evidence| evidence.gallery = Some(GallerySearch { own: similarity(97.0), other: similarity(94.9) }),
            USUAL,
        ),
        (
            "another's face at 95",
            |evidence| evidence.gallery = Some(GallerySearch { own: similarity(97.0), other: similarity(95.0) }),
            USUAL,
        ),
        ("another's face only", |evidence| evidence.gallery = Some(GallerySearch { own: None, other: similarity(99.0) }), USUAL),
        ("no age", |evidence| evidence.age = None, USUAL),
        ("18 to 30", |evidence| evidence.age = Some(AgeRange { low: 18, high: 30 }), USUAL),
        ("17 to 30", |evidence| evidence.age = Some(AgeRange { low: 17, high: 30 }), USUAL),
        ("9 to 17", |evidence| evidence.age = Some(AgeRange { low: 9, high: 17 }), USUAL),
        ("9 to 18", |evidence| evidence.age = Some(AgeRange { low: 9, high: 18 }), USUAL),
    ]
}

const POLICIES: [&str; 5] = ["liveness", "bot-check", "onboarding", "step-up", "age-gate"];

#[test]
fn every_kind_of_evidence_under_every_policy() {
    let mut table = String::new();
    for policy in POLICIES {
        let terms = terms(policy);
        writeln!(table, "{policy} {}", terms.version).unwrap();
        for (name, change, history) in kinds() {
            for confidence in [0.0, 0.99, 49.9, 50.0, 60.0, 79.9, 80.0, 100.0] {
                let mut evidence = complete(confidence);
                change(&mut evidence);
                let decision = decide(&terms, history, &evidence, start());
                let (outcome, reasons) = (decision.outcome, decision.reasons);
                let after = done(&issued(policy, history), &judge_with(1, &terms, history, &evidence, start()), start());
                let next = (after.status.as_str(), after.status.next_step());
                writeln!(table, "  {name:<22} {confidence:>5}  {outcome:?} {reasons:?} {:?} -> {next:?}", tips(outcome, &evidence))
                    .unwrap();
                if evidence.confidence.is_none() {
                    break;
                }
            }
        }
    }
    insta::assert_snapshot!(table);
}

fn issued(policy: &str, history: History) -> Verification {
    let issued = done(&opened(policy), &commit(1), start());
    if history.superseded { done(&issued, &reserve(2, Some(1)), start()) } else { issued }
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

fn any_similarity() -> impl Strategy<Value = Option<Confidence>> {
    proptest::option::of(0.0..=100.0_f32).prop_map(|value| value.and_then(Confidence::new))
}

type Faces = (Option<SourceMatch>, Option<GallerySearch>, Option<AgeRange>);

fn any_faces() -> impl Strategy<Value = Faces> {
    let source =
        proptest::option::of((0..3_u8, any_similarity())).prop_map(|source| source.map(|(faces, similarity)| compared(faces, similarity)));
    let gallery =
        proptest::option::of((any_similarity(), any_similarity())).prop_map(|found| found.map(|(own, other)| GallerySearch { own, other }));
    let age = proptest::option::of((0..60_u8, 0..40_u8)).prop_map(|age| age.map(|(low, more)| AgeRange { low, high: low + more }));
    (source, gallery, age)
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let challenge = prop_oneof![Just(None), Just(Some(ChallengeKind::Movement)), Just(Some(ChallengeKind::MovementAndLight))]
        .prop_map(|kind| kind.map(|kind| Challenge { kind, version: "1.0.0".into() }));
    (any::<bool>(), any_similarity(), challenge, any::<bool>(), any_faces()).prop_map(|(ran, confidence, challenge, pictured, faces)| {
        let (source_match, gallery, age) = faces;
        Evidence {
            check: if ran { CheckStatus::Succeeded } else { CheckStatus::Failed },
            confidence,
            challenge,
            feedback: Vec::new(),
            reference_image: pictured.then(|| StoredImage::of(b"reference")),
            audit_images: Vec::new(),
            source_match,
            gallery,
            age,
        }
    })
}

fn any_terms() -> impl Strategy<Value = Terms> {
    proptest::sample::select(POLICIES.to_vec()).prop_map(terms)
}

fn any_history() -> impl Strategy<Value = History> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(superseded, source_given, device_suspicious)| History {
        superseded,
        source_given,
        device_suspicious,
    })
}

/// Everything that a policy asks for, spelt out once more.
fn is_complete(terms: &Terms, history: History, evidence: &Evidence) -> bool {
    use prooflight_shared::domain::FaceMatch;
    let reaches = |found: Option<Confidence>, least: Confidence| found.is_some_and(|found| found.get() >= least.get());
    let gallery = evidence.gallery.as_ref();
    let faces = match terms.face_match {
        FaceMatch::None => true,
        FaceMatch::Source { similarity, unique_similarity } => {
            let source =
                evidence.source_match.as_ref().map(|compared| compared.faces_in_source == 1 && reaches(compared.similarity, similarity));
            gallery.is_some_and(|found| !reaches(found.other, unique_similarity)) && source.unwrap_or(!history.source_given)
        }
        FaceMatch::Enrolled { similarity } => {
            gallery.is_some_and(|found| reaches(found.own, similarity) && !reaches(found.other, similarity))
        }
    };
    evidence.check == CheckStatus::Succeeded
        && evidence.confidence.is_some_and(|confidence| confidence >= terms.approve_at)
        && evidence.challenge.as_ref().is_some_and(|challenge| challenge.kind >= terms.challenge)
        && evidence.reference_image.is_some()
        && terms.minimum_age.is_none_or(|least| evidence.age.is_some_and(|age| age.low >= least))
        && faces
        && !history.superseded
        && !history.device_suspicious
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    /// Invariant 3: `approved` needs complete evidence, and complete evidence is approved.
    #[test]
    fn whatever_is_missing_never_passes(terms in any_terms(), evidence in any_evidence(), history in any_history()) {
        let decision = decide(&terms, history, &evidence, start());
        prop_assert_eq!(decision.outcome == Outcome::Passed, is_complete(&terms, history, &evidence));
        prop_assert_eq!(decision.outcome == Outcome::Passed, decision.reasons.is_empty());
    }

    /// Invariant 4: more confidence never makes an outcome worse.
    #[test]
    fn more_confidence_is_never_worse(terms in any_terms(), evidence in any_evidence(), history in any_history(), more in 0.0..=100.0_f32) {
        let Some(confidence) = evidence.confidence else { return Ok(()) };
        let mut surer = evidence.clone();
        surer.confidence = Confidence::new(confidence.get().max(more));
        let outcome = |evidence| decide(&terms, history, evidence, start()).outcome;
        prop_assert!(outcome(&surer) >= outcome(&evidence));
    }

    #[test]
    fn a_superseded_session_never_passes(terms in any_terms(), evidence in any_evidence()) {
        let decision = decide(&terms, History { superseded: true, ..USUAL }, &evidence, start());
        prop_assert_eq!(decision.outcome, Outcome::Failed);
        prop_assert!(decision.reasons.contains(&Reason::Superseded));
    }

    /// NIST SP 800-63A-4: that somebody else is enrolled with this face never denies by itself.
    #[test]
    fn anothers_face_never_denies(terms in any_terms(), evidence in any_evidence(), history in any_history(), other in 0.0..=100.0_f32) {
        let Some(gallery) = &evidence.gallery else { return Ok(()) };
        let mut hit = evidence.clone();
        hit.gallery = Some(GallerySearch { other: Confidence::new(other), ..gallery.clone() });
        let mut miss = evidence.clone();
        miss.gallery = Some(GallerySearch { other: None, ..gallery.clone() });
        let outcome = |evidence| decide(&terms, history, evidence, start()).outcome;
        prop_assert!(outcome(&hit) >= outcome(&miss).min(Outcome::InReview));
    }
}
