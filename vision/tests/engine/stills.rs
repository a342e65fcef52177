//! Faces of still pictures: one person's pictures are alike, nothing that is no picture ends the process, and a small face in a large picture is
//! found. The portraits of other people that the similarities were set on are not part of the project; `examples/faces.rs` measures on any.

use super::MODELS;
use super::captures::Capture;
use super::ffmpeg::ffmpeg;
use prooflight_vision::{Analysis, LandmarkKind, Portrait, PortraitModels, Still, StillError, portraits};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static PORTRAIT_MODELS: LazyLock<PortraitModels> = LazyLock::new(|| PortraitModels::load(Arc::clone(&MODELS)).expect("the networks load"));

fn astronaut() -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/photos/astronaut.png");
    std::fs::read(file).expect("the portrait")
}

/// The portrait after ffmpeg's filter, as PNG or as JPEG.
fn filtered(filter: &str, encoder: &[&str]) -> Vec<u8> {
    ffmpeg(&[&["-f", "image2pipe", "-i", "pipe:0", "-vf", filter][..], encoder, &["pipe:1"]].concat(), astronaut())
}

const PNG: [&str; 4] = ["-c:v", "png", "-f", "image2pipe"];
const JPEG: [&str; 6] = ["-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe"];

fn faces(picture: &[u8]) -> (Still, Vec<Portrait>) {
    let still = Still::decode(picture).expect("a picture");
    let found = portraits(&PORTRAIT_MODELS, &still);
    (still, found)
}

/// The one face of each picture, compared.
fn similarity(one: &[u8], other: &[u8]) -> f32 {
    let embedding = |picture: &[u8]| {
        let (still, found) = faces(picture);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].embedding(&PORTRAIT_MODELS, &still).expect("an embedding")
    };
    embedding(one).similarity(&embedding(other))
}

#[test]
fn one_person_is_alike_in_every_picture() {
    for (name, filter, encoder) in [
        ("smaller", "scale=256:-1", &PNG[..]),
        ("cropped", "crop=300:300:90:0", &PNG),
        ("blurred", "gblur=sigma=1.5", &PNG),
        ("dark", "eq=brightness=-0.25", &PNG),
        ("bright", "eq=brightness=0.2", &PNG),
        ("turned", "rotate=15*PI/180:c=gray", &PNG),
        ("mirrored", "hflip", &PNG),
        ("poor", "scale=320:-1", &["-c:v", "mjpeg", "-q:v", "25", "-f", "image2pipe"]),
        ("in perspective", "perspective=0:0:W:40:0:H:W:H-40", &PNG),
    ] {
        let similarity = similarity(&astronaut(), &filtered(filter, encoder));
        assert!(similarity > 90.0, "{name}: {similarity}");
    }
}

#[test]
fn a_reference_image_is_alike_the_portrait_of_the_same_person() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures");
    for name in ["light-live", "movement-live"] {
        let capture = Capture::load(&captures, name);
        let mut analysis = Analysis::new(Arc::clone(&MODELS), capture.challenge.clone(), 4);
        capture.chunks().into_iter().for_each(|chunk| analysis.push(chunk).expect("it decodes"));
        let findings = analysis.finish(&capture.account, 1).expect("it is judged");
        let pictures = findings.reference.iter().chain(findings.audit.last());
        for (number, picture) in pictures.enumerate() {
            let similarity = similarity(&astronaut(), &picture.jpeg);
            assert!(similarity > 90.0, "{name}, picture {number}: {similarity}");
        }
    }
}

#[test]
fn a_portrait_is_described() {
    let (still, found) = faces(&astronaut());
    let [portrait] = found.as_slice() else { panic!("{found:?}") };
    assert!(portrait.confidence > 80.0 && portrait.sharpness > 70.0 && (50.0..90.0).contains(&portrait.brightness), "{portrait:?}");
    assert!(portrait.pose.yaw.abs() < 15.0 && portrait.pose.pitch.abs() < 15.0 && portrait.pose.roll.abs() < 10.0, "{:?}", portrait.pose);
    assert!(portrait.eyes_open > 80.0 && portrait.occluded < 40.0, "{portrait:?}");
    let age = portrait.age(&PORTRAIT_MODELS, &still).expect("an age");
    assert!(age.low < age.high && age.low >= 18 && age.high <= 60, "{age:?}");
    let at = |kind: LandmarkKind| portrait.landmarks.iter().find(|one| one.kind == kind).map(|one| (one.x, one.y)).expect("a landmark");
    let (left, right, nose, chin) =
        (at(LandmarkKind::EyeLeft), at(LandmarkKind::EyeRight), at(LandmarkKind::Nose), at(LandmarkKind::ChinBottom));
    assert!(left.0 < nose.0 && nose.0 < right.0, "left is the viewer's left");
    assert!(left.1 < nose.1 && nose.1 < chin.1);
    assert_eq!(portrait.landmarks.len(), 28);
    assert_eq!(portrait.landmarks.iter().filter(|landmark| landmark.kind.is_basic()).count(), 5);
}

