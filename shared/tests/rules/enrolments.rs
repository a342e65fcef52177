//! Who is enrolled, from which verification, and who gives way.

use crate::sample::{after, commit, done, judge_with, opened, person, start};
use prooflight_shared::domain::{
    Command, EnrolledFace, Enrolment, EnrolmentState, FaceId, GallerySearch, Opinion, Plan, Reason, Status, Verdict, VerdictReason,
    Verification, VerificationId,
};
use prooflight_shared::policy::History;

/// An approved onboarding.
fn approved() -> Verification {
    let issued = done(&opened("onboarding"), &commit(1), start());
    let mut evidence = crate::sample::evidence(97.0);
    evidence.gallery = Some(GallerySearch { own: None, other: None });
    let approved = done(&issued, &judge_with(1, &issued.terms, History::default(), &evidence, after(30)), after(30));
    assert_eq!(approved.status, Status::Approved);
    approved
}

fn face(id: &str) -> EnrolledFace {
    EnrolledFace { face_id: FaceId::new(id), model: Some("7.0".into()), enrolled_at: after(60) }
}

fn begun(verification: &Verification) -> Enrolment {
    match Enrolment::plan(None, verification, after(60)) {
        Some(Plan::Begin(plan)) => plan,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_face_is_enrolled_once_from_an_approval_that_stands() {
    let verification = approved();
    let plan = begun(&verification);
    let other = Verification { id: VerificationId::from_bytes([9; 16]), ..verification.clone() };
    let overturn = Opinion {
        reviewer: person("rita"),
        verdict: Verdict::Overturn,
        reason: VerdictReason::NotLive,
        evidence_tag: verification.evidence_tag(),
        at: after(90),
    };
    let questioned = done(&verification, &Command::Question { because: Reason::FaceKnownElsewhere }, after(70));
    let overturned = done(&questioned, &Command::Review(overturn), after(90));
    let withdrawn = done(&verification, &Command::WithdrawConsent, after(90));
    let mut liveness = verification.clone();
    liveness.terms.enrol_on_approval = false;

    let enrolled = plan.enrolled(face("f1"));
    let undone = plan.undone(Reason::FaceKnownElsewhere, after(60));
    let year = 365 * 86_400;
    for (name, existing, verification, at, expected) in [
        ("nothing is known", None, &verification, 60, "begin"),
        ("the plan is there", Some(&plan), &verification, 60, "go on"),
        ("it is enrolled", Some(&enrolled), &verification, 60, "settled"),
        ("it was given up", Some(&undone), &verification, 60, "settled"),
        ("enrolled before, by another verification", Some(&enrolled), &other, 60, "settled"),
        ("planned before, by another verification", Some(&plan), &other, 60, "begin"),
        ("given up before, by another verification", Some(&undone), &other, 60, "begin"),
        ("enrolled so long ago that the face is due to go", Some(&enrolled), &other, 61 + year, "begin"),
        ("not approved", None, &opened("onboarding"), 60, "refused"),
        ("overturned", None, &overturned, 95, "refused"),
        ("overturned with the plan there", Some(&plan), &overturned, 95, "refused"),
        ("overturned once it was undone", Some(&plan.undone(Reason::ReviewDenied, after(60))), &overturned, 95, "settled"),
        ("questioned, and no verdict yet", None, &questioned, 95, "begin"),
        ("consent taken back", None, &withdrawn, 95, "refused"),
        ("a policy that enrols nobody", None, &liveness, 60, "refused"),
    ] {
        let planned = match Enrolment::plan(existing, verification, after(at)) {
            None => "refused",
            Some(Plan::Settled(_)) => "settled",
            Some(Plan::GoOn(_)) => "go on",
            Some(Plan::Begin(_)) => "begin",
        };
        assert_eq!(planned, expected, "{name}");
    }
}

/// Of any two who plan the same face exactly one gives way, whoever asks.
#[test]
fn of_two_side_by_side_one_stays() {
    let verification = approved();
    let first = begun(&verification);
    let later = Enrolment { planned_at: after(61), verification: VerificationId::from_bytes([0; 16]), ..first.clone() };
    let same_moment = Enrolment { verification: VerificationId::from_bytes([9; 16]), ..first.clone() };
    for other in [&later, &same_moment] {
        assert!(!first.yields_to(other) && other.yields_to(&first), "{other:?}");
        assert!(first.yields_to(&other.enrolled(face("f2"))), "whoever is enrolled stays");
        assert!(!first.yields_to(&other.undone(Reason::FaceKnownElsewhere, after(60))), "who gave way is in nobody's way");
    }
}

#[test]
fn a_face_serves_until_its_time_is_over() {
    let enrolled = begun(&approved()).enrolled(face("f1"));
    let last = enrolled.kept_until;
    assert_eq!(last.duration_since(after(60)).as_hours(), 365 * 24);
    assert!(enrolled.face_at(after(60)).is_some());
    assert!(enrolled.face_at(last).is_none());
    assert!(matches!(enrolled.undone(Reason::ReviewDenied, after(60)).state, EnrolmentState::Undone(_)));
    assert!(enrolled.undone(Reason::ReviewDenied, after(60)).face_at(after(60)).is_none());
    assert_eq!(format!("{:?}", face("f1").face_id), "FaceId(..)", "it stands for a person's face");
}
