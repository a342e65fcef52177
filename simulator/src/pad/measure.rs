//! One clip, analysed.

use crate::clip::Plan;
use crate::presenter::Presenter;
use prooflight_vision::{Analysis, Models};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the engine said of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Who was there.
    pub presenter: Presenter,
    /// The portrait's name.
    pub portrait: String,
    /// What everything was drawn from.
    pub seed: u64,
    /// Pictures in a second.
    pub rate: f32,
    /// The room's light.
    pub lux: f32,
    /// The screen's light as a share of the room's.
    pub screen_share: f32,
    /// 0-100; none when the video could not be analysed.
    pub confidence: Option<f32>,
    /// Each cue's value, where it could be measured, and its likelihood.
    pub cues: BTreeMap<String, (Option<f32>, f32)>,
    /// Why there is no confidence.
    pub error: Option<String>,
}

/// Lets the engine judge a recording.
pub fn measure(models: &Arc<Models>, plan: &Plan, presenter: Presenter, portrait: &str, seed: u64, video: &[u8]) -> Measured {
    let mut analysis = Analysis::new(Arc::clone(models), plan.challenge.clone(), 0);
    let outcome = analysis.push(video).and_then(|()| analysis.finish(&plan.account, seed));
    let mut measured = Measured {
        presenter,
        portrait: portrait.to_owned(),
        seed,
        rate: plan.conditions.rate,
        lux: plan.conditions.lux,
        screen_share: plan.conditions.screen_share(),
        confidence: None,
        cues: BTreeMap::new(),
        error: None,
    };
    match outcome {
        Ok(findings) => {
            measured.confidence = Some(findings.confidence);
            measured.cues = findings.cues.iter().map(|cue| (cue.name.to_owned(), (cue.value, cue.likelihood))).collect();
        }
        Err(error) => measured.error = Some(error.to_string()),
    }
    measured
}
