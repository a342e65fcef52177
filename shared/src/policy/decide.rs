//! The judgement of a session. There is no "maybe": whatever is missing, failed, unreadable or weaker than the policy asks for
//! fails the session, and of two sessions alike in everything else the one with more confidence never comes out worse.

use crate::domain::{CheckStatus, Confidence, Decision, Evidence, FaceMatch, FeedbackCode, Outcome, Reason, Terms};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is known of the session beside its evidence: with the terms and the evidence, everything that a decision is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// A newer session had taken this one's place.
    pub superseded: bool,
    /// A picture to compare with was given at opening.
    pub source_given: bool,
    /// Many checks from the same device have failed lately.
    pub device_suspicious: bool,
}

/// Judges `evidence` under `terms`.
pub fn decide(terms: &Terms, history: History, evidence: &Evidence, now: Timestamp) -> Decision {
    let (outcome, reasons) = judge(terms, history, evidence);
    Decision {
        outcome,
        reasons,
        policy: terms.name.clone(),
        policy_version: terms.version.clone(),
        evidence_digest: evidence.digest(),
        decided_at: now,
    }
}

fn judge(terms: &Terms, history: History, evidence: &Evidence) -> (Outcome, Vec<Reason>) {
    let lacks = lacks(terms, history, evidence);
    let Some(confidence) = evidence.confidence.filter(|_| lacks.is_empty()) else {
        return (Outcome::Failed, lacks);
    };
    // Whatever the confidence is: were only a confident session denied, more confidence would make the outcome worse.
    if let Some(reason) = age(terms, evidence) {
        return (Outcome::Denied, vec![reason]);
    }
    let mut failures = Vec::new();
    let mut doubts = Vec::new();
    if confidence < terms.approve_at {
        let reviewed = terms.review_from.is_some_and(|from| confidence >= from);
        if reviewed { doubts.push(Reason::ConfidenceTooLow) } else { failures.push(Reason::ConfidenceTooLow) }
    }
    faces(terms, evidence, &mut failures, &mut doubts);
    if history.device_suspicious {
        doubts.push(Reason::DeviceSuspicious);
    }
    let outcome = match (failures.is_empty(), doubts.is_empty()) {
        (false, _) => Outcome::Failed,
        (true, false) => Outcome::InReview,
        (true, true) => Outcome::Passed,
    };
    failures.append(&mut doubts);
    (outcome, failures)
}

/// Every lack that no confidence can make up for.
fn lacks(terms: &Terms, history: History, evidence: &Evidence) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut lacking = |reason, lacks| {
        if lacks {
            reasons.push(reason);
        }
    };
    lacking(Reason::Superseded, history.superseded);
    if evidence.check == CheckStatus::Failed {
        // Nothing accompanies a failed check, so its other lacks would only repeat this one.
        lacking(Reason::CheckFailed, true);
        return reasons;
    }
    lacking(Reason::ChallengeMissing, evidence.challenge.is_none());
    lacking(Reason::ChallengeWeaker, evidence.challenge.as_ref().is_some_and(|run| run.kind < terms.challenge));
    lacking(Reason::ConfidenceMissing, evidence.confidence.is_none());
    lacking(Reason::ReferenceImageMissing, evidence.reference_image.is_none());
    let unsearched = terms.face_match != FaceMatch::None && evidence.gallery.is_none();
    let uncompared = matches!(terms.face_match, FaceMatch::Source { .. }) && history.source_given && evidence.source_match.is_none();
    lacking(Reason::FaceMatchMissing, unsearched || uncompared);
    lacking(Reason::AgeMissing, terms.minimum_age.is_some() && evidence.age.is_none());
    reasons
}

/// Why the subject is not shown to be old enough. The estimate is wide: only where all of it lies on the right side is it
/// taken for an answer, and where it straddles the line the subject has to prove his age in another way.
fn age(terms: &Terms, evidence: &Evidence) -> Option<Reason> {
    let (minimum, estimate) = (terms.minimum_age?, evidence.age?);
    match () {
        () if estimate.low >= minimum => None,
        () if estimate.high < minimum => Some(Reason::AgeTooLow),
        () => Some(Reason::AgeUncertain),
    }
}

/// Whether it is the right face. Not being alike fails the session; being alike to somebody else never denies by itself: among
/// many enrolled faces a false hit is a matter of time, so a person looks (NIST SP 800-63A-4, one-to-many comparison).
fn faces(terms: &Terms, evidence: &Evidence, failures: &mut Vec<Reason>, doubts: &mut Vec<Reason>) {
    let reaches = |found: Option<Confidence>, least: Confidence| found.is_some_and(|found| found >= least);
    let (own, other) = evidence.gallery.as_ref().map_or((None, None), |gallery| (gallery.own, gallery.other));
    match terms.face_match {
        FaceMatch::None => {}
        FaceMatch::Source { similarity, unique_similarity } => {
            if let Some(compared) = &evidence.source_match {
                if compared.faces_in_source != 1 {
                    doubts.push(Reason::SourceUnusable);
                } else if !reaches(compared.similarity, similarity) {
                    failures.push(Reason::FaceMatchTooLow);
                }
            }
            if reaches(other, unique_similarity) {
                doubts.push(Reason::FaceKnownElsewhere);
            }
        }
        FaceMatch::Enrolled { similarity } => {
            if !reaches(own, similarity) {
                failures.push(Reason::FaceMatchTooLow);
            }
            if reaches(other, similarity) {
                doubts.push(Reason::FaceKnownElsewhere);
            }
        }
    }
}

/// Whether an approval is drawn for a later look at its quality: `draw` is uniform over all of its values.
pub fn is_sampled(terms: &Terms, draw: u32) -> bool {
    f64::from(draw) < f64::from(terms.sampled_for_review) * (f64::from(u32::MAX) + 1.0)
}

/// Advice for a subject whose session did not pass: from what Rekognition noticed, and from reasons that say only how the picture
/// was. It tells nothing about the score or about which check was missed: a missed match gets the advice of a failed check.
pub fn tips(decision: &Decision, evidence: &Evidence) -> Vec<String> {
    if decision.outcome == Outcome::Passed {
        return Vec::new();
    }
    let mut codes: Vec<_> = evidence.feedback.clone();
    // Rekognition returns none where no picture shows a face well enough.
    codes.extend(decision.reasons.contains(&Reason::ReferenceImageMissing).then_some(FeedbackCode::FaceNotVisible));
    codes.sort_unstable();
    codes.dedup();
    let mut tips: Vec<String> = codes.into_iter().map(|code| code.tip().to_owned()).collect();
    if tips.is_empty() && decision.outcome == Outcome::Failed {
        tips.push("HOLD_STILL_AND_FOLLOW".to_owned());
    }
    tips
}
