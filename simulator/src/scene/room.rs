//! What is behind a person: a wall with some things before it, out of focus. It stays where it is while the camera does.

use crate::vector::Vector;
use fastrand::Rng;

/// The room as the camera sees it: what each pixel gives back of the light on the wall.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    width: usize,
    height: usize,
    pixels: Vec<[f32; 4]>,
    /// Metres from the camera to the wall.
    pub(crate) distance: f32,
}

/// A camera that is held in a hand sees somewhat more of it from time to time.
const MARGIN: usize = 16;

impl Room {
    pub(crate) fn draw(random: &mut Rng, width: usize, height: usize) -> Self {
        let (width, height) = (width + 2 * MARGIN, height + 2 * MARGIN);
        let tone = |random: &mut Rng, low: f32, high: f32| -> Vector {
            let grey = low + (high - low) * random.f32();
            std::array::from_fn(|_| (grey * (0.85 + 0.3 * random.f32())).clamp(0.02, 0.9))
        };
        let wall = tone(random, 0.25, 0.7);
        let fall = 0.5 * random.f32();
        let mut pixels: Vec<[f32; 4]> = (0..width * height)
            .map(|at| {
                let shade = 1.0 - fall * ((at / width) as f32 / height as f32);
                [wall[0] * shade, wall[1] * shade, wall[2] * shade, 0.0]
            })
            .collect();
        for _ in 0..random.usize(2..9) {
            let thing = tone(random, 0.04, 0.8);
            let (wide, high) = ((0.05 + 0.3 * random.f32()) * width as f32, (0.05 + 0.5 * random.f32()) * height as f32);
            let (left, top) =
                ((width as f32 - wide * 0.5) * random.f32() - wide * 0.25, (height as f32 - high * 0.5) * random.f32() - high * 0.25);
            let grain = 0.3 * random.f32();
            for y in (top.max(0.0) as usize)..((top + high).clamp(0.0, height as f32) as usize) {
                for x in (left.max(0.0) as usize)..((left + wide).clamp(0.0, width as f32) as usize) {
                    let stripe = 1.0 + grain * ((x as f32 * 0.7).sin() * (y as f32 * 0.13).cos());
                    pixels[y * width + x] = [thing[0] * stripe, thing[1] * stripe, thing[2] * stripe, 0.0];
                }
            }
        }
        let radius = random.usize(1..5);
        for _ in 0..2 {
            pixels = blurred(&pixels, width, radius);
            pixels = turned(&blurred(&turned(&pixels, width), height, radius), height);
        }
        Self { width, height, pixels, distance: 0.9 + 2.6 * random.f32() * random.f32() + 0.3 }
    }

    /// Fills the picture with the room under `light`, shifted by some pixels.
    pub(crate) fn paint(&self, onto: &mut [[f32; 4]], picture_width: usize, light: Vector, shift: [f32; 2]) {
        let [red, green, blue] = light.map(|channel| channel / std::f32::consts::PI);
        let most = MARGIN as f32 - 2.0;
        let (x, y) = (MARGIN as f32 + shift[0].clamp(-most, most), MARGIN as f32 + shift[1].clamp(-most, most));
        let (left, top, along, down) = (x as usize, y as usize, x.fract(), y.fract());
        for (row, line) in onto.chunks_exact_mut(picture_width).enumerate() {
            let start = (row + top).min(self.height - 2) * self.width + left;
            let above = &self.pixels[start..=start + picture_width];
            let below = &self.pixels[start + self.width..=start + self.width + picture_width];
            for ((pixel, one), other) in line.iter_mut().zip(above.windows(2)).zip(below.windows(2)) {
                let mix = |channel: usize| {
                    let upper = one[0][channel] + along * (one[1][channel] - one[0][channel]);
                    let lower = other[0][channel] + along * (other[1][channel] - other[0][channel]);
                    upper + down * (lower - upper)
                };
                *pixel = [mix(0) * red, mix(1) * green, mix(2) * blue, 0.0];
            }
        }
    }
}

/// Each row's running mean.
fn blurred(pixels: &[[f32; 4]], width: usize, radius: usize) -> Vec<[f32; 4]> {
    let mut out = Vec::with_capacity(pixels.len());
    for row in pixels.chunks_exact(width) {
        for x in 0..width {
            let span = &row[x.saturating_sub(radius)..(x + radius + 1).min(width)];
            out.push(std::array::from_fn(|channel| span.iter().map(|pixel| pixel[channel]).sum::<f32>() / span.len() as f32));
        }
    }
    out
}

/// Rows become columns.
fn turned(pixels: &[[f32; 4]], width: usize) -> Vec<[f32; 4]> {
    let height = pixels.len() / width;
    (0..width * height).map(|at| pixels[at % height * width + at / height]).collect()
}
