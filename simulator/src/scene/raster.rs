//! Draws surfaces as the camera sees them: a pinhole, perspective-correct pictures, depth by pixel, soft mattes blended over what is behind.

use super::light::Light;
use super::surface::{Placement, Shade, Surface};
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

/// A vertex in the picture. What is divided by the depth can be interpolated straight.
#[derive(Debug, Clone, Copy)]
struct Corner {
    x: f32,
    y: f32,
    nearness: f32,
    /// Texture place over depth, factor and extra light.
    values: [f32; 8],
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
                nearness,
                values: [uv[0] * nearness, uv[1] * nearness, fr, fg, fb, er, eg, eb],
            }
        };
        let corners: Vec<Corner> = places.iter().zip(shades).zip(&surface.mesh.places_in_picture).map(corner).collect();
        let level = surface.texture.level(texels_per_pixel(surface, &corners));
        let columns = surface.mesh.columns;
        for (row, pair) in corners.chunks_exact(columns).collect::<Vec<_>>().windows(2).enumerate() {
            for column in 0..columns - 1 {
                let cell = [pair[0][column], pair[0][column + 1], pair[1][column], pair[1][column + 1]];
                let seen = [0, 1].iter().flat_map(|down| [0, 1].map(|along| surface.mesh.places_in_picture[(row + down) * columns + column + along]));
                // A cell without anything of the matte costs nothing.
                if seen.into_iter().all(|[u, v]| level.at(u, v)[3] < 0.004) {
                    continue;
                }
                self.triangle([cell[0], cell[1], cell[2]], level);
                self.triangle([cell[1], cell[3], cell[2]], level);
            }
        }
    }

    fn triangle(&mut self, [a, b, c]: [Corner; 3], level: &crate::texture::Level) {
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        // What turns its back is not seen.
        if area <= 1e-6 {
            return;
        }
        let low = |one: f32, two: f32, three: f32| one.min(two).min(three).max(0.0).floor();
        let high = |one: f32, two: f32, three: f32, most: usize| one.max(two).max(three).ceil().min(most as f32 - 1.0);
        let (left, top) = (low(a.x, b.x, c.x), low(a.y, b.y, c.y));
        let (right, bottom) = (high(a.x, b.x, c.x, self.width), high(a.y, b.y, c.y, self.height));
        if left > right || top > bottom {
            return;
        }
        let (left, right, top, bottom) = (left as usize, right as usize, top as usize, bottom as usize);
        let scale = 1.0 / area;
        for y in top..=bottom {
            for x in left..=right {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let for_b = ((px - a.x) * (c.y - a.y) - (py - a.y) * (c.x - a.x)) * scale;
                let for_c = ((b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x)) * scale;
                let for_a = 1.0 - for_b - for_c;
                if for_a < 0.0 || for_b < 0.0 || for_c < 0.0 {
                    continue;
                }
                let mix = |one: f32, two: f32, three: f32| for_a * one + for_b * two + for_c * three;
                let nearness = mix(a.nearness, b.nearness, c.nearness);
                let at = y * self.width + x;
                if nearness <= self.nearness[at] {
                    continue;
                }
                let value = |number: usize| mix(a.values[number], b.values[number], c.values[number]);
                let texel = level.at(value(0) / nearness, value(1) / nearness);
                let share = texel[3];
                let pixel = &mut self.light[at];
                for channel in 0..3 {
                    let light = texel[channel] * value(2 + channel) + value(5 + channel);
                    pixel[channel] += share * (light - pixel[channel]);
                }
                if share > 0.5 {
                    self.nearness[at] = nearness;
                }
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
