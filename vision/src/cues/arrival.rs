//! Did the face arrive when the client says it did? Value of `movement.timing`: by how many milliseconds the face is later in the oval in the
//! recording than the client claims to have seen it there (negative: earlier). A stream of something that was recorded beforehand, or a
//! client that makes its account up, has to get this right as well.

use super::movement::{IN_OVAL, oval};
use super::{judged, unmeasured};
use crate::track::Track;
use crate::{Account, Challenge, Cue};

/// A recording begins up to a quarter of a second off the time that is told for it, and a slow machine adds most of a second. Beyond the first number a
/// step as long as the second makes it 2.7 times less likely.
const LATER_MS: [f32; 2] = [1100.0, 100.0];

/// The client looks again after every detection of its own and asks for more of an overlap: in the component on two cores it saw the face 0.4 to 1.2 s after
/// it was there.
const EARLIER_MS: [f32; 2] = [1700.0, 60.0];

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "milliseconds within an hour")]
pub(super) fn cue(track: &Track, challenge: &Challenge, account: &Account) -> Cue {
    const NAME: &str = "movement.timing";
    let Some(reached) = account.target_reached_ms else {
        return unmeasured(NAME, "the client does not tell when it saw the face in the oval");
    };
    let oval = oval(track, challenge);
    let Some((arrived, _)) = track.seen().find(|(_, seen)| seen.oval_box.overlap(oval) >= IN_OVAL) else {
        return unmeasured(NAME, "the face never came into the oval");
    };
    let claimed = reached.saturating_sub(account.video_start_ms) as f32;
    let later = arrived as f32 - claimed;
    let said = format!(
        "The face is in the oval {arrived:.0} ms into the recording and the client saw it there after {claimed:.0} ms; an honest client is at most 1000 ms ahead and 1500 ms behind."
    );
    let [tolerated, step] = if later < 0.0 { EARLIER_MS } else { LATER_MS };
    judged(NAME, later, 1.0 / (1.0 + ((later.abs() - tolerated) / step).exp()), said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Box2;
    use crate::track::{Sample, imagined};
    use crate::{Oval, Size};

    /// A face that jumps into the oval after 1.5 s.
    fn track() -> Track {
        let sample = |number: u8| {
            let mut seen = imagined();
            let width = if number < 15 { 90.0 } else { 190.0 };
            seen.oval_box = Box2::around([240.0, 180.0], width, 1.618 * width);
            Sample { at_ms: 100.0 * f64::from(number), seen: Some(seen) }
        };
        Track { size: [480.0, 360.0], samples: (0..60).map(sample).collect(), ..Track::default() }
    }

    #[test]
    fn the_time_of_arrival_has_to_be_about_the_one_that_was_told() {
        let oval = Oval { width: 200.0, height: 323.6, center_x: 240.0, center_y: 180.0 };
        let elsewhere = Oval { center_x: 60.0, ..oval };
        let told = |told: Option<i64>, oval| {
            let challenge = Challenge { frame: Size { width: 480, height: 360 }, oval, colors: Vec::new() };
            let account = Account { video_start_ms: 7000, target_reached_ms: told.map(|told| 7000 + told), ..Account::default() };
            cue(&track(), &challenge, &account)
        };
        for (name, at, low, high) in [
            ("as told", 1500, 0.99, 1.0),
            ("half a second late", 1000, 0.99, 1.0),
            ("0.8 s early", 2300, 0.9, 1.0),
            ("1.2 s early, as a browser on two cores tells it", 2700, 0.95, 1.0),
            ("two seconds early", 3500, 0.0, 0.01),
            ("long before the recording began", -1000, 0.0, 0.01),
            ("at no possible time", i64::MAX - 7000, 0.0, 0.01),
        ] {
            let likelihood = told(Some(at), oval).likelihood;
            assert!((low..=high).contains(&likelihood), "{name}: {likelihood}");
        }
        assert_eq!([told(None, oval).value, told(Some(1500), elsewhere).value], [None, None]);
    }
}
