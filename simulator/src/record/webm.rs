//! A live Matroska stream as Chromium's recorder writes it: a segment and clusters of unknown length, no duration, no index.

/// Writes the stream piece by piece.
#[derive(Debug)]
pub(crate) struct Muxer {
    written: Vec<u8>,
    cluster_ms: Option<i64>,
}

/// An element whose end is not known yet.
const UNKNOWN: [u8; 8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

/// The times of a cluster's blocks are 16 bits; the recorder begins a new one long before.
const CLUSTER_MS: i64 = 10_000;

impl Muxer {
    pub(crate) fn new(codec: &str, width: usize, height: usize) -> Self {
        let kind: &[u8] = if codec == "V_VP8" { b"webm" } else { b"matroska" };
        let head = [
            element(&[0x42, 0x86], &[1]),
            element(&[0x42, 0xF7], &[1]),
            element(&[0x42, 0xF2], &[4]),
            element(&[0x42, 0xF3], &[8]),
            element(&[0x42, 0x82], kind),
            element(&[0x42, 0x87], &[4]),
            element(&[0x42, 0x85], &[2]),
        ]
        .concat();
        let info = [
            element(&[0x2A, 0xD7, 0xB1], &1_000_000_u32.to_be_bytes()),
            element(&[0x4D, 0x80], b"Prooflight"),
            element(&[0x57, 0x41], b"Prooflight"),
        ]
        .concat();
        let video = [element(&[0xB0], &(width as u32).to_be_bytes()), element(&[0xBA], &(height as u32).to_be_bytes())].concat();
        let entry = [
            element(&[0xD7], &[1]),
            element(&[0x73, 0xC5], &[1]),
            element(&[0x83], &[1]),
            element(&[0x86], codec.as_bytes()),
            element(&[0xE0], &video),
        ]
        .concat();
        let mut written = element(&[0x1A, 0x45, 0xDF, 0xA3], &head);
        written.extend_from_slice(&[0x18, 0x53, 0x80, 0x67]);
        written.extend_from_slice(&UNKNOWN);
        written.extend(element(&[0x15, 0x49, 0xA9, 0x66], &info));
        written.extend(element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &entry)));
        Self { written, cluster_ms: None }
    }

    /// Adds a coded picture.
    pub(crate) fn add(&mut self, at_ms: i64, key: bool, data: &[u8]) {
        let start = match self.cluster_ms {
            Some(start) if at_ms - start < CLUSTER_MS => start,
            _ => {
                self.written.extend_from_slice(&[0x1F, 0x43, 0xB6, 0x75]);
                self.written.extend_from_slice(&UNKNOWN);
                self.written.extend(element(&[0xE7], &at_ms.to_be_bytes()));
                *self.cluster_ms.insert(at_ms)
            }
        };
        let since = i16::try_from(at_ms - start).unwrap_or(i16::MAX);
        let mut block = vec![0x81];
        block.extend_from_slice(&since.to_be_bytes());
        block.push(if key { 0x80 } else { 0 });
        block.extend_from_slice(data);
        self.written.extend(element(&[0xA3], &block));
    }

    /// What was written since this was last asked.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.written)
    }
}

fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    // A length of eight bytes: seven of them count.
    let length = 0x0100_0000_0000_0000 | content.len() as u64;
    [id, &length.to_be_bytes(), content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use matroska_demuxer::{Frame, MatroskaFile};
    use std::io::Cursor;

    #[test]
    fn what_is_written_in_pieces_is_read_as_one_stream() {
        let mut muxer = Muxer::new("V_VP8", 320, 240);
        let mut stream = Vec::new();
        let pictures: Vec<(i64, bool, Vec<u8>)> =
            (0..400_u16).map(|number| (i64::from(number) * 41, number == 0, vec![7; usize::from(number)])).collect();
        for (at, key, data) in &pictures {
            muxer.add(*at, *key, data);
            stream.extend(muxer.take());
        }
        let mut file = MatroskaFile::open(Cursor::new(stream)).unwrap();
        let video = file.tracks()[0].video().unwrap();
        assert_eq!((file.tracks()[0].codec_id(), video.pixel_width().get(), video.pixel_height().get()), ("V_VP8", 320, 240));
        let mut frame = Frame::default();
        for (at, key, data) in pictures {
            assert!(file.next_frame(&mut frame).unwrap(), "{at}");
            assert_eq!((i64::try_from(frame.timestamp).unwrap(), frame.is_keyframe, &frame.data), (at, Some(key), &data));
        }
        assert!(!file.next_frame(&mut frame).unwrap_or(false));
    }
}
