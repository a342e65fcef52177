//! The cues: each is a function of what was seen, what was asked and what the client said, and answers with a measurement, how well it
//! fits a live person, and a sentence that says so. A new cue is a file here, a line in [`weigh`] and a rule in `fusion`.

mod arrival;
mod continuity;
mod contrast;
mod curve;
mod light;
mod movement;
mod parallax;
mod permutations;
mod presence;
mod quality;
mod recording;
mod regression;
mod schedule;
mod signals;

pub(crate) use light::lit_from;
pub(crate) use movement::aligned;
pub(crate) use presence::{share_with_face, skin_brightness};
pub(crate) use quality::{face_sharpness, pictures_a_second};

use crate::track::Track;
use crate::{Account, Challenge, Cue, LightCurve, fusion};

/// All cues that this challenge gives, whether they could be measured or not: without a face most of them cannot. Beside them, what was
/// displayed and what was measured of it.
pub(crate) fn weigh(track: &Track, challenge: &Challenge, account: &Account, seed: u64) -> (Vec<Cue>, Option<LightCurve>) {
    let mut cues = presence::cues(track);
    cues.extend(quality::cues(track));
    cues.extend(movement::cues(track, challenge));
    cues.push(arrival::cue(track, challenge, account));
    cues.push(parallax::cue(track));
    let mut curve = None;
    if !challenge.colors.is_empty() {
        let (light, drawn) = light::examine(track, challenge, account, seed);
        cues.extend(light);
        curve = drawn;
        contrast::or_depth(&mut cues);
    }
    cues.extend(continuity::cues(&track.glances));
    cues.extend(recording::cues(track, challenge, account));
    (cues, curve)
}

/// A cue whose value speaks the more for a live person the higher it is; at `center` it says nothing, each `scale` beyond it makes it
/// 2.7 times as likely.
fn rising(name: &'static str, value: f32, center: f32, scale: f32, explanation: String) -> Cue {
    judged(name, value, 1.0 / (1.0 + (-(value - center) / scale).exp()), explanation)
}

/// A cue whose value speaks the more against a live person the higher it is.
fn falling(name: &'static str, value: f32, center: f32, scale: f32, explanation: String) -> Cue {
    judged(name, value, 1.0 / (1.0 + ((value - center) / scale).exp()), explanation)
}

/// A cue whose likelihood is worked out elsewhere. What is no number was not measured.
fn judged(name: &'static str, value: f32, likelihood: f32, explanation: String) -> Cue {
    if value.is_nan() || likelihood.is_nan() {
        return unmeasured(name, "the measurement gave no number");
    }
    Cue { name, value: Some(value.clamp(f32::MIN, f32::MAX)), likelihood: likelihood.clamp(0.0, 1.0), explanation }
}

/// A cue that could not be measured, and why.
fn unmeasured(name: &'static str, because: &str) -> Cue {
    Cue { name, value: None, likelihood: fusion::unmeasured(name), explanation: format!("Not measured: {because}.") }
}

/// The middle value; none of none.
fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_says_nothing_at_its_centre_and_much_far_from_it() {
        let said = || String::new();
        for (cue, expected) in [
            (rising("x", 0.6, 0.6, 0.1, said()), 0.5),
            (rising("x", 0.7, 0.6, 0.1, said()), 0.731),
            (rising("x", 9.0, 0.6, 0.1, said()), 1.0),
            (rising("x", f32::NEG_INFINITY, 0.6, 0.1, said()), 0.0),
            (falling("x", 0.6, 0.6, 0.1, said()), 0.5),
            (falling("x", 0.5, 0.6, 0.1, said()), 0.731),
            (falling("x", f32::INFINITY, 0.6, 0.1, said()), 0.0),
        ] {
            assert!((cue.likelihood - expected).abs() < 1e-3 && cue.value.is_some_and(f32::is_finite), "{cue:?}");
        }
    }

    #[test]
    fn what_is_no_number_was_not_measured() {
        let cue = falling("light.contrast", f32::NAN, 0.5, 0.1, String::new());
        assert_eq!((cue.value, cue.explanation.as_str()), (None, "Not measured: the measurement gave no number."));
        assert!((cue.likelihood - 0.88).abs() < 1e-6);
    }

    #[test]
    fn the_median_is_one_of_the_values_that_are_numbers() {
        assert_eq!(median([3.0, f32::NAN, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0].into_iter()), Some(4.0));
        assert_eq!(median(std::iter::empty()), None);
    }
}
