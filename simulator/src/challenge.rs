//! Challenges for clips that no server asked for: drawn as a server draws them.

use fastrand::Rng;
use prooflight_vision::{Challenge, ColorStep, Oval, Size};

const PALETTE: [[u8; 3]; 6] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 255, 255], [255, 0, 255], [255, 255, 0]];

/// Height over width of the oval.
const RATIO: f32 = 1.618;

/// A light challenge for a camera of that size.
pub(crate) fn draw(random: &mut Rng, frame: Size) -> Challenge {
    let mut colors = vec![ColorStep { rgb: [0; 3], downscroll_ms: 0, flat_ms: 75 }];
    while colors.len() < 8 {
        let rgb = PALETTE[random.usize(0..PALETTE.len())];
        if colors.last().is_none_or(|before| before.rgb != rgb) {
            colors.push(ColorStep { rgb, downscroll_ms: 475, flat_ms: 0 });
        }
    }
    let mut between = |low: f32, high: f32| low + (high - low) * random.f32();
    let (width, height) = (frame.width as f32, frame.height as f32);
    let oval = 0.8 * width.min(0.75 * height) * between(0.85, 0.95);
    let (center_x, center_y) = (width * between(7.0 / 16.0, 9.0 / 16.0), height * between(7.5 / 16.0, 8.5 / 16.0));
    Challenge { frame, oval: Oval { width: oval, height: RATIO * oval, center_x, center_y }, colors }
}

/// The same challenge with its colours in an order that differs in most places.
pub(crate) fn reordered(random: &mut Rng, challenge: &Challenge) -> Challenge {
    for _ in 0..200 {
        let other = draw(random, challenge.frame);
        let same = other.colors.iter().zip(&challenge.colors).skip(1).filter(|(one, other)| one.rgb == other.rgb).count();
        if same <= 2 {
            return Challenge { colors: other.colors, ..challenge.clone() };
        }
    }
    challenge.clone()
}
