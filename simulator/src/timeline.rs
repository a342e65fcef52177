//! When what happens in a check, as the real component paces it: a moment far away, the approach, the hold of a good second in the oval, the
//! colours one after the other, and half a second more. Times are milliseconds since recording began.

use crate::vector::smooth;
use fastrand::Rng;
use prooflight_vision::{Account, Challenge, ColorShown};

/// The course of one check.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    /// The approach.
    begins: f32,
    arrives: f32,
    /// When the client saw the face in the oval.
    pub(crate) target: f32,
    /// When each colour of the challenge began to scroll down.
    pub(crate) colors: Vec<f32>,
    pub(crate) end: f32,
}

impl Timeline {
    /// `brisk` wastes no time before the hold.
    pub(crate) fn draw(random: &mut Rng, challenge: &Challenge, brisk: bool) -> Self {
        let mut between = |low: f32, high: f32| low + (high - low) * random.f32();
        let begins = if brisk { 350.0 } else { between(400.0, 900.0) };
        let arrives = begins + if brisk { 750.0 } else { between(800.0, 1700.0) };
        let target = begins + 0.72 * (arrives - begins);
        let mut at = target + between(1020.0, 1260.0);
        let mut colors = Vec::new();
        for (number, color) in challenge.colors.iter().enumerate() {
            colors.push(at);
            // The component leaves the first entry at once, whatever its length.
            if number > 0 {
                at += (color.downscroll_ms + color.flat_ms) as f32 + between(0.0, 25.0);
            }
        }
        let end = match colors.last() {
            Some(last) => last + between(490.0, 640.0),
            None => arrives.max(target) + between(120.0, 260.0),
        };
        Self { begins, arrives, target, colors, end }
    }

    /// How much of the way into the oval is done, 0-1.
    pub(crate) fn closeness(&self, at: f32) -> f32 {
        smooth(self.begins, self.arrives, at)
    }

    /// The colour that scrolls down at that time, the one that it covers, and how far it has come; none before the first.
    pub(crate) fn shown(&self, challenge: &Challenge, at: f32) -> Option<(usize, usize, f32)> {
        let newest = self.colors.iter().rposition(|&start| start <= at)?;
        let scroll = challenge.colors.get(newest)?.downscroll_ms as f32;
        let share = if scroll > 0.0 { ((at - self.colors[newest]) / scroll).min(1.0) } else { 1.0 };
        Some((newest, newest.saturating_sub(1), share))
    }

    /// What the client tells of it, with recording begun at `began_ms`.
    pub(crate) fn account(&self, challenge: &Challenge, began_ms: i64) -> Account {
        let at = |ms: f32| began_ms + ms.round() as i64;
        let shown = |((sequence, color), &start): ((usize, &prooflight_vision::ColorStep), &f32)| ColorShown {
            sequence: sequence as u32,
            current: color.rgb,
            previous: Some(challenge.colors[sequence.saturating_sub(1)].rgb),
            at_ms: at(start),
        };
        Account {
            video_start_ms: began_ms,
            video_end_ms: at(self.end),
            target_reached_ms: Some(at(self.target)),
            colors: challenge.colors.iter().enumerate().zip(&self.colors).map(shown).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::draw;
    use prooflight_vision::Size;

    #[test]
    fn a_check_goes_as_the_component_paces_it() {
        for seed in 0..50 {
            let mut random = Rng::with_seed(seed);
            let challenge = draw(&mut random, Size { width: 480, height: 360 });
            let timeline = Timeline::draw(&mut random, &challenge, seed % 2 == 0);
            let account = timeline.account(&challenge, 1_000);
            assert_eq!(account.colors.len(), 8);
            assert_eq!(account.colors[0].at_ms, account.colors[1].at_ms, "the black one is skipped");
            let hold = account.colors[0].at_ms - account.target_reached_ms.unwrap();
            assert!((1015..=1265).contains(&hold), "{hold}");
            for pair in account.colors[1..].windows(2) {
                assert!((470..=530).contains(&(pair[1].at_ms - pair[0].at_ms)), "{account:?}");
                assert_eq!(pair[1].previous, Some(pair[0].current));
            }
            assert!((480..=650).contains(&(account.video_end_ms - account.colors[7].at_ms)));
            assert!(timeline.closeness(timeline.target) > 0.75 && timeline.closeness(0.0) == 0.0);
            let (shown, covered, share) = timeline.shown(&challenge, timeline.colors[1] + 237.5).unwrap();
            assert!((shown, covered) == (1, 0) && (share - 0.5).abs() < 1e-3, "{share}");
            assert_eq!(timeline.shown(&challenge, 0.0), None);
        }
    }
}