#[test]
fn angles_have_rekognitions_signs() {
    let roll = |filter| faces(&filtered(filter, &PNG)).1[0].pose.roll;
    let upright = roll("null");
    assert!((roll("rotate=20*PI/180:c=gray") - upright - 20.0).abs() < 4.0, "clockwise is positive");
    let mirrored = faces(&filtered("hflip", &PNG)).1[0].pose;
    let yaw = faces(&astronaut()).1[0].pose.yaw;
    assert!((mirrored.yaw + yaw).abs() < 3.0, "{yaw} becomes {}", mirrored.yaw);
}

#[test]
fn blur_and_darkness_are_measured() {
    let measured = |filter| {
        let (_, found) = faces(&filtered(filter, &PNG));
        (found[0].brightness, found[0].sharpness)
    };
    let (plain, blurred, dark) = (measured("null"), measured("gblur=sigma=3"), measured("eq=brightness=-0.3"));
    assert!(blurred.1 < 40.0 && plain.1 > 70.0, "{plain:?} {blurred:?}");
    assert!(dark.0 < plain.0 - 20.0, "{plain:?} {dark:?}");
}

#[test]
fn a_small_face_in_a_large_picture_and_two_faces_are_found() {
    // The face is about a fifth of the portrait's width.
    for (name, filter, count) in [
        ("an eighth of the picture", "pad=820:820:300:280:gray", 1),
        ("a corner of a wide picture", "scale=400:-1,pad=1280:720:870:310:gray", 1),
        ("two people", "split[a][b];[a][b]hstack", 2),
        ("nobody", "crop=150:150:0:0", 0),
    ] {
        let (_, found) = faces(&filtered(filter, &PNG));
        assert_eq!(found.len(), count, "{name}: {found:?}");
    }
}

#[test]
fn an_orientation_is_respected() {
    let lying = filtered("transpose=cclock", &JPEG);
    let exif = b"\xFF\xE1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let labelled = [&lying[..2], exif, &lying[2..]].concat();
    assert!(similarity(&astronaut(), &labelled) > 90.0);
    let (_, found) = faces(&labelled);
    let (_, upright) = faces(&astronaut());
    assert!((found[0].area.left - upright[0].area.left).abs() < 0.03 && (found[0].area.top - upright[0].area.top).abs() < 0.03);
}

#[test]
fn what_is_no_picture_gets_a_clear_answer() {
    let jpeg = filtered("null", &JPEG);
    let wide =
        ffmpeg(&["-f", "lavfi", "-i", "color=gray:size=10002x80", "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "pipe:1"], vec![]);
    for (name, bytes, expected) in [
        ("nothing", Vec::new(), StillError::UnknownFormat),
        ("text", b"what is this?".to_vec(), StillError::UnknownFormat),
        ("GIF", b"GIF89a\x01\0\x01\0".to_vec(), StillError::UnknownFormat),
        ("a JPEG's head", jpeg[..200].to_vec(), StillError::Damaged),
        ("half of a JPEG", jpeg[..jpeg.len() / 2].to_vec(), StillError::Damaged),
        ("half of a PNG", astronaut()[..300_000].to_vec(), StillError::Damaged),
        ("a wide picture", wide, StillError::TooLarge),
        ("a small picture", filtered("scale=79:-1", &PNG), StillError::TooSmall),
    ] {
        assert_eq!(Still::decode(&bytes).map(|_| ()), Err(expected), "{name}");
    }
}

#[test]
fn every_kind_of_png_and_jpeg_is_read() {
    for (name, format, encoder) in [
        ("grey PNG", "gray", &PNG[..]),
        ("PNG of 16 bits", "rgb48be", &PNG),
        ("PNG with transparency", "rgba", &PNG),
        ("grey PNG with transparency", "ya8", &PNG),
        ("PNG with a palette", "pal8", &PNG),
        ("grey JPEG", "gray", &JPEG),
        ("JPEG 4:4:4", "yuvj444p", &JPEG),
        ("JPEG 4:2:0", "yuvj420p", &JPEG),
    ] {
        let (_, found) = faces(&filtered(&format!("format={format}"), encoder));
        assert_eq!(found.len(), 1, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_picture_never_ends_the_process(as_jpeg: bool, places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20), cut in any::<prop::sample::Index>()) {
        static PICTURES: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| [filtered("scale=128:-1", &PNG), filtered("scale=128:-1", &JPEG)]);
        let mut picture = PICTURES[usize::from(as_jpeg)].clone();
        for (place, value) in places {
            let place = place.index(picture.len());
            picture[place] = value;
        }
        picture.truncate(cut.index(2 * picture.len()).max(16));
        let _ = Still::decode(&picture);
    }
}
