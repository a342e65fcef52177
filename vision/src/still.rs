//! A still picture out of the bytes of a JPEG or PNG file: upright, of a bounded size, and in the form in which video frames are looked at.

mod exif;

use crate::decode::{Colour, Frame, Planes};
use crate::guard::contained;
use crate::limits;
use exif::Orientation;
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;
use zune_png::zune_core::bytestream::ZCursor;
use zune_png::zune_core::colorspace::ColorSpace;
use zune_png::zune_core::options::DecoderOptions;

/// A decoded picture. A JPEG with an EXIF orientation stands upright in it, as Rekognition turns it.
#[derive(Debug, Clone, PartialEq)]
pub struct Still {
    frame: Frame,
}

/// Why bytes are no picture to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StillError {
    /// Neither JPEG nor PNG.
    #[error("the picture is neither JPEG nor PNG")]
    UnknownFormat,
    /// The file is damaged, or of a kind that is not read.
    #[error("the picture cannot be decoded")]
    Damaged,
    /// More pixels than the engine accepts.
    #[error("the picture has more pixels than are accepted")]
    TooLarge,
    /// Fewer pixels than a face needs.
    #[error("the picture is smaller than {} pixels on a side", limits::MIN_STILL_SIDE)]
    TooSmall,
}

/// Rows of interleaved 8-bit RGB.
struct Pixels {
    width: usize,
    height: usize,
    rgb: Vec<[u8; 3]>,
}

impl Still {
    /// Decodes a picture. Only its first frame counts where there are several, and transparency is left aside.
    pub fn decode(bytes: &[u8]) -> Result<Self, StillError> {
        let read = contained("the picture", || match bytes {
            [0xFF, 0xD8, 0xFF, ..] => jpeg(bytes),
            [0x89, b'P', b'N', b'G', ..] => png(bytes),
            _ => Err(StillError::UnknownFormat),
        });
        let pixels = read.unwrap_or(Err(StillError::Damaged))?.reduced();
        Ok(Self { frame: pixels.frame().ok_or(StillError::Damaged)? })
    }

    pub(crate) fn frame(&self) -> &Frame {
        &self.frame
    }
}

fn jpeg(bytes: &[u8]) -> Result<Pixels, StillError> {
    let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB).set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), limited(options));
    decoder.decode_headers().map_err(|_| StillError::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(StillError::Damaged)?;
    check_size(width, height)?;
    let orientation = decoder.exif().and_then(|exif| exif::orientation(exif)).unwrap_or_default();
    let samples = decoder.decode().map_err(|_| StillError::Damaged)?;
    let rgb = match decoder.output_colorspace() {
        Some(ColorSpace::RGB) => samples.as_chunks().0.to_vec(),
        Some(ColorSpace::Luma) => samples.iter().map(|&luma| [luma; 3]).collect(),
        _ => return Err(StillError::Damaged),
    };
    Pixels { width, height, rgb }.whole().map(|pixels| pixels.turned(orientation))
}

fn png(bytes: &[u8]) -> Result<Pixels, StillError> {
    let options = DecoderOptions::default().png_set_strip_to_8bit(true);
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), limited(options));
    decoder.decode_headers().map_err(|_| StillError::Damaged)?;
    let (width, height) = decoder.dimensions().ok_or(StillError::Damaged)?;
    check_size(width, height)?;
    let colours = decoder.colorspace();
    let samples = decoder.decode_raw().map_err(|_| StillError::Damaged)?;
    let rgb = match colours {
        Some(ColorSpace::RGB) => samples.as_chunks().0.to_vec(),
        Some(ColorSpace::RGBA) => samples.as_chunks().0.iter().map(|&[red, green, blue, _]| [red, green, blue]).collect(),
        Some(ColorSpace::Luma) => samples.iter().map(|&luma| [luma; 3]).collect(),
        Some(ColorSpace::LumaA) => samples.as_chunks().0.iter().map(|&[luma, _]| [luma; 3]).collect(),
        _ => return Err(StillError::Damaged),
    };
    Pixels { width, height, rgb }.whole()
}

/// The decoders' own limits are above ours, so that what is too large is told from what is damaged.
fn limited(options: DecoderOptions) -> DecoderOptions {
    options.set_max_width(usize::from(u16::MAX)).set_max_height(usize::from(u16::MAX))
}

fn check_size(width: usize, height: usize) -> Result<(), StillError> {
    if width < limits::MIN_STILL_SIDE || height < limits::MIN_STILL_SIDE {
        return Err(StillError::TooSmall);
    }
    let sides = width.max(height) <= limits::MAX_STILL_SIDE;
    let pixels = width.checked_mul(height).is_some_and(|pixels| pixels <= limits::MAX_STILL_PIXELS);
    if sides && pixels { Ok(()) } else { Err(StillError::TooLarge) }
}

impl Pixels {
    fn whole(self) -> Result<Self, StillError> {
        if self.rgb.len() == self.width * self.height { Ok(self) } else { Err(StillError::Damaged) }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.rgb.get(y * self.width + x).copied().unwrap_or_default()
    }

