//! From pictures to the bytes that a browser's recorder would have made: a codec and a live WebM or Matroska stream.

mod ffmpeg;
mod vp8;
mod webm;

use crate::scene::Picture;
use serde::Serialize;

pub use ffmpeg::FfmpegError;
pub(crate) use webm::Muxer;

/// How pictures are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "codec", rename_all = "kebab-case")]
pub enum Encoder {
    /// VP8 in this process, every picture by itself; `quantizer` 0-127, the lower the better.
    Vp8 {
        /// 0-127.
        quantizer: u8,
    },
    /// VP8 by ffmpeg's libvpx, as Chromium encodes it.
    Libvpx {
        /// Thousands of bits in a second.
        kilobits: u32,
    },
    /// H.264 by ffmpeg's libx264, constrained baseline, Annex B.
    X264 {
        /// Thousands of bits in a second.
        kilobits: u32,
    },
}

/// A coded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) key: bool,
    pub(crate) data: Vec<u8>,
}

/// Why a clip could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The encoder in this process refused a picture.
    #[error("a picture cannot be encoded: {0}")]
    Vp8(String),
    /// ffmpeg failed.
    #[error(transparent)]
    Ffmpeg(#[from] FfmpegError),
}

impl Encoder {
    /// Encodes pictures that came about `rate` to the second.
    pub(crate) fn encode(self, pictures: &[Picture], rate: f32) -> Result<Vec<Packet>, RecordError> {
        match self {
            Self::Vp8 { quantizer } => pictures.iter().map(|picture| vp8::encode(picture, quantizer)).collect(),
            Self::Libvpx { kilobits } => Ok(ffmpeg::libvpx(pictures, rate, kilobits)?),
            Self::X264 { kilobits } => Ok(ffmpeg::x264(pictures, rate, kilobits)?),
        }
    }

    pub(crate) fn codec_id(self) -> &'static str {
        match self {
            Self::Vp8 { .. } | Self::Libvpx { .. } => "V_VP8",
            Self::X264 { .. } => "V_MPEG4/ISO/AVC",
        }
    }
}
