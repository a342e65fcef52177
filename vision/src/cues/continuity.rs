//! Is it one recording of something that goes on? Values: `time.cut` how alike the two least alike neighbouring pictures are, as if they were a
//! tenth of a second apart (1: the same); `time.frozen` the longest time in milliseconds for which nothing changed; `time.loop` how much less the
//! later half differs from what it was one round before than from what it was in between (1: it does not repeat itself, 0: exactly);
//! `time.gap` the longest time without a picture, in milliseconds; `time.steps` the share of pictures that come at the time of the one
//! before or earlier. A camera's pictures always differ by their noise; whoever plays a file into a virtual camera has to think of that.

use super::{falling, rising, unmeasured};
use crate::Cue;
use crate::glance::Glance;

pub(super) fn cues(glances: &[(f64, Glance)]) -> Vec<Cue> {
    vec![cut(glances), frozen(glances), repeated(glances), gap(glances), steps(glances)]
}

type Pair<'a> = [&'a (f64, Glance); 2];

fn neighbours(glances: &[(f64, Glance)]) -> impl Iterator<Item = Pair<'_>> {
    glances.iter().zip(glances.iter().skip(1)).map(|(one, other)| [one, other])
}

/// The sharpest approaches of synthetic presenters gave 0.83 at 8 pictures a second and 0.93 at 20, and a screen that is four times as bright as the room
/// 0.68; another scene gives less than 0.6.
#[expect(clippy::cast_possible_truncation, reason = "times within an hour")]
fn cut(glances: &[(f64, Glance)]) -> Cue {
    const APART_MS: f64 = 100.0;
    let likeness = |[(before, one), (at, other)]: Pair<'_>| {
        let likeness = one.likeness(other)?;
        let waited = (APART_MS / (at - before).max(APART_MS)) as f32;
        Some((*at, 1.0 - (1.0 - likeness) * waited))
    };
    let least = neighbours(glances).filter_map(likeness).min_by(|(_, one), (_, other)| one.total_cmp(other));
    let Some((at, least)) = least else {
        return unmeasured("time.cut", "there are no two pictures with anything in them to compare");
    };
    let said = format!(
        "The least alike neighbouring pictures, {:.2} s into the recording, are {least:.2} alike; a cut to another scene gives less than 0.6.",
        at / 1000.0
    );
    rising("time.cut", least, 0.63, 0.02, said)
}

/// Below this mean difference in 8-bit steps, no camera took the second picture.
const UNCHANGED: f32 = 0.02;

/// Recorders repeat a picture now and then, and a presenter that stands still a few; nobody keeps still for seconds to the last bit.
#[expect(clippy::cast_possible_truncation, reason = "times within an hour")]
fn frozen(glances: &[(f64, Glance)]) -> Cue {
    if glances.len() < 2 {
        return unmeasured("time.frozen", "there are no two pictures to compare");
    }
    let mut since = glances.first().map_or(0.0, |(at, _)| *at);
    let mut longest = 0.0_f64;
    for [(_, one), (at, other)] in neighbours(glances) {
        if one.difference(other) >= UNCHANGED {
            since = *at;
        }
        longest = longest.max(at - since);
    }
    let said = format!("For {longest:.0} ms nothing in the picture changed, not even its noise; more than 2500 ms is no camera's.");
    falling("time.frozen", longest as f32, 2500.0, 150.0, said)
}

/// More pictures are thinned out before they are compared with each other.
const MOST_COMPARED: usize = 256;

/// Fewer are no half that could repeat the other.
const LEAST_COMPARED: usize = 40;

/// What changes less than this, in 8-bit steps, does not move.
const LEAST_CHANGE: f32 = 0.5;

fn repeated(glances: &[(f64, Glance)]) -> Cue {
    let kept: Vec<&Glance> = glances.iter().step_by(glances.len().div_ceil(MOST_COMPARED).max(1)).map(|(_, glance)| glance).collect();
    if kept.len() < LEAST_COMPARED {
        return unmeasured("time.loop", "the recording is too short to repeat itself");
    }
    let half = kept.len() / 2;
    let (mut highest, mut least) = (0.0_f32, 1.0_f32);
    for lag in 3..half {
        let difference = mean(kept.iter().skip(half).zip(kept.iter().skip(half - lag)).map(|(now, then)| now.difference(then)));
        if highest >= LEAST_CHANGE {
            least = least.min(difference / highest);
        }
        highest = highest.max(difference);
    }
    if highest < LEAST_CHANGE {
        return unmeasured("time.loop", "nothing moves in the later half, so that it repeats nothing");
    }
    let said = format!(
        "The later half differs from an earlier stretch by at least {:.0} % of what it differs from others; a loop differs by less than 5 %.",
        100.0 * least
    );
    rising("time.loop", least, 0.05, 0.008, said)
}

/// The component's recorders pause for up to a quarter of a second under load. In a second a person can be exchanged.
#[expect(clippy::cast_possible_truncation, reason = "times within an hour")]
fn gap(glances: &[(f64, Glance)]) -> Cue {
    let longest = neighbours(glances).map(|[(before, _), (at, _)]| at - before).reduce(f64::max);
    let Some(longest) = longest else { return unmeasured("time.gap", "there are no two pictures") };
    let said =
        format!("The longest time without a picture is {longest:.0} ms; from 1000 ms on, what happened in between is anybody's guess.");
    falling("time.gap", longest as f32, 1000.0, 80.0, said)
}

