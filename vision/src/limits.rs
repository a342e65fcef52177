//! How large a recording may be before the engine refuses it. A liveness check lasts seconds; what exceeds these bounds was not
//! made by one, and would cost time or memory that other sessions need.

/// Bytes of a whole recording: the video limit of `StartFaceLivenessSession` is 10 MB in total.
pub(crate) const MAX_BYTES: usize = 10_000_000;

/// Pixels on either side. Cameras are asked for 640x480; full HD in portrait or landscape still passes.
pub(crate) const MAX_SIDE: u32 = 1920;

/// Pixels on either side below which no face can be measured.
pub(crate) const MIN_SIDE: u32 = 64;

/// Packets of the video track: a minute at 50 frames a second.
pub(crate) const MAX_FRAMES: usize = 3000;

/// Luma samples of all frames together: a minute of 480x360 at 60 frames a second, or ten seconds of full HD at 30.
pub(crate) const MAX_PIXELS: u64 = 650_000_000;

/// How long a recording may last. The client gives up after ten seconds in front of the oval, and the colours take four.
pub(crate) const MAX_LENGTH_US: i64 = 60_000_000;

/// Samples that the tables of an MP4 file may announce, over all tracks.
pub(crate) const MAX_MP4_SAMPLES: u64 = 20_000;

/// The stream is taken in blocks of this size, whatever the size of the chunks.
pub(crate) const BLOCK_BYTES: usize = 4096;

/// Pixels on either side of a still picture below which Rekognition refuses it ("Guidelines and quotas in Amazon Rekognition").
pub(crate) const MIN_STILL_SIDE: usize = 80;

/// Pixels on either side above which Rekognition refuses a still picture (the same page).
pub(crate) const MAX_STILL_SIDE: usize = 10_000;

/// Pixels of a still picture: what today's telephones take, and 150 MB while it is decoded.
pub(crate) const MAX_STILL_PIXELS: usize = 50_000_000;

/// A still picture is reduced until neither side is longer. A face that is worth comparing is still 150 pixels wide in it.
pub(crate) const STILL_SIDE_KEPT: usize = 2048;
