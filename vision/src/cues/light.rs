//! Does the face reflect the colours of the screen, in the order in which they were sent? The ratios red to green and blue to green of
//! the skin's light do not change with exposure; what the background does in the same moment (a new white balance) is subtracted.
//! Values: `light.account` 1 when the client reports the colours that were sent; `light.correlation` how well the skin follows
//! them at the best delay; `light.gain` how strongly; `light.order` by how much that correlation exceeds the 95th percentile of random
//! orders of the same colours; `light.rivals` by how much it exceeds that of every single order that was tried, those closest to the real
//! one included. A recording of another session follows its own order better than this one.

use super::permutations::{close_orders, other_orders};
use super::regression::{Detrended, Fit, Prepared};
use super::schedule::Schedule;
use super::signals::{Signals, ratios_of};
use super::{contrast, curve, judged, rising, unmeasured};
use crate::track::Track;
use crate::{Account, Challenge, Cue, LightCurve};

/// How much later than reported (or earlier, when the recorder lost its first pictures) a colour may be in the video. The component
/// showed 0.16-0.30 s, and up to 0.8 s on a machine under load.
const DELAYS_MS: std::ops::RangeInclusive<i32> = -400..=1300;
const DELAY_STEP_MS: usize = 20;

/// Orders that the real one is compared with.
const ORDERS: usize = 120;

/// A weak light (6 % of the room's) still gives 0.91; most recordings in another order stay below 0.6.
const CORRELATION: f32 = 0.75;

/// A live face follows the real order best, by 0.03 and more. Where the video ends before the last colour has arrived, a close order
/// does nearly as well; a recording follows its own order better than the real one by 0.05 and more.
const LEAD: f32 = -0.01;

/// Fewer samples than this decide nothing.
const LEAST_SAMPLES: usize = 10;

/// The cues, and for whoever explains them what was displayed and what was measured.
pub(super) fn examine(track: &Track, challenge: &Challenge, account: &Account, seed: u64) -> (Vec<Cue>, Option<LightCurve>) {
    let blind = |because: &str| MEASURED.map(|name| unmeasured(name, because));
    let Ok(schedule) = Schedule::new(challenge, account) else {
        let said = "The client does not report the colours that were sent, each once and in order.".to_owned();
        let account = judged("light.account", 0.0, 0.0, said);
        return (std::iter::once(account).chain(blind("it is not known when which colour was on the screen")).collect(), None);
    };
    let said = format!("The client reports all {} colours that were sent, in order.", schedule.len());
    let account = judged("light.account", 1.0, 1.0, said);
    let signals = Signals::new(track, &schedule);
    if signals.times.len() < LEAST_SAMPLES {
        let because =
            format!("the face was measured {} times while the colours were shown, of at least {LEAST_SAMPLES}", signals.times.len());
        return (std::iter::once(account).chain(blind(&because)).collect(), None);
    }
    let sequence: Vec<[f64; 2]> = challenge.colors.iter().map(|color| ratios_of(color.rgb)).collect();
    let delays: Vec<Vec<Vec<f64>>> = DELAYS_MS.step_by(DELAY_STEP_MS).map(|delay| signals.mixes(&schedule, f64::from(delay))).collect();
    let over = |channels: &[Vec<f64>]| {
        let detrended = Detrended::new(&signals.times, channels);
        delays.iter().map(|mixes| detrended.prepare(mixes)).collect::<Vec<Prepared>>()
    };
    let against_background = over(&signals.skin_against_background());
    let (delay, fit) = best(&against_background, &sequence);

    // The first entry is the black that the component skips; the others are what an earlier recording would have in another order.
    let (first, rest) = sequence.split_at(1.min(sequence.len()));
    let follows = |order: Vec<[f64; 2]>| best(&against_background, &[first, &order].concat()).1.correlation;
    let mut random: Vec<f64> = other_orders(rest, ORDERS, seed).into_iter().map(follows).collect();
    random.sort_by(f64::total_cmp);
    let usual = random.get(random.len() * 95 / 100).copied().unwrap_or(1.0);
    let rival = close_orders(rest).into_iter().map(follows).chain(random).fold(-1.0, f64::max);

    let slope_at = |channels: &[Vec<f64>]| over(channels).get(delay).map(|prepared| fit_one(prepared, &sequence).slope);
    let background = signals.background.as_ref().and_then(|background| slope_at(background));
    let skin = slope_at(&signals.skin).unwrap_or(0.0);
    let delay_ms = DELAYS_MS.step_by(DELAY_STEP_MS).nth(delay).unwrap_or(0);
    let mut cues = vec![account];
    cues.extend(explained(fit, usual, rival, delay_ms));
    cues.push(contrast::cue(skin, background));
    (cues, Some(curve::draw(challenge, &schedule, &signals, delay_ms, fit.slope)))
}

