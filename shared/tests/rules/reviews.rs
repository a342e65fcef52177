//! What reviewers may do: every command in every state that has to do with a review, as one snapshot, and the rules between two of them.

use crate::sample::{after, commit, done, evidence, judge_with, opened, person, start};
use prooflight_shared::domain::{
    Change, Command, GallerySearch, Opinion, Reason, Rejection, Review, ReviewKind, ReviewRejection, Status, Verdict, VerdictReason,
    Verification,
};
use prooflight_shared::policy::History;
use proptest::prelude::*;
use std::fmt::Write as _;

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

/// A verification that is approved, and was drawn for a later look.
fn sampled() -> Verification {
    let issued = done(&opened("liveness"), &commit(1), start());
    let Command::Judge { number, decision, tips, superseded, .. } =
        judge_with(1, &issued.terms, History::default(), &evidence(97.0), after(30))
    else {
        panic!("no judgement")
    };
    done(&issued, &Command::Judge { number, decision, tips, superseded, sampled: true }, after(30))
}

/// A reason that speaks for the verdict.
fn fitting(verdict: Verdict) -> VerdictReason {
    match verdict {
        Verdict::Approve => VerdictReason::SamePerson,
        Verdict::Uphold => VerdictReason::Confirmed,
        Verdict::Deny | Verdict::Overturn => VerdictReason::NotLive,
    }
}

