//! The event bus: what happened is told to whoever has a rule for it.

use super::refusal::{Codes, fault};
use crate::domain::Event;
use crate::fault::{Fault, FaultCode};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

/// The bus.
#[derive(Debug, Clone)]
pub struct EventBus {
    client: aws_sdk_eventbridge::Client,
    name: String,
}

/// So many entries go into one call (`API_PutEvents`).
pub const MOST_EVENTS_AT_ONCE: usize = 10;

const CODES: Codes = Codes { unavailable: FaultCode::BusUnavailable, refused: FaultCode::BusRefused };
/// What rules match.
const SOURCE: &str = "prooflight";
/// A call may succeed and some of its entries not; those are put again this often.
const TRIES: u8 = 3;

impl EventBus {
    /// The bus of that name.
    pub fn new(client: aws_sdk_eventbridge::Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Puts the events, at most [`MOST_EVENTS_AT_ONCE`] of them, and returns the places of those that the bus did not take. "If the
    /// request is successful, some entries may still have failed" (`API_PutEvents`): those alone are put again.
    pub async fn put(&self, events: &[&Event]) -> Result<Vec<usize>, Fault> {
        let mut left: Vec<usize> = (0..events.len()).collect();
        for _ in 0..TRIES {
            if left.is_empty() {
                break;
            }
            let entries = left.iter().filter_map(|at| events.get(*at)).map(|event| self.entry(event)).collect::<Result<Vec<_>, _>>()?;
            let answer = self.client.put_events().set_entries(Some(entries)).send().await;
            let answer = answer.map_err(|error| fault(CODES, "put events", &error))?;
            // The answers come in the order of the entries; one that is missing is no success.
            let mut answers = answer.entries().iter();
            left.retain(|_| !answers.next().is_some_and(|entry| entry.event_id().is_some() && entry.error_code().is_none()));
        }
        Ok(left)
    }

    /// Opens the connection. An empty call is refused, and nothing is put.
    pub async fn warm_up(&self) {
        let _ = self.client.put_events().set_entries(Some(Vec::new())).send().await;
    }

    fn entry(&self, event: &Event) -> Result<PutEventsRequestEntry, Fault> {
        let detail = serde_json::to_string(event).map_err(|error| Fault::new(FaultCode::Bug, "write an event", error))?;
        let time = aws_smithy_types::DateTime::from_secs(event.occurred_at.as_second());
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(event.kind.as_str())
            .detail(detail)
            .time(time)
            .build())
    }
}
