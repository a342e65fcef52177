//! The queue of rescues: for every session two messages that come late, so that its result is collected when no browser calls back.
//! A message names the verification and the session's number and nothing else; what it is about is read from the table.

use super::refusal::{Codes, fault};
use crate::domain::{SessionNumber, VerificationId};
use crate::fault::{Fault, FaultCode};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

/// A standard queue: a FIFO queue knows no delay of a single message ("Delay queues", Amazon SQS Developer Guide).
#[derive(Debug, Clone)]
pub struct RescueQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RescueMessage {
    /// Which verification.
    pub verification_id: VerificationId,
    /// Which of its sessions.
    pub session_number: SessionNumber,
}

const CODES: Codes = Codes { unavailable: FaultCode::RescueUnavailable, refused: FaultCode::RescueRefused };

/// In seconds. Most checks are over within a minute; whatever runs then is looked for again while there is still half a minute left
/// of Rekognition's three.
const DELAYS: [i32; 2] = [60, 150];

impl RescueMessage {
    /// From a message's body; none when it is not one of ours.
    pub fn parse(body: &str) -> Option<Self> {
        let message: Self = serde_json::from_str(body).ok()?;
        VerificationId::parse(message.verification_id.as_str())?;
        Some(message)
    }
}

impl RescueQueue {
    /// The queue of that URL.
    pub fn new(client: aws_sdk_sqs::Client, url: &str) -> Self {
        Self { client, url: url.to_owned() }
    }

    /// Sends the messages of a session, all of them or a fault. Sent again, they find a session that is decided.
    pub async fn look_after(&self, id: &VerificationId, number: SessionNumber) -> Result<(), Fault> {
        const CONTEXT: &str = "send the rescue messages of a session";
        let bug = |error| Fault::new(FaultCode::Bug, CONTEXT, error);
        let message = RescueMessage { verification_id: id.clone(), session_number: number };
        let body = serde_json::to_string(&message).map_err(|error| Fault::new(FaultCode::Bug, CONTEXT, error))?;
        let entry = |delay: i32| {
            let id = format!("after-{delay}");
            SendMessageBatchRequestEntry::builder().id(id).message_body(&body).delay_seconds(delay).build().map_err(bug)
        };
        let entries = DELAYS.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let sent = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| fault(CODES, CONTEXT, &error))?;
        // A batch is answered with 200 although some of it was not taken (`API_SendMessageBatch`).
        let refused = sent.failed().iter().any(aws_sdk_sqs::types::BatchResultErrorEntry::sender_fault);
        if sent.successful().len() == DELAYS.len() {
            return Ok(());
        }
        Err(Fault::bare(if refused { CODES.refused } else { CODES.unavailable }, CONTEXT))
    }

    /// Opens the connection with a batch of nothing, which is refused, and needs no other permission than sending does.
    pub async fn warm_up(&self) {
        let _ = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(Vec::new())).send().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_a_session_and_nothing_else() {
        let id = VerificationId::from_bytes([0xab; 16]);
        let message = RescueMessage { verification_id: id.clone(), session_number: SessionNumber(2) };
        let body = serde_json::to_string(&message).unwrap();
        assert_eq!(body, format!(r#"{{"verificationId":"{id}","sessionNumber":2}}"#));
        assert_eq!(RescueMessage::parse(&body), Some(message));
        for poisoned in [
            "",
            "{}",
            r#"{"verificationId":"ver_","sessionNumber":1}"#,
            &body.replace('2', "-2"),
            &body.replace('}', r#","sessionId":"x"}"#),
        ] {
            assert_eq!(RescueMessage::parse(poisoned), None, "{poisoned}");
        }
    }
}
