//! What the scenes have to get right, measured in their pictures: distance, light where it falls, colours in order, the same again.

use super::{Picture, Setting, Stage};
use crate::challenge;
use crate::conditions::Conditions;
use crate::portrait::{Places, Portrait};
use crate::presenter::Presenter;
use crate::texture::Texture;
use crate::timeline::Timeline;
use fastrand::Rng;
use prooflight_vision::Size;

/// A grey head on a white ground, without features.
fn portrait() -> Portrait {
    let places = Places {
        left_eye: [90.0, 120.0],
        right_eye: [130.0, 120.0],
        nose: [110.0, 145.0],
        mouth: [110.0, 165.0],
        chin: [110.0, 200.0],
        left_jaw: [62.0, 130.0],
        right_jaw: [158.0, 130.0],
    };
    let picture = Texture::new(220, 300, vec![[0.35, 0.35, 0.35, 1.0]; 220 * 300]);
    let person = picture.map(|x, y, [red, green, blue, _]| {
        let inside = ((x as f32 - 110.0) / 60.0).hypot((y as f32 - 130.0) / 85.0) < 1.0;
        [red, green, blue, f32::from(u8::from(inside))]
    });
    Portrait { picture, person, places }
}

const SIZE: Size = Size { width: 320, height: 240 };

/// The stage of a presenter, and when two of its colours stand alone, with the colours.
fn stage(presenter: Presenter) -> (Stage, Vec<(f32, [u8; 3])>) {
    let mut random = Rng::with_seed(5);
    let mut conditions = Conditions::easy(&mut random, SIZE, 15.0);
    // A camera that changes nothing by itself, so that what changes is the light.
    (conditions.camera.exposure_s, conditions.camera.balance_s, conditions.restless) = (None, None, 0.1);
    let asked = challenge::draw(&mut random, SIZE);
    let timeline = Timeline::draw(&mut random, &asked, true);
    let full = asked.colors.iter().zip(&timeline.colors).skip(1).map(|(color, start)| (start + 470.0, color.rgb)).collect();
    let portrait = portrait();
    let setting = Setting { presenter, conditions, displayed: asked, timeline, portrait: &portrait, other: &portrait, recording: None };
    (Stage::new(setting, &mut random), full)
}

/// Mean red, green and blue of a square.
fn mean(picture: &Picture, center: [usize; 2], radius: usize) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for y in center[1] - radius..center[1] + radius {
        for x in center[0] - radius..center[0] + radius {
            let rgb = picture.rgb(x, y);
            for channel in 0..3 {
                sum[channel] += f32::from(rgb[channel]) / (4 * radius * radius) as f32;
            }
        }
    }
    sum
}

const FACE: [usize; 2] = [160, 120];
const CORNER: [usize; 2] = [20, 20];

/// How much the shares of the colours in a place change from one displayed colour to the next, on average.
fn follows(presenter: Presenter, place: [usize; 2]) -> f32 {
    let (mut stage, full) = stage(presenter);
    stage.take(0.0);
    let shares: Vec<[f32; 3]> = full
        .iter()
        .map(|(at, _)| {
            let rgb = mean(&stage.take(*at), place, 10);
            rgb.map(|channel| channel / rgb.iter().sum::<f32>())
        })
        .collect();
    let change = |pair: &[[f32; 3]]| (0..3).map(|channel| (pair[0][channel] - pair[1][channel]).abs()).sum::<f32>();
    shares.windows(2).map(change).sum::<f32>() / (shares.len() - 1) as f32
}

#[test]
fn a_face_follows_the_colours_and_the_wall_behind_it_hardly_does() {
    let (face, wall) = (follows(Presenter::Live, FACE), follows(Presenter::Live, CORNER));
    assert!(face > 0.04 && wall < 0.25 * face, "{face} {wall}");
}

#[test]
fn paper_reflects_as_skin_does_and_what_is_injected_does_not() {
    let (print, still, avatar) =
        (follows(Presenter::Print, FACE), follows(Presenter::InjectedStill, FACE), follows(Presenter::InjectedFace, FACE));
    assert!(print > 0.04 && still < 0.005 && avatar < 0.005, "{print} {still} {avatar}");
}

#[test]
fn the_face_takes_the_colour_that_is_displayed() {
    let (mut stage, full) = stage(Presenter::Live);
    stage.take(0.0);
    let before = mean(&stage.take(100.0), FACE, 10);
    for (at, rgb) in full {
        let lit = mean(&stage.take(at), FACE, 10);
        let ratio: Vec<f32> = (0..3).map(|channel| lit[channel] / before[channel]).collect();
        let (on, off): (Vec<usize>, Vec<usize>) = (0..3).partition(|&channel| rgb[channel] == 255);
        let least_on = on.iter().map(|&channel| ratio[channel]).fold(f32::INFINITY, f32::min);
        let most_off = off.iter().map(|&channel| ratio[channel]).fold(0.0, f32::max);
        assert!(least_on > most_off, "{rgb:?}: {ratio:?}");
    }
}

/// How many pixels across the middle differ from the empty room's edge.
#[test]
fn whoever_comes_closer_becomes_larger_and_hides_more_of_the_room() {
    let (mut near_stage, full) = stage(Presenter::Live);
    let far = near_stage.take(0.0);
    let near = near_stage.take(full[0].0 - 600.0);
    let (far_edge, near_edge) = (mean(&far, [105, 120], 4), mean(&near, [105, 120], 4));
    let (far_face, near_face) = (mean(&far, FACE, 4), mean(&near, FACE, 4));
    let unlike = |one: [f32; 3], other: [f32; 3]| (0..3).map(|channel| (one[channel] - other[channel]).abs()).sum::<f32>();
    assert!(unlike(far_edge, far_face) > 2.0 * unlike(near_edge, near_face), "{far_edge:?} {far_face:?} {near_edge:?} {near_face:?}");
}

#[test]
fn the_same_seed_gives_the_same_pictures() {
    for presenter in [Presenter::Live, Presenter::Tablet, Presenter::Mask] {
        let ((mut one, full), (mut other, _)) = (stage(presenter), stage(presenter));
        for at in [0.0, 900.0, full[2].0] {
            assert_eq!(one.take(at), other.take(at), "{presenter} at {at}");
        }
    }
}

#[test]
fn every_presenter_gives_whole_pictures() {
    for &presenter in Presenter::ALL {
        let (mut stage, _) = stage(presenter);
        let picture = stage.take(0.0);
        assert_eq!((picture.y.len(), picture.u.len(), picture.v.len()), (320 * 240, 160 * 120, 160 * 120), "{presenter}");
        let (low, high) = (picture.y.iter().min().unwrap(), picture.y.iter().max().unwrap());
        // The portrait of these tests is plain, and an injected still shows nothing besides.
        let plain = presenter == Presenter::InjectedStill;
        assert!(plain || high - low > 20, "{presenter}: there is something to see between {low} and {high}");
    }
}
