//! Faces as answers describe them: `FaceDetail` with the attributes that were asked for, and the shorter `ComparedFace`.

use super::super::exception::Exception;
use super::super::outcome::BoundingBox;
use super::analyst::Look;
use prooflight_vision::Portrait;
use serde_json::{Map, Value, json};

/// Which attributes were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attributes {
    /// All landmarks, not only five.
    landmarks: bool,
    age: bool,
    decided: Decided,
}

/// Which of those that are a yes or a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decided {
    eyes_open: bool,
    occluded: bool,
}

/// The model's `Attribute`s. Those that nothing here can measure are valid and answered with nothing.
const KNOWN: [&str; 14] = [
    "DEFAULT",
    "ALL",
    "AGE_RANGE",
    "BEARD",
    "EMOTIONS",
    "EYE_DIRECTION",
    "EYEGLASSES",
    "EYES_OPEN",
    "GENDER",
    "MOUTH_OPEN",
    "MUSTACHE",
    "FACE_OCCLUDED",
    "SMILE",
    "SUNGLASSES",
];

impl Attributes {
    pub(super) fn parse(names: Option<Vec<String>>, field: &str) -> Result<Self, Exception> {
        let names = names.unwrap_or_default();
        if names.iter().any(|name| !KNOWN.contains(&name.as_str())) {
            return Err(Exception::invalid_parameter(format!("{field} holds a value that names no attribute")));
        }
        // "If you provide both, ["ALL", "DEFAULT"], the service uses a logical "AND" operator": everything (`API_DetectFaces`).
        let all = names.iter().any(|name| name == "ALL");
        let asked = |wanted: &str| all || names.iter().any(|name| name == wanted);
        let decided = Decided { eyes_open: asked("EYES_OPEN"), occluded: asked("FACE_OCCLUDED") };
        Ok(Self { landmarks: all, age: asked("AGE_RANGE"), decided })
    }
}

/// A `FaceDetail`.
pub(super) fn face_detail(look: &Look, portrait: &Portrait, attributes: Attributes) -> Value {
    let mut detail = basics(portrait, attributes.landmarks);
    if let Some(age) = attributes.age.then(|| look.age(portrait)).flatten() {
        detail.insert("AgeRange".to_owned(), json!({"Low": age.low, "High": age.high}));
    }
    if attributes.decided.eyes_open {
        detail.insert("EyesOpen".to_owned(), decided(portrait.eyes_open));
    }
    if attributes.decided.occluded {
        detail.insert("FaceOccluded".to_owned(), decided(portrait.occluded));
    }
    Value::Object(detail)
}

/// A yes or no and how sure it is, of a measure in which 50 is undecided.
fn decided(measure: f32) -> Value {
    json!({"Value": measure >= 50.0, "Confidence": measure.max(100.0 - measure).clamp(50.0, 100.0)})
}

/// A `ComparedFace`.
pub(super) fn compared_face(portrait: &Portrait) -> Value {
    Value::Object(basics(portrait, false))
}

/// Where a face is.
pub(super) fn bounding_box(portrait: &Portrait) -> BoundingBox {
    BoundingBox::from(portrait.area)
}

fn basics(portrait: &Portrait, all_landmarks: bool) -> Map<String, Value> {
    let landmarks = portrait.landmarks.iter().filter(|landmark| all_landmarks || landmark.kind.is_basic());
    let landmarks: Vec<Value> = landmarks.map(|landmark| json!({"Type": landmark.kind.name(), "X": landmark.x, "Y": landmark.y})).collect();
    let pose = portrait.pose;
    let fields = [
        ("BoundingBox", json!(bounding_box(portrait))),
        ("Confidence", json!(portrait.confidence)),
        ("Landmarks", Value::Array(landmarks)),
        ("Pose", json!({"Roll": pose.roll, "Yaw": pose.yaw, "Pitch": pose.pitch})),
        ("Quality", json!({"Brightness": portrait.brightness, "Sharpness": portrait.sharpness})),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
