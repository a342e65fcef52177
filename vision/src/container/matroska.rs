//! Matroska and WebM as a browser's recorder writes them: a live stream with a segment and clusters of unknown size, no duration,
//! no cues. The demuxer reads from a buffer that grows; a frame that is not there in full yet is simply asked for again later.

use super::{Codec, Packet, Track, check_size};
use crate::{VideoError, limits};
use matroska_demuxer::{DemuxError, Frame, MatrixCoefficients, MatroskaFile, Range, TrackEntry, TrackType};
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

/// A Matroska stream that is still arriving.
#[derive(Debug)]
pub(super) struct Matroska {
    bytes: GrowingFile,
    open: Option<Open>,
    /// How much has to be there before opening is tried again.
    open_at: usize,
}

/// A stream whose header has been read.
#[derive(Debug)]
struct Open {
    file: MatroskaFile<GrowingFile>,
    number: u64,
    track: Track,
    nanoseconds_per_tick: u64,
    packets: usize,
}

impl Matroska {
    pub(super) fn new() -> Self {
        Self { bytes: GrowingFile::default(), open: None, open_at: 0 }
    }

    pub(super) fn track(&self) -> Option<&Track> {
        self.open.as_ref().map(|open| &open.track)
    }

    pub(super) fn push(&mut self, block: &[u8]) -> Result<Vec<Packet>, VideoError> {
        let received = self.bytes.append(block);
        if self.open.is_none() && received >= self.open_at {
            match MatroskaFile::open(self.bytes.rewound()) {
                Ok(file) => self.open = Some(Open::new(file)?),
                // A seek head may point at what comes last (a file that was not recorded live): it is asked for again, more rarely the
                // longer it takes, until the stream has ended.
                Err(_) => self.open_at = received.saturating_mul(2),
            }
        }
        let packets = self.open.as_mut().map_or_else(|| Ok(Vec::new()), Open::packets)?;
        self.bytes.check_effort()?;
        Ok(packets)
    }

    /// A stream may stop anywhere, but not before its header. What could not be opened before is opened now, and all its packets
    /// are returned.
    pub(super) fn finish(&mut self) -> Result<Vec<Packet>, VideoError> {
        if self.open.is_some() {
            return Ok(Vec::new());
        }
        let open = match MatroskaFile::open(self.bytes.rewound()) {
            Ok(file) => self.open.insert(Open::new(file)?),
            Err(DemuxError::CantFindCluster) => return Err(VideoError::NoFrames),
            Err(error) => return Err(damaged(&error)),
        };
        let packets = open.packets()?;
        self.bytes.check_effort()?;
        Ok(packets)
    }
}

impl Open {
    fn new(file: MatroskaFile<GrowingFile>) -> Result<Self, VideoError> {
        let entry = file.tracks().iter().find(|entry| entry.track_type() == TrackType::Video).ok_or(VideoError::NoVideoTrack)?;
        let track = describe(entry)?;
        let number = entry.track_number().get();
        let nanoseconds_per_tick = file.info().timestamp_scale().get();
        Ok(Self { file, number, track, nanoseconds_per_tick, packets: 0 })
    }

    /// All packets that are complete. The demuxer keeps state across a read that failed half-way, so a copy of it (small: header
    /// fields and a position, not the bytes) goes ahead, and is kept only where it arrived.
    fn packets(&mut self) -> Result<Vec<Packet>, VideoError> {
        let mut packets = Vec::new();
        loop {
            let mut ahead = self.file.clone();
            let mut frame = Frame::default();
            match ahead.next_frame(&mut frame) {
                Ok(true) => self.file = ahead,
                Ok(false) | Err(DemuxError::ElementSizeExceedsStream { .. } | DemuxError::IoError(_)) => return Ok(packets),
                Err(error) => return Err(damaged(&error)),
            }
            self.packets += 1;
            if self.packets > limits::MAX_FRAMES {
                return Err(VideoError::TooLarge("more than 3000 frames"));
            }
            if frame.track == self.number {
                packets.push(Packet { pts_us: self.microseconds(frame.timestamp), data: frame.data });
            }
        }
    }

    fn microseconds(&self, ticks: u64) -> i64 {
        i64::try_from(ticks.saturating_mul(self.nanoseconds_per_tick) / 1000).unwrap_or(i64::MAX)
    }
}

