//! The face through the recording: every picture that is worth measuring becomes one sample, and the cues see nothing else.

#[cfg(test)]
mod followed;

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
    /// When the face that is followed was where it is.
    followed_us: i64,
    /// Pictures since then that wait to be measured.
    between: Vec<Frame>,
}

/// A picture is measured about this often, whatever the camera's rate: eleven a second follow colours that change twice a second.
const SAMPLE_EVERY_US: i64 = 90_000;

/// While one face is followed, others are looked for this often.
const COUNT_EVERY_US: i64 = 1_000_000;

/// The mesh, costly to find, is fitted to every third picture that is measured. In the two between it is where it goes from the one to the other.
const BETWEEN: usize = 2;

/// Pictures further apart than this say too little of what happens between them; the mesh is fitted to each.
const LONGEST_STEP_US: i64 = 130_000;

/// A face that moves or grows further than this share of its width from one fit to the next does not go straight.
const STRAIGHT: f32 = 0.2;

/// A second face counts from this share of the first one's width: a passer-by in the background does not.
const SECOND_FACE: f32 = 0.4;

impl Follower {
    pub(crate) fn new(runner: Runner) -> Self {
        let track = Track::default();
        Self {
            runner,
            track,
            start_us: None,
            last_us: 0,
            due_us: None,
            counted_us: None,
            followed: None,
            followed_us: 0,
            between: Vec::new(),
        }
    }

    /// Takes the next picture. Shows every picture with a face that is measured by now, in order, with its milliseconds since the first one.
    #[expect(clippy::cast_precision_loss, reason = "sides are at most 1920")]
    pub(crate) fn observe(&mut self, frame: Frame, show: impl FnMut(f64, &Frame, &Seen)) {
        let at_us = frame.pts_us();
        let start_us = *self.start_us.get_or_insert(at_us);
        self.track.size = [frame.width() as f32, frame.height() as f32];
        self.track.frames = self.track.frames.saturating_add(1);
        self.last_us = self.last_us.max(at_us);
        self.track.length_ms = milliseconds(self.last_us.saturating_sub(start_us));
        self.track.glances.push((self.since_start(at_us), Glance::at(&frame)));
        let due_us = self.due_us.unwrap_or(at_us);
        if at_us < due_us {
            return;
        }
        // Counted from when it was due and not from when it came, so that pictures which come a little late do not halve the rate.
        self.due_us = Some(due_us.max(at_us.saturating_sub(SAMPLE_EVERY_US)).saturating_add(SAMPLE_EVERY_US));
        if self.counted_us.is_none_or(|last| at_us.saturating_sub(last) >= COUNT_EVERY_US) {
            self.counted_us = Some(at_us);
            self.count(&frame);
        }
        let before_us = self.between.last().map_or(self.followed_us, Frame::pts_us);
        if self.followed.is_some() && self.between.len() < BETWEEN && at_us.saturating_sub(before_us) <= LONGEST_STEP_US {
            self.between.push(frame);
        } else {
            self.follow(&frame, show);
        }
    }

    /// The track of a recording of so many packets that has ended; what waited is measured and shown.
    pub(crate) fn into_track(mut self, packets: u32, show: impl FnMut(f64, &Frame, &Seen)) -> Track {
        if let Some(last) = self.between.pop() {
            self.follow(&last, show);
        }
        Track { packets, ..self.track }
    }

    /// Fits the mesh to this picture, and measures it after those that waited for it.
    fn follow(&mut self, frame: &Frame, mut show: impl FnMut(f64, &Frame, &Seen)) {
        let before = self.followed.take();
        let found = self.find(frame, before.as_ref());
        for waiting in std::mem::take(&mut self.between) {
            let face = match (&before, &found) {
                (Some(before), Some(now)) if goes_straight(before, now) => {
                    Some(before.towards(now, share(self.followed_us, waiting.pts_us(), frame.pts_us())))
                }
                (before, _) => self.find(&waiting, before.as_ref()),
            };
            self.measure(&waiting, face.as_ref(), &mut show);
        }
        self.measure(frame, found.as_ref(), &mut show);
        (self.followed, self.followed_us) = (found, frame.pts_us());
    }

    fn measure(&mut self, frame: &Frame, face: Option<&Face>, show: &mut impl FnMut(f64, &Frame, &Seen)) {
        let at_ms = self.since_start(frame.pts_us());
        let seen = face.and_then(|face| measure(frame, face));
        if let Some(seen) = &seen {
            show(at_ms, frame, seen);
        }
        self.track.samples.push(Sample { at_ms, seen });
    }

    fn since_start(&self, at_us: i64) -> f64 {
        milliseconds(at_us.saturating_sub(self.start_us.unwrap_or(at_us)))
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
            (self.followed, self.followed_us) = (self.fit_largest(frame, &found), frame.pts_us());
        }
    }

    fn find(&self, frame: &Frame, before: Option<&Face>) -> Option<Face> {
        let followed = before.and_then(|face| face::fit(&self.runner, frame, Hint::Followed(face)));
        followed.or_else(|| self.fit_largest(frame, &face::detect(&self.runner, frame)))
    }

    fn fit_largest(&self, frame: &Frame, found: &[Detection]) -> Option<Face> {
        let largest = found.iter().max_by(|one, other| one.area.width.total_cmp(&other.area.width))?;
        face::fit(&self.runner, frame, Hint::Detected(largest))
    }
}

fn goes_straight(before: &Face, now: &Face) -> bool {
    let (before, now) = (before.outline(), now.outline());
    let [[x, y], [u, v]] = [now.center(), before.center()];
    let moved = (x - u).abs().max((y - v).abs()).max((now.width - before.width).abs());
    moved < STRAIGHT * now.width
}

/// How far a time is from the first to the last of three, 0-1.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "less than a second")]
fn share(first_us: i64, at_us: i64, last_us: i64) -> f32 {
    let (passed, all) = (at_us.saturating_sub(first_us), last_us.saturating_sub(first_us));
    if all > 0 { (passed as f64 / all as f64).clamp(0.0, 1.0) as f32 } else { 1.0 }
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
