//! An event of the bus as a receiver gets it. What the bus adds for AWS alone stays behind: account, region, resources, and the bus's own id,
//! which is another each time. So the same event is the same bytes each time.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is sent, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    /// The event's own id, the same however often it is sent. INVARIANT: letters, digits, `_` and `#`; no dot, with which the parts of what
    /// is signed are told apart.
    pub(crate) id: String,
    /// The bytes that are signed and sent.
    pub(crate) body: Vec<u8>,
}

/// "Events in Amazon `EventBridge`". `detail` is passed on as it is: what may be in it is settled where it is made (`domain::Event`).
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Event {
    source: String,
    detail_type: String,
    time: String,
    detail: Map<String, Value>,
}

impl Webhook {
    /// From a message of the queue; none where that is no event of ours.
    pub(crate) fn of(message: &str) -> Option<Self> {
        let event: Event = serde_json::from_str(message).ok()?;
        let id = event.detail.get("eventId")?.as_str().filter(|id| is_id(id))?.to_owned();
        let body = serde_json::to_vec(&event).ok()?;
        Some(Self { id, body })
    }
}

fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(bus_id: &str, event_id: &Value) -> String {
        json!({
            "version": "0", "id": bus_id, "detail-type": "VerificationDecided", "source": "prooflight", "account": "123456789012",
            "time": "2026-11-27T10:00:00Z", "region": "eu-west-1", "resources": [],
            "detail": { "eventId": event_id, "status": "approved", "new": [1] },
        })
        .to_string()
    }

    #[test]
    fn an_event_is_the_same_bytes_each_time() {
        let webhook = Webhook::of(&event("one", &json!("ver_ab#3"))).expect("an event");
        assert_eq!(Some(&webhook), Webhook::of(&event("other", &json!("ver_ab#3"))).as_ref());
        assert_eq!(webhook.id, "ver_ab#3");
        let body = String::from_utf8(webhook.body).expect("text");
        assert_eq!(
            body,
            r#"{"source":"prooflight","detail-type":"VerificationDecided","time":"2026-11-27T10:00:00Z","detail":{"eventId":"ver_ab#3","new":[1],"status":"approved"}}"#
        );
    }

    #[test]
    fn what_is_no_event_is_none() {
        for message in ["", "{}", "poison", &event("one", &Value::Null), &event("one", &json!("a.b")), &event("one", &json!("a\r\nb: c"))] {
            assert_eq!(Webhook::of(message), None, "{message}");
        }
    }
}
