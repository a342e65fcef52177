//! Is there a face, one face, lit well enough to be measured? Values: `presence.face` the share of samples with a face;
//! `presence.one_face` the share of searched pictures with more than one; `presence.brightness` how bright the skin looks, 0-1.

use super::{falling, median, rising, unmeasured};
use crate::Cue;
use crate::face;
use crate::track::Track;

pub(super) fn cues(track: &Track) -> Vec<Cue> {
    vec![face(track), one_face(track), brightness(track)]
}

fn face(track: &Track) -> Cue {
    if track.samples.is_empty() {
        return unmeasured("presence.face", "no picture was looked at");
    }
    let share = share_with_face(track);
    let said =
        format!("A face was found in {} of {} pictures that were looked at; 60 % are needed.", track.seen().count(), track.samples.len());
    rising("presence.face", share, 0.6, 0.05, said)
}

fn one_face(track: &Track) -> Cue {
    if track.faces.iter().all(|&faces| faces == 0) {
        return unmeasured("presence.one_face", "no face was found to be the only one");
    }
    let more = track.faces.iter().filter(|&&faces| faces > 1).count();
    let said =
        format!("More than one face of a like size was found in {more} of {} pictures that were searched for it.", track.faces.len());
    falling("presence.one_face", share(more, track.faces.len()), 0.2, 0.03, said)
}

fn brightness(track: &Track) -> Cue {
    let Some(brightness) = skin_brightness(track) else { return unmeasured("presence.brightness", "no face was seen") };
    let said = format!("The skin is {:.0} % as bright as white; below 8 % there is nothing to measure.", 100.0 * brightness);
    rising("presence.brightness", brightness, 0.08, 0.015, said)
}

/// The share of the pictures that were looked at in which there is a face.
pub(crate) fn share_with_face(track: &Track) -> f32 {
    share(track.seen().count(), track.samples.len())
}

/// How bright the skin looks, 0-1.
pub(crate) fn skin_brightness(track: &Track) -> Option<f32> {
    median(track.seen().map(|(_, seen)| face::brightness(seen.skin)))
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn share(part: usize, whole: usize) -> f32 {
    part as f32 / whole.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::{Sample, imagined};

    /// Thirty samples, of which `with_face` show a face whose skin gives back `light`.
    fn track(with_face: usize, light: f32, faces: &[usize]) -> Track {
        let sample = |number: u8| {
            let mut seen = imagined();
            seen.skin = [light; 3];
            Sample { at_ms: 100.0 * f64::from(number), seen: (usize::from(number) < with_face).then_some(seen) }
        };
        Track { samples: (0..30).map(sample).collect(), faces: faces.to_vec(), ..Track::default() }
    }

    #[test]
    fn what_speaks_against_a_person() {
        for (name, track, low, high) in [
            ("a face", track(30, 0.3, &[1, 1, 1, 1]), 0.95, 1.0),
            ("a face that is lost now and then", track(24, 0.3, &[1, 1, 0, 1]), 0.95, 1.0),
            ("nobody", track(0, 0.3, &[0, 0, 0, 0]), 0.0, 0.01),
            ("hardly ever a face", track(12, 0.3, &[1, 0, 0, 0]), 0.0, 0.05),
            ("somebody passes by", track(30, 0.3, &[1, 1, 1, 2, 1, 1, 1, 1, 1, 1]), 0.9, 1.0),
            ("two people", track(30, 0.3, &[2, 2, 1, 1]), 0.0, 0.05),
            ("dark", track(30, 0.02, &[1]), 0.9, 1.0),
            ("black", track(30, 0.001, &[1]), 0.0, 0.3),
            ("nothing at all", Track::default(), 0.0, 0.0),
        ] {
            let likelihood: f32 = cues(&track).iter().map(|cue| cue.likelihood).product();
            assert!((low..=high).contains(&likelihood), "{name}: {:?}", cues(&track));
        }
    }
}
