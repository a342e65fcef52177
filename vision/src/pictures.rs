//! The pictures that outlive the video: one reference picture and up to four for an audit. While the recording runs an album keeps the best
//! picture of each stretch of time, so that memory stays small however long it takes.

use crate::decode::Frame;
use crate::track::Seen;
use crate::{NormalizedBox, Picture};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// A JPEG may not be larger: results travel as base64 inside one JSON answer.
const MAX_JPEG_BYTES: usize = 200 * 1024;

/// Stretches that are kept.
const STRETCHES: usize = 12;

/// The best picture of each stretch of the recording.
#[derive(Debug)]
pub(crate) struct Album {
    stretch_ms: f64,
    kept: Vec<Candidate>,
}

/// A picture with a face in it.
#[derive(Debug, Clone)]
struct Candidate {
    at_ms: f64,
    quality: f32,
    face: NormalizedBox,
    frame: Frame,
}

impl Album {
    pub(crate) fn new() -> Self {
        Self { stretch_ms: 500.0, kept: Vec::new() }
    }

    /// Offers a picture; it is copied only if it is the best of its stretch so far.
    pub(crate) fn offer(&mut self, at_ms: f64, frame: &Frame, seen: &Seen) {
        let quality = quality(seen);
        let same = self.kept.last_mut().filter(|last| (last.at_ms / self.stretch_ms).floor() >= (at_ms / self.stretch_ms).floor());
        let candidate = || Candidate { at_ms, quality, face: place(frame, seen), frame: frame.clone() };
        match same {
            Some(last) if quality > last.quality => *last = candidate(),
            Some(_) => {}
            None => self.kept.push(candidate()),
        }
        if self.kept.len() > STRETCHES {
            self.thin_out();
        }
    }

    /// The sharpest frontal picture. Pictures from after `lit_ms` carry the colours of the screen: they serve only where there is no other.
    pub(crate) fn reference(&self, lit_ms: Option<f64>) -> Option<Picture> {
        let natural = self.kept.iter().filter(|one| lit_ms.is_none_or(|lit| one.at_ms < lit));
        let best = |one: &&Candidate, other: &&Candidate| one.quality.total_cmp(&other.quality);
        natural.max_by(best).or_else(|| self.kept.iter().max_by(best)).and_then(Candidate::picture)
    }

    /// At most `count` pictures, spread over the recording from its first stretch to its last.
    pub(crate) fn spread(&self, count: usize) -> Vec<Picture> {
        let last = self.kept.len().saturating_sub(1);
        let count = count.min(self.kept.len());
        let places = (0..count).map(|number| if count > 1 { number * last / (count - 1) } else { last / 2 });
        places.filter_map(|at| self.kept.get(at)).filter_map(Candidate::picture).collect()
    }

    /// Makes the stretches twice as long, keeping the better picture of each two.
    fn thin_out(&mut self) {
        self.stretch_ms *= 2.0;
        let mut kept: Vec<Candidate> = Vec::with_capacity(STRETCHES);
        for one in self.kept.drain(..) {
            match kept.last_mut() {
                Some(last) if (last.at_ms / self.stretch_ms).floor() >= (one.at_ms / self.stretch_ms).floor() => {
                    if one.quality > last.quality {
                        *last = one;
                    }
                }
                _ => kept.push(one),
            }
        }
        self.kept = kept;
    }
}

impl Candidate {
    fn picture(&self) -> Option<Picture> {
        jpeg(&self.frame, MAX_JPEG_BYTES).map(|jpeg| Picture { jpeg, face: self.face })
    }
}

/// How well a picture would do as a reference: sharp, looking ahead, and large.
fn quality(seen: &Seen) -> f32 {
    let turned = (seen.pose.yaw / 15.0).powi(2) + (seen.pose.roll / 20.0).powi(2);
    let quality = seen.sharpness.max(0.0).sqrt() * (-turned / 2.0).exp() * seen.outline.width.max(0.0).sqrt();
    if quality.is_finite() { quality } else { 0.0 }
}

