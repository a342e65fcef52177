//! Where the face is over time: from far away into the oval, never quite still.

use super::surface::Placement;
use crate::conditions::Conditions;
use crate::timeline::Timeline;
use fastrand::Rng;
use prooflight_vision::Oval;

/// The way of one face, or of the sheet that shows one.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// The focal length, in pixels.
    pub(crate) focal: f32,
    /// Where it begins and ends in the picture, in pixels from the middle.
    from: [f32; 2],
    to: [f32; 2],
    /// The same in metres from the camera.
    far: f32,
    near: f32,
    /// How it is held on the whole: to the side, up and down, in the plane, in radians.
    held: [f32; 3],
    /// Metres and radians by which it sways.
    sway: [f32; 6],
    waves: [[f32; 4]; 8],
    /// Pixels by which the hand with the camera trembles.
    tremble: f32,
}

/// How a body is held, in degrees and metres.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) tilt: f32,
    pub(crate) sway_turn: f32,
    pub(crate) sway: f32,
}

impl Path {
    /// A way for a face whose ocular width is so many metres.
    pub(crate) fn draw(random: &mut Rng, conditions: &Conditions, oval: &Oval, ocular: f32, manner: Manner) -> Self {
        let (width, height) = (conditions.width as f32, conditions.height as f32);
        let focal = conditions.focal * width;
        let mut between = |low: f32, high: f32| low + (high - low) * random.f32();
        let near = focal * ocular / (oval.width * between(0.88, 1.02));
        let from = [width * between(-0.05, 0.05), height * between(-0.12, 0.02)];
        let miss = [oval.width * between(-0.04, 0.04), oval.height * between(-0.03, 0.03)];
        let to = [oval.center_x - width / 2.0 + miss[0], oval.center_y - height / 2.0 + miss[1]];
        let tilt = manner.tilt.to_radians();
        let held = [between(-tilt, tilt), between(-tilt, tilt), between(-0.5 * tilt, 0.5 * tilt)];
        let turn = (manner.sway_turn * conditions.restless).to_radians();
        let metres = manner.sway * conditions.restless;
        let sway = [metres, metres, 1.3 * metres, turn, 0.8 * turn, 0.6 * turn];
        let waves = std::array::from_fn(|_| [between(0.15, 0.5), between(0.0, 6.3), between(0.6, 1.4), between(0.0, 6.3)]);
        Self {
            focal,
            from,
            to,
            far: near * conditions.farther,
            near,
            held,
            sway,
            waves,
            tremble: if conditions.handheld { between(0.8, 3.0) } else { 0.0 },
        }
    }

    /// The same place all the time, where this way ends.
    pub(crate) fn resting(self) -> Self {
        Self { from: self.to, far: self.near, ..self }
    }

    /// How far the hand's tremor moves the whole picture, in pixels.
    pub(crate) fn shift(&self, at_ms: f32) -> [f32; 2] {
        [self.tremble * self.wave(6, 2.0 * at_ms), self.tremble * self.wave(7, 2.0 * at_ms)]
    }

    /// Where the body is: its anchor, which lies `anchor` from the point about which it turns, is at the place that the way has come to.
    pub(crate) fn placement(&self, timeline: &Timeline, at_ms: f32, anchor: [f32; 3]) -> Placement {
        let closeness = timeline.closeness(at_ms);
        let mix = |from: f32, to: f32| from + closeness * (to - from);
        let distance = mix(self.far, self.near) + self.sway[2] * self.wave(2, at_ms);
        let shift = self.shift(at_ms);
        let place = |axis: usize| {
            (mix(self.from[axis], self.to[axis]) + shift[axis]) * distance / self.focal + self.sway[axis] * self.wave(axis, at_ms)
        };
        let turn = [0, 1, 2].map(|axis| self.held[axis] + self.sway[3 + axis] * self.wave(3 + axis, at_ms));
        Placement { turn, to: [place(0) - anchor[0], place(1) - anchor[1], distance - anchor[2]] }
    }

    /// A slow wave with a faster one on it, -1 to 1.
    fn wave(&self, number: usize, at_ms: f32) -> f32 {
        let [slow, phase, fast, other] = self.waves[number];
        let at = at_ms / 1000.0 * std::f32::consts::TAU;
        0.7 * (slow * at + phase).sin() + 0.3 * (fast * at + other).sin()
    }
}
