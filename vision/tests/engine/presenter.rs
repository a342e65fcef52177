//! Synthetic presenters: a picture of a face that comes closer in front of a camera, with or without the light of the screen on it. Drawn
//! frame by frame, encoded by ffmpeg. They say how the engine treats what it was built for, and nothing about real people.

use super::ffmpeg::ffmpeg;
use prooflight_vision::{Account, Challenge, ColorShown, ColorStep, Oval, Size};
use std::path::Path;

/// Who stands before the camera.
#[derive(Debug, Clone)]
pub(crate) struct Presenter {
    /// Pictures in a second.
    pub(crate) rate: f32,
    /// By how much the colours arrive late in the video.
    pub(crate) delay_ms: f32,
    /// The screen's light as a share of the room's.
    pub(crate) strength: f32,
    /// What the light falls on.
    pub(crate) lit: Lit,
    /// Whether the colours are those of the challenge or another order of them.
    pub(crate) order: Order,
    /// Horizontal places of the faces, as shares of the width; the oval is round the first.
    pub(crate) faces: &'static [f32],
    /// Whether the face comes closer.
    pub(crate) approaches: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lit {
    Face,
    Everything,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Order {
    AsSent,
    Another,
}

pub(crate) const LIVE: Presenter =
    Presenter { rate: 15.0, delay_ms: 250.0, strength: 0.27, lit: Lit::Face, order: Order::AsSent, faces: &[0.5], approaches: true };

const WIDTH: u16 = 480;
const HEIGHT: u16 = 360;
const COLORS: [[u8; 3]; 8] = [[0, 0, 0], [255, 255, 0], [0, 0, 255], [0, 255, 255], [255, 0, 0], [0, 255, 0], [255, 0, 255], [0, 255, 255]];
const FIRST_COLOR_MS: f32 = 2000.0;
const SCROLL_MS: f32 = 475.0;
const END_MS: f32 = FIRST_COLOR_MS + 7.0 * SCROLL_MS + 500.0;
const RECORDING_BEGAN_MS: i64 = 1_795_345_970_000;

/// The oval: wide enough that a face has to come close.
const OVAL_WIDTH: f32 = 190.0;

/// Where the face is in the portrait: the middle between eyes and nose, and the width by which the oval is measured, in its pixels.
const FACE_AT: [f32; 2] = [222.0, 116.0];
const FACE_WIDTH: f32 = 76.0;

impl Presenter {
    /// The challenge that all presenters get.
    pub(crate) fn challenge(&self) -> Challenge {
        let colors = COLORS.iter().enumerate().map(|(number, &rgb)| ColorStep {
            rgb,
            downscroll_ms: if number == 0 { 0 } else { 475 },
            flat_ms: if number == 0 { 75 } else { 0 },
        });
        let center_x = self.faces.first().copied().unwrap_or(0.5) * f32::from(WIDTH);
        Challenge {
            frame: Size { width: u32::from(WIDTH), height: u32::from(HEIGHT) },
            oval: Oval { width: OVAL_WIDTH, height: 1.618 * OVAL_WIDTH, center_x, center_y: 180.0 },
            colors: colors.collect(),
        }
    }

    /// What an honest client reports.
    #[expect(clippy::cast_possible_truncation, reason = "a few seconds")]
    pub(crate) fn account() -> Account {
        let at = |ms: f32| RECORDING_BEGAN_MS + ms as i64;
        let colors = COLORS.iter().zip(0_u32..).map(|(&current, sequence)| ColorShown {
            sequence,
            current,
            previous: None,
            at_ms: at(FIRST_COLOR_MS + SCROLL_MS * sequence.saturating_sub(1) as f32),
        });
        Account {
            video_start_ms: RECORDING_BEGAN_MS,
            video_end_ms: at(END_MS),
            target_reached_ms: Some(at(1000.0)),
            colors: colors.collect(),
        }
    }

    /// The recording, as WebM with VP8.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred frames")]
    pub(crate) fn video(&self) -> Vec<u8> {
        let portrait = Portrait::load();
        let stored = stored_values();
        let frames = (END_MS / 1000.0 * self.rate) as u32;
        let pixels = (0..frames).flat_map(|number| self.draw(&portrait, &stored, number as f32 * 1000.0 / self.rate)).collect();
        let (size, rate) = (format!("{WIDTH}x{HEIGHT}"), self.rate.to_string());
        let input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &size, "-r", &rate, "-i", "pipe:0"];
        let codec = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-f", "webm", "pipe:1"];
        ffmpeg(&[&input[..], &codec[..]].concat(), pixels)
    }

    fn draw(&self, portrait: &Portrait, stored: &[u8], at_ms: f32) -> Vec<u8> {
        let closeness = if self.approaches { (at_ms / 1200.0).clamp(0.0, 1.0) } else { 0.0 };
        let scale = OVAL_WIDTH / FACE_WIDTH * (0.45 + 0.55 * closeness);
        let screen = self.screen(at_ms - self.delay_ms);
        let half = f32::from(WIDTH) / self.faces.len().max(1) as f32 / 2.0;
        let mut rgb = Vec::with_capacity(usize::from(WIDTH) * usize::from(HEIGHT) * 3);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let (x, y) = (f32::from(x), f32::from(y));
                let center = self.faces.iter().map(|face| face * f32::from(WIDTH)).find(|center| (x - center).abs() <= half);
                let (dx, dy) = (x - center.unwrap_or(-10_000.0), y - 180.0);
                let albedo = portrait.at(FACE_AT[0] + dx / scale, FACE_AT[1] + dy / scale);
                let (along, down) = (dx / (0.75 * FACE_WIDTH * scale), dy / (1.05 * FACE_WIDTH * scale));
                let lit = self.lit == Lit::Everything || along * along + down * down < 1.0;
                for (albedo, screen) in albedo.into_iter().zip(screen) {
                    let light = 0.75 * albedo * (1.0 + if lit { self.strength * screen } else { 0.0 });
                    rgb.push(stored[(light.clamp(0.0, 1.0) * LEVELS) as usize]);
                }
            }
        }
        rgb
    }

    /// The light of the screen, linear.
    fn screen(&self, at_ms: f32) -> [f32; 3] {
        let since = at_ms - FIRST_COLOR_MS;
        if since < 0.0 {
            return [0.0; 3];
        }
        let step = ((since / SCROLL_MS).floor() as usize + 1).min(COLORS.len() - 1);
        let color = |number: usize| match (self.order, number) {
            (Order::AsSent, _) | (_, 0) => COLORS[number],
            (Order::Another, _) => COLORS[[0, 3, 6, 4, 2, 1, 7, 5][number]],
        };
        let share = ((since - SCROLL_MS * (step - 1) as f32) / SCROLL_MS).clamp(0.0, 1.0);
        let (new, old) = (color(step), color(step - 1));
        [0, 1, 2].map(|channel| (f32::from(new[channel]) * share + f32::from(old[channel]) * (1.0 - share)) / 255.0)
    }
}

