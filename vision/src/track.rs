//! The face through the recording: every picture that is worth measuring becomes one sample, and the cues see nothing else.

use crate::decode::Frame;
use crate::face::{self, Box2, Cover, Detection, Face, Hint, Light, Pose, Runner};
use crate::glance::Glance;

/// What was seen of the face from the first picture to the last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Track {
    /// Width and height of the pictures, in pixels.
    pub(crate) size: [f32; 2],
    /// Packets that the container held for them.
    pub(crate) packets: u32,
    /// Pictures decoded.
    pub(crate) frames: u32,
    /// Milliseconds from the first picture to the last.
    pub(crate) length_ms: f64,
    /// The pictures that were measured, in order of time.
    pub(crate) samples: Vec<Sample>,
    /// How many faces were in the pictures that were searched for more than one.
    pub(crate) faces: Vec<usize>,
    /// Every picture at a glance, with its milliseconds since the first one.
    pub(crate) glances: Vec<(f64, Glance)>,
}

/// One measured picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// Milliseconds since the first picture.
    pub(crate) at_ms: f64,
    /// The face; none when there was none.
    pub(crate) seen: Option<Seen>,
}

/// A face in one picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) face: Face,
    /// The box that is compared with the oval.
    pub(crate) oval_box: Box2,
    /// The box round the whole mesh.
    pub(crate) outline: Box2,
    pub(crate) pose: Pose,
    /// The light that the skin gives back.
    pub(crate) skin: Light,
    /// The light from behind the head, where there is enough to see.
    pub(crate) background: Option<Light>,
    /// Variance of the Laplacian, see [`face::sharpness`].
    pub(crate) sharpness: f32,
    /// How far the eyes are open, see [`face::openness`].
    pub(crate) eyes: f32,
    /// What hides the face.
    pub(crate) cover: Cover,
}

impl Track {
    /// The samples with a face, with their time.
    pub(crate) fn seen(&self) -> impl DoubleEndedIterator<Item = (f64, &Seen)> {
        self.samples.iter().filter_map(|sample| sample.seen.as_ref().map(|seen| (sample.at_ms, seen)))
    }

    /// The faces of the first `ms` milliseconds in which one was seen.
    pub(crate) fn first(&self, ms: f64) -> Vec<&Seen> {
        let start = self.seen().next().map_or(0.0, |(at, _)| at);
        self.seen().take_while(|(at, _)| *at <= start + ms).map(|(_, seen)| seen).collect()
    }

    /// The faces of the last `ms` milliseconds in which one was seen.
    pub(crate) fn last(&self, ms: f64) -> Vec<&Seen> {
        let end = self.seen().next_back().map_or(0.0, |(at, _)| at);
        self.seen().rev().take_while(|(at, _)| *at >= end - ms).map(|(_, seen)| seen).collect()
    }
}

/// Follows the face from picture to picture.
#[derive(Debug)]
pub(crate) struct Follower {
    runner: Runner,
    track: Track,
    start_us: Option<i64>,
    last_us: i64,
    /// When the next picture is due to be measured.
    due_us: Option<i64>,
    counted_us: Option<i64>,
    followed: Option<Face>,
    /// Whether the face kept still between the last two fits, and has not been taken to do so since.
    still: bool,
}

/// A picture is measured about this often, whatever the camera's rate: eleven a second follow colours that change twice a second, and the networks,
/// which take most of the time, run for a third of a usual recording's pictures.
const SAMPLE_EVERY_US: i64 = 90_000;

/// While one face is followed, others are looked for this often.
const COUNT_EVERY_US: i64 = 1_000_000;

/// A face whose middle and width moved by less than this share of its width between two measured pictures is still in the next one where it was: the mesh
/// is fitted to every second picture only as long as it keeps so still. The places of skin that are measured are four times as wide.
const STILL: f32 = 0.02;

/// A second face counts from this share of the first one's width: a passer-by in the background does not.
const SECOND_FACE: f32 = 0.4;

impl Follower {
    pub(crate) fn new(runner: Runner) -> Self {
        Self { runner, track: Track::default(), start_us: None, last_us: 0, due_us: None, counted_us: None, followed: None, still: false }
    }

