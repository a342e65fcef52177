//! MediaPipe's face mesh: 468 points on one face. It looks at a turned square round the face, found by the detector or by the mesh
//! of the picture before.

use super::detector::Detection;
use super::geometry::{Face, POINTS};
use super::networks::Runner;
use super::region::Region;
use crate::decode::Frame;

const SIDE: usize = 192;

/// The network looks at half as much again as the face itself.
const MARGIN: f32 = 1.5;

/// Below this the network itself says that there is no face in its square.
const LEAST_SCORE: f32 = 0.5;

/// Where the face was a moment ago.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hint<'a> {
    Detected(&'a Detection),
    Followed(&'a Face),
}

/// Fits the mesh near `hint`; none when there is no face.
pub(crate) fn fit(runner: &Runner, frame: &Frame, hint: Hint<'_>) -> Option<Face> {
    let region = region(hint);
    if !(region.side.is_finite() && region.side > 8.0) {
        return None;
    }
    let rgb = region.cut(frame, SIDE, 1.0, 0.0);
    let [points, flag] = runner.run(runner.models().mesh(), SIDE, rgb)?;
    let score = 1.0 / (1.0 + (-flag.first()?).exp());
    if score < LEAST_SCORE || points.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let scale = 1.0 / 192.0;
    let points: Vec<[f32; 3]> = points
        .as_chunks::<3>()
        .0
        .iter()
        .map(|[x, y, z]| {
            let [u, v] = region.to_frame([x * scale, y * scale]);
            [u, v, z * scale * region.side]
        })
        .collect();
    let points: Box<[[f32; 3]; POINTS]> = points.into_boxed_slice().try_into().ok()?;
    Some(Face::new(points))
}

/// The square to look at: upright by the eyes, round the middle of the face.
fn region(hint: Hint<'_>) -> Region {
    let (area, [right, left]) = match hint {
        Hint::Detected(detection) => (detection.area, detection.eyes),
        Hint::Followed(face) => (face.outline(), face.eyes()),
    };
    let turn = (left[1] - right[1]).atan2(left[0] - right[0]);
    Region::turned(area.center(), MARGIN * area.width.max(area.height), turn)
}
