//! Is there a face, one face, lit well enough and recorded often enough to be measured? Values: `presence.face` the share of samples
//! with a face; `presence.one_face` the share of searched pictures with more than one; `presence.brightness` how bright the skin
//! looks, 0-1; `presence.rate` pictures in a second.

use super::{falling, median, rising};
use crate::face;
use crate::track::Track;
use crate::{Cue, Feedback};

pub(super) fn cues(track: &Track) -> Vec<Cue> {
    let mut cues = vec![
        rising("presence.face", share_with_face(track), 0.6, 0.05),
        falling("presence.one_face", share_with_more(track), 0.2, 0.03),
        rising("presence.rate", rate(track), 3.5, 0.5),
    ];
    if let Some(brightness) = brightness(track) {
        cues.push(rising("presence.brightness", brightness, 0.08, 0.015));
    }
    cues
}

/// What the person could change about the picture.
pub(crate) fn feedback(track: &Track) -> Vec<Feedback> {
    let mut feedback = Vec::new();
    if share_with_face(track) < 0.6 {
        feedback.push(Feedback::FaceNotVisible);
    }
    let sharpness = median(track.seen().map(|(_, seen)| seen.sharpness));
    if rate(track) < 6.0 || sharpness.is_some_and(|sharpness| sharpness < 8.0) {
        feedback.push(Feedback::LowVideoQuality);
    }
    match brightness(track) {
        Some(brightness) if brightness < 0.2 => feedback.push(Feedback::LowLighting),
        Some(brightness) if brightness > 0.93 => feedback.push(Feedback::HighLighting),
        _ => {}
    }
    feedback
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred samples")]
fn share_with_face(track: &Track) -> f32 {
    track.seen().count() as f32 / track.samples.len().max(1) as f32
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen counts")]
fn share_with_more(track: &Track) -> f32 {
    track.faces.iter().filter(|&&faces| faces > 1).count() as f32 / track.faces.len().max(1) as f32
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a few thousand frames")]
fn rate(track: &Track) -> f32 {
    if track.length_ms <= 0.0 { 0.0 } else { (f64::from(track.frames.saturating_sub(1)) * 1000.0 / track.length_ms) as f32 }
}

fn brightness(track: &Track) -> Option<f32> {
    median(track.seen().map(|(_, seen)| face::brightness(seen.skin)))
}
