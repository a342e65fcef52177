//! One clip: a presentation under conditions that its seed decides, recorded, with what the client tells of it.

use crate::challenge::{draw, reordered};
use crate::conditions::Conditions;
use crate::portrait::Portrait;
use crate::presenter::Presenter;
use crate::record::{Encoder, Muxer, RecordError};
use crate::scene::{Picture, Recording, Setting, Stage};
use crate::timeline::Timeline;
use fastrand::Rng;
use prooflight_vision::{Account, Challenge, Size};

/// What a seed decides about a clip before any of it is rendered.
#[derive(Debug, Clone)]
pub struct Plan {
    presenter: Presenter,
    /// What was asked.
    pub challenge: Challenge,
    /// What the client says.
    pub account: Account,
    /// How it is made.
    pub conditions: Conditions,
    /// How it is encoded.
    pub encoder: Encoder,
    timeline: Timeline,
    random: Rng,
}

/// When every clip that no server asked for was recorded: the times of an account are only ever compared with each other.
const BEGAN_MS: i64 = 1_795_345_970_000;

/// Rises with every change of what a seed is rendered as: what was kept of an older edition is not used.
pub const EDITION: u32 = 1;

impl Plan {
    /// The plan of that seed. Without ffmpeg every clip is encoded in this process.
    pub fn draw(presenter: Presenter, seed: u64, with_ffmpeg: bool) -> Self {
        let mut random = Rng::with_seed(seed);
        let conditions = Conditions::draw(&mut random, None);
        let challenge = draw(&mut random, Size { width: conditions.width as u32, height: conditions.height as u32 });
        let (kilobits, quantizer) = (random.u32(500..1500), random.u8(20..50));
        let encoder = match random.u8(0..10) {
            _ if !with_ffmpeg => Encoder::Vp8 { quantizer },
            0..3 => Encoder::X264 { kilobits },
            _ => Encoder::Libvpx { kilobits },
        };
        let timeline = Timeline::draw(&mut random, &challenge, false);
        let account = timeline.account(&challenge, BEGAN_MS);
        Self { presenter, challenge, account, conditions, encoder, timeline, random }
    }

    /// The recording. `other` is who wears a mask of the portrait.
    pub fn record(self, portrait: &Portrait, other: &Portrait) -> Result<Vec<u8>, RecordError> {
        let Self { presenter, challenge, conditions, encoder, timeline, mut random, .. } = self;
        let recording = (presenter == Presenter::Replay).then(|| record_live(portrait, &conditions, &mut random));
        let displayed = if presenter == Presenter::InjectedClip { reordered(&mut random, &challenge) } else { challenge };
        let schedule = Schedule::draw(&mut random, &conditions, timeline.end);
        let (rate, width, height) = (conditions.rate, conditions.width, conditions.height);
        let mut stage = Stage::new(Setting { presenter, conditions, displayed, timeline, portrait, other, recording }, &mut random);
        let pictures: Vec<Picture> = schedule.scene_ms.iter().map(|&at| stage.take(at)).collect();
        let mut muxer = Muxer::new(encoder.codec_id(), width, height);
        for (packet, &at) in encoder.encode(&pictures, rate)?.iter().zip(&schedule.stamps) {
            muxer.add(at, packet.key, &packet.data);
        }
        Ok(muxer.take())
    }
}

/// When pictures are taken: the time that the container says of each, and the moment of the scene that it shows.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pub(crate) stamps: Vec<i64>,
    pub(crate) scene_ms: Vec<f32>,
}

impl Schedule {
    pub(crate) fn draw(random: &mut Rng, conditions: &Conditions, end: f32) -> Self {
        let step = 1000.0 / conditions.rate;
        // The first picture comes some time after recording has begun, and is what the container calls zero.
        let first = 80.0 * random.f32();
        let mut schedule = Self { stamps: Vec::new(), scene_ms: Vec::new() };
        let mut at = 0.0;
        while at < end - first {
            if at == 0.0 || random.f32() >= conditions.lost {
                schedule.stamps.push(at.round() as i64);
                schedule.scene_ms.push(first + at - conditions.delay_ms);
            }
            at += step * (0.96 + 0.08 * random.f32());
        }
        schedule
    }
}

impl Schedule {
    /// Stamps and moments, second by second as a recorder hands them out.
    pub(crate) fn by_second(&self) -> Vec<Vec<(i64, f32)>> {
        let mut seconds: Vec<Vec<(i64, f32)>> = Vec::new();
        for (&stamp, &at) in self.stamps.iter().zip(&self.scene_ms) {
            let number = (stamp / 1000) as usize;
            seconds.resize_with(seconds.len().max(number + 1), Vec::new);
            seconds[number].push((stamp, at));
        }
        seconds
    }
}

/// What an attacker has from an earlier check of the same person: taken by the same camera under another light, in other colours.
fn record_live(portrait: &Portrait, conditions: &Conditions, random: &mut Rng) -> Recording {
    let size = if conditions.handheld { Size { width: 360, height: 480 } } else { Size { width: 480, height: 360 } };
    let then = Conditions { rate: 15.0, lost: 0.0, ..Conditions::draw(random, Some(size)) };
    let challenge = draw(random, size);
    let timeline = Timeline::draw(random, &challenge, false);
    let schedule = Schedule::draw(random, &then, timeline.end);
    let (oval, delay) = (challenge.oval, then.delay_ms);
    let lit_from = timeline.colors.first().copied().unwrap_or(0.0) + delay;
    let setting = Setting {
        presenter: Presenter::Live,
        conditions: then,
        displayed: challenge,
        timeline,
        portrait,
        other: portrait,
        recording: None,
    };
    let mut stage = Stage::new(setting, random);
    let pictures = schedule.scene_ms.iter().map(|&at| (at + delay, stage.take(at))).collect();
    Recording { pictures, oval, lit_from }
}
