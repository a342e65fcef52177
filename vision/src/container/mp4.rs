//! MP4 as Safari and Chrome record it: fragmented, a `moov` without samples and then `moof` and `mdat` in turn, in chunks that may
//! come late and large. Whole files with one sample table are read too. The parser wants a whole file, so it is given
//! the complete boxes again whenever a new table has arrived; samples are handed out as soon as their bytes are there.

use super::{Codec, Packet, Track, check_size};
use crate::{VideoError, limits};
use re_mp4::{Sample, StsdBoxContent, TrackKind};
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// An MP4 file that is still arriving.
#[derive(Debug)]
pub(super) struct Mp4 {
    /// What has arrived; the kind of a box that nobody needs is overwritten.
    bytes: Vec<u8>,
    /// Where the first top-level box that is not complete begins.
    complete: usize,
    /// The fragments that are complete.
    fragments: usize,
    has_moov: bool,
    /// How far the tables were parsed.
    parsed: usize,
    /// Whether a table has arrived since.
    fresh: bool,
    track: Option<Track>,
    samples: Vec<Sample>,
    handed_out: usize,
}

/// Between two parses at least so much must have arrived: a file of thousands of tiny fragments is then still read in linear time.
const PARSE_EVERY_BYTES: usize = 64 * 1024;

const MAX_FRAGMENTS: usize = 4096;

impl Mp4 {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            complete: 0,
            fragments: 0,
            has_moov: false,
            parsed: 0,
            fresh: false,
            track: None,
            samples: Vec::new(),
            handed_out: 0,
        }
    }

    pub(super) fn track(&self) -> Option<&Track> {
        self.track.as_ref()
    }

    pub(super) fn push(&mut self, block: &[u8]) -> Result<Vec<Packet>, VideoError> {
        self.bytes.extend_from_slice(block);
        self.walk()?;
        let due = self.samples.is_empty() || self.complete.saturating_sub(self.parsed) >= PARSE_EVERY_BYTES;
        if self.has_moov && self.fresh && due {
            self.parse()?;
        }
        self.packets()
    }

    /// Reads the tables a last time; a file without them holds nothing.
    pub(super) fn finish(&mut self) -> Result<Vec<Packet>, VideoError> {
        if !self.has_moov {
            return Err(VideoError::Damaged("the MP4 file ends before its movie box".to_owned()));
        }
        if self.fresh {
            self.parse()?;
        }
        if self.track.is_none() {
            return Err(VideoError::NoVideoTrack);
        }
        self.packets()
    }

    /// Steps over the top-level boxes that have become complete.
    fn walk(&mut self) -> Result<(), VideoError> {
        while let Some(found) = next_box(self.bytes.get(self.complete..).unwrap_or_default())? {
            match &found.kind {
                b"moov" => (self.has_moov, self.fresh) = (true, true),
                b"moof" => (self.fragments, self.fresh) = (self.fragments + 1, true),
                _ => {}
            }
            if self.fragments > MAX_FRAGMENTS {
                return Err(VideoError::TooLarge("more than 4096 fragments"));
            }
            self.complete += found.size;
        }
        Ok(())
    }

    fn parse(&mut self) -> Result<(), VideoError> {
        self.fresh = false;
        self.parsed = self.complete;
        let mut seen = Inspection::default();
        seen.inspect(self.bytes.get(..self.complete).unwrap_or_default(), 0, 0)?;
        if seen.samples > limits::MAX_MP4_SAMPLES {
            return Err(VideoError::TooLarge("more than 20000 samples"));
        }
        for at in seen.needless {
            if let Some(kind) = self.bytes.get_mut(at + 4..at + 8) {
                kind.copy_from_slice(b"free");
            }
        }
        let tables = self.bytes.get(..self.complete).unwrap_or_default();
        let file = re_mp4::Mp4::read(Patient { bytes: Cursor::new(tables), calls: 0 }, tables.len() as u64)
            .map_err(|error| VideoError::Damaged(format!("the MP4 tables cannot be read ({error})")))?;
        let Some(track) = file.tracks().values().find(|track| track.kind == Some(TrackKind::Video)) else {
            let unknown = file.moov.traks.iter().find_map(|track| match &track.mdia.minf.stbl.stsd.contents {
                StsdBoxContent::Unknown(code) if track.mdia.hdlr.handler_type.to_string() == "vide" => Some(code.to_string()),
                _ => None,
            });
            return Err(unknown.map_or(VideoError::NoVideoTrack, VideoError::UnsupportedCodec));
        };
        if track.samples.len() > limits::MAX_FRAMES {
            return Err(VideoError::TooLarge("more than 3000 frames"));
        }
        let codec = match &track.trak(&file).mdia.minf.stbl.stsd.contents {
            StsdBoxContent::Avc1(entry) => Codec::H264 { config: Some(entry.avcc.raw.clone()) },
            StsdBoxContent::Vp08(_) => Codec::Vp8,
            StsdBoxContent::Vp09(_) => return Err(VideoError::UnsupportedCodec("vp09".to_owned())),
            StsdBoxContent::Av01(_) => return Err(VideoError::UnsupportedCodec("av01".to_owned())),
            StsdBoxContent::Hvc1(_) | StsdBoxContent::Hev1(_) => return Err(VideoError::UnsupportedCodec("hvc1".to_owned())),
            StsdBoxContent::Mp4a(_) | StsdBoxContent::Tx3g(_) | StsdBoxContent::Unknown(_) => return Err(VideoError::NoVideoTrack),
        };
        check_size(u64::from(track.width), u64::from(track.height))?;
        self.track = Some(Track { codec, full_range: None, matrix: None });
        self.samples.clone_from(&track.samples);
        Ok(())
    }

    /// The next samples whose bytes have arrived, in decoding order.
    fn packets(&mut self) -> Result<Vec<Packet>, VideoError> {
        let mut packets = Vec::new();
        while let Some(sample) = self.samples.get(self.handed_out) {
            let bounds = (usize::try_from(sample.offset), sample.offset.checked_add(sample.size).map(usize::try_from));
            let (Ok(start), Some(Ok(end))) = bounds else {
                return Err(VideoError::Damaged("a sample of the MP4 file lies outside of it".to_owned()));
            };
            let Some(data) = self.bytes.get(start..end) else { break };
            packets.push(Packet { pts_us: microseconds(sample), data: data.to_vec() });
            self.handed_out += 1;
        }
        Ok(packets)
    }
}

