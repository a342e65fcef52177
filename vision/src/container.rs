//! From bytes as they arrive to the packets of the video track. The container is recognised by its first bytes; the two readers
//! share one growing buffer's worth of rules: everything is bounded, nothing is believed before it is there in full.

mod matroska;
mod mp4;

use crate::{VideoError, limits};
use matroska::Matroska;
use mp4::Mp4;
use std::collections::VecDeque;

/// One coded frame of the video track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Presentation time in microseconds, as the container says it; the first frame need not be at zero.
    pub(crate) pts_us: i64,
    /// The coded frame.
    pub(crate) data: Vec<u8>,
}

/// What the container says about the video track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Track {
    pub(crate) codec: Codec,
    /// `Some(true)`: luma and chroma use all of 0-255; `Some(false)`: 16-235; none: the container is silent.
    pub(crate) full_range: Option<bool>,
    /// Matrix coefficients by the numbers of ITU-T H.273 (1 is BT.709, 5 and 6 are BT.601), where the container gives them.
    pub(crate) matrix: Option<u8>,
}

/// The codecs that are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Codec {
    Vp8,
    /// H.264, with the `avcC` configuration record where the container holds one; without it the packets are Annex B.
    H264 {
        config: Option<Vec<u8>>,
    },
}

/// A recording that is still arriving. The readers see the stream in blocks of a fixed size, so that what is found does not depend
/// on how a client happened to cut it.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Bytes that were not read yet.
    pending: VecDeque<u8>,
    read: usize,
    reader: Reader,
}

#[derive(Debug)]
enum Reader {
    Unknown,
    Matroska(Box<Matroska>),
    Mp4(Box<Mp4>),
}

impl Recording {
    pub(crate) fn new() -> Self {
        Self { pending: VecDeque::new(), read: 0, reader: Reader::Unknown }
    }

    /// Takes the next bytes; [`Recording::read_block`] makes packets of them.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.pending.extend(chunk);
    }

    /// Reads one more block and returns the packets that are complete now; none when no whole block is left.
    pub(crate) fn read_block(&mut self) -> Result<Option<Vec<Packet>>, VideoError> {
        if self.pending.len() < limits::BLOCK_BYTES { Ok(None) } else { self.read(limits::BLOCK_BYTES).map(Some) }
    }

    /// Reads what is left when the stream has ended.
    pub(crate) fn read_rest(&mut self) -> Result<Vec<Packet>, VideoError> {
        let mut packets = self.read(self.pending.len())?;
        match &mut self.reader {
            Reader::Unknown => return Err(VideoError::UnknownContainer),
            Reader::Matroska(reader) => packets.append(&mut reader.finish()?),
            Reader::Mp4(reader) => packets.append(&mut reader.finish()?),
        }
        Ok(packets)
    }

    /// The video track, once the header has been read.
    pub(crate) fn track(&self) -> Option<&Track> {
        match &self.reader {
            Reader::Unknown => None,
            Reader::Matroska(reader) => reader.track(),
            Reader::Mp4(reader) => reader.track(),
        }
    }

    fn read(&mut self, bytes: usize) -> Result<Vec<Packet>, VideoError> {
        self.read = self.read.saturating_add(bytes);
        if self.read > limits::MAX_BYTES {
            return Err(VideoError::TooLarge("more than 10 MB"));
        }
        let block: Vec<u8> = self.pending.drain(..bytes).collect();
        if matches!(self.reader, Reader::Unknown) && !block.is_empty() {
            self.reader = recognise(&block)?;
        }
        match &mut self.reader {
            Reader::Unknown => Ok(Vec::new()),
            Reader::Matroska(reader) => reader.push(&block),
            Reader::Mp4(reader) => reader.push(&block),
        }
    }
}

/// An EBML document begins with its magic number, an ISO file with an `ftyp` box.
fn recognise(start: &[u8]) -> Result<Reader, VideoError> {
    if start.starts_with(&[0x1A, 0x45, 0xDF, 0xA3]) {
        Ok(Reader::Matroska(Box::new(Matroska::new())))
    } else if start.get(4..8) == Some(b"ftyp") {
        Ok(Reader::Mp4(Box::new(Mp4::new())))
    } else {
        Err(VideoError::UnknownContainer)
    }
}

/// The pixel format of a recording may not be larger than this on either side.
pub(crate) fn check_size(width: u64, height: u64) -> Result<(), VideoError> {
    if width > u64::from(limits::MAX_SIDE) || height > u64::from(limits::MAX_SIDE) {
        return Err(VideoError::TooLarge("more than 1920 pixels on a side"));
    }
    if width < u64::from(limits::MIN_SIDE) || height < u64::from(limits::MIN_SIDE) {
        return Err(VideoError::Damaged("the frame is smaller than 64 pixels on a side".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> Result<usize, VideoError> {
        let mut recording = Recording::new();
        recording.push(bytes);
        let mut packets = 0;
        while let Some(more) = recording.read_block()? {
            packets += more.len();
        }
        Ok(packets + recording.read_rest()?.len())
    }

    #[test]
    fn what_is_no_video_is_named_so() {
        for garbage in [&b"not a video at all"[..], &[0; 5000], b"GIF89a", b"\x1A\x45\xDF", b""] {
            assert_eq!(read_all(garbage), Err(VideoError::UnknownContainer), "{garbage:?}");
        }
    }

    #[test]
    fn eleven_megabytes_are_refused_whatever_they_hold() {
        let free = [b"\0\0\0\x0Cftypisom".as_slice(), &b"\0\0\0\x08free".repeat(11_000_000 / 8)].concat();
        assert_eq!(read_all(&free), Err(VideoError::TooLarge("more than 10 MB")));
    }
}
