//! Whose face is shown: a frontal portrait, the places of its features, and a matte that leaves its background behind. The places are two-
//! dimensional; how deep the face is, is told by `scene::head`, which knows nothing of any network.

mod matte;

use crate::texture::{Texel, Texture};
use prooflight_vision::{LandmarkKind, PortraitModels, Still, portraits};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;
use zune_png::PngDecoder;

/// A portrait, ready to be rendered.
#[derive(Debug, Clone)]
pub struct Portrait {
    /// The whole picture.
    pub(crate) picture: Texture,
    /// The person without the background.
    pub(crate) person: Texture,
    pub(crate) places: Places,
}

/// Where things are in the picture, in its pixels. Left and right are the viewer's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Places {
    pub(crate) left_eye: [f32; 2],
    pub(crate) right_eye: [f32; 2],
    pub(crate) nose: [f32; 2],
    pub(crate) mouth: [f32; 2],
    pub(crate) chin: [f32; 2],
    pub(crate) left_jaw: [f32; 2],
    pub(crate) right_jaw: [f32; 2],
}

/// Why a picture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PortraitError {
    /// Neither JPEG nor PNG, or damaged.
    #[error("the picture cannot be read")]
    Unreadable,
    /// There has to be one face, and it has to look ahead.
    #[error("the picture does not show one face, large enough and looking ahead")]
    NoFace,
}

/// Light beyond this is kept off albedo: no skin, cloth or paper gives back everything.
const WHITE: f32 = 0.85;

impl Portrait {
    /// Reads a JPEG or PNG and finds the face in it.
    pub fn read(models: &PortraitModels, bytes: &[u8]) -> Result<Self, PortraitError> {
        let (width, height, rgb) = decode(bytes)?;
        let still = Still::decode(bytes).map_err(|_| PortraitError::Unreadable)?;
        let found = portraits(models, &still);
        let face = found.first().ok_or(PortraitError::NoFace)?;
        let place = |kind: LandmarkKind| {
            let landmark = face.landmarks.iter().find(|landmark| landmark.kind == kind).ok_or(PortraitError::NoFace)?;
            Ok([landmark.x * width as f32, landmark.y * height as f32])
        };
        let places = Places {
            left_eye: place(LandmarkKind::EyeLeft)?,
            right_eye: place(LandmarkKind::EyeRight)?,
            nose: place(LandmarkKind::Nose)?,
            mouth: middle(place(LandmarkKind::MouthLeft)?, place(LandmarkKind::MouthRight)?),
            chin: place(LandmarkKind::ChinBottom)?,
            left_jaw: place(LandmarkKind::UpperJawlineLeft)?,
            right_jaw: place(LandmarkKind::UpperJawlineRight)?,
        };
        if face.pose.yaw.abs() > 20.0 || places.right_jaw[0] - places.left_jaw[0] < 40.0 {
            return Err(PortraitError::NoFace);
        }
        let texels = rgb.as_chunks::<3>().0.iter().map(|&[red, green, blue]| {
            let [red, green, blue] = [red, green, blue].map(|value| WHITE * (f32::from(value) / 255.0).powf(2.2));
            [red, green, blue, 1.0]
        });
        let picture = Texture::new(width, height, texels.collect());
        let person = picture.map(|x, y, [red, green, blue, _]: Texel| [red, green, blue, matte::share(&places, [x as f32, y as f32])]);
        Ok(Self { picture, person, places })
    }
}

impl Places {
    /// The middle between the eyes.
    pub(crate) fn brow(&self) -> [f32; 2] {
        middle(self.left_eye, self.right_eye)
    }

    /// The place that is compared with the oval's centre: between eyes and nose.
    pub(crate) fn center(&self) -> [f32; 2] {
        middle(self.brow(), self.nose)
    }

    /// The width by which the client measures a face: the mean of twice the distance of the pupils and 1.8 times that from eyes to mouth.
    pub(crate) fn ocular_width(&self) -> f32 {
        let pupils = distance(self.left_eye, self.right_eye);
        f32::midpoint(2.0 * pupils, 1.8 * distance(self.brow(), self.mouth))
    }

    /// From one edge of the face to the other.
    pub(crate) fn width(&self) -> f32 {
        distance(self.left_jaw, self.right_jaw)
    }
}

fn middle(one: [f32; 2], other: [f32; 2]) -> [f32; 2] {
    [f32::midpoint(one[0], other[0]), f32::midpoint(one[1], other[1])]
}

pub(crate) fn distance(one: [f32; 2], other: [f32; 2]) -> f32 {
    (one[0] - other[0]).hypot(one[1] - other[1])
}

/// Width, height and interleaved RGB.
fn decode(bytes: &[u8]) -> Result<(usize, usize, Vec<u8>), PortraitError> {
    let unreadable = || PortraitError::Unreadable;
    if bytes.starts_with(&[0xFF, 0xD8]) {
        let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        let rgb = decoder.decode().map_err(|_| unreadable())?;
        let (width, height) = decoder.dimensions().ok_or_else(unreadable)?;
        return whole(width, height, rgb);
    }
    let mut decoder = PngDecoder::new_with_options(ZCursor::new(bytes), DecoderOptions::default().png_set_strip_to_8bit(true));
    let pixels = decoder.decode_raw().map_err(|_| unreadable())?;
    let (width, height) = decoder.dimensions().ok_or_else(unreadable)?;
    match decoder.colorspace().ok_or_else(unreadable)? {
        ColorSpace::RGB => whole(width, height, pixels),
        ColorSpace::RGBA => {
            whole(width, height, pixels.as_chunks::<4>().0.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect())
        }
        _ => Err(PortraitError::Unreadable),
    }
}

fn whole(width: usize, height: usize, rgb: Vec<u8>) -> Result<(usize, usize, Vec<u8>), PortraitError> {
    if rgb.len() == 3 * width * height { Ok((width, height, rgb)) } else { Err(PortraitError::Unreadable) }
}
