//! The quality bar of `QualityFilter`: faces below it are not indexed, searched for or compared. Rekognition does not publish its bars; ours grow
//! with their names, and `AUTO`, which leaves the choice to the service, is the lowest.

use super::super::exception::Exception;
use prooflight_vision::Portrait;

/// The model's `QualityFilter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QualityFilter {
    None,
    Auto,
    Low,
    Medium,
    High,
}

/// What a face has to have.
struct Bar {
    confidence: f32,
    sharpness: f32,
    brightness: f32,
    /// Degrees to either side.
    turned: f32,
    /// Share of the picture's width.
    width: f32,
}

impl QualityFilter {
    /// Reads a request's filter; `default` is the operation's own.
    pub(super) fn parse(text: Option<&str>, default: Self) -> Result<Self, Exception> {
        match text {
            None => Ok(default),
            Some("NONE") => Ok(Self::None),
            Some("AUTO") => Ok(Self::Auto),
            Some("LOW") => Ok(Self::Low),
            Some("MEDIUM") => Ok(Self::Medium),
            Some("HIGH") => Ok(Self::High),
            Some(_) => Err(Exception::invalid_parameter("QualityFilter is not NONE, AUTO, LOW, MEDIUM or HIGH")),
        }
    }

    /// The model's `Reason`s against a face; empty when it passes.
    pub(super) fn objections(self, portrait: &Portrait) -> Vec<&'static str> {
        let Some(bar) = self.bar() else { return Vec::new() };
        let turned = portrait.pose.yaw.abs().max(portrait.pose.pitch.abs());
        [
            ("LOW_CONFIDENCE", portrait.confidence < bar.confidence),
            ("LOW_SHARPNESS", portrait.sharpness < bar.sharpness),
            ("LOW_BRIGHTNESS", portrait.brightness < bar.brightness),
            ("EXTREME_POSE", turned > bar.turned),
            ("SMALL_BOUNDING_BOX", portrait.area.width < bar.width),
        ]
        .into_iter()
        .filter_map(|(reason, applies)| applies.then_some(reason))
        .collect()
    }

    fn bar(self) -> Option<Bar> {
        match self {
            Self::None => None,
            Self::Auto | Self::Low => Some(Bar { confidence: 60.0, sharpness: 8.0, brightness: 12.0, turned: 50.0, width: 0.02 }),
            Self::Medium => Some(Bar { confidence: 70.0, sharpness: 25.0, brightness: 25.0, turned: 35.0, width: 0.04 }),
            Self::High => Some(Bar { confidence: 80.0, sharpness: 50.0, brightness: 35.0, turned: 25.0, width: 0.06 }),
        }
    }
}
