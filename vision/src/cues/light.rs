//! Does the face reflect the colours of the screen, in the order in which they were sent? The ratios red to green and blue to green of
//! the skin's light do not change with exposure; what the background does in the same moment (a new white balance) is subtracted.
//! Values: `light.account` 1 when the client reports the colours that were sent; `light.correlation` how well the skin follows
//! them at the best delay; `light.gain` how strongly; `light.order` by how much that correlation exceeds the 95th percentile of random
//! orders of the same colours.

use super::permutations::other_orders;
use super::regression::{Detrended, Fit, Prepared};
use super::schedule::Schedule;
use super::{contrast, rising};
use crate::face::Light;
use crate::track::Track;
use crate::{Account, Challenge, Cue};

/// How much later than reported (or earlier, when the recorder lost its first pictures) a colour may be in the video. The component
/// showed 0.16-0.30 s, and up to 0.8 s on a machine under load.
const DELAYS_MS: std::ops::RangeInclusive<i32> = -400..=1300;
const DELAY_STEP_MS: usize = 20;

/// Orders that the real one is compared with.
const ORDERS: usize = 120;

/// Fewer samples than this decide nothing.
const LEAST_SAMPLES: usize = 10;

/// A dark floor under ratios, so that noise in the shadows does not look like light.
const DARK: f64 = 0.004;

pub(super) fn cues(track: &Track, challenge: &Challenge, account: &Account, seed: u64) -> Vec<Cue> {
    let Ok(schedule) = Schedule::new(challenge, account) else {
        return vec![Cue { name: "light.account", value: 0.0, likelihood: 0.0 }];
    };
    let account = Cue { name: "light.account", value: 1.0, likelihood: 1.0 };
    let signals = Signals::new(track, &schedule);
    if signals.times.len() < LEAST_SAMPLES {
        return vec![account, rising("light.correlation", 0.0, 0.62, 0.04)];
    }
    let sequence: Vec<[f64; 2]> = challenge.colors.iter().map(|color| ratios_of(color.rgb)).collect();
    let delays: Vec<Vec<Vec<f64>>> = DELAYS_MS.step_by(DELAY_STEP_MS).map(|delay| signals.mixes(&schedule, f64::from(delay))).collect();
    let over = |channels: &[Vec<f64>]| {
        let detrended = Detrended::new(&signals.times, channels);
        delays.iter().map(|mixes| detrended.prepare(mixes)).collect::<Vec<Prepared>>()
    };
    let against_background = over(&signals.skin_against_background());
    let (delay, fit) = best(&against_background, &sequence);

    // The first entry is the black that the component skips; the others are what a recording made earlier would have in another order.
    let (first, rest) = sequence.split_at(1.min(sequence.len()));
    let mut random: Vec<f64> = other_orders(rest, ORDERS, seed)
        .into_iter()
        .map(|order| best(&against_background, &[first, &order].concat()).1.correlation)
        .collect();
    random.sort_by(f64::total_cmp);
    let usual = random.get(random.len() * 95 / 100).copied().unwrap_or(1.0);

    let slope_at = |channels: &[Vec<f64>]| over(channels).get(delay).map(|prepared| fit_one(prepared, &sequence).slope);
    let background = signals.background.as_ref().and_then(|background| slope_at(background));
    let skin = slope_at(&signals.skin).unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "correlations and slopes are small numbers")]
    let (correlation, margin, gain) = (fit.correlation as f32, (fit.correlation - usual) as f32, fit.slope as f32);
    vec![
        account,
        rising("light.correlation", correlation, 0.62, 0.04),
        rising("light.gain", gain, 0.022, 0.004),
        rising("light.order", margin, 0.08, 0.02),
        contrast::cue(skin, background),
    ]
}

/// Milliseconds into the recording at which the colours began by the client's account; none for a challenge without, or when the
/// account cannot be used.
pub(crate) fn lit_from(challenge: &Challenge, account: &Account) -> Option<f64> {
    Schedule::new(challenge, account).ok().map(|schedule| schedule.start())
}

/// The logarithms of red to green and blue to green, over time.
struct Signals {
    times: Vec<f64>,
    skin: [Vec<f64>; 2],
    background: Option<[Vec<f64>; 2]>,
}

impl Signals {
    /// From shortly before the first colour to the end.
    fn new(track: &Track, schedule: &Schedule) -> Self {
        let mut signals = Self { times: Vec::new(), skin: [Vec::new(), Vec::new()], background: Some([Vec::new(), Vec::new()]) };
        for (at, seen) in track.seen().filter(|(at, _)| *at >= schedule.start() - 300.0) {
            signals.times.push(at);
            add(&mut signals.skin, seen.skin);
            // A background that is not there all the time is not used at all: half a signal has steps of its own.
            signals.background = signals.background.take().zip(seen.background).map(|(mut background, light)| {
                add(&mut background, light);
                background
            });
        }
        signals
    }

    fn skin_against_background(&self) -> [Vec<f64>; 2] {
        let Some(background) = &self.background else { return self.skin.clone() };
        let mut skin = self.skin.clone();
        for (skin, background) in skin.iter_mut().zip(background) {
            skin.iter_mut().zip(background).for_each(|(skin, background)| *skin -= background);
        }
        skin
    }

    fn mixes(&self, schedule: &Schedule, delay: f64) -> Vec<Vec<f64>> {
        self.times.iter().map(|at| schedule.mix(at - delay)).collect()
    }
}

fn add(channels: &mut [Vec<f64>; 2], light: Light) {
    let [red, green, blue] = light.map(|channel| f64::from(channel) + DARK);
    channels.iter_mut().zip([red, blue]).for_each(|(channel, other)| channel.push((other / green).ln()));
}

/// What a colour of the screen adds to the two ratios, to first order: the difference of its linear channels.
fn ratios_of(rgb: [u8; 3]) -> [f64; 2] {
    let [red, green, blue] = rgb.map(|channel| (f64::from(channel) / 255.0).powf(2.2));
    [red - green, blue - green]
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
