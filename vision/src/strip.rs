//! The recording in a row of small pictures, so that a developer sees what the engine saw. Unlike the album it keeps what shows no face as well.

use crate::StripPicture;
use crate::decode::Frame;
use jpeg_encoder::{ColorType, Encoder};

/// So many pictures are kept at most; twelve of them fit into a line of a page.
const MOST: usize = 24;

/// About so many pixels wide is a picture.
const WIDTH: u32 = 160;

const QUALITY: u8 = 65;

/// The row so far.
#[derive(Debug)]
pub(crate) struct Strip {
    every_us: i64,
    start_us: Option<i64>,
    kept: Vec<(i64, Vec<u8>)>,
}

impl Strip {
    pub(crate) fn new() -> Self {
        Self { every_us: 500_000, start_us: None, kept: Vec::new() }
    }

    /// Keeps a picture when enough time has passed since the last one.
    pub(crate) fn offer(&mut self, frame: &Frame) {
        let start_us = *self.start_us.get_or_insert(frame.pts_us());
        let at_us = frame.pts_us().saturating_sub(start_us);
        if self.kept.last().is_some_and(|(last, _)| at_us < last.saturating_add(self.every_us)) {
            return;
        }
        let (width, height, rgb) = frame.to_rgb((frame.width() / WIDTH).max(1));
        let mut jpeg = Vec::new();
        if Encoder::new(&mut jpeg, QUALITY).encode(&rgb, width, height, ColorType::Rgb).is_ok() {
            self.kept.push((at_us, jpeg));
        }
        if self.kept.len() > MOST {
            self.every_us = self.every_us.saturating_mul(2);
            let mut number = 0_usize;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
        }
    }

    pub(crate) fn into_pictures(self) -> Vec<StripPicture> {
        let picture = |(at_us, jpeg)| StripPicture { at_ms: u32::try_from(at_us / 1000).unwrap_or(0), jpeg };
        self.kept.into_iter().map(picture).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Colour, Planes};

    #[test]
    fn a_minute_makes_a_few_small_pictures_spread_over_it() {
        let mut strip = Strip::new();
        for number in 0..600 {
            let planes = Planes { y: vec![90; 640 * 480], u: vec![128; 320 * 240], v: vec![128; 320 * 240] };
            strip.offer(&Frame::new(7_000_000 + 100_000 * number, 640, 480, planes, Colour::new(false, 5)).unwrap());
        }
        let pictures = strip.into_pictures();
        let times: Vec<u32> = pictures.iter().map(|picture| picture.at_ms).collect();
        assert!((MOST / 2..=MOST).contains(&times.len()), "{times:?}");
        assert!(times.first() == Some(&0) && times.last() > Some(&54_000) && times.is_sorted(), "{times:?}");
        assert!(pictures.iter().all(|picture| picture.jpeg.len() < 10_000 && picture.jpeg.starts_with(&[0xFF, 0xD8])));
    }
}
