//! What the person could change about the picture, in Rekognition's codes. Each is measured on the whole track, and advises: what it means for the
//! confidence is for the cues to say.

use crate::cues;
use crate::track::{Seen, Track};
use crate::{Challenge, Feedback};

/// A condition is told when it held in this share of the pictures with a face.
const MOSTLY: f32 = 0.6;

/// Of pictures with more light on the face than this, a tenth of white away from it, nothing can be read.
const TOO_BRIGHT: f32 = 0.93;

const TOO_DARK: f32 = 0.2;

/// Pictures in a second, and detail (see [`crate::face::sharpness`]), below which a check suffers.
const FEW_PICTURES: f32 = 6.0;
const BLURRED: f32 = 8.0;

/// The conditions that held, in the order of the codes.
pub(crate) fn feedback(track: &Track, challenge: &Challenge) -> Vec<Feedback> {
    let held = [
        (Feedback::FaceNotVisible, cues::share_with_face(track) < MOSTLY),
        (Feedback::FaceObstruction, mostly(track, |seen| seen.cover.hides())),
        (Feedback::LowVideoQuality, is_poor(track)),
        (Feedback::FaceNotAligned, track.seen().next().is_some() && !cues::aligned(track, challenge)),
        (Feedback::EyesClosed, mostly(track, |seen| seen.eyes < 0.5 && !seen.cover.eyes)),
        (Feedback::LowLighting, cues::skin_brightness(track).is_some_and(|brightness| brightness < TOO_DARK)),
        (Feedback::HighLighting, cues::skin_brightness(track).is_some_and(|brightness| brightness > TOO_BRIGHT)),
    ];
    held.into_iter().filter_map(|(feedback, held)| held.then_some(feedback)).collect()
}

fn is_poor(track: &Track) -> bool {
    cues::pictures_a_second(track).is_none_or(|rate| rate < FEW_PICTURES)
        || cues::face_sharpness(track).is_some_and(|detail| detail < BLURRED)
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn mostly(track: &Track, holds: impl Fn(&Seen) -> bool) -> bool {
    let (all, held) = track.seen().fold((0_usize, 0_usize), |(all, held), (_, seen)| (all + 1, held + usize::from(holds(seen))));
    all > 0 && held as f32 >= MOSTLY * all as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{Box2, Cover};
    use crate::track::{Sample, imagined};
    use crate::{Oval, Size};
    use Feedback::{EyesClosed, FaceNotAligned, FaceNotVisible, FaceObstruction, HighLighting, LowLighting, LowVideoQuality};

    /// Three seconds at ten pictures a second with a face in the oval, changed in the first `count` of them.
    fn track(count: u8, change: fn(&mut Seen)) -> Track {
        let sample = |number: u8| {
            let mut seen = imagined();
            seen.oval_box = Box2::around([240.0, 180.0], 190.0, 300.0);
            if number < count {
                change(&mut seen);
            }
            Sample { at_ms: 100.0 * f64::from(number), seen: Some(seen) }
        };
        Track { size: [480.0, 360.0], frames: 30, length_ms: 2900.0, samples: (0..30).map(sample).collect(), ..Track::default() }
    }

    /// The same without a face in the first `count` pictures.
    fn hidden(count: usize) -> Track {
        let mut track = track(0, |_| {});
        track.samples.iter_mut().take(count).for_each(|sample| sample.seen = None);
        track
    }

    fn told(track: &Track) -> Vec<Feedback> {
        let oval = Oval { width: 200.0, height: 323.6, center_x: 240.0, center_y: 180.0 };
        feedback(track, &Challenge { frame: Size { width: 480, height: 360 }, oval, colors: Vec::new() })
    }

    fn mask(seen: &mut Seen) {
        seen.cover = Cover { lower: 6, eyes: false };
    }

    fn dark_glasses(seen: &mut Seen) {
        (seen.cover, seen.eyes) = (Cover { lower: 0, eyes: true }, 0.0);
    }

    #[test]
    fn each_condition_has_its_code() {
        for (name, track, expected) in [
            ("nothing", track(0, |_| {}), &[][..]),
            ("nobody", hidden(30), &[FaceNotVisible]),
            ("hardly ever a face", hidden(18), &[FaceNotVisible]),
            ("a face that is lost now and then", hidden(6), &[]),
            ("a mask", track(30, mask), &[FaceObstruction]),
            ("something that passes", track(8, mask), &[]),
            ("dark glasses", track(30, dark_glasses), &[FaceObstruction]),
            ("closed eyes", track(30, |seen| seen.eyes = 0.1), &[EyesClosed]),
            ("a blink", track(4, |seen| seen.eyes = 0.1), &[]),
            ("a blur", track(30, |seen| seen.sharpness = 2.0), &[LowVideoQuality]),
            ("two pictures a second", Track { frames: 6, ..track(0, |_| {}) }, &[LowVideoQuality]),
            ("dark", track(30, |seen| seen.skin = [0.02; 3]), &[LowLighting]),
            ("blown out", track(30, |seen| seen.skin = [0.95; 3]), &[HighLighting]),
            ("beside the oval", track(30, |seen| seen.oval_box.left += 150.0), &[FaceNotAligned]),
            ("masked and blurred", track(30, |seen| (mask(seen), seen.sharpness = 2.0).0), &[FaceObstruction, LowVideoQuality]),
        ] {
            assert_eq!(told(&track), expected, "{name}");
        }
    }
}
