//! What the analysis of one video found.

/// The outcome of an analysis that ran: a low confidence is a finding, not an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// 0-100: how sure the engine is that a live person met this challenge.
    pub confidence: f32,
    /// Conditions worth telling the person about.
    pub feedback: Vec<Feedback>,
    /// The sharpest frontal frame; none when no usable face was seen.
    pub reference: Option<Picture>,
    /// Frames spread over the session, at most as many as were asked for.
    pub audit: Vec<Picture>,
    /// Each cue that the challenge gives, for developers and tests.
    pub cues: Vec<Cue>,
    /// The displayed against the measured colours, for developers; none where no colours were asked for or nothing could be measured.
    pub light: Option<LightCurve>,
    /// The recording in a few small pictures, with a face or without, for developers.
    pub strip: Vec<StripPicture>,
    /// Frames decoded.
    pub frames: u32,
}

/// One line of reasoning: what was measured and how much it speaks for a live person.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// A stable name, such as `light.correlation`.
    pub name: &'static str,
    /// The raw measurement, in the unit that the cue's module documents; none when it could not be measured.
    pub value: Option<f32>,
    /// 0-1: how well this fits a live person. A cue that could not be measured has what `fusion` counts it.
    pub likelihood: f32,
    /// A sentence for a developer, with the numbers.
    pub explanation: String,
}

impl Cue {
    /// What this cue leaves of the confidence, 0-1: its likelihood to the power of its weight. The confidence is a hundred times the product over all cues.
    pub fn contribution(&self) -> f32 {
        crate::fusion::contribution(self)
    }
}

/// What was displayed and what the skin gave back.
#[derive(Debug, Clone, PartialEq)]
pub struct LightCurve {
    /// By how many milliseconds the colours are later in the recording than the client says that it displayed them, by the best fit.
    pub delay_ms: i32,
    /// In order of time, at most a few hundred.
    pub points: Vec<LightPoint>,
}

/// One moment of a [`LightCurve`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightPoint {
    /// Milliseconds into the recording.
    pub at_ms: f32,
    /// The colour of the screen then, the delay taken into account.
    pub displayed: [u8; 3],
    /// The colour of the skin.
    pub skin: [u8; 3],
    /// How the skin's red to green and blue to green should change with the displayed colour if it follows, as logarithms.
    pub expected: [f32; 2],
    /// How they do change, without slow changes and without what the background does.
    pub measured: [f32; 2],
}

/// A small picture of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripPicture {
    /// Milliseconds into the recording.
    pub at_ms: u32,
    /// A JPEG of about 160 pixels in width and a few kilobytes.
    pub jpeg: Vec<u8>,
}

/// A JPEG picture of at most 200 KB with the face's place in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The encoded picture.
    pub jpeg: Vec<u8>,
    /// Where the face is.
    pub face: NormalizedBox,
}

/// A box in fractions of the frame's width and height, as Rekognition's `BoundingBox`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalizedBox {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

/// Conditions that Rekognition names in its `Feedback`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feedback {
    /// No face could be followed.
    FaceNotVisible,
    /// Something covers part of the face.
    FaceObstruction,
    /// Too few, too coarse or too blurred frames.
    LowVideoQuality,
    /// The face did not come into the oval.
    FaceNotAligned,
    /// The eyes were closed most of the time.
    EyesClosed,
    /// The face is too dark.
    LowLighting,
    /// The face is blown out.
    HighLighting,
}

/// Why a video could not be analysed at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VideoError {
    /// Neither Matroska/WebM nor MP4.
    #[error("the video is neither WebM, Matroska nor MP4")]
    UnknownContainer,
    /// A codec that is refused, by the container's name for it.
    #[error("the video codec {0} is not supported; VP8 and H.264 are")]
    UnsupportedCodec(String),
    /// The container holds no video track.
    #[error("the file holds no video track")]
    NoVideoTrack,
    /// Not a single frame could be decoded.
    #[error("no frame of the video could be decoded")]
    NoFrames,
    /// The stream is damaged.
    #[error("the video is damaged: {0}")]
    Damaged(String),
    /// Larger in bytes, pixels or frames than the engine accepts.
    #[error("the video is too large: {0}")]
    TooLarge(&'static str),
    /// The recorder dropped its tail.
    #[error("the video holds {actual_ms} ms of the {claimed_ms} ms that were recorded")]
    ShorterThanClaimed {
        /// Milliseconds that the frames span.
        actual_ms: i64,
        /// Milliseconds that the client says it recorded.
        claimed_ms: i64,
    },
}
