//! What the light cues look at: the ratios of red to green and of blue to green of the skin and of the background, over time. They do not change
//! with exposure.

use super::schedule::Schedule;
use crate::face::Light;
use crate::track::Track;

/// A dark floor under ratios, so that noise in the shadows does not look like light.
const DARK: f64 = 0.004;

/// The logarithms of red to green and blue to green, over time.
pub(super) struct Signals {
    pub(super) times: Vec<f64>,
    pub(super) skin: [Vec<f64>; 2],
    pub(super) background: Option<[Vec<f64>; 2]>,
    /// The skin's light itself.
    pub(super) lights: Vec<Light>,
}

impl Signals {
    /// From shortly before the first colour to the end.
    pub(super) fn new(track: &Track, schedule: &Schedule) -> Self {
        let mut signals =
            Self { times: Vec::new(), skin: [Vec::new(), Vec::new()], background: Some([Vec::new(), Vec::new()]), lights: Vec::new() };
        for (at, seen) in track.seen().filter(|(at, _)| *at >= schedule.start() - 300.0) {
            signals.times.push(at);
            signals.lights.push(seen.skin);
            add(&mut signals.skin, seen.skin);
            // A background that is not there all the time is not used at all: half a signal has steps of its own.
            signals.background = signals.background.take().zip(seen.background).map(|(mut background, light)| {
                add(&mut background, light);
                background
            });
        }
        signals
    }

    pub(super) fn skin_against_background(&self) -> [Vec<f64>; 2] {
        let Some(background) = &self.background else { return self.skin.clone() };
        let mut skin = self.skin.clone();
        for (skin, background) in skin.iter_mut().zip(background) {
            skin.iter_mut().zip(background).for_each(|(skin, background)| *skin -= background);
        }
        skin
    }

    pub(super) fn mixes(&self, schedule: &Schedule, delay: f64) -> Vec<Vec<f64>> {
        self.times.iter().map(|at| schedule.mix(at - delay)).collect()
    }
}

fn add(channels: &mut [Vec<f64>; 2], light: Light) {
    let [red, green, blue] = light.map(|channel| f64::from(channel) + DARK);
    channels.iter_mut().zip([red, blue]).for_each(|(channel, other)| channel.push((other / green).ln()));
}

/// What a colour of the screen adds to the two ratios, to first order: the difference of its linear channels.
pub(super) fn ratios_of(rgb: [u8; 3]) -> [f64; 2] {
    let [red, green, blue] = rgb.map(|channel| (f64::from(channel) / 255.0).powf(2.2));
    [red - green, blue - green]
}