/// Steps of linear light.
const LEVELS: f32 = 8191.0;

/// What a camera stores for each step of linear light.
fn stored_values() -> Vec<u8> {
    (0..=LEVELS as u16).map(|level| ((f32::from(level) / LEVELS).powf(1.0 / 2.2) * 255.0).round() as u8).collect()
}

/// The NASA portrait, as linear light.
struct Portrait {
    width: usize,
    height: usize,
    light: Vec<f32>,
}

impl Portrait {
    fn load() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/photos/astronaut.png");
        let bytes = std::fs::read(file).expect("the portrait");
        let mut decoder = zune_png::PngDecoder::new(zune_png::zune_core::bytestream::ZCursor::new(bytes));
        let rgb = decoder.decode_raw().expect("a PNG");
        let (width, height) = decoder.dimensions().expect("its size");
        assert_eq!(rgb.len(), 3 * width * height, "8-bit RGB");
        let light = rgb.iter().map(|&value| (f32::from(value) / 255.0).powf(2.2)).collect();
        Self { width, height, light }
    }

    /// Linear light at a place, the nearest pixel's; the edge continues outside.
    fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let column = (x.max(0.0) as usize).min(self.width - 1);
        let row = (y.max(0.0) as usize).min(self.height - 1);
        let pixel = 3 * (row * self.width + column);
        [self.light[pixel], self.light[pixel + 1], self.light[pixel + 2]]
    }
}
