//! The analysis of one video, fed chunk by chunk while it is recorded.

use crate::container::{Packet, Recording};
use crate::decode::{Decoder, Frame};
use crate::face::{Models, Runner};
use crate::guard::contained;
use crate::pictures::Album;
use crate::strip::Strip;
use crate::track::{Follower, Track};
use crate::{Account, Challenge, Findings, VideoError, cues, feedback, fusion};
use std::sync::Arc;

/// One running analysis. It takes one core while it works, and about 10 MB for a 480x360 recording.
#[derive(Debug)]
pub struct Analysis {
    challenge: Challenge,
    audit_images: usize,
    recording: Recording,
    decoder: Option<Decoder>,
    packets: u32,
    follower: Follower,
    album: Album,
    strip: Strip,
    /// The first thing that went wrong; everything after it gets the same answer.
    failed: Option<VideoError>,
}

impl Analysis {
    /// Begins an analysis that will pick at most `audit_images` audit images (0-4).
    pub fn new(models: Arc<Models>, challenge: Challenge, audit_images: usize) -> Self {
        Self {
            challenge,
            audit_images: audit_images.min(4),
            recording: Recording::new(),
            decoder: None,
            packets: 0,
            follower: Follower::new(Runner::new(models)),
            album: Album::new(),
            strip: Strip::new(),
            failed: None,
        }
    }

    /// Takes the next bytes of the recording and analyses every whole frame in them. Once it has failed it stays failed.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), VideoError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.recording.push(chunk);
        self.read_blocks().inspect_err(|error| self.failed = Some(error.clone()))
    }

    /// Weighs everything; `seed` drives the random colour orders that the real one is compared with.
    pub fn finish(mut self, account: &Account, seed: u64) -> Result<Findings, VideoError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let rest = contained("the video", || self.recording.read_rest())??;
        self.decode(&rest)?;
        if let Some(decoder) = &mut self.decoder {
            let frames = contained("the video", || decoder.flush())??;
            self.observe(frames);
        }
        let track = self.follower.into_track(self.packets, |at_ms, frame, seen| self.album.offer(at_ms, frame, seen));
        check_length(&track, account)?;
        let (cues, light) = cues::weigh(&track, &self.challenge, account, seed);
        Ok(Findings {
            confidence: fusion::confidence(&cues),
            feedback: feedback::feedback(&track, &self.challenge),
            reference: self.album.reference(cues::lit_from(&self.challenge, account)),
            audit: self.album.spread(self.audit_images),
            cues,
            light,
            strip: self.strip.into_pictures(),
            frames: track.frames,
        })
    }

    fn read_blocks(&mut self) -> Result<(), VideoError> {
        while let Some(packets) = contained("the video", || self.recording.read_block())?? {
            self.decode(&packets)?;
        }
        Ok(())
    }

    fn decode(&mut self, packets: &[Packet]) -> Result<(), VideoError> {
        for packet in packets {
            self.packets = self.packets.saturating_add(1);
            let decoder = match &mut self.decoder {
                Some(decoder) => decoder,
                none => {
                    let Some(track) = self.recording.track() else { return Ok(()) };
                    none.insert(contained("the video", || Decoder::new(track))??)
                }
            };
            let frames = contained("the video", || decoder.decode(packet))??;
            self.observe(frames);
        }
        Ok(())
    }

    fn observe(&mut self, frames: Vec<Frame>) {
        for frame in frames {
            self.strip.offer(&frame);
            self.follower.observe(frame, |at_ms, frame, seen| self.album.offer(at_ms, frame, seen));
        }
    }
}

/// A slow machine's recorder drops the tail that it had no time to encode. What is missing cannot be judged, and the person did nothing
/// wrong, so it is an error of the video and not a low confidence. The first and last frames may be late by half a second each.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds within an hour")]
fn check_length(track: &Track, account: &Account) -> Result<(), VideoError> {
    if track.frames == 0 {
        return Err(VideoError::NoFrames);
    }
    let claimed_ms = account.video_end_ms.saturating_sub(account.video_start_ms);
    let actual_ms = track.length_ms as i64;
    let missing_ms = claimed_ms.saturating_sub(actual_ms);
    if missing_ms > 1500 && missing_ms > claimed_ms / 4 {
        return Err(VideoError::ShorterThanClaimed { actual_ms, claimed_ms });
    }
    Ok(())
}

/// Whoever serves many sessions moves an analysis to a thread of its own.
const _: fn() = || {
    fn sendable<T: Send>() {}
    sendable::<Analysis>();
};
