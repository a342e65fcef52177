//! The analysis of one video, fed chunk by chunk while it is recorded.

use crate::{Account, Challenge, Findings, VideoError};
use std::sync::Arc;

/// The networks, loaded once and shared by all analyses.
#[derive(Debug)]
pub struct Models;

/// One running analysis.
#[derive(Debug)]
pub struct Analysis {
    _models: Arc<Models>,
    _challenge: Challenge,
    _audit_images: usize,
}

impl Analysis {
    /// Begins an analysis that will pick at most `audit_images` audit images (0-4).
    pub fn new(models: Arc<Models>, challenge: Challenge, audit_images: usize) -> Self {
        Self { _models: models, _challenge: challenge, _audit_images: audit_images }
    }

    /// Takes the next bytes of the recording and analyses every whole frame in them.
    pub fn push(&mut self, _chunk: &[u8]) -> Result<(), VideoError> {
        Ok(())
    }

    /// Weighs everything; `seed` drives the random colour orders that the real one is compared with.
    pub fn finish(self, _account: &Account, _seed: u64) -> Result<Findings, VideoError> {
        Err(VideoError::NoFrames)
    }
}
