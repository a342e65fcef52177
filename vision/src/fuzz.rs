//! What a stranger's bytes go through first, for the fuzzers in `fuzz/` and for the test that replays what they found: any bytes end in pictures
//! or in an error, soon, and in bounded memory.

use crate::container::{Codec, Packet, Recording, Track};
use crate::decode::Decoder;
use crate::guard::contained;

/// Reads a recording to its end, as an analysis does, and looks at no picture of it.
///
/// # Panics
///
/// When more packets come out of it than bytes went in, which is what a fuzzer looks for.
pub fn container(bytes: &[u8]) {
    let mut recording = Recording::new();
    recording.push(bytes);
    let packets = contained("the video", || {
        let mut packets = 0;
        while let Some(more) = recording.read_block()? {
            packets += more.len();
        }
        recording.read_rest().map(|more| packets + more.len())
    });
    if let Ok(Ok(packets)) = packets {
        assert!(packets <= bytes.len(), "a packet takes a byte at least");
    }
}

/// Decodes VP8. The bytes are packets, each after its length in two bytes.
pub fn vp8(bytes: &[u8]) {
    decode(&Track { codec: Codec::Vp8, full_range: None, matrix: None }, bytes);
}

/// Decodes H.264: Annex B when the first byte is even; else an `avcC` record comes first, after its length as well.
pub fn h264(bytes: &[u8]) {
    let Some((packing, rest)) = bytes.split_first() else { return };
    let (config, rest) =
        if packing % 2 == 0 { (None, rest) } else { packet(rest).map_or((None, rest), |(config, rest)| (Some(config.to_vec()), rest)) };
    decode(&Track { codec: Codec::H264 { config }, full_range: None, matrix: None }, rest);
}

/// More packets than a minute has are refused before they are decoded, by the containers.
const MOST_PACKETS: usize = 64;

fn decode(track: &Track, mut bytes: &[u8]) {
    // Once something is wrong the decoder is dropped, as in an analysis.
    let Ok(Ok(mut decoder)) = contained("a header", || Decoder::new(track)) else { return };
    for number in 0..MOST_PACKETS {
        let Some((data, rest)) = packet(bytes) else { break };
        bytes = rest;
        let packet = Packet { pts_us: 40_000 * i64::try_from(number).unwrap_or(0), data: data.to_vec() };
        match contained("a picture", || decoder.decode(&packet)) {
            Ok(Ok(frames)) => frames.iter().for_each(|frame| assert!(frame.rgb_at(0.5, 0.5).is_some(), "a picture has a first pixel")),
            _ => return,
        }
    }
    let _ = contained("the rest", || decoder.flush());
}

/// The next packet and what follows it; none when it is cut off.
fn packet(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(2)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// What the fuzzers were given and what they found, once more with the toolchain that everybody has.
    #[test]
    fn the_corpora_are_survived() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        for (target, run) in [("container", super::container as fn(&[u8])), ("vp8", super::vp8), ("h264", super::h264)] {
            let files: Vec<_> = std::fs::read_dir(folder.join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(files.len() > 5, "{target}: a corpus");
            for file in files {
                let bytes = std::fs::read(&file).unwrap();
                assert!(std::panic::catch_unwind(|| run(&bytes)).is_ok(), "{}", file.display());
            }
        }
    }
}
