//! The invariants of a judgement, over any evidence, policy and history.

use crate::decisions::{POLICIES, USUAL, compared};
use crate::sample::{start, terms};
use prooflight_shared::domain::{
    AgeRange, Challenge, ChallengeKind, CheckStatus, Confidence, Evidence, FaceMatch, GallerySearch, Outcome, Reason, SourceMatch,
    StoredImage, Terms,
};
use prooflight_shared::policy::{History, decide};
use proptest::prelude::*;

/// A similarity, or a confidence, above the thresholds as often as below.
fn any_similarity() -> impl Strategy<Value = Option<Confidence>> {
    proptest::option::weighted(0.9, prop_oneof![0.0..=100.0_f32, 80.0..=100.0_f32]).prop_map(|value| value.and_then(Confidence::new))
}

type Faces = (Option<SourceMatch>, Option<GallerySearch>, Option<AgeRange>);

fn any_faces() -> impl Strategy<Value = Faces> {
    let source = proptest::option::weighted(0.9, (prop_oneof![0..3_u8, Just(1)], any_similarity()))
        .prop_map(|source| source.map(|(faces, similarity)| compared(faces, similarity)));
    let gallery = proptest::option::weighted(0.9, (any_similarity(), any_similarity()))
        .prop_map(|found| found.map(|(own, other)| GallerySearch { own, other }));
    let age =
        proptest::option::weighted(0.9, (0..60_u8, 0..40_u8)).prop_map(|age| age.map(|(low, more)| AgeRange { low, high: low + more }));
    (source, gallery, age)
}

/// What is missing hides everything else, so most often nothing is.
fn usually() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.9)
}

fn any_evidence() -> impl Strategy<Value = Evidence> {
    let challenge =
        prop_oneof![1 => Just(None), 2 => Just(Some(ChallengeKind::Movement)), 7 => Just(Some(ChallengeKind::MovementAndLight))]
            .prop_map(|kind| kind.map(|kind| Challenge { kind, version: "1.0.0".into() }));
    (usually(), any_similarity(), challenge, usually(), any_faces()).prop_map(|(ran, confidence, challenge, pictured, faces)| {
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
    (proptest::bool::weighted(0.1), any::<bool>(), any::<bool>()).prop_map(|(superseded, source_given, device_suspicious)| History {
        superseded,
        source_given,
        device_suspicious,
    })
}

/// Everything that a policy asks for, spelt out once more.
fn is_complete(terms: &Terms, history: History, evidence: &Evidence) -> bool {
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

/// A piece of evidence, and how it is taken away.
type Piece = (&'static str, fn(&mut Evidence));

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    /// Invariant 3: `approved` needs complete evidence, and complete evidence is approved.
    #[test]
    fn whatever_is_missing_never_passes(terms in any_terms(), evidence in any_evidence(), history in any_history()) {
        let decision = decide(&terms, history, &evidence, start());
        prop_assert_eq!(decision.outcome == Outcome::Passed, is_complete(&terms, history, &evidence));
        prop_assert_eq!(decision.outcome == Outcome::Passed, decision.reasons.is_empty());
    }

    /// Invariant 3 again, piece by piece: whoever takes a piece of evidence away, or makes it weaker, comes no nearer to an approval than a
    /// failed session. (A denial for an age that is not shown any more is one; nothing else is better than before.)
    #[test]
    fn taking_evidence_away_never_helps(terms in any_terms(), evidence in any_evidence(), history in any_history()) {
        // Nothing is compared with a picture that was not given.
        let history = History { source_given: history.source_given || evidence.source_match.is_some(), ..history };
        let outcome = |evidence: &Evidence| decide(&terms, history, evidence, start()).outcome;
        let most = outcome(&evidence).max(Outcome::Failed);
        let pieces: [Piece; 10] = [
            ("check", |evidence| evidence.check = CheckStatus::Failed),
            ("confidence", |evidence| evidence.confidence = None),
            ("challenge", |evidence| evidence.challenge = None),
            ("the stronger challenge", |evidence| {
                evidence.challenge.iter_mut().for_each(|challenge| challenge.kind = ChallengeKind::Movement);
            }),
            ("reference image", |evidence| evidence.reference_image = None),
            ("comparison", |evidence| evidence.source_match = None),
            ("likeness", |evidence| evidence.source_match.iter_mut().for_each(|compared| compared.similarity = None)),
            ("search", |evidence| evidence.gallery = None),
            ("own face", |evidence| evidence.gallery.iter_mut().for_each(|found| found.own = None)),
            ("age", |evidence| evidence.age = None),
        ];
        for (piece, take) in pieces {
            let mut less = evidence.clone();
            take(&mut less);
            prop_assert!(outcome(&less) <= most, "without {}: {:?} instead of {:?}", piece, outcome(&less), outcome(&evidence));
        }
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

    /// Nor does being more alike to the right face, being less alike to another's, or looking older.
    #[test]
    fn more_similarity_and_more_years_are_never_worse(
        terms in any_terms(),
        evidence in any_evidence(),
        history in any_history(),
        more in 0.0..=100.0_f32,
        years in 0..40_u8,
    ) {
        let raised = |found: Option<Confidence>| Confidence::new(found.map_or(more, |found| found.get().max(more)));
        let lowered = |found: Option<Confidence>| found.and_then(|found| Confidence::new(found.get().min(more)));
        let outcome = |evidence: &Evidence| decide(&terms, history, evidence, start()).outcome;
        let before = outcome(&evidence);
        let mut alike = evidence.clone();
        alike.source_match.iter_mut().for_each(|compared| compared.similarity = raised(compared.similarity));
        prop_assert!(outcome(&alike) >= before, "more alike to the picture");
        let mut own = evidence.clone();
        own.gallery.iter_mut().for_each(|found| found.own = raised(found.own));
        prop_assert!(outcome(&own) >= before, "more alike to the own face");
        let mut other = evidence.clone();
        other.gallery.iter_mut().for_each(|found| found.other = lowered(found.other));
        prop_assert!(outcome(&other) >= before, "less alike to another's");
        let mut older = evidence.clone();
        older.age = older.age.map(|age| AgeRange { low: age.low + years, high: age.high + years });
        prop_assert!(outcome(&older) >= before, "older");
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
