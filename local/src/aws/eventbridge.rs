//! `EventBridge` on one machine: what is put on a bus leaves, for a developer and a test to look at, and is sent on to the queues that the
//! template's rules name.

use super::entropy::request_id;
use super::journal::ACCOUNT;
use super::json;
use super::sqs::Queues;
use crate::feed::{Feed, Left};
use crate::gateway::{REGION, Rule};
use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// All buses.
#[derive(Debug)]
pub(crate) struct Events {
    feed: Arc<Feed>,
    targets: OnceLock<Targets>,
}

/// What the rules send where.
#[derive(Debug)]
struct Targets {
    rules: Vec<Rule>,
    queues: Arc<Queues>,
}

/// An event as a bus took it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PutEvent {
    /// The bus's own id for it: the same event, put twice, has two.
    pub id: String,
    /// When it happened, or when it was put.
    pub time: Timestamp,
    /// The bus.
    pub event_bus_name: String,
    /// Who says so.
    pub source: String,
    /// What kind of event.
    pub detail_type: String,
    /// What happened.
    pub detail: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Entry {
    event_bus_name: Option<String>,
    source: Option<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    time: Option<f64>,
}

/// "Array Members: Minimum number of 1 item. Maximum number of 10 items" (`API_PutEvents`).
const MOST_ENTRIES: usize = 10;

impl Events {
    /// What is put on them leaves there.
    pub(crate) fn new(feed: Arc<Feed>) -> Self {
        Self { feed, targets: OnceLock::new() }
    }

    /// Has events sent on to these queues by these rules; once.
    pub(super) fn connect(&self, rules: Vec<Rule>, queues: Arc<Queues>) {
        let _once = self.targets.set(Targets { rules, queues });
    }

    /// Answers one call.
    pub(super) fn answer(&self, operation: &str, body: &Bytes, now: Timestamp) -> Response<Bytes> {
        if operation != "PutEvents" {
            return json::unknown_operation("events", operation);
        }
        let refused = |message: &str| json::fault("events", StatusCode::BAD_REQUEST, "ValidationException", message);
        let Ok(PutEvents { entries }) = serde_json::from_slice(body) else { return refused("the request cannot be read") };
        if !(1..=MOST_ENTRIES).contains(&entries.len()) {
            return refused("Value at 'entries' failed to satisfy constraint: Member must have length from 1 to 10");
        }
        let mut failed = 0;
        let answers: Vec<Value> = entries
            .into_iter()
            .map(|entry| match self.put(entry, now) {
                Ok(id) => json!({ "EventId": id }),
                Err((code, message)) => {
                    failed += 1;
                    json!({ "ErrorCode": code, "ErrorMessage": message })
                }
            })
            .collect();
        json::answer("events", StatusCode::OK, json!({ "FailedEntryCount": failed, "Entries": answers }).to_string())
    }

    /// One entry, which may be refused while the others are taken ("Handling failures with `PutEvents`", `EventBridge` User Guide).
    fn put(&self, entry: Entry, now: Timestamp) -> Result<String, (&'static str, String)> {
        let needed = |name: &str, value: Option<String>| {
            let missing = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            value.filter(|value| !value.is_empty()).ok_or(("InvalidArgument", missing))
        };
        let source = needed("Source", entry.source)?;
        let detail_type = needed("DetailType", entry.detail_type)?;
        let detail = needed("Detail", entry.detail)?;
        let malformed = || ("MalformedDetail", "Detail is malformed.".to_owned());
        let detail = serde_json::from_str(&detail).ok().filter(Value::is_object).ok_or_else(malformed)?;
        if source.starts_with("aws.") {
            return Err(("NotAuthorizedForSourceException", "Not authorized for the source.".to_owned()));
        }
        let id = request_id().map_err(|_| ("InternalFailure", "the event has no id".to_owned()))?;
        #[expect(clippy::cast_possible_truncation, reason = "times of this century in milliseconds fit")]
        let time = entry.time.and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0) as i64).ok());
        let event_bus_name = entry.event_bus_name.unwrap_or_else(|| "default".to_owned());
        let event = PutEvent { id: id.clone(), time: time.unwrap_or(now), event_bus_name, source, detail_type, detail };
        if let Some(targets) = self.targets.get() {
            targets.send(&event);
        }
        self.feed.record(now, Left::Event(event));
        Ok(id)
    }
}

impl Targets {
    /// Whoever puts an event is not told what becomes of it. A queue that takes none is a queue that somebody has removed: `EventBridge`
    /// would try for a day, here it is said once.
    fn send(&self, event: &PutEvent) {
        let told = json!({
            "version": "0", "id": event.id, "detail-type": event.detail_type, "source": event.source, "account": ACCOUNT,
            "time": event.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "region": REGION, "resources": [], "detail": event.detail,
        });
        let matching = |rule: &&Rule| rule.bus == event.event_bus_name && rule.pattern.lets_through(&told);
        for queue in self.rules.iter().filter(matching).flat_map(|rule| &rule.queues) {
            if let Err(refusal) = self.queues.send(queue, &told.to_string(), None, "events.amazonaws.com") {
                tracing::error!(error = %refusal, queue, "an event cannot be sent on");
            }
        }
    }
}

/// The permissions that a call needs: one per bus.
pub(super) fn permissions(operation: &str, body: &[u8], region: &str) -> Vec<(String, String)> {
    let entries = serde_json::from_slice::<PutEvents>(body).map(|request| request.entries).unwrap_or_default();
    let mut buses: Vec<String> = entries.into_iter().map(|entry| entry.event_bus_name.unwrap_or_else(|| "default".to_owned())).collect();
    buses.sort_unstable();
    buses.dedup();
    let action = format!("events:{operation}");
    if buses.is_empty() {
        return vec![(action, "*".to_owned())];
    }
    buses.into_iter().map(|bus| (action.clone(), format!("arn:aws:events:{region}:{ACCOUNT}:event-bus/{bus}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(events: &Events, entries: &Value) -> Value {
        let body = Bytes::from(json!({ "Entries": entries }).to_string());
        serde_json::from_slice(events.answer("PutEvents", &body, Timestamp::UNIX_EPOCH).body()).expect("JSON")
    }

    #[test]
    fn entries_fail_one_by_one() {
        let events = Events::new(Arc::new(Feed::new(Timestamp::UNIX_EPOCH)));
        let good = json!({ "Source": "s", "DetailType": "t", "Detail": "{}" });
        for (entry, code) in [
            (good.clone(), Value::Null),
            (json!({ "DetailType": "t", "Detail": "{}" }), json!("InvalidArgument")),
            (json!({ "Source": "s", "DetailType": "t", "Detail": "{" }), json!("MalformedDetail")),
            (json!({ "Source": "s", "DetailType": "t", "Detail": "7" }), json!("MalformedDetail")),
            (json!({ "Source": "aws.s3", "DetailType": "t", "Detail": "{}" }), json!("NotAuthorizedForSourceException")),
        ] {
            let answer = put(&events, &json!([entry, good]));
            assert_eq!(answer["Entries"][0]["ErrorCode"], code, "{entry}");
            assert_eq!(answer["FailedEntryCount"], json!(u8::from(!code.is_null())));
            assert!(answer["Entries"][1]["EventId"].is_string(), "the other one is taken");
        }
    }
}
