//! What was displayed and what the skin gave back, side by side over time, for whoever wants to see why the light cues judged as they did.

use super::regression::Detrended;
use super::schedule::Schedule;
use super::signals::{Signals, ratios_of};
use crate::face::{Light, stored};
use crate::{Challenge, LightCurve, LightPoint};

/// More points than a screen shows are thinned out.
const MOST_POINTS: usize = 160;

pub(super) fn draw(challenge: &Challenge, schedule: &Schedule, signals: &Signals, delay_ms: i32, slope: f64) -> LightCurve {
    let detrended = Detrended::new(&signals.times, &signals.skin_against_background());
    let mixes = signals.mixes(schedule, f64::from(delay_ms));
    let expected = [0, 1].map(|channel| {
        let ratio = |mix: &Vec<f64>| {
            let shares = mix.iter().zip(&challenge.colors);
            shares.map(|(share, color)| share * ratios_of(color.rgb).get(channel).copied().unwrap_or(0.0)).sum::<f64>()
        };
        let displayed: Vec<f64> = mixes.iter().map(ratio).collect();
        detrended.without_trend(&displayed).iter().map(|value| slope * value).collect::<Vec<f64>>()
    });
    let every = signals.times.len().div_ceil(MOST_POINTS).max(1);
    let point = |number: usize| {
        let at = |channels: &[Vec<f64>]| {
            [0, 1].map(|channel| channels.get(channel).and_then(|values| values.get(number)).map_or(0.0, |&value| small(value)))
        };
        Some(LightPoint {
            at_ms: small(*signals.times.get(number)?),
            displayed: mixed(mixes.get(number)?, challenge),
            skin: signals.lights.get(number).copied().map(bytes)?,
            expected: at(&expected),
            measured: at(detrended.channels()),
        })
    };
    LightCurve { delay_ms, points: (0..signals.times.len()).step_by(every).filter_map(point).collect() }
}

/// The colour of the screen: what is above and below while one colour scrolls over the other, mixed as its light is.
fn mixed(mix: &[f64], challenge: &Challenge) -> [u8; 3] {
    let mut light: Light = [0.0; 3];
    for (share, color) in mix.iter().zip(&challenge.colors) {
        for (sum, channel) in light.iter_mut().zip(color.rgb) {
            *sum += small(*share) * (f32::from(channel) / 255.0).powf(2.2);
        }
    }
    bytes(light)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn bytes(light: Light) -> [u8; 3] {
    light.map(|channel| (255.0 * stored(channel)).round().clamp(0.0, 255.0) as u8)
}

#[expect(clippy::cast_possible_truncation, reason = "shares, ratios and milliseconds within an hour")]
fn small(value: f64) -> f32 {
    if value.is_finite() { value as f32 } else { 0.0 }
}
