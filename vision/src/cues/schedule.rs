//! When which colour was on the screen. The colours are those that were sent; from the client's account only the times are taken, and
//! only if it tells the same story.

use crate::{Account, Challenge};

/// The colours of a challenge with the times at which the client showed them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    /// When each colour began to scroll down, in milliseconds since recording began.
    starts: Vec<f64>,
    /// For how long it scrolled.
    scrolls: Vec<f64>,
}

/// Why an account cannot be used: something is missing, or it contradicts what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contradiction;

impl Schedule {
    /// Every colour has to be reported, in order, as it was sent. A last colour that also stands alone is reported twice, the second time over
    /// itself; the first time counts.
    #[expect(clippy::cast_precision_loss, reason = "times within an hour")]
    pub(super) fn new(challenge: &Challenge, account: &Account) -> Result<Self, Contradiction> {
        let mut starts: Vec<f64> = Vec::new();
        for shown in &account.colors {
            let number = usize::try_from(shown.sequence).map_err(|_| Contradiction)?;
            let sent = challenge.colors.get(number).ok_or(Contradiction)?;
            let at = shown.at_ms.checked_sub(account.video_start_ms).ok_or(Contradiction)? as f64;
            let before = number.checked_sub(1).and_then(|before| challenge.colors.get(before)).map(|color| color.rgb);
            let covers = shown.previous.is_none_or(|covered| before.is_none_or(|before| covered == before) || covered == sent.rgb);
            if shown.current != sent.rgb || !covers || starts.last().is_some_and(|&last| at < last) {
                return Err(Contradiction);
            }
            if number == starts.len() {
                starts.push(at);
            } else if number + 1 != starts.len() {
                return Err(Contradiction);
            }
        }
        if starts.is_empty() || starts.len() != challenge.colors.len() {
            return Err(Contradiction);
        }
        let scrolls = challenge.colors.iter().map(|color| f64::from(color.downscroll_ms)).collect();
        Ok(Self { starts, scrolls })
    }

    /// When the first colour began.
    pub(super) fn start(&self) -> f64 {
        self.starts.first().copied().unwrap_or(0.0)
    }

    /// How many colours there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// How much of each colour is on the screen at `at` milliseconds: the newest one covers the upper part, the one before the rest.
    pub(super) fn mix(&self, at: f64) -> Vec<f64> {
        let mut mix = vec![0.0; self.len()];
        // Of colours that begin at once, the last one counts: the component skips a leading one.
        let newest = self.starts.iter().rposition(|&start| start <= at).unwrap_or(0);
        let since = at - self.starts.get(newest).copied().unwrap_or(0.0);
        let scroll = self.scrolls.get(newest).copied().unwrap_or(0.0);
        let covered = if newest == 0 || scroll <= 0.0 { 1.0 } else { (since / scroll).clamp(0.0, 1.0) };
        if let Some(share) = mix.get_mut(newest) {
            *share = covered;
        }
        if let Some(share) = newest.checked_sub(1).and_then(|before| mix.get_mut(before)) {
            *share = 1.0 - covered;
        }
        mix
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColorShown, ColorStep, Oval, Size};

    const BLACK: [u8; 3] = [0, 0, 0];
    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    fn challenge() -> Challenge {
        let step = |rgb, downscroll_ms, flat_ms| ColorStep { rgb, downscroll_ms, flat_ms };
        Challenge {
            frame: Size { width: 480, height: 360 },
            oval: Oval { width: 200.0, height: 320.0, center_x: 240.0, center_y: 180.0 },
            colors: vec![step(BLACK, 0, 75), step(RED, 400, 0), step(BLUE, 400, 0)],
        }
    }

    fn account(colors: &[(u32, [u8; 3], i64)]) -> Account {
        let colors =
            colors.iter().map(|&(sequence, current, at)| ColorShown { sequence, current, previous: None, at_ms: 5000 + at }).collect();
        Account { video_start_ms: 5000, video_end_ms: 9000, target_reached_ms: None, colors }
    }

    #[test]
    fn the_screen_mixes_neighbours_while_one_scrolls_over_the_other() {
        let schedule = Schedule::new(&challenge(), &account(&[(0, BLACK, 1000), (1, RED, 1000), (2, BLUE, 1400)])).unwrap();
        for (at, expected) in [
            (0.0, [1.0, 0.0, 0.0]),
            (1000.0, [1.0, 0.0, 0.0]),
            (1100.0, [0.75, 0.25, 0.0]),
            (1400.0, [0.0, 1.0, 0.0]),
            (1600.0, [0.0, 0.5, 0.5]),
            (3000.0, [0.0, 0.0, 1.0]),
        ] {
            assert_eq!(schedule.mix(at), expected, "at {at} ms");
        }
    }

    #[test]
    fn a_colour_has_to_cover_the_one_before() {
        let told = |covered| {
            let mut account = account(&[(0, BLACK, 1000), (1, RED, 1000), (2, BLUE, 1400)]);
            account.colors.iter_mut().skip(2).for_each(|shown| shown.previous = Some(covered));
            Schedule::new(&challenge(), &account).is_ok()
        };
        assert_eq!([RED, BLUE, BLACK].map(told), [true, true, false]);
    }

    #[test]
    fn an_account_that_tells_another_story_is_refused() {
        let story = [(0, BLACK, 1000), (1, RED, 1000), (2, BLUE, 1400)];
        let twice = [(0, BLACK, 1000), (1, RED, 1000), (2, BLUE, 1400), (2, BLUE, 1800)];
        for (name, colors, ok) in [
            ("as sent", &story[..], true),
            ("the last one twice", &twice[..], true),
            ("no colours", &[][..], false),
            ("one missing at the end", &story[..2], false),
            ("one missing at the beginning", &story[1..], false),
            ("one missing in the middle", &[(0, BLACK, 1000), (2, BLUE, 1400)][..], false),
            ("another colour", &[(0, BLACK, 1000), (1, BLUE, 1000), (2, BLUE, 1400)][..], false),
            ("a colour too many", &[(0, BLACK, 1), (1, RED, 1), (2, BLUE, 2), (3, RED, 3)][..], false),
            ("backwards in time", &[(0, BLACK, 1000), (1, RED, 1500), (2, BLUE, 1400)][..], false),
            ("backwards in order", &[(1, RED, 1000), (0, BLACK, 1000), (2, BLUE, 1400)][..], false),
        ] {
            assert_eq!(Schedule::new(&challenge(), &account(colors)).is_ok(), ok, "{name}");
        }
    }
}
