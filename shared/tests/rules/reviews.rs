//! What reviewers may do: every command in every state that has to do with a review, and the rules between two of them.

use crate::sample::{after, commit, done, evidence, judge_with, opened, person, start};
use prooflight_shared::domain::{
    Change, Command, GallerySearch, Opinion, Reason, Rejection, ReviewRejection, Status, Verdict, VerdictReason, Verification,
};
use prooflight_shared::policy::History;

/// A verification that a person has to look at: alike to somebody else, or with a confidence in the band.
fn in_review(known_elsewhere: bool) -> Verification {
    let issued = done(&opened("onboarding"), &commit(1), start());
    let mut found = evidence(if known_elsewhere { 97.0 } else { 70.0 });
    let other = known_elsewhere.then(|| prooflight_shared::domain::Confidence::new(99.0).unwrap());
    found.gallery = Some(GallerySearch { own: None, other });
    let judged = done(&issued, &judge_with(1, &issued.terms, History::default(), &found, after(30)), after(30));
    assert_eq!(judged.status, Status::InReview);
    judged
}

fn opinion(verification: &Verification, reviewer: &str, verdict: Verdict) -> Command {
    Command::Review(Opinion {
        reviewer: person(reviewer),
        verdict,
        reason: VerdictReason::Confirmed,
        evidence_tag: verification.evidence_tag(),
        at: after(60),
    })
}

fn refused(verification: &Verification, command: &Command, seconds: i64) -> ReviewRejection {
    match verification.apply(command, after(seconds)) {
        Err(Rejection::Review(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_verdict_wins_and_is_repeated() {
    let asked = in_review(false);
    let approved = done(&asked, &opinion(&asked, "rita", Verdict::Approve), after(60));
    assert_eq!((approved.status, approved.decided_at), (Status::Approved, Some(after(60))));
    assert_eq!(approved.apply(&opinion(&asked, "rita", Verdict::Approve), after(70)), Ok(Change::Unchanged), "its answer was lost");
    let winner = ReviewRejection::AlreadyReviewed { verdict: Verdict::Approve, at: after(60) };
    assert_eq!(refused(&approved, &opinion(&asked, "ralf", Verdict::Deny), 70), winner);

    let denied = done(&asked, &opinion(&asked, "rita", Verdict::Deny), after(60));
    assert_eq!((denied.status, denied.closed_because), (Status::Denied, Some(Reason::ReviewDenied)));
}

#[test]
fn what_a_machine_holds_against_somebody_takes_two_to_set_aside() {
    let asked = in_review(true);
    let once = done(&asked, &opinion(&asked, "rita", Verdict::Approve), after(60));
    assert_eq!(once.status, Status::InReview);
    assert_eq!(once.apply(&opinion(&asked, "rita", Verdict::Approve), after(61)), Ok(Change::Unchanged), "the same person is not two");
    assert_eq!(done(&once, &opinion(&asked, "ralf", Verdict::Approve), after(62)).status, Status::Approved);
    assert_eq!(done(&once, &opinion(&asked, "ralf", Verdict::Deny), after(62)).status, Status::Denied, "a denial takes one");
}

#[test]
fn who_may_judge_what() {
    let asked = in_review(false);
    assert_eq!(refused(&asked, &opinion(&asked, "alice", Verdict::Approve), 60), ReviewRejection::OwnVerification);
    assert_eq!(refused(&asked, &opinion(&asked, "rita", Verdict::Uphold), 60), ReviewRejection::WrongVerdict);
    let Command::Review(mut stale) = opinion(&asked, "rita", Verdict::Approve) else { panic!("no review") };
    stale.evidence_tag = "of something else".into();
    assert_eq!(refused(&asked, &Command::Review(stale), 60), ReviewRejection::EvidenceChanged);

    let held = done(&asked, &Command::Claim { reviewer: person("rita") }, after(60));
    assert_eq!(refused(&held, &opinion(&asked, "ralf", Verdict::Approve), 61), ReviewRejection::Claimed);
    assert_eq!(refused(&held, &Command::Claim { reviewer: person("ralf") }, 61), ReviewRejection::Claimed);
    assert_eq!(done(&held, &opinion(&asked, "ralf", Verdict::Approve), after(60 + 600)).status, Status::Approved, "a claim runs out");

    let late = after(30 + 72 * 3600);
    assert!(matches!(asked.apply(&opinion(&asked, "rita", Verdict::Approve), late), Err(Rejection::Review(ReviewRejection::NotInReview))));
    assert_eq!(refused(&opened("liveness"), &opinion(&asked, "rita", Verdict::Approve), 1), ReviewRejection::NotInReview);
}

/// Invariant 1: a later judgement of an approval stands beside it.
#[test]
fn an_approval_stays_whatever_is_said_of_it_later() {
    let issued = done(&opened("liveness"), &commit(1), start());
    let Command::Judge { number, decision, tips, superseded, .. } =
        judge_with(1, &issued.terms, History::default(), &evidence(97.0), after(30))
    else {
        panic!("no judgement")
    };
    let sampled = done(&issued, &Command::Judge { number, decision, tips, superseded, sampled: true }, after(30));
    assert!(sampled.needs_verdict());
    let overturned = done(&sampled, &opinion(&sampled, "rita", Verdict::Overturn), after(90));
    assert_eq!((overturned.status, overturned.decided_at), (Status::Approved, Some(after(30))));
    assert!(!overturned.needs_verdict());
}

#[test]
fn consent_that_is_taken_back_ends_what_is_open() {
    for (before, closed) in [(opened("liveness"), Status::Expired), (in_review(false), Status::Expired)] {
        let after_it = done(&before, &Command::WithdrawConsent, after(60));
        assert_eq!((after_it.status, after_it.closed_because), (closed, Some(Reason::ConsentWithdrawn)));
        assert_eq!(after_it.withdrawn_at, Some(after(60)));
        assert_eq!(after_it.apply(&Command::WithdrawConsent, after(70)), Ok(Change::Unchanged));
    }
    let cancelled = done(&opened("liveness"), &Command::Cancel, after(5));
    assert_eq!((cancelled.status, cancelled.closed_because), (Status::Expired, Some(Reason::Cancelled)));
    assert_eq!(cancelled.apply(&Command::Cancel, after(6)), Ok(Change::Unchanged));
    assert_eq!(in_review(false).apply(&Command::Cancel, after(60)), Err(Rejection::VerificationClosed));
}
