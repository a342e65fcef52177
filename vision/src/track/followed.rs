//! A portrait that moves over the picture, and how the follower says it went: by the mesh where it is fitted, and in between.

use super::{BETWEEN, Follower, SAMPLE_EVERY_US};
use crate::Still;
use crate::decode::{Colour, Frame, Planes};
use crate::face::{Models, Runner};
use std::path::Path;
use std::sync::{Arc, LazyLock};

static MODELS: LazyLock<Arc<Models>> = LazyLock::new(|| Arc::new(Models::load().unwrap()));

fn portrait() -> Still {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/photos/obama.jpg")).unwrap();
    Still::decode(&bytes).unwrap()
}

/// The picture so many pixels further right, an even number; what comes in at the left repeats the edge.
fn moved(still: &Still, by: usize, pts_us: i64) -> Frame {
    let frame = still.frame();
    let row = |row: &[u8], by: usize| [vec![row[0]; by], row[..row.len() - by].to_vec()].concat();
    let plane = |plane: &[u8], width: u32, by: usize| plane.chunks(width as usize).flat_map(|line| row(line, by)).collect();
    let half = frame.width().div_ceil(2);
    let stored = frame.planes();
    let planes = Planes { y: plane(&stored.y, frame.width(), by), u: plane(&stored.u, half, by / 2), v: plane(&stored.v, half, by / 2) };
    Frame::new(pts_us, frame.width(), frame.height(), planes, Colour::new(true, 5)).unwrap()
}

/// Where the middle of the face was seen in pictures that are moved by so much each, counted from the first.
fn middles(moves: &[usize], every_us: i64) -> Vec<f32> {
    let still = portrait();
    let mut follower = Follower::new(Runner::new(Arc::clone(&MODELS)));
    let mut middles = Vec::new();
    let mut times = Vec::new();
    let mut show = |at_ms: f64, _: &Frame, seen: &super::Seen| {
        middles.push(seen.outline.center()[0]);
        times.push(at_ms);
    };
    for (number, by) in (0_i64..).zip(moves) {
        follower.observe(moved(&still, *by, number * every_us), &mut show);
    }
    let track = follower.into_track(0, &mut show);
    assert!(times.is_sorted() && times.len() == moves.len(), "{times:?}");
    assert_eq!(track.samples.iter().map(|sample| sample.at_ms).collect::<Vec<_>>(), times);
    middles.iter().map(|middle| middle - middles[0]).collect()
}

fn assert_near(got: &[f32], expected: &[usize], pixels: f32) {
    for (got, expected) in got.iter().zip(expected) {
        let expected = f32::from(u16::try_from(*expected).unwrap());
        assert!((got - expected).abs() < pixels, "{got} instead of {expected}");
    }
}

/// Where it is fitted and where it is not: nobody can tell which is which.
#[test]
fn a_face_that_goes_straight_is_where_it_goes() {
    let moves: Vec<usize> = (0..3 * (BETWEEN + 1)).map(|number| 4 * number).collect();
    assert_near(&middles(&moves, SAMPLE_EVERY_US), &moves, 3.0);
}

#[test]
fn a_face_that_leaps_between_two_fits_is_looked_for_in_each_picture() {
    let moves = [0, 0, 120, 120];
    assert_near(&middles(&moves, SAMPLE_EVERY_US), &moves, 3.0);
}

/// Five pictures a second: between two of them a face can go anywhere. One that leaps, the mesh finds within a quarter of the way.
#[test]
fn in_pictures_that_are_far_apart_it_is_always_looked_for() {
    let moves = [0, 30, 0, 30, 0];
    assert_near(&middles(&moves, 200_000), &moves, 8.0);
}

/// The last pictures wait for one that does not come.
#[test]
fn what_waits_at_the_end_is_measured() {
    let moves = [0, 4, 8, 12, 16, 20];
    assert_near(&middles(&moves, SAMPLE_EVERY_US), &moves, 3.0);
    assert_near(&middles(&moves[..5], SAMPLE_EVERY_US), &moves[..5], 3.0);
    assert_near(&middles(&moves[..1], SAMPLE_EVERY_US), &moves[..1], 3.0);
}