/// What is measured when the account can be used.
const MEASURED: [&str; 5] = ["light.correlation", "light.gain", "light.order", "light.rivals", "light.contrast"];

#[expect(clippy::cast_possible_truncation, reason = "correlations and slopes are small numbers")]
fn explained(fit: Fit, usual: f64, rival: f64, delay_ms: i32) -> [Cue; 4] {
    let [correlation, gain, margin, lead] =
        [fit.correlation, fit.slope, fit.correlation - usual, fit.correlation - rival].map(|value| value as f32);
    let follows = format!(
        "The skin follows the displayed colours with a correlation of {correlation:.2} at a delay of {delay_ms} ms; a face in weak light still gives 0.91."
    );
    let strongly = format!(
        "The colours move the skin's ratios by {:.1} % of what the screen's move; less than 2 % is as good as no reflection.",
        100.0 * gain
    );
    let ordered = format!("The order that was sent explains the light by {margin:+.2} better than 95 % of random orders do ({usual:.2}).");
    let unrivalled = format!(
        "The order that was sent explains the light by {lead:+.2} better than the best of all other orders that were tried; a recording follows its own order better."
    );
    [
        rising("light.correlation", correlation, CORRELATION, 0.03, follows),
        rising("light.gain", gain, 0.022, 0.004, strongly),
        rising("light.order", margin, 0.03, 0.015, ordered),
        rising("light.rivals", lead, LEAD, 0.005, unrivalled),
    ]
}

/// Milliseconds into the recording at which the colours began by the client's account; none for a challenge without, or when the
/// account cannot be used.
pub(crate) fn lit_from(challenge: &Challenge, account: &Account) -> Option<f64> {
    Schedule::new(challenge, account).ok().map(|schedule| schedule.start())
}

/// The delay at which the signal follows `sequence` best, and how well.
fn best(prepared: &[Prepared], sequence: &[[f64; 2]]) -> (usize, Fit) {
    let fits = prepared.iter().map(|prepared| fit_one(prepared, sequence)).enumerate();
    fits.max_by(|(_, one), (_, other)| one.correlation.total_cmp(&other.correlation)).unwrap_or((0, Fit { correlation: 0.0, slope: 0.0 }))
}

fn fit_one(prepared: &Prepared, sequence: &[[f64; 2]]) -> Fit {
    let channels: Vec<Vec<f64>> = (0..2).map(|channel| sequence.iter().filter_map(|pair| pair.get(channel).copied()).collect()).collect();
    prepared.fit(&channels)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "a few seconds")]
mod tests {
    use super::*;
    use crate::face::Light;
    use crate::track::{Sample, imagined};
    use crate::{ColorShown, ColorStep, Oval, Size};
    use proptest::prelude::*;

    const COLORS: [[u8; 3]; 8] =
        [[0, 0, 0], [255, 255, 0], [0, 0, 255], [0, 255, 255], [255, 0, 0], [0, 255, 0], [255, 0, 255], [0, 255, 255]];
    const FIRST_MS: f64 = 2000.0;
    const STEP_MS: f64 = 480.0;

