//! Draws what a session's subject has to do: a place for the oval and, for the light challenge, an order of colours. A pure function of
//! random bytes, so that a recording of an earlier session is of no use and a test can repeat any draw.

use crate::rekognition::ChallengeType;
use prooflight_vision::{Challenge, ColorStep, Oval, Size};

/// Random bytes for one draw.
pub(super) type Entropy = [u8; 32];

/// How many colour orders there are: six colours for the first entry, five (any but the one before) for each of the six that follow.
/// 16.5 bits: a recording made for one order is right for another session once in 93,750 times.
pub(super) const COLOR_ORDERS: u128 = 6 * 5_u128.pow(6);

/// The light is displayed once per entry; the black one before the first comes on top.
const COLORS: usize = 7;

/// Fully saturated, so that each differs from any other in at least one channel by the whole range.
const PALETTE: [[u8; 3]; 6] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [0, 255, 255], [255, 0, 255], [255, 255, 0]];

/// Height over width of the oval; sent to the client as `OvalHeightWidthRatio`.
pub(super) const OVAL_RATIO: f32 = 1.618;

/// The challenge for a camera of `frame` pixels.
pub(super) fn draw(kind: ChallengeType, frame: Size, entropy: &Entropy) -> Challenge {
    let (order, place) = entropy.split_at(16);
    let colors = match kind {
        ChallengeType::FaceMovementAndLightChallenge => colors(wide(order) % COLOR_ORDERS),
        ChallengeType::FaceMovementChallenge => Vec::new(),
    };
    Challenge { frame, oval: oval(frame, wide(place)), colors }
}

/// The order with this number, below [`COLOR_ORDERS`]: the number's digits, the first to base six and the others to base five.
fn colors(number: u128) -> Vec<ColorStep> {
    // The client skips the leading entry at once, yet asks for it: it is what the first colour scrolls over.
    let mut steps = vec![ColorStep { rgb: [0, 0, 0], downscroll_ms: 0, flat_ms: 75 }];
    let mut rest = number;
    for _ in 0..COLORS {
        let allowed: Vec<[u8; 3]> = PALETTE.into_iter().filter(|rgb| steps.last().is_none_or(|before| before.rgb != *rgb)).collect();
        let base = allowed.len() as u128;
        let chosen = usize::try_from(rest % base).ok().and_then(|index| allowed.get(index));
        rest /= base;
        if let Some(rgb) = chosen {
            steps.push(ColorStep { rgb: *rgb, downscroll_ms: 475, flat_ms: 0 });
        }
    }
    steps
}

/// An oval inside the frame, about as high as the frame when that is landscape and about three quarters as wide when it is portrait,
/// a little off the centre.
fn oval(frame: Size, entropy: u128) -> Oval {
    let mut rest = entropy;
    let mut between = |low: f32, high: f32| {
        let fraction = f32::from((rest & 0xffff) as u16) / f32::from(u16::MAX);
        rest >>= 16;
        low + (high - low) * fraction
    };
    let (frame_width, frame_height) = (pixels(frame.width), pixels(frame.height));
    let base = frame_width.min(0.75 * frame_height);
    let width = 0.8 * base * between(0.85, 0.95);
    Oval {
        width,
        height: OVAL_RATIO * width,
        center_x: frame_width * between(7.0 / 16.0, 9.0 / 16.0),
        center_y: frame_height * between(7.5 / 16.0, 8.5 / 16.0),
    }
}

/// Frames are at most four digits wide, which a float holds exactly.
fn pixels(count: u32) -> f32 {
    f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

fn wide(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The number of an order: what `colors` undoes.
    fn number(steps: &[ColorStep]) -> u128 {
        let mut number = 0;
        let mut weight = 1;
        for pair in steps.windows(2) {
            let allowed: Vec<_> = PALETTE.iter().filter(|rgb| **rgb != pair[0].rgb).collect();
            number += weight * allowed.iter().position(|rgb| **rgb == pair[1].rgb).unwrap() as u128;
            weight *= allowed.len() as u128;
        }
        number
    }

    proptest! {
        #[test]
        fn every_order_is_another_one_and_begins_with_black(drawn in 0..COLOR_ORDERS) {
            let steps = colors(drawn);
            prop_assert_eq!(steps.len(), COLORS + 1);
            prop_assert_eq!(steps[0], ColorStep { rgb: [0, 0, 0], downscroll_ms: 0, flat_ms: 75 });
            prop_assert!(steps.windows(2).all(|pair| pair[0].rgb != pair[1].rgb), "neighbours differ: {:?}", steps);
            prop_assert!(steps[1..].iter().all(|step| PALETTE.contains(&step.rgb) && step.downscroll_ms == 475 && step.flat_ms == 0));
            prop_assert_eq!(number(&steps), drawn);
        }

        #[test]
        fn the_oval_lies_inside_any_frame(width in 100_u32..=9999, height in 100_u32..=9999, entropy: Entropy) {
            let Challenge { oval, .. } = draw(ChallengeType::FaceMovementChallenge, Size { width, height }, &entropy);
            prop_assert!(oval.center_x - oval.width / 2.0 > 0.0 && oval.center_x + oval.width / 2.0 < width as f32, "{oval:?}");
            prop_assert!(oval.center_y - oval.height / 2.0 > 0.0 && oval.center_y + oval.height / 2.0 < height as f32, "{oval:?}");
            prop_assert!(oval.width > 0.6 * (width as f32).min(0.75 * height as f32));
        }

        #[test]
        fn a_draw_is_repeatable_and_every_byte_counts(entropy: Entropy, index in 0_usize..32) {
            let frame = Size { width: 480, height: 360 };
            let first = draw(ChallengeType::FaceMovementAndLightChallenge, frame, &entropy);
            prop_assert_eq!(&first, &draw(ChallengeType::FaceMovementAndLightChallenge, frame, &entropy));
            let mut other = entropy;
            other[index] ^= 0x55;
            let second = draw(ChallengeType::FaceMovementAndLightChallenge, frame, &other);
            // The last draw of the oval takes 48 of its 128 bits.
            prop_assert_eq!(first != second, !(16..26).contains(&index), "byte {}", index);
        }
    }
}
