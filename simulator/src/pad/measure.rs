//! One clip, analysed; and many of them, on all processors, each result kept by what it depends on.

use crate::clip::Clip;
use crate::conditions::Conditions;
use crate::portrait::Portrait;
use crate::presenter::Presenter;
use prooflight_vision::{Analysis, Models};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the engine said of a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The presenter's name.
    pub presenter: String,
    /// The portrait's name.
    pub portrait: String,
    /// What everything was drawn from.
    pub seed: u64,
    /// The conditions, as they are recorded.
    pub conditions: serde_json::Value,
    /// The encoder.
    pub encoder: serde_json::Value,
    /// The screen's light as a share of the room's.
    pub screen_share: f32,
    /// 0-100; none when the video could not be analysed.
    pub confidence: Option<f32>,
    /// Each cue's value and likelihood.
    pub cues: BTreeMap<String, [f32; 2]>,
    /// Why there is no confidence.
    pub error: Option<String>,
}

/// Analyses a clip.
pub fn measure(models: &Arc<Models>, presenter: Presenter, portrait: &str, seed: u64, clip: &Clip) -> Measured {
    let mut analysis = Analysis::new(Arc::clone(models), clip.challenge.clone(), 0);
    let pushed = clip.chunks.iter().try_for_each(|chunk| analysis.push(chunk));
    let outcome = pushed.and_then(|()| analysis.finish(&clip.account, seed));
    let recorded = |conditions: &Conditions| serde_json::to_value(conditions).unwrap_or_default();
    let mut measured = Measured {
        presenter: presenter.name().to_owned(),
        portrait: portrait.to_owned(),
        seed,
        conditions: recorded(&clip.conditions),
        encoder: serde_json::to_value(clip.encoder).unwrap_or_default(),
        screen_share: clip.conditions.screen_share(),
        confidence: None,
        cues: BTreeMap::new(),
        error: None,
    };
    match outcome {
        Ok(findings) => {
            measured.confidence = Some(findings.confidence);
            measured.cues = findings.cues.iter().map(|cue| (cue.name.to_owned(), [cue.value, cue.likelihood])).collect();
        }
        Err(error) => measured.error = Some(error.to_string()),
    }
    measured
}

/// A portrait with the name of its file.
#[derive(Debug, Clone)]
pub struct Named {
    /// Without its extension.
    pub name: String,
    /// Ready to be rendered.
    pub portrait: Portrait,
}
