//! The engine as its callers see it: chunks of a video in, findings or a clear error out. Recorded sessions of the real component,
//! synthetic presenters, and everything that is no honest video.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "tests draw pictures, and stop where their own set-up fails"
)]

mod captures;
mod ffmpeg;
mod hostile;
mod presenter;
mod presenters;
mod recorded;
mod stills;

use prooflight_vision::{Account, Analysis, Challenge, Findings, Models, VideoError};
use std::sync::{Arc, LazyLock};

static MODELS: LazyLock<Arc<Models>> = LazyLock::new(|| Arc::new(Models::load().expect("the networks load")));

/// Analyses a video that comes in chunks.
fn analyse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, challenge: &Challenge, account: &Account) -> Result<Findings, VideoError> {
    let mut analysis = Analysis::new(Arc::clone(&MODELS), challenge.clone(), 4);
    for chunk in chunks {
        analysis.push(chunk)?;
    }
    analysis.finish(account, 1)
}

/// The raw measurement of a cue.
fn value(findings: &Findings, name: &str) -> f32 {
    findings.cues.iter().find(|cue| cue.name == name).unwrap_or_else(|| panic!("{name} in {:?}", findings.cues)).value.unwrap_or(f32::NAN)
}