/// Pictures whose times stand still or run backwards were put together by hand, or by a recorder that made up for lost time.
#[expect(clippy::cast_precision_loss, reason = "a few thousand pictures")]
fn steps(glances: &[(f64, Glance)]) -> Cue {
    const LEAST_STEP_MS: f64 = 2.0;
    if glances.len() < 2 {
        return unmeasured("time.steps", "there are no two pictures");
    }
    let stuck = neighbours(glances).filter(|[(before, _), (at, _)]| at - before < LEAST_STEP_MS).count();
    let share = stuck as f32 / (glances.len() - 1) as f32;
    let said =
        format!("{:.0} % of the pictures come at the time of the one before or earlier; cameras give none or hardly any.", 100.0 * share);
    falling("time.steps", share, 0.15, 0.02, said)
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred values")]
fn mean(values: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    sum / count.max(1) as f32
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use super::*;
    use crate::glance::drawn;

    /// Six seconds of a camera at 25 pictures a second: a scene that drifts, with noise.
    fn recording(scene: impl Fn(usize, usize) -> f32) -> Vec<(f64, Glance)> {
        (0..150_usize).map(|number| (40.0 * number as f64, drawn(|cell| scene(number, cell)))).collect()
    }

    /// A texture; a number from 0 to 1 for each pair of numbers, always the same.
    fn hash(one: usize, other: usize) -> f32 {
        let mixed = (one.wrapping_mul(0x9E37_79B1) ^ other.wrapping_mul(0x85EB_CA77)).wrapping_mul(0xC2B2_AE3D);
        ((mixed >> 16) & 0xFFFF) as f32 / 65535.0
    }

    fn person(number: usize, cell: usize) -> f32 {
        let sway = (number as f32 / 23.0).sin() + 0.6 * (number as f32 / 7.3).sin() + number as f32 / 60.0;
        60.0 + 100.0 * hash(1, cell) + 6.0 * sway * hash(2, cell) + 0.3 * hash(number, cell)
    }

    fn likelihood(cues: &[Cue], name: &str) -> f32 {
        cues.iter().find(|cue| cue.name == name).unwrap().likelihood
    }

    const NAMES: [&str; 5] = ["time.cut", "time.frozen", "time.loop", "time.gap", "time.steps"];

    /// All cues fit but those that are named.
    fn check(what: &str, glances: &[(f64, Glance)], suspicious: &[&str]) {
        let cues = cues(glances);
        for name in NAMES {
            let likelihood = likelihood(&cues, name);
            let fits = if suspicious.contains(&name) { likelihood < 0.2 } else { likelihood > 0.97 };
            assert!(fits, "{what}: {name} {likelihood} {cues:#?}");
        }
    }

    #[test]
    fn a_camera_passes_and_tricks_do_not() {
        check("a person", &recording(person), &[]);
        check("brighter from one picture to the next", &recording(|at, cell| person(at, cell) * if at > 70 { 1.2 } else { 1.0 }), &[]);
        check("a cut", &recording(|at, cell| if at < 70 { person(at, cell) } else { person(at, cell + 1000) }), &["time.cut"]);
        check("frozen for three seconds", &recording(|at, cell| person(at.min(70), cell)), &["time.frozen"]);
        check("a loop of 1.6 s", &recording(|at, cell| person(if at < 40 { at } else { 40 + at % 40 }, cell)), &["time.loop"]);
        let mut gap = recording(person);
        gap.iter_mut().skip(80).for_each(|(at, _)| *at += 1500.0);
        check("a gap", &gap, &["time.gap"]);
        let mut doubled = recording(person);
        doubled.iter_mut().enumerate().for_each(|(number, (at, _))| *at = 80.0 * (number / 2) as f64);
        check("every time twice", &doubled, &["time.steps"]);
    }

    #[test]
    fn a_slow_machine_is_not_suspicious() {
        let slow: Vec<_> = recording(person).into_iter().step_by(6).collect();
        for cue in cues(&slow) {
            assert!(cue.name == "time.loop" || cue.likelihood > 0.97, "{cue:?}");
        }
        let fast: Vec<_> = (0..3000_usize).map(|number| (2.5 * number as f64, drawn(|cell| person(number / 17, cell)))).collect();
        assert!(likelihood(&cues(&fast), "time.loop") > 0.9);
    }

    #[test]
    fn what_cannot_be_compared_is_not_measured() {
        for glances in [recording(person)[..1].to_vec(), Vec::new()] {
            assert!(cues(&glances).iter().all(|cue| cue.value.is_none()), "{glances:?}");
        }
        let black = cues(&recording(|_, _| 16.0));
        assert_eq!(black.iter().filter(|cue| cue.value.is_none()).map(|cue| cue.name).collect::<Vec<_>>(), ["time.cut", "time.loop"]);
        assert!(likelihood(&black, "time.frozen") < 0.01);
    }
}
