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
