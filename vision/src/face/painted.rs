//! Portraits with something painted over them: closed lids, masks, dark glasses. They show that each condition is told from a bare face and from the
//! others; what real cloth and real lids do, they do not show.

use super::{Cover, Face, Hint, Models, Runner, cover, detect, fit, openness};
use crate::Still;
use crate::decode::Frame;
use jpeg_encoder::{ColorType, Encoder};
use std::path::Path;
use std::sync::{Arc, LazyLock};

static RUNNER: LazyLock<Runner> = LazyLock::new(|| Runner::new(Arc::new(Models::load().unwrap())));

/// The outline of the face, as mesh points in order.
const OUTLINE: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132,
    93, 234, 127, 162, 21, 54, 103, 67, 109,
];

fn portrait(file: &str) -> Still {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/photos").join(file)).unwrap();
    Still::decode(&bytes).unwrap()
}

fn find(frame: &Frame) -> Option<Face> {
    let found = detect(&RUNNER, frame);
    let face = fit(&RUNNER, frame, Hint::Detected(found.first()?))?;
    fit(&RUNNER, frame, Hint::Followed(&face))
}

/// What is measured after `paint` has had each pixel; none when no face is found any more.
fn measured(file: &str, paint: impl Fn(&Frame, &Face, [f32; 2]) -> Option<[u8; 3]>) -> Option<(f32, Cover)> {
    let bare = portrait(file);
    let face = find(bare.frame()).unwrap();
    let (width, height, mut rgb) = bare.frame().to_rgb(1);
    for (index, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        let (column, row) = (u16::try_from(index % usize::from(width)).unwrap(), u16::try_from(index / usize::from(width)).unwrap());
        if let Some(colour) = paint(bare.frame(), &face, [f32::from(column) + 0.5, f32::from(row) + 0.5]) {
            pixel.copy_from_slice(&colour);
        }
    }
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 95).encode(&rgb, width, height, ColorType::Rgb).unwrap();
    let painted = Still::decode(&jpeg).unwrap();
    let face = find(painted.frame())?;
    Some((openness(painted.frame(), &face), cover(painted.frame(), &face)))
}

fn inside(face: &Face, [x, y]: [f32; 2]) -> bool {
    let corner = |number: usize| face.at(OUTLINE[number % OUTLINE.len()]);
    let crossed = (0..OUTLINE.len()).filter(|&number| {
        let (one, other) = (corner(number), corner(number + 1));
        (one[1] > y) != (other[1] > y) && x < (other[0] - one[0]) * (y - one[1]) / (other[1] - one[1]) + one[0]
    });
    crossed.count() % 2 == 1
}

/// The eye that a place is at, as its middle and its width; `along` and `down` say how far an eye reaches, in its widths.
fn at_eye(face: &Face, [x, y]: [f32; 2], along: f32, down: f32) -> Option<([f32; 2], f32)> {
    [[33, 133], [362, 263]].into_iter().find_map(|corners| {
        let [one, other] = corners.map(|corner| face.at(corner));
        let (center, width) = ([f32::midpoint(one[0], other[0]), f32::midpoint(one[1], other[1])], (one[0] - other[0]).abs());
        let (dx, dy) = ((x - center[0]) / (along * width), (y - center[1]) / (down * width));
        (dx * dx + dy * dy < 1.0).then_some((center, width))
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "channels are 0-1")]
fn shaded(rgb: [f32; 3], shade: f32) -> [u8; 3] {
    rgb.map(|channel| (channel * shade * 255.0) as u8)
}

/// The skin below the eye drawn up over it, with a dark line where the lashes are.
fn lids(frame: &Frame, face: &Face, at: [f32; 2]) -> Option<[u8; 3]> {
    let (center, width) = at_eye(face, at, 0.62, 0.36)?;
    let skin = frame.rgb_at(at[0], center[1] + 0.42 * width + 0.2 * (at[1] - center[1]))?;
    let lashes = (at[1] - center[1] - 0.1 * width).abs() < 0.025 * width;
    Some(shaded(skin, if lashes { 0.45 } else { 0.95 }))
}

fn mask(colour: [u8; 3]) -> impl Fn(&Frame, &Face, [f32; 2]) -> Option<[u8; 3]> {
    move |_, face, at| {
        let folds = 0.9 + 0.1 * (0.4 * at[1]).sin();
        (inside(face, at) && at[1] > face.at(5)[1]).then(|| shaded(colour.map(|channel| f32::from(channel) / 255.0), folds))
    }
}

const PEOPLE: [&str; 3] = ["astronaut.png", "obama.jpg", "biden.jpg"];

#[test]
fn a_bare_face_is_bare_and_its_eyes_are_open() {
    for file in PEOPLE {
        let (open, cover) = measured(file, |_, _, _| None).unwrap();
        assert!(open > 0.8 && !cover.hides(), "{file}: {open} {cover:?}");
    }
}

#[test]
fn closed_lids_are_closed_and_hide_nothing() {
    for file in PEOPLE {
        let (open, cover) = measured(file, lids).unwrap();
        assert!(open < 0.5 && !cover.hides(), "{file}: {open} {cover:?}");
    }
}

/// The detector loses some masked faces; those are told to be not visible instead.
#[test]
fn masks_hide_the_face_and_leave_the_eyes_open() {
    let mut found = 0;
    for file in PEOPLE {
        for colour in [[120, 170, 200], [235, 235, 235], [60, 140, 70]] {
            let Some((open, cover)) = measured(file, mask(colour)) else { continue };
            assert!(cover.hides() && !cover.eyes && open > 0.5, "{file}, {colour:?}: {open} {cover:?}");
            found += 1;
        }
    }
    assert!(found >= 6, "{found} of 9");
}

#[test]
fn dark_glasses_hide_the_eyes() {
    for file in PEOPLE {
        let (_, cover) = measured(file, |_, face, at| at_eye(face, at, 1.1, 0.85).map(|_| [20, 20, 22])).unwrap();
        assert!(cover.eyes && cover.hides(), "{file}: {cover:?}");
    }
}
