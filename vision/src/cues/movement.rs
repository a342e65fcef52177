//! Did the person come closer, into the oval? Values: `movement.growth` the width of the face at the end over that at the beginning;
//! `movement.oval` how much the face and the oval cover each other at the end (intersection over union).

use super::{median, rising, unmeasured};
use crate::face::Box2;
use crate::track::Track;
use crate::{Challenge, Cue};

/// How long the beginning is, in milliseconds.
const BEGINNING_MS: f64 = 400.0;

/// How long the end is. In a challenge of movement alone the component stops recording as soon as the face fits, and the recorder
/// may lose the last pictures, so the end is short and its best moment counts.
const END_MS: f64 = 250.0;

/// From here on the face counts as in the oval. The client's own test wants 0.55 of another detector's box.
pub(super) const IN_OVAL: f32 = 0.42;

pub(super) fn cues(track: &Track, challenge: &Challenge) -> Vec<Cue> {
    if track.seen().next().is_none() {
        return ["movement.growth", "movement.oval"].map(|name| unmeasured(name, "no face was seen")).to_vec();
    }
    let (growth, cover) = (growth(track), cover(track, challenge));
    let grown =
        format!("The face is {growth:.2} times as wide at the end as at the beginning; who comes closer as asked grows by 1.5 or more.");
    let covered = format!(
        "Face and oval cover each other by {:.0} % at the end; from {:.0} % on the face counts as inside.",
        100.0 * cover,
        100.0 * IN_OVAL
    );
    vec![rising("movement.growth", growth, 1.3, 0.07, grown), rising("movement.oval", cover, IN_OVAL, 0.03, covered)]
}

/// Whether the face came into the oval.
pub(crate) fn aligned(track: &Track, challenge: &Challenge) -> bool {
    cover(track, challenge) >= IN_OVAL
}

fn growth(track: &Track) -> f32 {
    let far = median(track.first(BEGINNING_MS).into_iter().map(|seen| seen.oval_box.width)).unwrap_or(0.0);
    let near = highest(track.last(END_MS).into_iter().map(|seen| seen.oval_box.width));
    if far > 0.0 { near / far } else { 0.0 }
}

fn cover(track: &Track, challenge: &Challenge) -> f32 {
    let oval = oval(track, challenge);
    highest(track.last(END_MS).into_iter().map(|seen| seen.oval_box.overlap(oval)))
}

fn highest(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, f32::max)
}

/// The oval's box in pixels of the recording, which need not have the size that the client declared.
#[expect(clippy::cast_precision_loss, reason = "sides of a few thousand pixels")]
pub(super) fn oval(track: &Track, challenge: &Challenge) -> Box2 {
    let [width, height] = track.size;
    let along = width / challenge.frame.width.max(1) as f32;
    let down = height / challenge.frame.height.max(1) as f32;
    let oval = challenge.oval;
    Box2::around([oval.center_x * along, oval.center_y * down], oval.width * along, oval.height * down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::{Sample, imagined};
    use crate::{Oval, Size};

    /// A face whose width grows from the first to the second number within a second and stays there for another.
    fn track(from: f32, to: f32, center: [f32; 2]) -> Track {
        let sample = |number: u8| {
            let mut seen = imagined();
            let width = from + (to - from) * (f32::from(number) / 15.0).min(1.0);
            seen.oval_box = Box2::around(center, width, 1.618 * width);
            Sample { at_ms: f64::from(number) * 66.0, seen: Some(seen) }
        };
        Track { size: [960.0, 720.0], frames: 30, length_ms: 2000.0, samples: (0..30).map(sample).collect(), ..Track::default() }
    }

    #[test]
    fn a_face_has_to_come_closer_and_into_the_oval() {
        let oval = Oval { width: 200.0, height: 323.6, center_x: 240.0, center_y: 180.0 };
        // The recording has twice the size that was declared.
        let challenge = Challenge { frame: Size { width: 480, height: 360 }, oval, colors: Vec::new() };
        for (name, track, low, high, aligned_then) in [
            ("as asked", track(200.0, 400.0, [480.0, 360.0]), 0.95, 1.0, true),
            ("a little off", track(200.0, 360.0, [520.0, 380.0]), 0.9, 1.0, true),
            ("stays away", track(200.0, 200.0, [480.0, 360.0]), 0.0, 0.01, false),
            ("is close from the beginning", track(400.0, 400.0, [480.0, 360.0]), 0.0, 0.02, true),
            ("goes beside it", track(200.0, 400.0, [780.0, 360.0]), 0.0, 0.01, false),
            ("comes much too close", track(300.0, 900.0, [480.0, 360.0]), 0.0, 0.01, false),
        ] {
            let likelihood: f32 = cues(&track, &challenge).iter().map(|cue| cue.likelihood).product();
            assert!((low..=high).contains(&likelihood), "{name}: {:?}", cues(&track, &challenge));
            assert_eq!(aligned(&track, &challenge), aligned_then, "{name}");
        }
    }
}
