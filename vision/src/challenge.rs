//! What the subject was asked to do, and what the client says happened.

/// The challenge as it was sent to the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Challenge {
    /// The camera's frame, in pixels, as the client declared it when it connected.
    pub frame: Size,
    /// Where the face has to be at the end, in pixels of `frame`, un-mirrored.
    pub oval: Oval,
    /// The colours to be reflected, in order; empty for a challenge of movement alone.
    pub colors: Vec<ColorStep>,
}

/// A width and a height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// An upright ellipse, in pixels of the un-mirrored frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Oval {
    /// Full width.
    pub width: f32,
    /// Full height.
    pub height: f32,
    /// Horizontal centre.
    pub center_x: f32,
    /// Vertical centre.
    pub center_y: f32,
}

/// One entry of the colour sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColorStep {
    /// Red, green and blue, 0-255.
    pub rgb: [u8; 3],
    /// Milliseconds for which this colour scrolls down over the one before.
    pub downscroll_ms: u32,
    /// Milliseconds for which it then stands alone.
    pub flat_ms: u32,
}

/// What the client reports about the recording: hints for alignment, never evidence by themselves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Account {
    /// Epoch milliseconds at which recording began.
    pub video_start_ms: i64,
    /// Epoch milliseconds at which recording ended.
    pub video_end_ms: i64,
    /// Epoch milliseconds at which the client saw the face in the oval.
    pub target_reached_ms: Option<i64>,
    /// The colours that the client says it displayed, in the order of arrival.
    pub colors: Vec<ColorShown>,
}

/// One colour change that the client reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColorShown {
    /// Index in the challenge's sequence.
    pub sequence: u32,
    /// The colour that begins to scroll down.
    pub current: [u8; 3],
    /// The colour that it covers, if any.
    pub previous: Option<[u8; 3]>,
    /// Epoch milliseconds at which `current` began.
    pub at_ms: i64,
}
