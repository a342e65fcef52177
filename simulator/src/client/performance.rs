//! A presentation that is rendered, encoded and cut into a recorder's chunks while it is streamed: one thread renders, others encode, so
//! that a chunk is on its way before the next one is drawn.

use super::CheckError;
use super::options::Options;
use crate::challenge::reordered;
use crate::clip::Schedule;
use crate::conditions::Conditions;
use crate::portrait::Portrait;
use crate::presenter::Presenter;
use crate::record::{Encoder, Muxer, Packet, RecordError};
use crate::scene::{Picture, Recording, Setting, Stage};
use crate::timeline::Timeline;
use fastrand::Rng;
use prooflight_vision::{Account, Challenge};
use std::thread;
use tokio::sync::mpsc;

/// Who performs.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    pub(super) presenter: Presenter,
    pub(super) portrait: Portrait,
    pub(super) wearer: Portrait,
    /// What a replay plays.
    pub(super) earlier: Option<Recording>,
}

/// A performance under way.
#[derive(Debug)]
pub(super) struct Performance {
    challenge: Challenge,
    timeline: Timeline,
    farther: f32,
    chunks: mpsc::Receiver<Result<Piece, RecordError>>,
    pictures: Vec<(f32, Picture)>,
    delay_ms: f32,
}

/// A second of it.
#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    pictures: Vec<(f32, Picture)>,
}

const ENCODER: Encoder = Encoder::Vp8 { quantizer: 36 };

impl Performance {
    pub(super) fn begin(cast: Cast, options: &Options, challenge: Challenge) -> Self {
        let mut random = Rng::with_seed(options.seed);
        let conditions = Conditions::easy(&mut random, options.size, options.rate);
        let timeline = Timeline::draw(&mut random, &challenge, true);
        let schedule = Schedule::draw(&mut random, &conditions, timeline.end);
        let displayed = if cast.presenter == Presenter::InjectedClip { reordered(&mut random, &challenge) } else { challenge.clone() };
        let (send, chunks) = mpsc::channel(2);
        let (farther, delay_ms) = (conditions.farther, conditions.delay_ms);
        let performed = Self { challenge, timeline: timeline.clone(), farther, chunks, pictures: Vec::new(), delay_ms };
        thread::spawn(move || {
            let setting = Setting {
                presenter: cast.presenter,
                conditions,
                displayed,
                timeline,
                portrait: &cast.portrait,
                other: &cast.wearer,
                recording: cast.earlier,
            };
            let mut stage = Stage::new(setting, &mut random);
            let (rendered, to_encode) = std::sync::mpsc::sync_channel(1);
            let encoding = thread::spawn(move || encode(&to_encode, &send));
            for second in schedule.by_second() {
                let pictures: Vec<(i64, f32, Picture)> = second.iter().map(|&(stamp, at)| (stamp, at, stage.take(at))).collect();
                // Nobody waits for it any more when the stream has ended.
                if rendered.send(pictures).is_err() {
                    break;
                }
            }
            drop(rendered);
            let _ = encoding.join();
        });
        performed
    }

    /// What the client tells of it.
    pub(super) fn account(&self, began_ms: i64) -> Account {
        self.timeline.account(&self.challenge, began_ms)
    }

    /// Where the client sees the face at first: left, top, width and height, as shares of the frame.
    pub(super) fn initial_box(&self) -> [f64; 4] {
        let (wide, high) = (f64::from(self.challenge.frame.width), f64::from(self.challenge.frame.height));
        let width = f64::from(self.challenge.oval.width / self.farther);
        let height = 1.618 * width;
        [(0.5 * wide - width / 2.0) / wide, (0.45 * high - height / 2.0) / high, width / wide, height / high]
    }

    /// The next second of the recording; none after the last.
    pub(super) async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, CheckError> {
        match self.chunks.recv().await {
            None => Ok(None),
            Some(Err(error)) => Err(error.into()),
            Some(Ok(piece)) => {
                self.pictures.extend(piece.pictures);
                Ok(Some(piece.bytes))
            }
        }
    }

    /// What was recorded, for a replay.
    pub(super) fn into_recording(self) -> Recording {
        let lit_from = self.timeline.colors.first().copied().unwrap_or(0.0) + self.delay_ms;
        Recording { pictures: self.pictures, oval: self.challenge.oval, lit_from }
    }
}

type Second = Vec<(i64, f32, Picture)>;

fn encode(rendered: &std::sync::mpsc::Receiver<Second>, send: &mpsc::Sender<Result<Piece, RecordError>>) {
    let mut muxer: Option<Muxer> = None;
    for second in rendered {
        let piece = side_by_side(&second).map(|packets| {
            let muxer = muxer.get_or_insert_with(|| {
                let (width, height) = second.first().map_or((0, 0), |(_, _, picture)| (picture.width, picture.height));
                Muxer::new(ENCODER.codec_id(), width, height)
            });
            for ((stamp, _, _), packet) in second.iter().zip(packets) {
                muxer.add(*stamp, packet.key, &packet.data);
            }
            Piece { bytes: muxer.take(), pictures: second.into_iter().map(|(stamp, _, picture)| (stamp as f32, picture)).collect() }
        });
        if send.blocking_send(piece).is_err() {
            return;
        }
    }
}

/// Key frames need nothing from each other.
fn side_by_side(second: &Second) -> Result<Vec<Packet>, RecordError> {
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let part = second.len().div_ceil(processors).max(1);
    thread::scope(|scope| {
        let encode = |part: &[(i64, f32, Picture)]| -> Result<Vec<Packet>, RecordError> {
            part.iter().map(|(_, _, picture)| Ok(ENCODER.encode(std::slice::from_ref(picture), 0.0)?.remove(0))).collect()
        };
        let working: Vec<_> = second.chunks(part).map(|part| scope.spawn(move || encode(part))).collect();
        let mut packets = Vec::with_capacity(second.len());
        for worker in working {
            let encoded = worker.join().unwrap_or_else(|_| Err(RecordError::Vp8("the encoder panicked".to_owned())));
            packets.extend(encoded?);
        }
        Ok(packets)
    })
}