    /// The picture as the camera was held.
    fn turned(self, orientation: Orientation) -> Self {
        if orientation == Orientation::default() {
            return self;
        }
        let (width, height) = if orientation.transposed { (self.height, self.width) } else { (self.width, self.height) };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = places.map(|(x, y)| {
            let x = if orientation.mirrored { width - 1 - x } else { x };
            let y = if orientation.upside_down { height - 1 - y } else { y };
            if orientation.transposed { self.at(y, x) } else { self.at(x, y) }
        });
        Self { width, height, rgb: rgb.collect() }
    }

    /// The picture with each square of so many pixels averaged into one that its sides are short enough to look at.
    #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
    fn reduced(self) -> Self {
        let step = self.width.max(self.height).div_ceil(limits::STILL_SIDE_KEPT);
        if step <= 1 {
            return self;
        }
        let (width, height) = ((self.width / step).max(1), (self.height / step).max(1));
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let rgb = places.map(|(x, y)| {
            let square = (0..step * step).map(|index| self.at(x * step + index % step, y * step + index / step));
            let sum = square.fold([0_usize; 3], |sum, [red, green, blue]| {
                [sum[0] + usize::from(red), sum[1] + usize::from(green), sum[2] + usize::from(blue)]
            });
            sum.map(|sum| ((sum + step * step / 2) / (step * step)) as u8)
        });
        Self { width, height, rgb: rgb.collect() }
    }

    /// As a frame in full range BT.601, the form in which JPEG files store their pixels too. Halving the chroma moves an embedding by 0.03, a
    /// tenth of what another picture of the same person does.
    fn frame(&self) -> Option<Frame> {
        let luma = self.rgb.iter().map(|&[red, green, blue]| byte(mix([red, green, blue], [0.299, 0.587, 0.114]))).collect();
        let (across, down) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let squares = (0..down).flat_map(|y| (0..across).map(move |x| (2 * x, 2 * y)));
        let (mut u, mut v) = (Vec::with_capacity(across * down), Vec::with_capacity(across * down));
        for (x, y) in squares {
            let (right, below) = ((x + 1).min(self.width - 1), (y + 1).min(self.height - 1));
            let four = [self.at(x, y), self.at(right, y), self.at(x, below), self.at(right, below)];
            let mean = |weights| four.iter().map(|&rgb| mix(rgb, weights)).sum::<f32>() / 4.0;
            u.push(byte(128.0 + mean([-0.168_736, -0.331_264, 0.5])));
            v.push(byte(128.0 + mean([0.5, -0.418_688, -0.081_312])));
        }
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        Frame::new(0, width, height, Planes { y: luma, u, v }, Colour::new(true, 5)).ok()
    }
}

fn mix(rgb: [u8; 3], weights: [f32; 3]) -> f32 {
    rgb.iter().zip(weights).map(|(&channel, weight)| f32::from(channel) * weight).sum()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose every pixel tells its place.
    fn numbered(width: usize, height: usize) -> Pixels {
        let byte = |value: usize| u8::try_from(value % 256).unwrap();
        let rgb = (0..width * height).map(|index| [byte(index % width), byte(index / width), 7]).collect();
        Pixels { width, height, rgb }
    }

    #[test]
    fn each_orientation_stands_upright() {
        // Where the stored picture's first pixel and the end of its first row come to lie, by the table of the Exif standard.
        for (number, first, end_of_row) in [
            (1, (0, 0), (2, 0)),
            (2, (2, 0), (0, 0)),
            (3, (2, 1), (0, 1)),
            (4, (0, 1), (2, 1)),
            (5, (0, 0), (0, 2)),
            (6, (1, 0), (1, 2)),
            (7, (1, 2), (1, 0)),
            (8, (0, 2), (0, 0)),
        ] {
            let exif = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[number, 0, 0]].concat();
            let upright = numbered(3, 2).turned(exif::orientation(&exif).unwrap());
            assert_eq!(upright.at(first.0, first.1), [0, 0, 7], "orientation {number}");
            assert_eq!(upright.at(end_of_row.0, end_of_row.1), [2, 0, 7], "orientation {number}");
        }
    }

    #[test]
    fn an_exif_block_that_says_nothing_turns_nothing() {
        let entry = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0";
        let loops = b"II*\0\xFF\xFF\xFF\xFF";
        for exif in [&b""[..], b"Exif\0\0", b"II", &entry[..], &entry[..12], loops] {
            assert_eq!(exif::orientation(exif), None, "{exif:?}");
        }
    }

    #[test]
    fn a_large_picture_is_averaged_down() {
        let reduced = numbered(4100, 90).reduced();
        assert_eq!((reduced.width, reduced.height), (1366, 30));
        assert_eq!(reduced.at(1, 1), [4, 4, 7]);
    }

    #[test]
    fn colours_survive_the_form_of_video_frames() {
        let frame = Pixels { width: 80, height: 81, rgb: vec![[200, 120, 40]; 80 * 81] }.frame().unwrap();
        let rgb = frame.rgb_at(79.5, 80.5).unwrap().map(|channel| (255.0 * channel).round());
        assert!(rgb.iter().zip([200.0, 120.0, 40.0]).all(|(got, expected)| (got - expected).abs() <= 1.5), "{rgb:?}");
    }
}