fn opinion(verification: &Verification, reviewer: &str, verdict: Verdict) -> Command {
    Command::Review(Opinion {
        reviewer: person(reviewer),
        verdict,
        reason: fitting(verdict),
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
    assert_eq!(refused(&approved, &opinion(&asked, "ralf", Verdict::Approve), 70), winner, "agreeing too late is too late");
    let Command::Review(mut otherwise) = opinion(&asked, "rita", Verdict::Approve) else { panic!("no review") };
    otherwise.reason = VerdictReason::LivePerson;
    assert_eq!(refused(&approved, &Command::Review(otherwise), 70), winner, "another reason is another opinion");
    assert_eq!(
        refused(&approved, &opinion(&asked, "alice", Verdict::Approve), 70),
        ReviewRejection::OwnVerification,
        "she is not told who won"
    );

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
    let sampled = sampled();
    assert!(sampled.needs_verdict());
    let overturned = done(&sampled, &opinion(&sampled, "rita", Verdict::Overturn), after(90));
    assert_eq!((overturned.status, overturned.decided_at), (Status::Approved, Some(after(30))));
    assert!(!overturned.needs_verdict());
    let withdrawn = done(&sampled, &Command::WithdrawConsent, after(60));
    assert_eq!((withdrawn.status, withdrawn.needs_verdict()), (Status::Approved, false), "there is nothing left to look at");
    let questioned = Command::Question { because: Reason::FaceKnownElsewhere };
    assert_eq!(overturned.apply(&questioned, after(91)), Ok(Change::Unchanged), "it was judged before");
    assert_eq!(in_review(false).apply(&questioned, after(60)), Ok(Change::Unchanged), "what is not approved cannot be questioned");
}

#[test]
fn a_reason_speaks_for_its_verdict() {
    use VerdictReason::{Confirmed, DifferentPerson, DuplicatePerson, LivePerson, NotLive, PoorEvidence, SamePerson, SuspectedFraud};
    let all = [SamePerson, DifferentPerson, NotLive, LivePerson, PoorEvidence, DuplicatePerson, SuspectedFraud, Confirmed];
    let against: &[VerdictReason] = &[DifferentPerson, NotLive, PoorEvidence, DuplicatePerson, SuspectedFraud];
    for (verdict, fitting) in [
        (Verdict::Approve, &[SamePerson, LivePerson][..]),
        (Verdict::Uphold, &[SamePerson, LivePerson, Confirmed]),
        (Verdict::Deny, against),
        (Verdict::Overturn, against),
    ] {
        let asked = if verdict.kind() == ReviewKind::Decision { in_review(false) } else { sampled() };
        for reason in all {
            let Command::Review(opinion) = opinion(&asked, "rita", verdict) else { panic!("no review") };
            let taken = asked.apply(&Command::Review(Opinion { reason, ..opinion }), after(60));
            assert_eq!(taken.is_ok(), fitting.contains(&reason), "{verdict:?} because {reason:?}");
            assert!(taken.is_ok() || taken == Err(Rejection::Review(ReviewRejection::WrongReason)));
        }
        assert_eq!(Verdict::parse(verdict.as_str()), Some(verdict));
    }
    assert_eq!(Verdict::parse("approve"), None);
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

fn told(review: &Review) -> String {
    let kind = if review.kind == ReviewKind::Decision { "decision" } else { "quality" };
    let claim = review.claim.as_ref().map(|claim| format!(", held by {}", claim.reviewer.subject)).unwrap_or_default();
    let verdict = review.verdict.as_ref().map(|verdict| format!(", {} by {}", verdict.verdict.as_str(), verdict.reviewer.subject));
    format!("{kind} {} of {}{claim}{}", review.approvals(), review.approvals_needed(), verdict.unwrap_or_default())
}

fn line(verification: &Verification) -> String {
    let because = verification.closed_because.map(|reason| format!(" ({reason:?})")).unwrap_or_default();
    let review = verification.review.as_ref().map_or_else(|| "nothing asked".to_owned(), told);
    format!("{}{because}; {review}{}", verification.status.as_str(), if verification.needs_verdict() { "; in the queue" } else { "" })
}

#[test]
fn every_reviewers_command_in_every_state() {
    let (asked, doubted, sampled) = (in_review(false), in_review(true), sampled());
    let claim = |reviewer| Command::Claim { reviewer: person(reviewer) };
    let states = [
        ("open", opened("liveness")),
        ("in review", asked.clone()),
        ("in review, held by rita", done(&asked, &claim("rita"), after(50))),
        ("in review, alike to somebody else", doubted.clone()),
        ("in review, approved once by rita", done(&doubted, &opinion(&doubted, "rita", Verdict::Approve), after(50))),
        ("approved by rita", done(&asked, &opinion(&asked, "rita", Verdict::Approve), after(50))),
        ("denied by rita", done(&asked, &opinion(&asked, "rita", Verdict::Deny), after(50))),
        ("withdrawn", done(&asked, &Command::WithdrawConsent, after(50))),
        ("approved and drawn", sampled.clone()),
        ("approved and overturned by rita", done(&sampled, &opinion(&sampled, "rita", Verdict::Overturn), after(50))),
        ("approved, drawn and withdrawn", done(&sampled, &Command::WithdrawConsent, after(50))),
    ];
    let mut table = String::new();
    for (name, verification) in &states {
        writeln!(table, "{name}: {}", line(verification)).unwrap();
        let verdicts = [Verdict::Approve, Verdict::Deny, Verdict::Uphold, Verdict::Overturn];
        let mut commands = vec![("cancel".to_owned(), Command::Cancel), ("withdraw consent".to_owned(), Command::WithdrawConsent)];
        commands.push(("question".to_owned(), Command::Question { because: Reason::FaceKnownElsewhere }));
        for reviewer in ["rita", "ralf", "alice"] {
            commands.push((format!("{reviewer} claims"), claim(reviewer)));
            // What alice says of herself is refused whatever it is.
            let said = if reviewer == "alice" { &verdicts[..1] } else { &verdicts };
            for verdict in said {
                commands.push((format!("{reviewer}: {}", verdict.as_str()), opinion(verification, reviewer, *verdict)));
            }
        }
        for (command_name, command) in commands {
            let effect = match verification.apply(&command, after(60)) {
                Ok(Change::Changed(next)) => line(&next),
                Ok(Change::Unchanged) => "-".to_owned(),
                Err(Rejection::Review(ReviewRejection::AlreadyReviewed { verdict, .. })) => format!("already {}", verdict.as_str()),
                Err(Rejection::Review(refused)) => format!("refused: {refused:?}"),
                Err(refused) => format!("refused: {refused:?}"),
            };
            writeln!(table, "  {command_name:<18} {effect}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// What somebody does next, and how long after.
#[derive(Debug, Clone)]
enum Step {
    Claim(&'static str),
    Say(&'static str, Verdict, bool),
    Withdraw,
    Question,
}

fn any_step() -> impl Strategy<Value = (u32, Step)> {
    let who = || proptest::sample::select(vec!["rita", "ralf", "rosa", "alice"]);
    let verdict = proptest::sample::select(vec![Verdict::Approve, Verdict::Approve, Verdict::Deny, Verdict::Uphold, Verdict::Overturn]);
    let step = prop_oneof![
        3 => who().prop_map(Step::Claim),
        8 => (who(), verdict, proptest::bool::weighted(0.9)).prop_map(|(who, verdict, seen)| Step::Say(who, verdict, seen)),
        1 => Just(Step::Withdraw),
        1 => Just(Step::Question),
    ];
    (0..20_000_u32, step)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever reviewers do in whatever order: one verdict at most, by somebody else than the subject, on the evidence as it is, against
    /// nobody's hold, and after as many people as it takes.
    #[test]
    fn the_rules_of_a_verdict_hold_over_any_history(kind in 0..3_u8, steps in proptest::collection::vec(any_step(), 1..25)) {
        let mut verification = match kind { 0 => in_review(false), 1 => in_review(true), _ => sampled() };
        let mut seconds = 60;
        for (wait, step) in steps {
            seconds += i64::from(wait);
            let now = after(seconds);
            let before = verification.at(now);
            let command = match step {
                Step::Claim(who) => Command::Claim { reviewer: person(who) },
                Step::Say(who, verdict, seen) => {
                    let Command::Review(mut opinion) = opinion(&before, who, verdict) else { return Ok(()) };
                    if !seen {
                        opinion.evidence_tag = "of something else".into();
                    }
                    Command::Review(Opinion { at: now, ..opinion })
                }
                Step::Withdraw => Command::WithdrawConsent,
                Step::Question => Command::Question { because: Reason::FaceKnownElsewhere },
            };
            let Ok(Change::Changed(next)) = verification.apply(&command, now) else { continue };
            prop_assert_eq!(next.apply(&command, now), Ok(Change::Unchanged), "a command is applied once: {:?}", command);
            let verdict_of = |verification: &Verification| verification.review.as_ref().and_then(|review| review.verdict.clone());
            let (was, is) = (verdict_of(&before), verdict_of(&next));
            if was.is_some() {
                prop_assert_eq!(&was, &is, "a verdict is never replaced");
            } else if let Some(verdict) = is {
                let (asked, review) = (before.review.as_ref().unwrap(), next.review.as_ref().unwrap());
                prop_assert!(verdict.reviewer != next.owner && verdict.evidence_tag == next.evidence_tag());
                prop_assert!(asked.claim_at(now).is_none_or(|claim| claim.reviewer == verdict.reviewer), "another's hold holds");
                prop_assert_eq!(verdict.verdict.kind(), review.kind);
                if verdict.verdict == Verdict::Approve && kind == 1 {
                    let first = review.seconded_by.as_ref().map(|first| &first.reviewer);
                    prop_assert!(first.is_some_and(|first| *first != verdict.reviewer), "it takes two");
                }
            }
            let expected = match verdict_of(&next).filter(|_| before.status == Status::InReview).map(|opinion| opinion.verdict) {
                Some(Verdict::Approve) => Status::Approved,
                Some(Verdict::Deny) => Status::Denied,
                _ if matches!(command, Command::WithdrawConsent) && before.status == Status::InReview => Status::Expired,
                _ => before.status,
            };
            prop_assert_eq!(next.status, expected, "a verdict alone decides, and what is closed never changes");
            verification = *next;
        }
    }
}