/// The face's place as fractions of the picture, cut off at its edges as Rekognition's boxes may be but need not.
#[expect(clippy::cast_precision_loss, reason = "sides are at most 1920")]
fn place(frame: &Frame, seen: &Seen) -> NormalizedBox {
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let left = (seen.outline.left / width).clamp(0.0, 1.0);
    let top = (seen.outline.top / height).clamp(0.0, 1.0);
    let right = ((seen.outline.left + seen.outline.width) / width).clamp(left, 1.0);
    let bottom = ((seen.outline.top + seen.outline.height) / height).clamp(top, 1.0);
    NormalizedBox { left, top, width: right - left, height: bottom - top }
}

/// Encodes a picture as well as `most` bytes allow: first at less quality, then smaller.
fn jpeg(frame: &Frame, most: usize) -> Option<Vec<u8>> {
    for (step, quality) in [(1, 92), (1, 85), (1, 75), (1, 60), (2, 80), (2, 60), (4, 60), (8, 50)] {
        let (width, height, rgb) = frame.to_rgb(step);
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, quality);
        // As the video has it: more chroma would be made up.
        encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
        encoder.encode(&rgb, width, height, ColorType::Rgb).ok()?;
        if jpeg.len() <= most {
            return Some(jpeg);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Colour, Planes};

    /// Noise: the worst that a JPEG can be asked for.
    fn noise(side: u32) -> Frame {
        let mut state = 1_u32;
        let mut bytes = |count: u32| -> Vec<u8> {
            (0..count)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0]
                })
                .collect()
        };
        let planes = Planes { y: bytes(side * side), u: bytes(side * side / 4), v: bytes(side * side / 4) };
        Frame::new(0, side, side, planes, Colour::new(true, 5)).unwrap()
    }

    #[test]
    fn even_full_hd_noise_becomes_a_jpeg_of_at_most_200_kib() {
        let jpeg = jpeg(&noise(1920), MAX_JPEG_BYTES).unwrap();
        assert!(jpeg.len() <= MAX_JPEG_BYTES && jpeg.starts_with(&[0xFF, 0xD8, 0xFF]), "{} bytes", jpeg.len());
    }

    fn album(times_and_qualities: &[(f64, f32)]) -> Album {
        let mut album = Album::new();
        for &(at_ms, quality) in times_and_qualities {
            let face = NormalizedBox { left: 0.0, top: 0.0, width: quality, height: 1.0 };
            let frame = noise(64);
            album.kept.push(Candidate { at_ms, quality, face, frame });
        }
        album
    }

    #[test]
    fn the_reference_is_taken_before_the_colours_where_possible() {
        let width = |picture: Option<Picture>| picture.map(|picture| picture.face.width);
        let album = album(&[(0.0, 0.3), (600.0, 0.5), (1200.0, 0.9)]);
        assert_eq!(width(album.reference(None)), Some(0.9));
        assert_eq!(width(album.reference(Some(1000.0))), Some(0.5));
        assert_eq!(width(album.reference(Some(0.0))), Some(0.9), "better a coloured one than none");
        assert_eq!(width(Album::new().reference(None)), None);
    }

    #[test]
    fn audit_pictures_are_spread_from_the_first_to_the_last() {
        let widths = |count| -> Vec<f32> {
            let album = album(&[(0.0, 0.1), (500.0, 0.2), (1000.0, 0.3), (1500.0, 0.4), (2000.0, 0.5)]);
            album.spread(count).iter().map(|picture| picture.face.width).collect()
        };
        assert_eq!(widths(0), [0.0; 0]);
        assert_eq!(widths(1), [0.3]);
        assert_eq!(widths(2), [0.1, 0.5]);
        assert_eq!(widths(4), [0.1, 0.2, 0.3, 0.5]);
        assert_eq!(widths(9), [0.1, 0.2, 0.3, 0.4, 0.5], "no more than there are");
    }

    #[test]
    fn a_full_album_keeps_the_better_of_each_two() {
        let mut album = album(&[(0.0, 0.1), (500.0, 0.2), (1000.0, 0.4), (1500.0, 0.3), (2000.0, 0.5)]);
        album.thin_out();
        assert_eq!(album.kept.iter().map(|one| one.at_ms).collect::<Vec<_>>(), [500.0, 1000.0, 2000.0]);
    }
}
