//! Is the face bare? The mesh says where skin should be; what has another colour there is not the face's. It sees a cloth or paper mask over mouth and
//! nose, a scarf, a sheet held before the chin, and dark glasses. It cannot see what has the colour of skin (a hand), and it takes nothing dark over
//! the lower face for a cover, because a beard is dark too.

use super::geometry::Face;
use super::skin::{Light, disc, luminance, mean};
use crate::decode::Frame;

/// What hides a face in one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cover {
    /// How many of the seven places of the lower face have another colour than the upper face.
    pub(crate) lower: u8,
    /// Whether what is above and below both eyes is dark.
    pub(crate) eyes: bool,
}

/// Brow, the bridge of the nose, and below both eyes.
const UPPER: [usize; 4] = [151, 6, 119, 348];

/// Both cheeks, below the nose, both corners of the jaw, and two places of the chin.
const LOWER: [usize; 7] = [50, 280, 164, 214, 434, 199, 175];

/// Above and below each eye.
const ROUND_EYES: [usize; 4] = [27, 230, 257, 450];

/// Lips, shadow and make-up move the two ratios by less than this from the upper face's; a blue, white or patterned cloth by more.
const ANOTHER_COLOUR: f32 = 0.4;

/// Darker than this (natural logarithm of the light) is no skin; a beard reaches it.
const DARK: f32 = -1.6;

/// How much darker dark glasses are than brow and cheeks.
const DARK_GLASS: f32 = -1.0;

/// So many of the seven places are covered by a mask; light from one side colours two.
const COVERED: u8 = 4;

impl Cover {
    /// Whether something covers the face.
    pub(crate) fn hides(self) -> bool {
        self.eyes || self.lower >= COVERED
    }
}

/// Looks at a face in a picture; nothing is covered where nothing can be seen.
pub(crate) fn cover(frame: &Frame, face: &Face) -> Cover {
    let radius = 0.04 * face.outline().width;
    let look = |number: &usize| mean(disc(face.at(*number), radius, 2).filter_map(|[x, y]| frame.rgb_at(x, y))).map(Tone::of);
    let upper: Vec<Tone> = UPPER.iter().filter_map(look).collect();
    let Some(usual) = Tone::middle(&upper) else { return Cover::default() };
    let other =
        LOWER.iter().filter_map(look).filter(|tone| tone.distance(usual) > ANOTHER_COLOUR && tone.light - usual.light > DARK).count();
    // A white mask makes all else look dark, and so would bright cheeks alone: the brow has to be bright as well.
    let bright = [151, 50, 280].iter().filter_map(look).map(|tone| tone.light).reduce(f32::min);
    let eyes: Vec<Tone> = ROUND_EYES.iter().filter_map(look).collect();
    let dark = bright.is_some_and(|bright| eyes.len() == ROUND_EYES.len() && eyes.iter().all(|eye| eye.light - bright < DARK_GLASS));
    Cover { lower: u8::try_from(other).unwrap_or(u8::MAX), eyes: dark }
}

/// A colour whatever its brightness, and the brightness, both as logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tone {
    red: f32,
    blue: f32,
    light: f32,
}

impl Tone {
    fn of(light: Light) -> Self {
        /// A floor, so that black is a number.
        const FLOOR: f32 = 0.002;
        let [red, green, blue] = light.map(|channel| channel + FLOOR);
        Self { red: (red / green).ln(), blue: (blue / green).ln(), light: (luminance(light) + FLOOR).ln() }
    }

    /// How far two colours are apart, whatever their brightness.
    fn distance(self, other: Self) -> f32 {
        (self.red - other.red).hypot(self.blue - other.blue)
    }

    /// The middle value of each part; none of none.
    fn middle(tones: &[Self]) -> Option<Self> {
        let part = |part: fn(&Self) -> f32| {
            let mut values: Vec<f32> = tones.iter().map(part).collect();
            values.sort_by(f32::total_cmp);
            let upper = *values.get(values.len() / 2)?;
            Some(f32::midpoint(upper, *values.get(values.len().saturating_sub(1) / 2)?))
        };
        Some(Self { red: part(|tone| tone.red)?, blue: part(|tone| tone.blue)?, light: part(|tone| tone.light)? })
    }
}
