//! From cues to one number: each cue says how well its measurement fits a live person, and all of them have to fit. The likelihoods are
//! multiplied, each to the power of its weight.

use crate::Cue;

/// How sure the engine is, 0-100. No cue, no confidence.
pub(crate) fn confidence(cues: &[Cue]) -> f32 {
    if cues.is_empty() {
        return 0.0;
    }
    let fits: f32 = cues.iter().map(|cue| cue.likelihood.clamp(0.0, 1.0).powf(weight(cue.name))).product();
    if fits.is_finite() { (100.0 * fits).clamp(0.0, 100.0) } else { 0.0 }
}

/// 1 lets a cue veto; less makes it a hint.
fn weight(name: &str) -> f32 {
    match name {
        // The mesh of a real face failed it one time in six.
        "parallax.planar" => 0.015,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cue(name: &'static str, likelihood: f32) -> Cue {
        Cue { name, value: 0.0, likelihood }
    }

    #[test]
    fn one_cue_can_veto_and_a_hint_cannot() {
        let all = |likelihood| vec![cue("presence.face", 1.0), cue("light.order", likelihood)];
        assert_eq!(confidence(&all(1.0)), 100.0);
        assert_eq!(confidence(&all(0.0)), 0.0);
        let hint = confidence(&[cue("presence.face", 1.0), cue("parallax.planar", 0.02)]);
        assert!((90.0..97.0).contains(&hint), "{hint}");
        assert_eq!(confidence(&[]), 0.0);
    }

    proptest! {
        #[test]
        fn confidence_is_a_number_from_0_to_100_and_never_falls_with_a_better_cue(
            likelihoods in proptest::collection::vec(proptest::num::f32::ANY, 0..8), better in 0.0_f32..1.0,
        ) {
            let mut cues: Vec<Cue> = likelihoods.into_iter().map(|likelihood| cue("light.order", likelihood)).collect();
            prop_assert!((0.0..=100.0).contains(&confidence(&cues)));
            cues.push(cue("light.gain", better * 0.9));
            let before = confidence(&cues);
            cues.pop();
            cues.push(cue("light.gain", better));
            prop_assert!(confidence(&cues) >= before);
        }
    }
}
