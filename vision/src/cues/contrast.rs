//! Does the light stay on the face? Value of `light.contrast`: how strongly the background follows the colours, as a share of how
//! strongly the face does. About 0 for a person in a room; about 1 for a print or a tablet whose whole surface reflects alike.

use super::{falling, unmeasured};
use crate::Cue;

/// `face` and `background` are the slopes of their light on the colours; none when there is no background to see.
pub(super) fn cue(face: f64, background: Option<f64>) -> Cue {
    /// Below this slope a share of it is noise; a face that reflects so little fails `light.gain`.
    const LEAST_SLOPE: f64 = 0.005;
    let Some(background) = background else {
        return unmeasured("light.contrast", "there is too little background beside the face");
    };
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a few units")]
    let share = (background.abs() / face.max(LEAST_SLOPE)).min(5.0) as f32;
    let said = format!(
        "The background follows the colours {:.0} % as strongly as the face; behind a person hardly anything does, a print or a tablet reflects all over.",
        100.0 * share
    );
    falling("light.contrast", share, 0.5, 0.1, said)
}

/// Where there was no background to look at, depth speaks in its place: of what tells a print from a head by its surface, nothing else is left.
pub(super) fn or_depth(cues: &mut [Cue]) {
    const COUNTS: f32 = 0.25;
    let depth = cues.iter().find(|cue| cue.name == "parallax.planar").map_or(0.0, |cue| cue.likelihood);
    if let Some(contrast) = cues.iter_mut().find(|cue| cue.name == "light.contrast" && cue.value.is_none()) {
        contrast.likelihood *= depth.powf(COUNTS);
        contrast.explanation.push_str(" The depth of the face counts the more.");
    }
}

#[cfg(test)]
mod tests {
    use super::super::rising;
    use super::*;

    #[test]
    fn without_a_background_a_flat_face_is_not_enough() {
        let with = |residual: f32, background| {
            let mut cues = [rising("parallax.planar", residual, 0.0085, 0.002, String::new()), cue(0.1, background)];
            or_depth(&mut cues);
            cues[1].likelihood
        };
        assert!(with(0.003, None) < 0.5 && with(0.0077, None) < 0.75, "prints");
        assert!(with(0.012, None) > 0.82, "the shallowest head in forty");
        assert!((with(0.003, Some(0.003)) - with(0.02, Some(0.003))).abs() < 1e-6, "seen, the background speaks for itself");
    }

    #[test]
    fn a_background_that_reflects_like_the_face_speaks_against_it() {
        for (face, background, low, high) in
            [(0.1, Some(0.003), 0.98, 1.0), (0.1, Some(0.05), 0.45, 0.55), (0.1, Some(0.1), 0.0, 0.02), (0.1, None, 0.5, 0.9)]
        {
            let likelihood = cue(face, background).likelihood;
            assert!((low..=high).contains(&likelihood), "{face} {background:?}: {likelihood}");
        }
    }
}
