//! The camera: from linear light to the picture that an encoder gets. It finds exposure and white balance by itself and is slow about it,
//! its sensor is grainy in the dark, its tone curve is not quite the standard one.

use super::raster::Canvas;
use fastrand::Rng;
use std::sync::Arc;

/// A picture in three planes, 8 bits, colours at half the size; BT.601 at video range, as VP8 has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels from left to right; even.
    pub width: usize,
    /// Pixels from top to bottom; even.
    pub height: usize,
    /// Luma.
    pub y: Vec<u8>,
    /// Blue against luma.
    pub u: Vec<u8>,
    /// Red against luma.
    pub v: Vec<u8>,
}

/// How a camera behaves.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Habits {
    /// Seconds until exposure has nearly followed a change; none does not follow.
    pub(crate) exposure_s: Option<f32>,
    /// The same for white balance.
    pub(crate) balance_s: Option<f32>,
    /// How much of a tint the white balance removes.
    pub(crate) balance_share: f32,
    /// Noise of a pixel at full light, as a share; it grows with the root of the gain.
    pub(crate) noise: f32,
    /// The exponent of the tone curve is one over this.
    pub(crate) gamma: f32,
    /// How bright the mean of the picture becomes, linear.
    pub(crate) target: f32,
}

/// A running camera.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    habits: Habits,
    gain: f32,
    balance: [f32; 3],
    seen_ms: Option<f64>,
    /// The room's light, by which the sensor's gain is judged.
    lux: f32,
    random: Rng,
    noise: Arc<[f32]>,
    curve: Vec<u8>,
}

const STEPS: usize = 4096;
const NOISE: usize = 1 << 16;

impl Camera {
    pub(crate) fn new(habits: Habits, lux: f32, mut random: Rng) -> Self {
        // The sum of four even draws is normal enough.
        let noise = (0..NOISE + 4096).map(|_| ((0..4).map(|_| random.f32()).sum::<f32>() - 2.0) * 1.732).collect();
        let curve = (0..STEPS).map(|step| ((step as f32 / (STEPS - 1) as f32).powf(1.0 / habits.gamma) * 255.0).round() as u8).collect();
        Self { habits, gain: 1.0, balance: [1.0; 3], seen_ms: None, lux, random, noise, curve }
    }

    /// Takes a picture.
    pub(crate) fn take(&mut self, canvas: &Canvas, at_ms: f64) -> Picture {
        self.adapt(canvas, at_ms);
        let factor = self.balance.map(|balance| balance * self.gain);
        // Photons are counted: the noise of light x is the root of x, the larger the fewer lux make up full light.
        let grain = self.habits.noise * (200.0 / self.lux).sqrt().clamp(0.5, 3.0);
        let (width, height) = (canvas.width, canvas.height);
        let mut rgb = vec![[0_u8; 3]; width];
        let mut above = vec![[0_u8; 3]; width];
        let mut grainy = vec![0.0_f32; width];
        let mut picture = Picture { width, height, y: Vec::with_capacity(width * height), u: Vec::new(), v: Vec::new() };
        for (row, line) in canvas.light.chunks_exact(width).enumerate() {
            for channel in 0..3 {
                let start = self.random.usize(0..NOISE);
                let noise = &self.noise[start..start + width];
                for ((grainy, pixel), noise) in grainy.iter_mut().zip(line).zip(noise) {
                    let light = pixel[channel] * factor[channel];
                    *grainy = (light + grain * (light + 0.003).sqrt() * noise).clamp(0.0, 1.0) * (STEPS - 1) as f32;
                }
                for (stored, grainy) in rgb.iter_mut().zip(&grainy) {
                    stored[channel] = self.curve[*grainy as usize];
                }
            }
            picture.y.extend(rgb.iter().map(|&[red, green, blue]| luma(red, green, blue)));
            if row % 2 == 1 {
                picture.add_colours(&above, &rgb);
            }
            std::mem::swap(&mut rgb, &mut above);
        }
        picture
    }

    fn adapt(&mut self, canvas: &Canvas, at_ms: f64) {
        let mean = metered(canvas);
        let bright = 0.2126 * mean[0] + 0.7152 * mean[1] + 0.0722 * mean[2];
        let wanted_gain = self.habits.target / bright.max(1e-6);
        let wanted_balance = mean.map(|channel| (bright / channel.max(1e-6)).powf(self.habits.balance_share));
        let Some(before) = self.seen_ms.replace(at_ms) else {
            (self.gain, self.balance) = (wanted_gain, wanted_balance);
            return;
        };
        let since = ((at_ms - before) / 1000.0) as f32;
        let follow = |slowness: Option<f32>| slowness.map_or(0.0, |seconds| 1.0 - (-since / seconds.max(0.01)).exp());
        self.gain *= (wanted_gain / self.gain).powf(follow(self.habits.exposure_s));
        let step = follow(self.habits.balance_s);
        self.balance = std::array::from_fn(|channel| self.balance[channel] * (wanted_balance[channel] / self.balance[channel]).powf(step));
    }
}

/// Mean light, the middle counting twice.
fn metered(canvas: &Canvas) -> [f32; 3] {
    let (mut sum, mut weights) = ([0.0_f32; 3], 0.0);
    for y in (4..canvas.height).step_by(8) {
        for x in (4..canvas.width).step_by(8) {
            let inner = x.abs_diff(canvas.width / 2) < canvas.width / 4 && y.abs_diff(canvas.height / 2) < canvas.height / 4;
            let weight = if inner { 2.0 } else { 1.0 };
            let pixel = canvas.light[y * canvas.width + x];
            for channel in 0..3 {
                sum[channel] += weight * pixel[channel];
            }
            weights += weight;
        }
    }
    sum.map(|channel| channel / weights)
}

fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    ((66 * red + 129 * green + 25 * blue + 128) / 256 + 16) as u8
}

impl Picture {
    /// The colours of two rows, each of four pixels' mean.
    fn add_colours(&mut self, above: &[[u8; 3]], below: &[[u8; 3]]) {
        for (upper, lower) in above.chunks_exact(2).zip(below.chunks_exact(2)) {
            let mean = |channel: usize| upper.iter().chain(lower).map(|pixel| i32::from(pixel[channel])).sum::<i32>();
            let (red, green, blue) = (mean(0), mean(1), mean(2));
            self.u.push((((-38 * red - 74 * green + 112 * blue + 512) >> 10) + 128) as u8);
            self.v.push((((112 * red - 94 * green - 18 * blue + 512) >> 10) + 128) as u8);
        }
    }

    /// Red, green and blue of a pixel.
    pub(crate) fn rgb(&self, x: usize, y: usize) -> [u8; 3] {
        let half = y / 2 * (self.width / 2) + x / 2;
        let (luma, blue, red) =
            (1.164 * (f32::from(self.y[y * self.width + x]) - 16.0), f32::from(self.u[half]) - 128.0, f32::from(self.v[half]) - 128.0);
        [luma + 1.596 * red, luma - 0.392 * blue - 0.813 * red, luma + 2.017 * blue].map(|value| value.round().clamp(0.0, 255.0) as u8)
    }
}
