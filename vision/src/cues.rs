//! The cues: each is a function of what was seen, what was asked and what the client said, and answers with a measurement and how
//! well it fits a live person. A new cue is a file here, a line in [`weigh`] and a weight in `fusion`.

mod contrast;
mod light;
mod movement;
mod parallax;
mod permutations;
mod presence;
mod regression;
mod schedule;

pub(crate) use light::lit_from;
pub(crate) use movement::aligned;
pub(crate) use presence::feedback as presence_feedback;

use crate::track::Track;
use crate::{Account, Challenge, Cue};

/// All cues that this challenge gives. Without a face there is nothing to measure but its absence.
pub(crate) fn weigh(track: &Track, challenge: &Challenge, account: &Account, seed: u64) -> Vec<Cue> {
    let mut cues = presence::cues(track);
    if track.seen().next().is_none() {
        return cues;
    }
    cues.extend(movement::cues(track, challenge));
    cues.push(parallax::cue(track));
    if !challenge.colors.is_empty() {
        cues.extend(light::cues(track, challenge, account, seed));
    }
    cues
}

/// A cue whose value speaks the more for a live person the higher it is; at `center` it says nothing, each `scale` beyond it makes it
/// 2.7 times as likely. A value that is no number speaks against.
fn rising(name: &'static str, value: f32, center: f32, scale: f32) -> Cue {
    let value = if value.is_finite() { value } else { 0.0 };
    Cue { name, value, likelihood: 1.0 / (1.0 + (-(value - center) / scale).exp()) }
}

/// A cue whose value speaks the more against a live person the higher it is.
fn falling(name: &'static str, value: f32, center: f32, scale: f32) -> Cue {
    let value = if value.is_finite() { value } else { f32::MAX };
    Cue { name, value, likelihood: 1.0 / (1.0 + ((value - center) / scale).exp()) }
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
        for (cue, expected) in [
            (rising("x", 0.6, 0.6, 0.1), 0.5),
            (rising("x", 0.7, 0.6, 0.1), 0.731),
            (rising("x", 9.0, 0.6, 0.1), 1.0),
            (rising("x", f32::NAN, 0.6, 0.1), 0.002),
            (falling("x", 0.6, 0.6, 0.1), 0.5),
            (falling("x", 0.5, 0.6, 0.1), 0.731),
            (falling("x", f32::INFINITY, 0.6, 0.1), 0.0),
        ] {
            assert!((cue.likelihood - expected).abs() < 1e-3 && cue.value.is_finite(), "{cue:?}");
        }
    }

    #[test]
    fn the_median_is_one_of_the_values_that_are_numbers() {
        assert_eq!(median([3.0, f32::NAN, 1.0, 2.0].into_iter()), Some(2.0));
        assert_eq!(median([4.0, 1.0].into_iter()), Some(4.0));
        assert_eq!(median(std::iter::empty()), None);
    }
}
