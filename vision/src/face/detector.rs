//! MediaPipe BlazeFace, short range: all faces of a picture with six key points each. Used to find a face and to count them.

use super::geometry::Box2;
use super::networks::Runner;
use super::region::Region;
use crate::decode::Frame;

/// A face that the detector found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Detection {
    /// Forehead to chin, in pixels.
    pub(crate) area: Box2,
    /// The eyes, the subject's right one (left in an un-mirrored picture) first.
    pub(crate) eyes: [[f32; 2]; 2],
    /// 0-1.
    pub(crate) score: f32,
}

const SIDE: usize = 128;

/// Below this the detector is guessing.
const LEAST_SCORE: f32 = 0.55;

/// Boxes that overlap more than this are the same face.
const SAME_FACE: f32 = 0.3;

/// The faces in a picture, the most certain one first.
#[expect(clippy::cast_precision_loss, reason = "sides are at most 1920")]
pub(crate) fn detect(runner: &Runner, frame: &Frame) -> Vec<Detection> {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    detect_in(runner, frame, Region::upright([width / 2.0, height / 2.0], width.max(height)))
}

/// The faces in a part of a picture, the most certain one first.
pub(crate) fn detect_in(runner: &Runner, frame: &Frame, part: Region) -> Vec<Detection> {
    let rgb = part.cut(frame, SIDE, 2.0, -1.0);
    let Some([boxes, scores]) = runner.run(runner.models().detector(), SIDE, rgb) else { return Vec::new() };
    let mut found: Vec<Detection> = anchors()
        .zip(boxes.as_chunks::<16>().0)
        .zip(scores)
        .filter_map(|((anchor, values), score)| {
            let score = 1.0 / (1.0 + (-score).exp());
            (score >= LEAST_SCORE).then(|| read(anchor, values, score, part))
        })
        .collect();
    found.sort_by(|one, other| other.score.total_cmp(&one.score));
    distinct(found)
}

/// The centres that the network's rows refer to, in fractions of its input: two for each cell of 16 by 16, six for each of 8 by 8.
#[expect(clippy::cast_precision_loss, reason = "a grid of 16")]
fn anchors() -> impl Iterator<Item = [f32; 2]> {
    [(16_usize, 2_usize), (8, 6)].into_iter().flat_map(|(cells, each)| {
        (0..cells * cells * each).map(move |index| {
            let cell = index / each;
            let center = |at: usize| (at as f32 + 0.5) / cells as f32;
            [center(cell % cells), center(cell / cells)]
        })
    })
}

fn read(anchor: [f32; 2], values: &[f32; 16], score: f32, part: Region) -> Detection {
    let side = 128.0;
    let [x, y, w, h, right_x, right_y, left_x, left_y, ..] = *values;
    let place = |dx: f32, dy: f32| [anchor[0] + dx / side, anchor[1] + dy / side];
    let [cx, cy] = place(x, y);
    let (w, h) = (w / side, h / side);
    let [left, top] = part.to_frame([cx - w / 2.0, cy - h / 2.0]);
    let area = Box2 { left, top, width: w * part.side, height: h * part.side };
    Detection { area, eyes: [part.to_frame(place(right_x, right_y)), part.to_frame(place(left_x, left_y))], score }
}

/// Keeps the most certain of the boxes that overlap; `found` is sorted by certainty.
fn distinct(found: Vec<Detection>) -> Vec<Detection> {
    let mut kept: Vec<Detection> = Vec::new();
    for one in found {
        if kept.iter().all(|other| other.area.overlap(one.area) < SAME_FACE) {
            kept.push(one);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_the_network() {
        let all: Vec<_> = anchors().collect();
        assert_eq!(all.len(), 896);
        assert_eq!(all.first(), Some(&[0.03125, 0.03125]));
        assert_eq!(all.get(511), Some(&[0.96875, 0.96875]));
        assert_eq!(all.get(512), Some(&[0.0625, 0.0625]));
    }

    #[test]
    fn of_boxes_that_overlap_the_most_certain_stays() {
        let face =
            |left: f32, score: f32| Detection { area: Box2 { left, top: 0.0, width: 100.0, height: 100.0 }, eyes: [[0.0; 2]; 2], score };
        let kept = distinct(vec![face(0.0, 0.9), face(20.0, 0.8), face(300.0, 0.7), face(310.0, 0.6)]);
        assert_eq!(kept.iter().map(|one| one.score).collect::<Vec<_>>(), [0.9, 0.7]);
    }
}
