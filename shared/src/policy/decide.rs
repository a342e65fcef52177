//! The judgement of a session. There is no "maybe": whatever is missing, failed, unreadable or weaker than the policy asks for
//! fails the session, and of two sessions alike in everything else the one with more confidence never comes out worse.

use crate::domain::{CheckStatus, Decision, Evidence, FaceMatch, Outcome, Reason, Terms};
use jiff::Timestamp;

/// What the verification knows beside the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// A newer session had taken this one's place.
    pub superseded: bool,
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
    let mut reasons = hard_failures(terms, history, evidence);
    let Some(confidence) = evidence.confidence else {
        return (Outcome::Failed, reasons);
    };
    if !reasons.is_empty() {
        return (Outcome::Failed, reasons);
    }
    if confidence >= terms.approve_at {
        return (Outcome::Passed, reasons);
    }
    reasons.push(Reason::ConfidenceTooLow);
    let reviewed = terms.review_from.is_some_and(|from| confidence >= from);
    (if reviewed { Outcome::InReview } else { Outcome::Failed }, reasons)
}

/// Every lack that no confidence can make up for.
fn hard_failures(terms: &Terms, history: History, evidence: &Evidence) -> Vec<Reason> {
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
    lacking(Reason::FaceMatchMissing, terms.face_match != FaceMatch::None);
    lacking(Reason::AgeMissing, terms.minimum_age.is_some());
    reasons
}

/// Advice for a subject whose session did not pass: from what Rekognition noticed alone, so that it tells nothing about the
/// score or about which check was missed.
pub fn tips(outcome: Outcome, evidence: &Evidence) -> Vec<String> {
    if outcome == Outcome::Passed {
        return Vec::new();
    }
    let mut codes: Vec<_> = evidence.feedback.clone();
    codes.sort_unstable();
    codes.dedup();
    let mut tips: Vec<String> = codes.into_iter().map(|code| code.tip().to_owned()).collect();
    if tips.is_empty() && outcome == Outcome::Failed {
        tips.push("HOLD_STILL_AND_FOLLOW".to_owned());
    }
    tips
}