    fn challenge(colors: &[[u8; 3]; 8]) -> Challenge {
        let step = |(number, &rgb): (usize, &[u8; 3])| ColorStep {
            rgb,
            downscroll_ms: if number == 0 { 0 } else { 475 },
            flat_ms: if number == 0 { 75 } else { 0 },
        };
        Challenge {
            frame: Size { width: 480, height: 360 },
            oval: Oval { width: 200.0, height: 320.0, center_x: 240.0, center_y: 180.0 },
            colors: colors.iter().enumerate().map(step).collect(),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a few seconds")]
    fn account(colors: &[[u8; 3]; 8]) -> Account {
        let start = |number: u32| (FIRST_MS + STEP_MS * f64::from(number.saturating_sub(1))) as i64;
        let shown = |(sequence, &current): (u32, &[u8; 3])| ColorShown { sequence, current, previous: None, at_ms: start(sequence) };
        Account { video_start_ms: 0, video_end_ms: 6000, target_reached_ms: None, colors: (0..).zip(colors).map(shown).collect() }
    }

    /// A face under a screen, without a video.
    #[derive(Debug, Clone)]
    struct Scene {
        rate: f64,
        delay_ms: f64,
        /// The screen's light on the face and behind it, as a share of the room's.
        face: f64,
        behind: f64,
        /// The order in which the colours come.
        order: [usize; 8],
        colors: [[u8; 3]; 8],
        /// How far the camera's white balance drifts, and how much it jumps half-way.
        drift: f64,
        jump: f64,
    }

    const AS_SENT: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
    const LIVE: Scene =
        Scene { rate: 15.0, delay_ms: 250.0, face: 0.2, behind: 0.005, order: AS_SENT, colors: COLORS, drift: 0.0, jump: 0.0 };

    impl Scene {
        #[expect(clippy::cast_possible_truncation, reason = "shares of light")]
        fn track(&self) -> Track {
            let schedule = Schedule::new(&challenge(&self.colors), &account(&self.colors)).unwrap();
            let count = (6.0 * self.rate).floor();
            let times = (0..).map(|number| f64::from(number) * 1000.0 / self.rate).take_while(|at| at / 1000.0 * self.rate < count);
            let sample = |at: f64| {
                let mix = schedule.mix(at - self.delay_ms);
                let screen = |channel: usize| -> f64 {
                    self.order.iter().zip(&mix).map(|(&color, share)| share * f64::from(self.colors[color][channel]) / 255.0).sum()
                };
                let balance = 1.0 + self.drift * at / 6000.0 + if at > 4000.0 { self.jump } else { 0.0 };
                let light = |albedo: [f64; 3], strength: f64| -> Light {
                    let noise = |channel: usize| {
                        1.0 + 0.002 * (at * 1.7 + 40.0 * albedo[0] + f64::from(at.to_bits().count_ones()) + [0.0, 3.0, 6.0][channel]).sin()
                    };
                    let channel = |channel: usize| albedo[channel] * (1.0 + strength * screen(channel)) * noise(channel);
                    [(channel(0) * balance) as f32, channel(1) as f32, channel(2) as f32]
                };
                let mut seen = imagined();
                seen.skin = light([0.45, 0.3, 0.25], self.face);
                seen.background = Some(light([0.3, 0.3, 0.3], self.behind));
                Sample { at_ms: at, seen: Some(seen) }
            };
            Track { size: [480.0, 360.0], frames: 90, length_ms: 6000.0, samples: times.map(sample).collect(), ..Track::default() }
        }

        fn cues(&self) -> Vec<Cue> {
            examine(&self.track(), &challenge(&self.colors), &account(&self.colors), 1).0
        }

        fn likelihood(&self) -> f32 {
            self.cues().iter().map(|cue| cue.likelihood).product()
        }
    }

    #[test]
    fn who_passes_and_who_does_not() {
        for (name, scene, low, high) in [
            ("live", LIVE, 0.95, 1.0),
            ("live, 8 frames a second", Scene { rate: 8.0, ..LIVE }, 0.9, 1.0),
            ("live, 30 frames a second", Scene { rate: 30.0, ..LIVE }, 0.95, 1.0),
            ("live, early", Scene { delay_ms: -300.0, ..LIVE }, 0.9, 1.0),
            ("live, late", Scene { delay_ms: 1200.0, ..LIVE }, 0.9, 1.0),
            ("live, weak light", Scene { face: 0.06, behind: 0.001, ..LIVE }, 0.85, 1.0),
            ("live, the white balance drifts", Scene { drift: 0.3, ..LIVE }, 0.95, 1.0),
            ("live, the white balance jumps", Scene { jump: 0.1, ..LIVE }, 0.95, 1.0),
            ("no reflection", Scene { face: 0.0, behind: 0.0, ..LIVE }, 0.0, 0.02),
            ("no reflection, the white balance jumps", Scene { face: 0.0, behind: 0.0, jump: 0.2, ..LIVE }, 0.0, 0.02),
            ("a print reflects everywhere", Scene { behind: 0.2, ..LIVE }, 0.0, 0.05),
            ("only the background reflects", Scene { face: 0.0, behind: 0.2, ..LIVE }, 0.0, 0.02),
            ("backwards", Scene { order: [0, 7, 6, 5, 4, 3, 2, 1], ..LIVE }, 0.0, 0.05),
            ("two neighbours exchanged", Scene { order: [0, 1, 2, 4, 3, 5, 6, 7], ..LIVE }, 0.0, 0.05),
            ("first and last exchanged", Scene { order: [0, 7, 2, 3, 4, 5, 6, 1], ..LIVE }, 0.0, 0.05),
            ("one step late", Scene { order: [0, 2, 3, 4, 5, 6, 7, 1], ..LIVE }, 0.0, 0.05),
            ("two exchanged", Scene { order: [0, 1, 5, 3, 4, 2, 6, 7], ..LIVE }, 0.0, 0.05),
        ] {
            let likelihood = scene.likelihood();
            let cues = scene.cues();
            eprintln!("{name:<40} {likelihood:.3} {:.3?}", cues.iter().map(|cue| (cue.value, cue.likelihood)).collect::<Vec<_>>());
            assert!((low..=high).contains(&likelihood), "{name}: {likelihood}");
        }
    }

    #[test]
    fn the_curve_shows_what_the_cues_judged() {
        let curve = |scene: &Scene| examine(&scene.track(), &challenge(&scene.colors), &account(&scene.colors), 1).1.unwrap();
        let live = curve(&LIVE);
        assert!((live.delay_ms - 250).abs() <= 20, "{}", live.delay_ms);
        let apart = |curve: &LightCurve| -> f32 {
            let points = curve.points.iter().flat_map(|point| point.expected.into_iter().zip(point.measured));
            points.map(|(expected, measured)| (expected - measured).powi(2)).sum::<f32>().sqrt()
        };
        let moved: f32 = live.points.iter().flat_map(|point| point.measured).map(|measured| measured.powi(2)).sum::<f32>().sqrt();
        assert!(apart(&live) < 0.2 * moved, "{} of {moved}", apart(&live));
        assert!(apart(&curve(&Scene { order: [0, 7, 6, 5, 4, 3, 2, 1], ..LIVE })) > 0.5 * moved);
        // In the middle of the second colour's turn half of the screen is yellow still.
        #[expect(clippy::cast_precision_loss, reason = "a quarter of a second in milliseconds")]
        let at = FIRST_MS as f32 + 1.5 * STEP_MS as f32 + live.delay_ms as f32;
        let half = live.points.iter().min_by(|one, other| (one.at_ms - at).abs().total_cmp(&(other.at_ms - at).abs())).unwrap();
        assert!(half.displayed.iter().all(|channel| (150..230).contains(channel)), "{half:?}");
        assert!(curve(&Scene { rate: 120.0, ..LIVE }).points.len() <= 160);
    }

    #[test]
    fn no_other_order_passes() {
        let places = [1, 2, 3, 4, 5, 6, 7];
        let orders = other_orders(&places, 300, 42);
        let passed = orders.iter().filter(|order| {
            let mut scene = Scene { order: AS_SENT, ..LIVE };
            scene.order.iter_mut().skip(1).zip(order.iter()).for_each(|(place, color)| *place = *color);
            scene.likelihood() > 0.2
        });
        assert_eq!(passed.count(), 0, "of {}", orders.len());
    }

    #[test]
    fn every_sequence_that_may_be_sent_lets_a_live_person_pass() {
        const HUES: [[u8; 3]; 6] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [0, 255, 255], [255, 0, 255]];
        let mut draws = 1_u32;
        let mut draw = |below: usize| {
            draws = draws.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (draws >> 16) as usize % below
        };
        let mut worst = (1.0, LIVE);
        for number in 0..400 {
            let mut colors = [[0; 3]; 8];
            for place in 1..8 {
                // Neighbours differ; some sequences use two colours only.
                let palette = if number % 8 == 0 { 2 } else { 6 };
                while colors[place] == [0; 3] || colors[place] == colors[place - 1] {
                    colors[place] = HUES[draw(palette)];
                }
            }
            let scene = Scene { colors, face: 0.1, rate: 10.0, ..LIVE };
            let likelihood = scene.likelihood();
            if likelihood < worst.0 {
                eprintln!(
                    "{likelihood:.3} {colors:?} {:.3?}",
                    scene.cues().iter().map(|cue| (cue.value, cue.likelihood)).collect::<Vec<_>>()
                );
                worst = (likelihood, scene);
            }
        }
        assert!(worst.0 > 0.9, "{worst:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn cues_are_numbers_whatever_the_light(
            lights in proptest::collection::vec((proptest::array::uniform3(any::<f32>()), proptest::option::of(proptest::array::uniform3(any::<f32>()))), 0..40),
        ) {
            let samples = (0_u8..).zip(lights).map(|(number, (skin, background))| {
                let mut seen = imagined();
                (seen.skin, seen.background) = (skin, background);
                Sample { at_ms: 1900.0 + 100.0 * f64::from(number), seen: Some(seen) }
            });
            let track = Track { size: [480.0, 360.0], frames: 40, length_ms: 6000.0, samples: samples.collect(), ..Track::default() };
            for cue in examine(&track, &challenge(&COLORS), &account(&COLORS), 1).0 {
                prop_assert!(cue.value.is_none_or(f32::is_finite) && (0.0..=1.0).contains(&cue.likelihood), "{cue:?}");
            }
        }
    }
}
