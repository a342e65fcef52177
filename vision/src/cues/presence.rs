//! Is there a face, one face, lit well enough and recorded often enough to be measured? Values: `presence.face` the share of samples
//! with a face; `presence.one_face` the share of searched pictures with more than one; `presence.brightness` how bright the skin
//! looks, 0-1; `presence.rate` pictures in a second.

use super::{falling, median, rising};
use crate::face;
use crate::track::Track;
use crate::{Cue, Feedback};

pub(super) fn cues(track: &Track) -> Vec<Cue> {
    let mut cues = vec![
        rising("presence.face", share_with_face(track), 0.6, 0.05),
        falling("presence.one_face", share_with_more(track), 0.2, 0.03),
        rising("presence.rate", rate(track), 3.5, 0.5),
    ];
    if let Some(brightness) = brightness(track) {
        cues.push(rising("presence.brightness", brightness, 0.08, 0.015));
    }
    cues
}

/// What the person could change about the picture.
pub(crate) fn feedback(track: &Track) -> Vec<Feedback> {
    let mut feedback = Vec::new();
    if share_with_face(track) < 0.6 {
        feedback.push(Feedback::FaceNotVisible);
    }
    let sharpness = median(track.seen().map(|(_, seen)| seen.sharpness));
    if rate(track) < 6.0 || sharpness.is_some_and(|sharpness| sharpness < 8.0) {
        feedback.push(Feedback::LowVideoQuality);
    }
    match brightness(track) {
        Some(brightness) if brightness < 0.2 => feedback.push(Feedback::LowLighting),
        Some(brightness) if brightness > 0.93 => feedback.push(Feedback::HighLighting),
        _ => {}
    }
    feedback
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn share_with_face(track: &Track) -> f32 {
    track.seen().count() as f32 / track.samples.len().max(1) as f32
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen counts")]
fn share_with_more(track: &Track) -> f32 {
    track.faces.iter().filter(|&&faces| faces > 1).count() as f32 / track.faces.len().max(1) as f32
}

#[expect(clippy::cast_possible_truncation, reason = "a few thousand frames")]
fn rate(track: &Track) -> f32 {
    if track.length_ms <= 0.0 { 0.0 } else { (f64::from(track.frames.saturating_sub(1)) * 1000.0 / track.length_ms) as f32 }
}

fn brightness(track: &Track) -> Option<f32> {
    median(track.seen().map(|(_, seen)| face::brightness(seen.skin)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::{Sample, imagined};

    /// Three seconds at ten pictures a second, of which `with_face` show a face whose skin gives back `light`.
    fn track(with_face: usize, light: f32, sharpness: f32, faces: &[usize]) -> Track {
        let sample = |number: u8| {
            let mut seen = imagined();
            (seen.skin, seen.sharpness) = ([light; 3], sharpness);
            Sample { at_ms: 100.0 * f64::from(number), seen: (usize::from(number) < with_face).then_some(seen) }
        };
        Track { size: [480.0, 360.0], frames: 30, length_ms: 2900.0, samples: (0..30).map(sample).collect(), faces: faces.to_vec() }
    }

    #[test]
    fn what_speaks_against_a_person_and_what_they_are_told() {
        use Feedback::{FaceNotVisible, HighLighting, LowLighting, LowVideoQuality};
        for (name, track, low, high, told) in [
            ("a face", track(30, 0.3, 100.0, &[1, 1, 1, 1]), 0.95, 1.0, &[][..]),
            ("a face that is lost now and then", track(24, 0.3, 100.0, &[1, 1, 0, 1]), 0.95, 1.0, &[]),
            ("nobody", track(0, 0.3, 100.0, &[0, 0, 0, 0]), 0.0, 0.01, &[FaceNotVisible]),
            ("hardly ever a face", track(12, 0.3, 100.0, &[1, 0, 0, 0]), 0.0, 0.05, &[FaceNotVisible]),
            ("somebody passes by", track(30, 0.3, 100.0, &[1, 1, 1, 2, 1, 1, 1, 1, 1, 1]), 0.9, 1.0, &[]),
            ("two people", track(30, 0.3, 100.0, &[2, 2, 1, 1]), 0.0, 0.05, &[]),
            ("dark", track(30, 0.02, 100.0, &[1]), 0.9, 1.0, &[LowLighting]),
            ("black", track(30, 0.001, 100.0, &[1]), 0.0, 0.3, &[LowLighting]),
            ("blown out", track(30, 0.95, 100.0, &[1]), 0.9, 1.0, &[HighLighting]),
            ("blurred", track(30, 0.3, 2.0, &[1]), 0.9, 1.0, &[LowVideoQuality]),
        ] {
            let likelihood: f32 = cues(&track).iter().map(|cue| cue.likelihood).product();
            assert!((low..=high).contains(&likelihood), "{name}: {:?}", cues(&track));
            assert_eq!(feedback(&track), told, "{name}");
        }
    }

    #[test]
    fn two_pictures_a_second_are_too_few() {
        let slow = Track { frames: 6, ..track(30, 0.3, 100.0, &[1]) };
        assert!(cues(&slow).iter().any(|cue| cue.name == "presence.rate" && cue.likelihood < 0.05));
        assert_eq!(feedback(&slow), [Feedback::LowVideoQuality]);
    }
}
