//! How synthetic presenters fare: live ones pass, also on slow machines; a photo, a replay, a print and a crowd do not.

use super::presenter::{LIVE, Lit, Order, Presenter};
use super::{analyse, value};
use prooflight_vision::{Account, Feedback};

fn confidence(presenter: &Presenter) -> f32 {
    let findings = analyse([presenter.video().as_slice()], &presenter.challenge(), &Presenter::account()).expect("it is judged");
    eprintln!("{presenter:?}\n{:.1} {:?} {:#?}", findings.confidence, findings.feedback, findings.cues);
    findings.confidence
}

#[test]
fn a_live_person_passes() {
    assert!(confidence(&LIVE) > 90.0);
}

#[test]
fn a_live_person_at_30_frames_and_without_delay_passes() {
    assert!(confidence(&Presenter { rate: 30.0, delay_ms: 0.0, ..LIVE }) > 90.0);
}

#[test]
fn a_live_person_on_a_machine_that_manages_8_frames_passes() {
    assert!(confidence(&Presenter { rate: 8.0, delay_ms: 600.0, ..LIVE }) > 85.0);
}

#[test]
fn a_live_person_whose_light_comes_over_a_second_late_passes() {
    assert!(confidence(&Presenter { rate: 10.0, delay_ms: 1200.0, ..LIVE }) > 85.0);
}

#[test]
fn a_live_person_in_weak_light_passes() {
    assert!(confidence(&Presenter { strength: 0.1, ..LIVE }) > 80.0);
}

#[test]
fn a_photo_that_reflects_nothing_fails() {
    assert!(confidence(&Presenter { strength: 0.0, ..LIVE }) < 5.0);
}

#[test]
fn a_replay_of_another_session_fails() {
    assert!(confidence(&Presenter { order: Order::Another, ..LIVE }) < 5.0);
}

#[test]
fn a_print_that_reflects_everywhere_fails() {
    assert!(confidence(&Presenter { lit: Lit::Everything, ..LIVE }) < 20.0);
}

#[test]
fn two_people_side_by_side_fail() {
    let crowd = Presenter { faces: &[0.25, 0.75], ..LIVE };
    let findings = analyse([crowd.video().as_slice()], &crowd.challenge(), &Presenter::account()).expect("it is judged");
    assert!(findings.confidence < 5.0, "{findings:?}");
    assert!(value(&findings, "presence.one_face") > 0.5, "{:?}", findings.cues);
}

#[test]
fn whoever_stays_away_from_the_oval_fails_and_is_told_so() {
    let far = Presenter { approaches: false, ..LIVE };
    let findings = analyse([far.video().as_slice()], &far.challenge(), &Presenter::account()).expect("it is judged");
    assert!(findings.confidence < 5.0, "{:?}", findings.cues);
    assert_eq!(findings.feedback, [Feedback::FaceNotAligned]);
}

#[test]
fn an_account_without_colours_or_with_others_fails_closed() {
    let video = Presenter { rate: 8.0, ..LIVE }.video();
    let honest = Presenter::account();
    let mut others = honest.clone();
    others.colors[3].current = [255, 0, 0];
    for account in [Account { colors: Vec::new(), ..honest }, others] {
        let findings = analyse([video.as_slice()], &LIVE.challenge(), &account).expect("it is judged");
        assert_eq!((findings.confidence, value(&findings, "light.account")), (0.0, 0.0));
    }
}
