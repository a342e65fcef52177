//! Finding all faces of a still picture. The detector is made for selfies: it sees 128 by 128 pixels of whatever it is shown, so a small face in a
//! large picture is lost to it. It looks at the whole picture first and then at tiles, and each face that it reports has to convince the mesh.

use crate::decode::Frame;
use crate::face::{Box2, Face, Hint, Region, Runner, detect, detect_in, fit};

/// A face that both networks agree on.
pub(super) struct Found {
    pub(super) face: Face,
    /// The detector's, 0-1.
    pub(super) score: f32,
}

/// Side of the tiles as a share of the picture's longer side. They overlap by half, so a face of half a tile is whole in one of them.
const TILE: f32 = 0.5;

/// A tile of fewer pixels shows the detector nothing that it has not seen.
const SMALLEST_TILE: f32 = 160.0;

/// A face is answered from this width in pixels; Rekognition's own limit is 40 in a full HD picture.
const SMALLEST_FACE: f32 = 24.0;

/// Of two faces that share more than this part of the smaller one, one is a mistake.
const SAME_FACE: f32 = 0.4;

/// The faces of a picture, the largest one first.
pub(super) fn search(runner: &Runner, frame: &Frame) -> Vec<Found> {
    let mut found = Vec::new();
    for detection in detect(runner, frame) {
        let hint = Hint::Detected(&detection);
        add(runner, frame, &mut found, hint, detection.score);
    }
    for tile in tiles(frame) {
        for detection in detect_in(runner, frame, tile) {
            // The mesh is asked only about what is not yet known.
            if found.iter().all(|known: &Found| shared(known.face.outline(), detection.area) < SAME_FACE) {
                add(runner, frame, &mut found, Hint::Detected(&detection), detection.score);
            }
        }
    }
    found.sort_by(|one, other| surface(other.face.outline()).total_cmp(&surface(one.face.outline())));
    found
}

/// Fits the mesh twice, the second time where the first one says that the face is: there it is centred as the mesh was trained.
fn add(runner: &Runner, frame: &Frame, found: &mut Vec<Found>, hint: Hint<'_>, score: f32) {
    let Some(face) = fit(runner, frame, hint) else { return };
    let Some(face) = fit(runner, frame, Hint::Followed(&face)) else { return };
    let outline = face.outline();
    let is_new = found.iter().all(|known| shared(known.face.outline(), outline) < SAME_FACE);
    if is_new && outline.width >= SMALLEST_FACE {
        found.push(Found { face, score });
    }
}

/// Squares all over the picture.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "three tiles a side, sides at most 2048"
)]
fn tiles(frame: &Frame) -> impl Iterator<Item = Region> {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let side = TILE * width.max(height);
    let steps = |length: f32| ((length / side - 1.0).max(0.0) * 2.0).ceil() as usize;
    let center = move |number: usize, steps: usize, length: f32| match steps {
        0 => length / 2.0,
        _ => side / 2.0 + (length - side) * number as f32 / steps as f32,
    };
    let (across, down) = (steps(width), steps(height));
    let squares = (0..=down).flat_map(move |row| {
        (0..=across).map(move |column| Region::upright([center(column, across, width), center(row, down, height)], side))
    });
    squares.filter(move |_| side >= SMALLEST_TILE)
}

/// The part of the smaller box that the other one covers.
fn shared(one: Box2, other: Box2) -> f32 {
    let along = (one.left + one.width).min(other.left + other.width) - one.left.max(other.left);
    let down = (one.top + one.height).min(other.top + other.height) - one.top.max(other.top);
    let smaller = surface(one).min(surface(other));
    if smaller > 0.0 { along.max(0.0) * down.max(0.0) / smaller } else { 0.0 }
}

fn surface(area: Box2) -> f32 {
    area.width * area.height
}
