//! VP8 (RFC 6386), the codec of WebM recordings: one packet, one picture.

use super::frame::{Colour, Frame, Planes};
use crate::container::{Packet, Track, check_size};
use crate::{VideoError, limits};
use oxideav_vp8::Vp8DecoderState;

/// A running VP8 decoder.
#[derive(Debug)]
pub(super) struct Vp8 {
    state: Vp8DecoderState,
    colour: Colour,
}

impl Vp8 {
    pub(super) fn new(track: &Track) -> Self {
        let most = u64::from(limits::MAX_SIDE) * u64::from(limits::MAX_SIDE);
        // VP8 itself only knows BT.601 at video range (RFC 6386, section 9.2); a browser that recorded otherwise says so in the container.
        let colour = Colour::new(track.full_range.unwrap_or(false), track.matrix.unwrap_or(5));
        Self { state: Vp8DecoderState::new().with_max_pixels_per_frame(most), colour }
    }

    pub(super) fn decode(&mut self, packet: &Packet) -> Result<Vec<Frame>, VideoError> {
        let picture = self
            .state
            .decode_frame(&packet.data)
            .map_err(|error| VideoError::Damaged(format!("a VP8 frame cannot be decoded ({error})")))?;
        check_size(u64::from(picture.width), u64::from(picture.height))?;
        // An encoder may send a picture that serves only as a reference for later ones.
        if self.state.last_frame_shown() == Some(false) {
            return Ok(Vec::new());
        }
        let planes = Planes { y: picture.y, u: picture.u, v: picture.v };
        Frame::new(packet.pts_us, picture.width, picture.height, planes, self.colour).map(|frame| vec![frame])
    }
}