    /// Takes the next picture; returns what was measured when it was one to measure.
    #[expect(clippy::cast_precision_loss, reason = "sides are at most 1920, times within an hour")]
    pub(crate) fn observe(&mut self, frame: &Frame) -> Option<&Sample> {
        let at_us = frame.pts_us();
        let start_us = *self.start_us.get_or_insert(at_us);
        self.track.size = [frame.width() as f32, frame.height() as f32];
        self.track.frames = self.track.frames.saturating_add(1);
        self.last_us = self.last_us.max(at_us);
        self.track.length_ms = milliseconds(self.last_us.saturating_sub(start_us));
        self.track.glances.push((milliseconds(at_us.saturating_sub(start_us)), Glance::at(frame)));
        let due_us = self.due_us.unwrap_or(at_us);
        if at_us < due_us {
            return None;
        }
        // Counted from when it was due and not from when it came, so that pictures which come a little late do not halve the rate.
        self.due_us = Some(due_us.max(at_us.saturating_sub(SAMPLE_EVERY_US)).saturating_add(SAMPLE_EVERY_US));
        if self.counted_us.is_none_or(|last| at_us.saturating_sub(last) >= COUNT_EVERY_US) {
            self.counted_us = Some(at_us);
            self.count(frame);
        }
        if !std::mem::take(&mut self.still) {
            let found = self.find(frame);
            self.still = found.as_ref().zip(self.followed.as_ref()).is_some_and(|(now, before)| keeps_still(now, before));
            self.followed = found;
        }
        let seen = self.followed.as_ref().and_then(|face| measure(frame, face));
        self.track.samples.push(Sample { at_ms: milliseconds(at_us.saturating_sub(start_us)), seen });
        self.track.samples.last()
    }

    /// The track of a recording of so many packets that has ended.
    pub(crate) fn into_track(self, packets: u32) -> Track {
        Track { packets, ..self.track }
    }

    /// Looks for faces besides the one that is followed; takes the largest when none is.
    fn count(&mut self, frame: &Frame) {
        let found = face::detect(&self.runner, frame);
        let Some(main) = found.iter().map(|one| one.area.width).reduce(f32::max) else {
            // The detector loses faces that fill the picture; the mesh that follows one does not.
            self.track.faces.push(usize::from(self.followed.is_some()));
            return;
        };
        self.track.faces.push(found.iter().filter(|one| one.area.width >= SECOND_FACE * main).count());
        if self.followed.is_none() {
            self.followed = self.fit_largest(frame, &found);
        }
    }

    fn find(&self, frame: &Frame) -> Option<Face> {
        let followed = self.followed.as_ref().and_then(|face| face::fit(&self.runner, frame, Hint::Followed(face)));
        followed.or_else(|| self.fit_largest(frame, &face::detect(&self.runner, frame)))
    }

    fn fit_largest(&self, frame: &Frame, found: &[Detection]) -> Option<Face> {
        let largest = found.iter().max_by(|one, other| one.area.width.total_cmp(&other.area.width))?;
        face::fit(&self.runner, frame, Hint::Detected(largest))
    }
}

fn keeps_still(now: &Face, before: &Face) -> bool {
    let (now, before) = (now.outline(), before.outline());
    let [[x, y], [u, v]] = [now.center(), before.center()];
    let moved = (x - u).abs().max((y - v).abs()).max((now.width - before.width).abs());
    moved < STILL * now.width
}

fn measure(frame: &Frame, face: &Face) -> Option<Seen> {
    Some(Seen {
        oval_box: face.oval_box(),
        outline: face.outline(),
        pose: face.pose(),
        skin: face::skin(frame, face)?,
        background: face::background(frame, face),
        sharpness: face::sharpness(frame, face),
        eyes: face::openness(frame, face),
        cover: face::cover(frame, face),
        face: face.clone(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "times within an hour")]
fn milliseconds(us: i64) -> f64 {
    us as f64 / 1000.0
}

/// A face for tests of cues that do not look at its shape.
#[cfg(test)]
pub(crate) fn imagined() -> Seen {
    let face = Face::new(Box::new([[0.0; 3]; face::POINTS]));
    let square = Box2 { left: 190.0, top: 130.0, width: 100.0, height: 100.0 };
    let pose = Pose { yaw: 0.0, pitch: 0.0, roll: 0.0 };
    Seen {
        face,
        oval_box: square,
        outline: square,
        pose,
        skin: [0.4, 0.3, 0.25],
        background: None,
        sharpness: 100.0,
        eyes: 1.0,
        cover: Cover::default(),
    }
}