/// A reader whose patience ends. The parser steps by the sizes that it reads, and a size that leads back to where it was makes it
/// walk in circles for ever (version 0.5.1; the test with random damage found it). Honest tables need a few calls for each sample.
struct Patient<'a> {
    bytes: Cursor<&'a [u8]>,
    calls: u32,
}

impl Patient<'_> {
    fn call(&mut self) -> io::Result<&mut Self> {
        const MOST_CALLS: u32 = 500_000;
        self.calls += 1;
        if self.calls > MOST_CALLS { Err(io::ErrorKind::TimedOut.into()) } else { Ok(self) }
    }
}

impl Read for Patient<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.call()?.bytes.read(into)
    }
}

impl Seek for Patient<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.call()?.bytes.seek(to)
    }
}

fn microseconds(sample: &Sample) -> i64 {
    let scaled = i128::from(sample.composition_timestamp) * 1_000_000 / i128::from(sample.timescale.max(1));
    i64::try_from(scaled).unwrap_or(i64::MAX)
}

/// A box that is there in full.
struct FoundBox {
    kind: [u8; 4],
    header: usize,
    size: usize,
}

/// The box at the start of `bytes`; none while it is incomplete.
fn next_box(bytes: &[u8]) -> Result<Option<FoundBox>, VideoError> {
    let (Some(short), Some(kind)) = (be_u32(bytes, 0), bytes.get(4..8).and_then(|kind| kind.try_into().ok())) else {
        return Ok(None);
    };
    let (header, size) = match short {
        1 => match (be_u32(bytes, 8), be_u32(bytes, 12)) {
            (Some(high), Some(low)) => (16, (u64::from(high) << 32) | u64::from(low)),
            _ => return Ok(None),
        },
        // A size of zero means "to the end of the file": it is complete only when the stream is, and then holds no table.
        0 => return Ok(None),
        size => (8, u64::from(size)),
    };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size < header {
        return Err(VideoError::Damaged("an MP4 box is smaller than its header".to_owned()));
    }
    Ok((bytes.len() >= size).then_some(FoundBox { kind, header, size }))
}

/// What the tables announce, found out before the parser is asked: it allocates what a box says, and an allocation that fails ends the process.
#[derive(Debug, Default, PartialEq, Eq)]
struct Inspection {
    /// A count costs four bytes and makes the parser allocate for each sample.
    samples: u64,
    /// Where boxes begin that nobody needs. The parser does not bound what it reads in metadata (version 0.5.1; the fuzzer found it), so they
    /// are given to it as free space.
    needless: Vec<usize>,
}

impl Inspection {
    /// Boxes have to fill their parents exactly: one that reaches beyond its parent is read by the parser and would not be seen here.
    /// `at` is where `bytes` begin in the file.
    fn inspect(&mut self, mut bytes: &[u8], mut at: usize, depth: u8) -> Result<(), VideoError> {
        while !bytes.is_empty() {
            let misfit = || VideoError::Damaged("an MP4 box does not fit into its parent".to_owned());
            let found = next_box(bytes)?.ok_or_else(misfit)?;
            let content = bytes.get(found.header..found.size).unwrap_or_default();
            let inside = at + found.header;
            match &found.kind {
                b"udta" | b"meta" | b"emsg" => self.needless.push(at),
                b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"moof" | b"traf" | b"edts" | b"dinf" | b"mvex" if depth < 8 => {
                    self.inspect(content, inside, depth + 1)?;
                }
                // Version, flags and the number of entries come first.
                b"stsd" | b"dref" if depth < 8 => self.inspect(content.get(8..).ok_or_else(misfit)?, inside + 8, depth + 1)?,
                // A picture's entry: its fields, then boxes.
                b"avc1" | b"avc3" | b"hvc1" | b"hev1" | b"vp08" | b"vp09" | b"av01" if depth < 8 => {
                    const FIELDS: usize = 78;
                    self.inspect(content.get(FIELDS..).ok_or_else(misfit)?, inside + FIELDS, depth + 1)?;
                }
                b"stsz" => self.samples = self.samples.saturating_add(u64::from(be_u32(content, 8).unwrap_or(0))),
                b"trun" => self.samples = self.samples.saturating_add(u64::from(be_u32(content, 4).unwrap_or(0))),
                _ => {}
            }
            at += found.size;
            bytes = bytes.get(found.size..).unwrap_or_default();
        }
        Ok(())
    }
}

