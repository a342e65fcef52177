//! VP8 in pure Rust. Every picture is a key frame: the encoder's search for motion takes twice as long as the rest, and single pictures can be
//! encoded side by side. They take more bytes than a browser's, which is no matter on one machine.

use super::{Packet, RecordError};
use crate::scene::Picture;
use oxideav_vp8::{I420Frame, KeyframeParams, TrellisStrength, encode_keyframe};

pub(crate) fn encode(picture: &Picture, quantizer: u8) -> Result<Packet, RecordError> {
    let frame = I420Frame::packed(picture.width as u32, picture.height as u32, &picture.y, &picture.u, &picture.v);
    let params = KeyframeParams { y_ac_qi: quantizer.min(127), trellis_strength: TrellisStrength::OFF, ..KeyframeParams::default() };
    let data = encode_keyframe(&frame, &params).map_err(|error| RecordError::Vp8(error.to_string()))?;
    Ok(Packet { key: true, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_looks_nearly_the_same() {
        let (width, height) = (64, 48);
        let wave = |at: usize, wide: usize| 128.0 + 60.0 * ((at % wide) as f32 / 9.0).sin() * ((at / wide) as f32 / 7.0).cos();
        let plane = |wide: usize, high: usize| (0..wide * high).map(|at| wave(at, wide) as u8).collect::<Vec<u8>>();
        let picture = Picture { width, height, y: plane(64, 48), u: plane(32, 24), v: plane(32, 24) };
        let decoded = oxideav_vp8::decode_vp8(&encode(&picture, 20).unwrap().data).unwrap();
        let error = |one: &[u8], other: &[u8]| {
            one.iter().zip(other).map(|(one, other)| f32::from(one.abs_diff(*other)).powi(2)).sum::<f32>() / one.len() as f32
        };
        assert!(error(&picture.y, &decoded.y) < 20.0 && error(&picture.u, &decoded.u) < 20.0);
        assert_eq!(picture.y.len(), decoded.y.len());
    }
}
