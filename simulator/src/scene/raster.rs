//! Draws surfaces as the camera sees them: a pinhole, perspective-correct pictures, depth by pixel, soft mattes blended over what is behind.

use super::light::Light;
use super::surface::{Placement, Shade, Surface};
use crate::texture::Level;
use crate::vector::Vector;

/// A picture in the making: linear light, and how near it is.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Red, green, blue, and nothing.
    pub(crate) light: Vec<[f32; 4]>,
    nearness: Vec<f32>,
}

/// Nine of them count; with twelve they fill whole registers.
const VALUES: usize = 12;

/// A vertex in the picture. What is divided by the depth can be interpolated straight.
#[derive(Debug, Clone, Copy)]
struct Corner {
    x: f32,
    y: f32,
    /// Nearness, texture place over depth, factor and extra light.
    values: [f32; VALUES],
}

impl Canvas {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, light: vec![[0.0; 4]; width * height], nearness: vec![0.0; width * height] }
    }

    /// Forgets how near everything is; what is drawn stays.
    pub(crate) fn forget_depth(&mut self) {
        self.nearness.fill(0.0);
    }

    /// Draws a surface where it is placed, under `light`.
    pub(crate) fn draw_lit(&mut self, surface: &Surface, placement: &Placement, light: &Light, focal: f32) {
        let places = surface.mesh.placed(placement);
        let shades = surface.shades(&places, light);
        self.draw(surface, &places, &shades, focal);
    }

    /// Draws a surface whose vertices are at `places`; `focal` is the focal length in pixels.
    fn draw(&mut self, surface: &Surface, places: &[Vector], shades: &[Shade], focal: f32) {
        let middle = [self.width as f32 / 2.0, self.height as f32 / 2.0];
        let corner = |((place, shade), uv): ((&Vector, &Shade), &[f32; 2])| {
            let nearness = 1.0 / place[2].max(0.02);
            let ([fr, fg, fb], [er, eg, eb]) = (shade.factor, shade.extra);
            Corner {
                x: middle[0] + focal * place[0] * nearness,
                y: middle[1] + focal * place[1] * nearness,
                values: [nearness, uv[0] * nearness, uv[1] * nearness, fr, fg, fb, er, eg, eb, 0.0, 0.0, 0.0],
            }
        };
        let corners: Vec<Corner> = places.iter().zip(shades).zip(&surface.mesh.places_in_picture).map(corner).collect();
        let level = surface.texture.level(texels_per_pixel(surface, &corners));
        let columns = surface.mesh.columns;
        for (row, pair) in corners.chunks_exact(columns).collect::<Vec<_>>().windows(2).enumerate() {
            for column in 0..columns - 1 {
                let cell = [pair[0][column], pair[0][column + 1], pair[1][column], pair[1][column + 1]];
                let seen = [0, 1]
                    .iter()
                    .flat_map(|down| [0, 1].map(|along| surface.mesh.places_in_picture[(row + down) * columns + column + along]));
                // A cell without anything of the matte costs nothing.
                if seen.into_iter().all(|[u, v]| level.at(u, v)[3] < 0.004) {
                    continue;
                }
                self.triangle([cell[0], cell[1], cell[2]], level);
                self.triangle([cell[1], cell[3], cell[2]], level);
            }
        }
    }

    /// Everything in a triangle is a plane over the picture: one value at a corner, and how it changes along and down.
    fn triangle(&mut self, [a, b, c]: [Corner; 3], level: &Level) {
        let (along, down) = ([b.x - a.x, c.x - a.x], [b.y - a.y, c.y - a.y]);
        let area = along[0] * down[1] - down[0] * along[1];
        // What turns its back is not seen.
        if area <= 1e-6 {
            return;
        }
        let scale = 1.0 / area;
        let step = |one: f32, two: f32, three: f32| {
            let (to_b, to_c) = (two - one, three - one);
            [(to_b * down[1] - to_c * down[0]) * scale, (to_c * along[0] - to_b * along[1]) * scale]
        };
        let steps: [[f32; 2]; VALUES] = std::array::from_fn(|number| step(a.values[number], b.values[number], c.values[number]));
        let by_pixel = steps.map(|step| step[0]);
        // The shares of the second and the third corner; that of the first is what is left.
        let edges = [step(0.0, 1.0, 0.0), step(0.0, 0.0, 1.0)];
        let edges = [
            [-edges[0][0] - edges[1][0], -edges[0][1] - edges[1][1], 1.0],
            [edges[0][0], edges[0][1], 0.0],
            [edges[1][0], edges[1][1], 0.0],
        ];
        let low = |one: f32, two: f32, three: f32| one.min(two).min(three).floor();
        let high = |one: f32, two: f32, three: f32| one.max(two).max(three).ceil();
        let (top, bottom) = (low(a.y, b.y, c.y).max(0.0), high(a.y, b.y, c.y).min(self.height as f32));
        let sides = [low(a.x, b.x, c.x).max(0.0), high(a.x, b.x, c.x).min(self.width as f32)];
        for y in top as usize..bottom.max(top) as usize {
            let dy = y as f32 + 0.5 - a.y;
            let [mut left, mut right] = sides;
            for [across, downward, start] in edges {
                // The share is zero at this x.
                let zero = a.x - (start + downward * dy) / across;
                if across > 0.0 {
                    left = left.max((zero - 0.5).ceil());
                } else if across < 0.0 {
                    right = right.min((zero - 0.5).floor() + 1.0);
                } else if start + downward * dy < 0.0 {
                    right = left;
                }
            }
            if left >= right {
                continue;
            }
            let dx = left + 0.5 - a.x;
            let mut values: [f32; VALUES] = std::array::from_fn(|number| a.values[number] + dx * steps[number][0] + dy * steps[number][1]);
            let span = y * self.width + left as usize..y * self.width + right as usize;
            for (pixel, nearest) in self.light[span.clone()].iter_mut().zip(&mut self.nearness[span]) {
                let nearness = values[0];
                if nearness > *nearest {
                    let distance = 1.0 / nearness;
                    let texel = level.at(values[1] * distance, values[2] * distance);
                    let share = texel[3];
                    for channel in 0..3 {
                        let light = texel[channel] * values[3 + channel] + values[6 + channel];
                        pixel[channel] += share * (light - pixel[channel]);
                    }
                    if share > 0.5 {
                        *nearest = nearness;
                    }
                }
                values.iter_mut().zip(by_pixel).for_each(|(value, step)| *value += step);
            }
        }
    }
}

/// How many texels a pixel spans in the middle of the surface.
fn texels_per_pixel(surface: &Surface, corners: &[Corner]) -> f32 {
    let columns = surface.mesh.columns;
    let row = corners.len() / columns / 2 * columns;
    let (from, to) = (row + columns / 4, row + columns - columns / 4 - 1);
    let texels = (surface.mesh.places_in_picture[to][0] - surface.mesh.places_in_picture[from][0]) * surface.texture.full().width as f32;
    texels / (corners[to].x - corners[from].x).abs().max(1.0)
}
