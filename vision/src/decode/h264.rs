//! H.264 in both of its packings: Annex B, as Chrome puts it into Matroska without a codec header, and length-prefixed with an
//! `avcC` record, as MP4 has it. Parameter sets are looked at before the decoder sees them, because they decide how much it allocates.

use super::frame::{Colour, Frame, Planes};
use crate::VideoError;
use crate::container::{Packet, Track, check_size};
use rust_h264::decoder::{ChromaFormat, OrderedDecoder};
use rust_h264::error::DecodeError;
use rust_h264::nal::{NalUnit, NalUnitType, SpsInfo, parse_annex_b, parse_avcc, parse_avcc_config, parse_sps_info};

/// A running H.264 decoder; it exists once a sequence parameter set has arrived.
pub(super) struct H264 {
    decoder: Option<OrderedDecoder<i64>>,
    /// Bytes of the length before each NAL unit; none in Annex B.
    length_bytes: Option<usize>,
    container: (Option<bool>, Option<u8>),
    colour: Colour,
}

impl std::fmt::Debug for H264 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("H264").field("length_bytes", &self.length_bytes).field("colour", &self.colour).finish_non_exhaustive()
    }
}

/// One packet is one picture; the reorder buffer may let go of sixteen more at once.
const MAX_PICTURES_A_PACKET: usize = 18;

impl H264 {
    pub(super) fn new(track: &Track, config: Option<&[u8]>) -> Result<Self, VideoError> {
        let mut new =
            Self { decoder: None, length_bytes: None, container: (track.full_range, track.matrix), colour: Colour::new(false, 5) };
        if let Some(config) = config {
            let config = parse_avcc_config(config).map_err(|reason| VideoError::Damaged(format!("the H.264 header: {reason}")))?;
            new.length_bytes = Some(config.length_size);
            for nal in config.sps_nals.iter().chain(&config.pps_nals) {
                new.take(nal, 0)?;
            }
        }
        Ok(new)
    }

    pub(super) fn decode(&mut self, packet: &Packet) -> Result<Vec<Frame>, VideoError> {
        let nals = match self.length_bytes {
            Some(bytes) => parse_avcc(&packet.data, bytes),
            None => parse_annex_b(&packet.data),
        };
        let mut frames = Vec::new();
        for nal in &nals {
            frames.append(&mut self.take(nal, packet.pts_us)?);
            if frames.len() > MAX_PICTURES_A_PACKET {
                return Err(VideoError::Damaged("an H.264 packet holds more than one picture".to_owned()));
            }
        }
        Ok(frames)
    }

    pub(super) fn flush(&mut self) -> Vec<Frame> {
        let rest = self.decoder.as_mut().map(OrderedDecoder::flush_with_meta).unwrap_or_default();
        rest.into_iter().filter_map(|(picture, pts_us)| self.frame(picture, pts_us).ok()).collect()
    }

    fn take(&mut self, nal: &NalUnit<'_>, pts_us: i64) -> Result<Vec<Frame>, VideoError> {
        if nal.nal_unit_type == NalUnitType::Sps {
            self.prepare(&parse_sps_info(nal).map_err(|error| refused(&error))?)?;
        }
        let Some(decoder) = &mut self.decoder else { return Ok(Vec::new()) };
        let ready = decoder.decode_nal_with_meta(nal, pts_us).map_err(|error| refused(&error))?;
        ready.into_iter().map(|(picture, pts_us)| self.frame(picture, pts_us)).collect()
    }

    /// Checks a sequence parameter set and takes from it how colours are stored and how far pictures are reordered.
    fn prepare(&mut self, sps: &SpsInfo) -> Result<(), VideoError> {
        check_size(u64::from(sps.coded_width), u64::from(sps.coded_height))?;
        if sps.bit_depth_luma != 8 || sps.bit_depth_chroma != 8 || sps.chroma_format > 1 {
            return Err(VideoError::UnsupportedCodec("H.264 other than 8 bits 4:2:0".to_owned()));
        }
        let (full_range, matrix) = self.container;
        // H.264 leaves the matrix open (2); players then go by the size, standard definition being BT.601.
        let by_size = if sps.height >= 720 { 1 } else { 5 };
        let matrix = if sps.matrix == 2 { matrix.unwrap_or(by_size) } else { sps.matrix };
        self.colour = Colour::new(sps.full_range || full_range == Some(true), matrix);
        if self.decoder.is_none() {
            // Baseline (66) has no B frames. Elsewhere the stream says how far it reorders, or it is anything up to sixteen.
            let depth = if sps.profile == 66 { 0 } else { sps.max_reorder_frames.map_or(16, |frames| frames.min(16) as usize) };
            self.decoder = Some(OrderedDecoder::with_max_depth(depth));
        }
        Ok(())
    }

    fn frame(&self, picture: rust_h264::decoder::Frame, pts_us: i64) -> Result<Frame, VideoError> {
        if picture.chroma_format != ChromaFormat::Yuv420 || picture.bit_depth != 8 {
            return Err(VideoError::UnsupportedCodec("H.264 other than 8 bits 4:2:0".to_owned()));
        }
        let planes = Planes { y: picture.y, u: picture.u, v: picture.v };
        Frame::new(pts_us, picture.width, picture.height, planes, self.colour)
    }
}

fn refused(error: &DecodeError) -> VideoError {
    match error {
        DecodeError::Unsupported(what) => VideoError::UnsupportedCodec(format!("H.264 with {what}")),
        DecodeError::UnexpectedEof | DecodeError::InvalidSyntax(_) => {
            VideoError::Damaged(format!("an H.264 picture cannot be decoded ({error})"))
        }
    }
}
