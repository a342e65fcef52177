//! From packets to pictures: one decoder for each codec, behind the bounds that a hostile stream runs into before it costs
//! anything, and the picture that both give.

#[cfg(test)]
mod against_ffmpeg;
mod frame;
mod h264;
mod vp8;

pub(crate) use frame::{Colour, Frame, Planes};

use crate::container::{Codec, Packet, Track};
use crate::{VideoError, limits};
use h264::H264;
use vp8::Vp8;

/// The decoder of one recording.
#[derive(Debug)]
pub(crate) struct Decoder {
    codec: Running,
    frames: usize,
    pixels: u64,
    size: Option<(u32, u32)>,
    start_us: Option<i64>,
}

#[derive(Debug)]
enum Running {
    Vp8(Box<Vp8>),
    H264(Box<H264>),
}

impl Decoder {
    pub(crate) fn new(track: &Track) -> Result<Self, VideoError> {
        let codec = match &track.codec {
            Codec::Vp8 => Running::Vp8(Box::new(Vp8::new(track))),
            Codec::H264 { config } => Running::H264(Box::new(H264::new(track, config.as_deref())?)),
        };
        Ok(Self { codec, frames: 0, pixels: 0, size: None, start_us: None })
    }

    /// Decodes a packet; the pictures that are ready for display come back in order, sometimes a few packets later.
    pub(crate) fn decode(&mut self, packet: &Packet) -> Result<Vec<Frame>, VideoError> {
        let frames = match &mut self.codec {
            Running::Vp8(decoder) => decoder.decode(packet)?,
            Running::H264(decoder) => decoder.decode(packet)?,
        };
        self.admit(frames)
    }

    /// The pictures that were held back, when the stream has ended.
    pub(crate) fn flush(&mut self) -> Result<Vec<Frame>, VideoError> {
        let frames = match &mut self.codec {
            Running::Vp8(_) => Vec::new(),
            Running::H264(decoder) => decoder.flush(),
        };
        self.admit(frames)
    }

    /// Counts what was decoded: a stream can announce a small frame and few packets and still unpack into minutes of pictures.
    fn admit(&mut self, frames: Vec<Frame>) -> Result<Vec<Frame>, VideoError> {
        for frame in &frames {
            let size = (frame.width(), frame.height());
            if *self.size.get_or_insert(size) != size {
                return Err(VideoError::Damaged("the frame changes its size".to_owned()));
            }
            let start_us = *self.start_us.get_or_insert(frame.pts_us());
            if frame.pts_us().saturating_sub(start_us) > limits::MAX_LENGTH_US {
                return Err(VideoError::TooLarge("longer than a minute"));
            }
            self.frames += 1;
            self.pixels = self.pixels.saturating_add(u64::from(size.0) * u64::from(size.1));
        }
        if self.frames > limits::MAX_FRAMES {
            return Err(VideoError::TooLarge("more than 3000 frames"));
        }
        if self.pixels > limits::MAX_PIXELS {
            return Err(VideoError::TooLarge("more than 650 million pixels"));
        }
        Ok(frames)
    }
}
