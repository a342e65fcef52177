//! How an erasure goes on, and what it does to a verification that is still open.

use crate::sample::{after, commit, done, judge, line, opened, person, start};
use prooflight_shared::domain::{Change, Command, Erasure, ErasureId, ErasureState, Reason, StackKey, Status};

#[test]
fn an_erasure_is_done_only_after_a_second_look() {
    let subject = StackKey::new("a stack's secret").subject(&person("alice"));
    let running = Erasure::requested(ErasureId::from_bytes([1; 16]), subject, start());
    assert_eq!(running.due_at(), Some(after(60)), "one that is cut off goes on by itself");
    let sweeping = running.swept(after(5));
    assert_eq!(sweeping.state, ErasureState::Sweeping { again_at: after(605) });
    assert_eq!(sweeping.swept(after(604)), sweeping, "not before its time");
    let finished = sweeping.swept(after(605));
    assert_eq!(finished.state, ErasureState::Done { finished_at: after(605) });
    assert_eq!((finished.due_at(), finished.swept(after(9999))), (None, finished.clone()), "what is done stays as it is");
}

#[test]
fn names_of_erasures_parse_whole_or_not_at_all() {
    let id = ErasureId::from_bytes([0xab; 16]);
    assert_eq!(ErasureId::parse(id.as_str()), Some(id.clone()));
    for bad in ["", "era_", "era_ab", &id.as_str().to_uppercase(), &format!("{id}0"), "ver_abababababababababababababababab"] {
        assert_eq!(ErasureId::parse(bad), None, "{bad}");
    }
}

#[test]
fn what_is_open_is_closed_and_what_is_closed_stays() {
    let issued = done(&opened("liveness"), &commit(1), start());
    let mut reviewed = issued.clone();
    reviewed.terms.review_from = prooflight_shared::domain::Confidence::new(60.0);
    let in_review = done(&reviewed, &judge(&reviewed, 1, 70.0, after(30)), after(30));
    for open in [&issued, &in_review] {
        let erased = done(open, &Command::Erase, after(40));
        assert_eq!((erased.status, erased.closed_because), (Status::Expired, Some(Reason::Erased)), "{}", line(open));
        assert_eq!(erased.apply(&Command::Erase, after(41)), Ok(Change::Unchanged));
    }
    let approved = done(&issued, &judge(&issued, 1, 97.0, after(30)), after(30));
    assert_eq!(approved.apply(&Command::Erase, after(40)), Ok(Change::Unchanged));
}
