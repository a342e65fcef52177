//! The answer of `GetFaceLivenessSessionResults` for a session at a given time. Only `SessionId` and `Status` are always there;
//! confidence, feedback and images accompany `SUCCEEDED` alone.

use super::outcome::{Image, ImagePlace, Outcome};
use super::session::{Session, Stage, Streaming};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The JSON body.
pub(super) fn results(session: &Session, now: Timestamp) -> Value {
    let mut answer = Map::new();
    answer.insert("SessionId".to_owned(), json!(session.id));
    answer.insert("Status".to_owned(), json!(session.status(now)));
    if session.lives(now) {
        match &session.stage {
            Stage::Created | Stage::Expired => {}
            Stage::InProgress(streaming) | Stage::Failed(streaming) => add_streaming(&mut answer, streaming),
            Stage::Succeeded(streaming, outcome) => {
                add_streaming(&mut answer, streaming);
                add_outcome(&mut answer, outcome);
            }
        }
    }
    Value::Object(answer)
}

/// The explanation that is kept beside the results, with what it explains.
pub(super) fn explained(session: &Session) -> Option<Value> {
    let Stage::Succeeded(_, outcome) = &session.stage else { return None };
    let Value::Object(mut answer) = json!(outcome.explanation.as_ref()?) else { return None };
    answer.insert("sessionId".to_owned(), json!(session.id));
    answer.insert("confidence".to_owned(), json!(outcome.confidence));
    answer.insert("feedback".to_owned(), json!(outcome.feedback));
    Some(Value::Object(answer))
}

fn add_streaming(answer: &mut Map<String, Value>, streaming: &Streaming) {
    let challenge = json!({"Type": streaming.challenge.kind, "Version": streaming.challenge.version});
    answer.insert("Challenge".to_owned(), challenge);
    if let Some(sdk_type) = &streaming.sdk_type {
        answer.insert("Metadata".to_owned(), json!({"SDKType": sdk_type}));
    }
}

fn add_outcome(answer: &mut Map<String, Value>, outcome: &Outcome) {
    if let Some(confidence) = outcome.confidence {
        answer.insert("Confidence".to_owned(), json!(confidence));
    }
    let feedback: Vec<Value> = outcome.feedback.iter().map(|code| json!({"Code": code, "Message": code.message()})).collect();
    // "The list is empty when no such conditions were detected."
    answer.insert("Feedback".to_owned(), Value::Array(feedback));
    if let Some(reference) = &outcome.reference {
        answer.insert("ReferenceImage".to_owned(), image(reference));
    }
    answer.insert("AuditImages".to_owned(), outcome.audit.iter().map(image).collect());
}

fn image(image: &Image) -> Value {
    match &image.place {
        ImagePlace::Inline(base64) => json!({"Bytes": base64, "BoundingBox": image.face}),
        ImagePlace::Stored { bucket, name } => json!({"S3Object": {"Bucket": bucket, "Name": name}, "BoundingBox": image.face}),
    }
}
