//! The queue of events that wait for the receiver of webhooks. Lambda takes them from it and removes what was delivered; what was not is
//! hidden for as long as the next try has to wait, or put where somebody looks at it.

use super::refusal::{Codes, fault};
use crate::fault::{Fault, FaultCode};
use std::time::Duration;

/// The queue, and where those messages go that are given up.
#[derive(Debug, Clone)]
pub struct WebhookQueue {
    client: aws_sdk_sqs::Client,
    url: String,
    dead_letters_url: String,
}

const CODES: Codes = Codes { unavailable: FaultCode::WebhookQueueUnavailable, refused: FaultCode::WebhookQueueRefused };

impl WebhookQueue {
    /// The queues of these URLs.
    pub fn new(client: aws_sdk_sqs::Client, url: &str, dead_letters_url: &str) -> Self {
        Self { client, url: url.to_owned(), dead_letters_url: dead_letters_url.to_owned() }
    }

    /// Hides a message from now on for so long: when it shows again, Lambda delivers it again. The time is this receiving's alone
    /// (`API_ChangeMessageVisibility`).
    pub async fn hide(&self, receipt_handle: &str, time: Duration) -> Result<(), Fault> {
        let seconds = i32::try_from(time.as_secs()).unwrap_or(i32::MAX);
        let hidden = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt_handle);
        let hidden = hidden.visibility_timeout(seconds).send().await;
        hidden.map(|_| ()).map_err(|error| fault(CODES, "hide a webhook's message until its next try", &error))
    }

    /// Puts a message among the dead letters as it came.
    pub async fn give_up(&self, body: &str) -> Result<(), Fault> {
        let given_up = self.client.send_message().queue_url(&self.dead_letters_url).message_body(body).send().await;
        given_up.map(|_| ()).map_err(|error| fault(CODES, "put a webhook's message among the dead letters", &error))
    }
}