fn be_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [&size.to_be_bytes()[..], &kind, content].concat()
    }

    #[test]
    fn a_sample_bomb_is_counted_before_it_is_unpacked() {
        let trun = boxed(*b"trun", &[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        let bomb = boxed(*b"moof", &boxed(*b"traf", &trun));
        let mut seen = Inspection::default();
        assert_eq!((seen.inspect(&bomb, 0, 0), seen.samples), (Ok(()), u64::from(u32::MAX)));
        let mut file = Mp4::new();
        let outcome = file.push(&[boxed(*b"ftyp", b"isom\0\0\0\0"), boxed(*b"moov", &[]), bomb].concat());
        assert_eq!(outcome, Err(VideoError::TooLarge("more than 20000 samples")));
    }

    #[test]
    fn a_bomb_that_hides_behind_the_end_of_its_parent_is_found() {
        let trun = boxed(*b"trun", &[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        let mut traf = boxed(*b"traf", &[boxed(*b"free", &[]), trun].concat());
        traf[3] -= 4;
        assert!(matches!(Inspection::default().inspect(&boxed(*b"moof", &traf), 0, 0), Err(VideoError::Damaged(_))));
    }

    /// An allocation of exabytes cannot be contained like a panic: it would end this test as it would have ended the process.
    #[test]
    fn metadata_that_announces_exabytes_is_not_read() {
        let huge = b"\0\0\0\x01free\x70\0\0\0\0\0\0\x11\x01".as_slice();
        let handler = boxed(*b"hdlr", &[&[0; 8][..], b"mdir", &[0; 13]].concat());
        let meta = boxed(*b"meta", &[&[0; 4][..], &handler, huge].concat());
        for moov in [boxed(*b"moov", &meta), boxed(*b"moov", &boxed(*b"udta", &meta)), boxed(*b"moov", &boxed(*b"trak", &meta))] {
            let outcome = Mp4::new().push(&[boxed(*b"ftyp", b"isom\0\0\0\0"), moov].concat());
            assert!(matches!(outcome, Err(VideoError::Damaged(_) | VideoError::NoVideoTrack)), "{outcome:?}");
        }
        // The same in the entry of a picture's format.
        let entry = boxed(*b"avc1", &[&[0; 78][..], b"\0\0\0\x01avcC\x70\0\0\0\0\0\0\0", &[1; 7]].concat());
        let table = boxed(*b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &entry].concat());
        let inside = [b"trak", b"mdia", b"minf", b"stbl"].iter().rev().fold(table, |inner, kind| boxed(**kind, &inner));
        let outcome = Mp4::new().push(&[boxed(*b"ftyp", b"isom\0\0\0\0"), boxed(*b"moov", &inside)].concat());
        assert!(matches!(outcome, Err(VideoError::Damaged(_))), "{outcome:?}");
    }

    #[test]
    fn tables_that_lead_in_circles_are_left() {
        // A box of size zero inside the sample table: the parser steps back to it again and again.
        let track = |table: &[u8]| {
            let inside = [b"mdia", b"minf", b"stbl"].iter().rev().fold(table.to_vec(), |inner, kind| boxed(**kind, &inner));
            [boxed(*b"ftyp", b"isom\0\0\0\0"), boxed(*b"moov", &boxed(*b"trak", &inside))].concat()
        };
        let mut file = Mp4::new();
        assert!(matches!(file.push(&track(b"\0\0\0\0free")), Err(VideoError::Damaged(_))));
        let circle = track(b"\0\0\0\0free");
        let patient = Patient { bytes: Cursor::new(circle.as_slice()), calls: 0 };
        assert!(re_mp4::Mp4::read(patient, circle.len() as u64).is_err(), "it ends");
    }

    #[test]
    fn boxes_are_taken_when_they_are_whole() {
        let whole = boxed(*b"free", b"12345");
        for cut in 0..whole.len() {
            assert!(next_box(whole.get(..cut).unwrap()).unwrap().is_none(), "{cut} bytes");
        }
        assert_eq!(next_box(&whole).unwrap().map(|found| (found.kind, found.size)), Some((*b"free", 13)));
        assert!(next_box(&[0, 0, 0, 3, b'f', b'r', b'e', b'e']).is_err(), "smaller than its own header");
    }
}
