//! Could the rest be seen well? Values: `quality.rate` pictures in a second; `quality.sharpness` the variance of the Laplacian of the face, see
//! [`crate::face::sharpness`]; `quality.size` the width of the near face in pixels. None of them says anything about life.

use super::{median, rising, unmeasured};
use crate::Cue;
use crate::track::Track;

pub(super) fn cues(track: &Track) -> Vec<Cue> {
    vec![rate(track), sharpness(track), size(track)]
}

fn rate(track: &Track) -> Cue {
    let Some(rate) = pictures_a_second(track) else { return unmeasured("quality.rate", "there are no two pictures") };
    let said = format!(
        "{} pictures in {:.1} s are {rate:.1} a second; at least 5 are needed to follow the colours.",
        track.frames,
        track.length_ms / 1000.0
    );
    rising("quality.rate", rate, 3.5, 0.5, said)
}

fn sharpness(track: &Track) -> Cue {
    let Some(sharpness) = face_sharpness(track) else { return unmeasured("quality.sharpness", "no face was seen") };
    let said = format!("The face's detail is {sharpness:.0} (variance of the Laplacian); less than 8 is a blur.");
    rising("quality.sharpness", sharpness, 3.0, 0.7, said)
}

fn size(track: &Track) -> Cue {
    let near = track.last(500.0).into_iter().map(|seen| seen.outline.width).reduce(f32::max);
    let Some(width) = near else { return unmeasured("quality.size", "no face was seen") };
    let said = format!("The near face is {width:.0} pixels wide; less than 60 show too little skin.");
    rising("quality.size", width, 45.0, 5.0, said)
}

/// Pictures in a second; none of fewer than two.
#[expect(clippy::cast_possible_truncation, reason = "a few thousand frames")]
pub(crate) fn pictures_a_second(track: &Track) -> Option<f32> {
    (track.length_ms > 0.0).then(|| (f64::from(track.frames.saturating_sub(1)) * 1000.0 / track.length_ms) as f32)
}

/// How sharp the face is, in the middle of all pictures of it.
pub(crate) fn face_sharpness(track: &Track) -> Option<f32> {
    median(track.seen().map(|(_, seen)| seen.sharpness))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::{Sample, imagined};

    fn track(frames: u32, sharpness: f32, width: f32) -> Track {
        let sample = |number: u8| {
            let mut seen = imagined();
            (seen.sharpness, seen.outline.width) = (sharpness, width);
            Sample { at_ms: 100.0 * f64::from(number), seen: Some(seen) }
        };
        Track { frames, length_ms: 2900.0, samples: (0..30).map(sample).collect(), ..Track::default() }
    }

    #[test]
    fn each_quality_is_judged_by_itself() {
        for (name, track, low, high) in [
            ("good", track(30, 100.0, 200.0), [0.99; 3], [1.0; 3]),
            ("six pictures a second", track(18, 100.0, 200.0), [0.97, 0.99, 0.99], [1.0; 3]),
            ("two pictures a second", track(6, 100.0, 200.0), [0.0, 0.99, 0.99], [0.05, 1.0, 1.0]),
            ("blurred", track(30, 1.0, 200.0), [0.99, 0.0, 0.99], [1.0, 0.1, 1.0]),
            ("far away", track(30, 100.0, 30.0), [0.99, 0.99, 0.0], [1.0, 1.0, 0.1]),
        ] {
            let likelihoods: Vec<f32> = cues(&track).iter().map(|cue| cue.likelihood).collect();
            let inside = likelihoods.iter().zip(low).zip(high).all(|((likelihood, low), high)| (low..=high).contains(likelihood));
            assert!(inside, "{name}: {likelihoods:?}");
        }
        assert!(cues(&Track::default()).iter().all(|cue| cue.value.is_none()));
    }
}