fn describe(entry: &TrackEntry) -> Result<Track, VideoError> {
    let codec = match entry.codec_id() {
        "V_VP8" => Codec::Vp8,
        "V_MPEG4/ISO/AVC" => Codec::H264 { config: entry.codec_private().map(<[u8]>::to_vec) },
        other => return Err(VideoError::UnsupportedCodec(other.chars().take(40).collect())),
    };
    let video = entry.video().ok_or(VideoError::NoVideoTrack)?;
    check_size(video.pixel_width().get(), video.pixel_height().get())?;
    if entry.content_encodings().is_some_and(|encodings| !encodings.is_empty()) {
        return Err(VideoError::UnsupportedCodec("a compressed or encrypted track".to_owned()));
    }
    let colour = video.colour();
    let full_range = match colour.and_then(matroska_demuxer::Colour::range) {
        Some(Range::Full) => Some(true),
        Some(Range::Broadcast) => Some(false),
        _ => None,
    };
    let matrix = match colour.and_then(matroska_demuxer::Colour::matrix_coefficients) {
        Some(MatrixCoefficients::Bt709) => Some(1),
        Some(MatrixCoefficients::Bt470bg | MatrixCoefficients::Smpte170) => Some(5),
        _ => None,
    };
    Ok(Track { codec, full_range, matrix })
}

fn damaged(error: &DemuxError) -> VideoError {
    VideoError::Damaged(format!("the Matroska stream cannot be read ({error})"))
}

/// A reader over bytes that are shared with whoever appends to them; a clone keeps a position of its own.
#[derive(Debug, Clone, Default)]
struct GrowingFile {
    shared: Arc<Mutex<Shared>>,
    position: u64,
}

#[derive(Debug, Default)]
struct Shared {
    bytes: Vec<u8>,
    /// Calls of the demuxer so far. A stream can be built to lead it round in circles (a seek head that names itself) or to make
    /// it walk the same million empty elements again with every block; an honest one needs a few dozen calls a frame.
    calls: u64,
}

const MAX_CALLS: u64 = 4_000_000;

impl GrowingFile {
    fn append(&self, block: &[u8]) -> usize {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.bytes.extend_from_slice(block);
        shared.bytes.len()
    }

    fn rewound(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), position: 0 }
    }

    fn check_effort(&self) -> Result<(), VideoError> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.calls > MAX_CALLS { Err(VideoError::Damaged("the Matroska stream leads nowhere".to_owned())) } else { Ok(()) }
    }

    fn shared(&self) -> io::Result<std::sync::MutexGuard<'_, Shared>> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.calls += 1;
        if shared.calls > MAX_CALLS { Err(io::ErrorKind::TimedOut.into()) } else { Ok(shared) }
    }
}

impl Read for GrowingFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let shared = self.shared()?;
        let from = usize::try_from(self.position).unwrap_or(usize::MAX);
        let read = shared.bytes.get(from..).unwrap_or_default().read(into)?;
        drop(shared);
        self.position = self.position.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for GrowingFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.shared()?.bytes.len() as u64;
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => end.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }

    fn stream_position(&mut self) -> io::Result<u64> {
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_reads_on_from_its_own_place_in_the_same_bytes() {
        let mut file = GrowingFile::default();
        file.append(b"abc");
        let mut two = [0; 2];
        file.read_exact(&mut two).unwrap();
        let mut clone = file.clone();
        file.append(b"def");
        let mut rest = String::new();
        clone.read_to_string(&mut rest).unwrap();
        assert_eq!((two, rest.as_str(), file.stream_position().unwrap()), (*b"ab", "cdef", 2));
    }

    #[test]
    fn a_seek_head_that_names_itself_is_left() {
        // EBML header (matroska), a segment of unknown size, and a SeekHead whose only entry is a SeekHead at its own place.
        let mut bytes = b"\x1A\x45\xDF\xA3\x8B\x42\x82\x88matroska".to_vec();
        bytes.extend_from_slice(b"\x18\x53\x80\x67\xFF");
        bytes.extend_from_slice(b"\x11\x4D\x9B\x74\x8E\x4D\xBB\x8B\x53\xAB\x84\x11\x4D\x9B\x74\x53\xAC\x81\x00");
        let mut stream = Matroska::new();
        let outcome = stream.push(&bytes).and_then(|_| stream.finish());
        assert!(matches!(outcome, Err(VideoError::Damaged(_))), "{outcome:?}");
    }
}
