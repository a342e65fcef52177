//! Are the eyes open? An open eye has a gap between its lids and something dark in it. The mesh alone does not tell: it was trained on open eyes and
//! draws a gap of two thirds over closed lids. The dark of the iris and the pupil does, and both together hardly err: of twenty portraits none
//! was taken for closed, and with lids painted over the eyes none for open. On very dark skin an iris stands out less, and the gap has to tell.

use super::geometry::Face;
use super::skin::linear;
use crate::decode::Frame;

/// Outer and inner corner, and pairs of places on the upper and the lower lid: the subject's right eye, then the left.
const EYES: [([usize; 2], [[usize; 2]; 3]); 2] =
    [([33, 133], [[160, 144], [159, 145], [158, 153]]), ([263, 362], [[387, 373], [386, 374], [385, 380]])];

/// How open the eyes look, 0-1, the more open one counting: half and more is open.
pub(crate) fn openness(frame: &Frame, face: &Face) -> f32 {
    /// A gap of 0.05 of the eye's width counts like an iris darker by a factor of 1.5.
    const GAP: f32 = 8.0;
    const CENTER: f32 = 2.95;
    const SCALE: f32 = 0.15;
    let open = |eye: &([usize; 2], [[usize; 2]; 3])| {
        let score = GAP * gap(face, eye) + darkness(frame, face, eye.0).unwrap_or(0.0);
        1.0 / (1.0 + (-(score - CENTER) / SCALE).exp())
    };
    let open = EYES.iter().map(open).fold(0.0, f32::max);
    if open.is_finite() { open } else { 0.0 }
}

/// The mean distance of the lids over the distance of the corners: about 0.28 for an open eye, 0.2 where the mesh sees a closed one.
fn gap(face: &Face, ([outer, inner], lids): &([usize; 2], [[usize; 2]; 3])) -> f32 {
    let apart = |one: usize, other: usize| {
        let (one, other) = (face.at(one), face.at(other));
        (one[0] - other[0]).hypot(one[1] - other[1])
    };
    let width = apart(*outer, *inner);
    let height = lids.iter().map(|&[upper, lower]| apart(upper, lower)).sum::<f32>() / 3.0;
    if width > 0.0 { height / width } else { 0.0 }
}

/// By how much the darkest spot of the eye is darker than the skin below it, as a logarithm: 1.3 to 3.3 for an open eye, 0.4 to 1.3 for lashes on a lid.
fn darkness(frame: &Frame, face: &Face, [outer, inner]: [usize; 2]) -> Option<f32> {
    /// A floor, so that black is a number.
    const FLOOR: f32 = 0.002;
    let (outer, inner) = (face.at(outer), face.at(inner));
    let width = (outer[0] - inner[0]).hypot(outer[1] - inner[1]);
    let center = [f32::midpoint(outer[0], inner[0]), f32::midpoint(outer[1], inner[1])];
    let at = |along: f32, down: f32| spot(frame, [center[0] + along * width, center[1] + down * width], 0.08 * width);
    let along = [-0.24, -0.16, -0.08, 0.0, 0.08, 0.16, 0.24];
    let spots = along.into_iter().flat_map(|along| [-0.06, 0.0, 0.06].map(|down| at(along, down)));
    let darkest = spots.flatten().reduce(f32::min)?;
    Some(((at(0.0, 0.5)? + FLOOR) / (darkest + FLOOR)).ln())
}

/// The linear light of a small square; none when it reaches over the picture's edge.
fn spot(frame: &Frame, [x, y]: [f32; 2], radius: f32) -> Option<f32> {
    let mut sum = 0.0;
    for along in [-radius, 0.0, radius] {
        for down in [-radius, 0.0, radius] {
            sum += linear(frame.luma_at(x + along, y + down)?) / 9.0;
        }
    }
    Some(sum)
}
