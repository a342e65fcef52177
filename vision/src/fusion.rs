//! From cues to one number. Each cue says how well its measurement fits a live person, 0 to 1, and all of them have to fit: the confidence
//! is 100 times the product of the likelihoods, each to the power of its weight. A weight of 1 lets a cue veto, less makes it a hint.
//! A cue that could not be measured counts with a likelihood of its own, below 1: what was not seen lowers the confidence and never raises it.

use crate::Cue;

/// How a cue counts.
struct Rule {
    cue: &'static str,
    weight: f32,
    /// What it counts when it could not be measured. 0: without it nothing is approved.
    unmeasured: f32,
}

const fn rule(cue: &'static str, weight: f32, unmeasured: f32) -> Rule {
    Rule { cue, weight, unmeasured }
}

/// Every cue. What decides about life fails closed; what tells how well the rest could be seen costs a little when it is missing.
const RULES: [Rule; 24] = [
    rule("presence.face", 1.0, 0.0),
    rule("presence.one_face", 1.0, 0.5),
    rule("presence.brightness", 1.0, 0.5),
    rule("quality.rate", 1.0, 0.0),
    rule("quality.sharpness", 0.5, 0.8),
    rule("quality.size", 0.5, 0.8),
    rule("movement.growth", 1.0, 0.0),
    rule("movement.oval", 1.0, 0.0),
    // A client may leave out when it saw the face arrive.
    rule("movement.timing", 0.5, 0.9),
    // The recorded sessions' face is a flat one, and passes for live: alone it decides nothing. `contrast` makes more of it where it has to.
    rule("parallax.planar", 0.015, 0.5),
    rule("light.account", 1.0, 0.0),
    rule("light.correlation", 1.0, 0.0),
    rule("light.gain", 1.0, 0.0),
    rule("light.order", 1.0, 0.0),
    rule("light.rivals", 1.0, 0.0),
    // A face that fills the picture takes the test away: less than certain, and not yet suspicious in a face that is deep.
    rule("light.contrast", 1.0, 0.88),
    rule("time.cut", 1.0, 0.9),
    rule("time.frozen", 1.0, 0.9),
    // A check of movement alone is too short for it.
    rule("time.loop", 0.5, 0.98),
    rule("time.gap", 0.5, 0.9),
    rule("time.steps", 0.5, 0.9),
    rule("recording.length", 0.5, 0.9),
    rule("recording.size", 0.5, 0.9),
    rule("recording.decoded", 0.5, 0.9),
];

/// How sure the engine is, 0-100. No cue, no confidence.
pub(crate) fn confidence(cues: &[Cue]) -> f32 {
    if cues.is_empty() {
        return 0.0;
    }
    let fits: f32 = cues.iter().map(contribution).product();
    if fits.is_finite() { (100.0 * fits).clamp(0.0, 100.0) } else { 0.0 }
}

/// What a cue leaves of the confidence, 0-1.
pub(crate) fn contribution(cue: &Cue) -> f32 {
    let fits = cue.likelihood.clamp(0.0, 1.0).powf(weight(cue.name));
    if fits.is_finite() { fits } else { 0.0 }
}

/// What a cue counts that could not be measured.
pub(crate) fn unmeasured(name: &str) -> f32 {
    RULES.iter().find(|rule| rule.cue == name).map_or(0.0, |rule| rule.unmeasured)
}

fn weight(name: &str) -> f32 {
    RULES.iter().find(|rule| rule.cue == name).map_or(1.0, |rule| rule.weight)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cue(name: &'static str, likelihood: f32) -> Cue {
        Cue { name, value: Some(0.0), likelihood, explanation: String::new() }
    }

    fn blind(name: &'static str) -> Cue {
        Cue { name, value: None, likelihood: unmeasured(name), explanation: String::new() }
    }

    #[test]
    fn one_cue_can_veto_and_a_hint_cannot() {
        let all = |likelihood| vec![cue("presence.face", 1.0), cue("light.order", likelihood)];
        assert_eq!(confidence(&all(1.0)), 100.0);
        assert_eq!(confidence(&all(0.0)), 0.0);
        let hint = confidence(&[cue("presence.face", 1.0), cue("parallax.planar", 0.02)]);
        assert!((90.0..97.0).contains(&hint), "{hint}");
        assert_eq!(confidence(&[]), 0.0);
        assert_eq!(confidence(&[cue("presence.face", f32::NAN)]), 0.0);
        assert_eq!((weight("unheard.of"), unmeasured("unheard.of")), (1.0, 0.0), "a cue without a rule can veto and fails closed");
    }

    #[test]
    fn what_no_rule_lets_pass_unseen() {
        let closed: Vec<_> = RULES.iter().filter(|rule| confidence(&[blind(rule.cue)]) == 0.0).map(|rule| rule.cue).collect();
        let decisive = [
            "presence.face",
            "quality.rate",
            "movement.growth",
            "movement.oval",
            "light.account",
            "light.correlation",
            "light.gain",
            "light.order",
            "light.rivals",
        ];
        assert_eq!(closed, decisive);
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

        #[test]
        fn what_could_not_be_measured_lowers_the_confidence(
            likelihoods in proptest::collection::vec(0.01_f32..=1.0, RULES.len()), hidden in proptest::sample::subsequence((0..RULES.len()).collect::<Vec<_>>(), 1..=RULES.len()),
        ) {
            let seen: Vec<Cue> = RULES.iter().zip(&likelihoods).map(|(rule, &likelihood)| cue(rule.cue, likelihood)).collect();
            let without: Vec<Cue> = seen.iter().enumerate().filter(|(at, _)| !hidden.contains(at)).map(|(_, cue)| cue.clone()).collect();
            let blinded: Vec<Cue> = seen.iter().enumerate().map(|(at, cue)| if hidden.contains(&at) { blind(cue.name) } else { cue.clone() }).collect();
            // Neither does it raise what the other cues give, nor is it as good as a measurement that fits.
            let fitting: Vec<Cue> = seen.iter().enumerate().map(|(at, seen)| if hidden.contains(&at) { cue(seen.name, 1.0) } else { seen.clone() }).collect();
            prop_assert!(without.is_empty() || confidence(&blinded) < confidence(&without) || confidence(&without) == 0.0);
            prop_assert!(confidence(&blinded) < confidence(&fitting));
        }
    }
}
