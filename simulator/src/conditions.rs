//! Under which conditions a clip is made: drawn from its seed, and recorded with it.

use crate::scene::{Habits, RoomLight, Screen};
use fastrand::Rng;
use prooflight_vision::Size;
use serde::Serialize;

/// The conditions of one clip.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conditions {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// Pictures in a second, on average.
    pub rate: f32,
    /// The share of pictures that get lost.
    pub lost: f32,
    /// Between what the screen shows and the picture that shows it, in milliseconds.
    pub delay_ms: f32,
    /// The focal length in widths of the picture.
    pub focal: f32,
    /// The room's light on the face, in lux.
    pub lux: f32,
    /// The screen's white, in candela per square metre.
    pub nits: f32,
    /// By how much the skin is darker than in the portrait: its albedo to this power is what is left of it.
    pub tone: f32,
    /// How restless the head or the hand is; 1 is usual.
    pub restless: f32,
    /// How much farther away the face begins than it ends.
    pub farther: f32,
    #[serde(skip)]
    pub(crate) room: RoomLight,
    #[serde(skip)]
    pub(crate) screen: Screen,
    pub(crate) camera: Habits,
    /// Whether the camera is a phone in the hand.
    pub handheld: bool,
}

impl Conditions {
    /// Conditions as people have them; with a size where that is decided already.
    pub fn draw(random: &mut Rng, size: Option<Size>) -> Self {
        let handheld = match size {
            Some(size) => size.height > size.width,
            None => random.f32() < 0.35,
        };
        let size = size.unwrap_or_else(|| match (handheld, random.u8(0..3)) {
            (true, 0) => Size { width: 480, height: 640 },
            (true, _) => Size { width: 360, height: 480 },
            (false, 0 | 1) => Size { width: 480, height: 360 },
            (false, _) => Size { width: 640, height: 480 },
        });
        let bright = random.f32();
        let room = RoomLight::draw(random, bright);
        let mut between = |low: f32, high: f32| low + (high - low) * random.f32();
        let screen = if handheld {
            Screen { width: 0.068, height: 0.147, nits: between(300.0, 700.0), covered: between(0.8, 1.0) }
        } else {
            Screen { width: between(0.29, 0.36), height: between(0.18, 0.22), nits: between(160.0, 400.0), covered: between(0.7, 1.0) }
        };
        let rate = [15.0, 20.0, 24.0, 30.0, 30.0][between(0.0, 4.99) as usize];
        let camera = Habits {
            exposure_s: (between(0.0, 1.0) > 0.15).then_some(between(0.25, 1.2)),
            balance_s: (between(0.0, 1.0) > 0.2).then_some(between(0.8, 4.0)),
            balance_share: between(0.2, 0.8),
            noise: between(0.006, 0.022),
            gamma: between(2.0, 2.4),
            target: between(0.13, 0.24),
        };
        Self {
            width: size.width as usize,
            height: size.height as usize,
            rate,
            lost: if between(0.0, 1.0) < 0.3 { between(0.02, 0.15) } else { 0.0 },
            delay_ms: between(70.0, 280.0),
            focal: if handheld { between(0.95, 1.15) } else { between(0.78, 1.0) },
            lux: room.lux,
            nits: screen.nits,
            tone: 1.0 + between(0.0, 1.0).powi(2),
            restless: between(0.5, 1.6),
            farther: between(1.9, 2.5),
            room,
            screen,
            camera,
            handheld,
        }
    }

    /// Conditions that are good and cheap, with some variety left: what a developer's check wants.
    pub fn easy(random: &mut Rng, size: Size, rate: f32) -> Self {
        let drawn = Self::draw(random, Some(size));
        let room = RoomLight { lux: 160.0, ..drawn.room };
        let screen = Screen { nits: 320.0, covered: 0.9, ..drawn.screen };
        let camera = Habits { noise: 0.008, ..drawn.camera };
        Self { rate, lost: 0.0, lux: room.lux, nits: screen.nits, tone: 1.0, restless: 0.8, room, screen, camera, ..drawn }
    }

    /// The screen's light as a share of the room's, at arm's length from the screen.
    pub fn screen_share(&self) -> f32 {
        let distance = if self.handheld { 0.25 } else { 0.32 };
        self.screen.covered * self.screen.nits * self.screen.width * self.screen.height / (distance * distance) / self.lux
    }
}
