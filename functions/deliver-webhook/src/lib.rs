//! Sends an event to the receiver of webhooks, signed anew for each try. The event comes from the bus by way of a queue: what the receiver
//! does not take is hidden there and comes again, ever later, for a day; then, or when the receiver says that it wants no more, it lies among
//! the dead letters, where somebody looks at it. What is sent twice is the same, under the same id.

mod patience;
mod receiver;
mod signature;
mod webhook;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use jiff::{SignedDuration, Timestamp};
use patience::next_try;
use prooflight_shared::adapters::{AwsClients, OutsideUrl, SigningKeys, WebhookQueue};
use prooflight_shared::edge::{ConnectError, Failure, LambdaFunction, Problem};
use prooflight_shared::environment::{self, Environment, EnvironmentError};
use prooflight_shared::fault::{Fault, FaultCode};
use prooflight_shared::invocation::Invocation;
use receiver::{Answer, Receiver};
use signature::Signed;
use std::time::Duration;
use tracing::Instrument as _;
use webhook::Webhook;

pub use receiver::TIME_TO_TAKE;

/// The use case with its connections.
#[derive(Debug)]
pub struct DeliverWebhook {
    queue: WebhookQueue,
    keys: SigningKeys,
    receiver: Receiver,
}

/// Why an event was not delivered.
#[derive(Debug)]
enum Undelivered {
    /// It comes again, no earlier than the receiver has asked for.
    Later(Fault, Option<Duration>),
    /// No further try would end otherwise.
    Never(Fault),
}

impl LambdaFunction for DeliverWebhook {
    const NAME: &'static str = "deliver-webhook";
    type Event = SqsEvent;
    type Answer = SqsBatchResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        let url = environment.required(environment::WEBHOOK_URL)?;
        let problem = "has to be https without user information; http is for receivers on this machine alone";
        let url = OutsideUrl::parse(url).ok_or_else(|| EnvironmentError::new(environment::WEBHOOK_URL, problem))?;
        let queue = WebhookQueue::new(
            clients.sqs(),
            environment.required(environment::WEBHOOK_QUEUE_URL)?,
            environment.required(environment::WEBHOOK_DEAD_LETTERS_URL)?,
        );
        let keys = SigningKeys::new(clients.secrets_manager(), environment.required(environment::WEBHOOK_KEYS_ARN)?);
        Ok(Self { queue, keys, receiver: Receiver::new(url)? })
    }

    /// The receiver is not bothered before there is something to tell.
    async fn warm_up(&self) {
        self.keys.warm_up().await;
    }

    /// What is to come again is given back to the queue by name; a batch holds one message, but nothing here depends on it.
    async fn handle(&self, event: SqsEvent, invocation: Invocation) -> Result<SqsBatchResponse, Failure> {
        let span = tracing::info_span!("invocation", function = Self::NAME, request.id = invocation.request_id);
        async {
            let mut response = SqsBatchResponse::default();
            for message in &event.records {
                if !self.is_done(message, invocation.now).await {
                    response.add_failure(message.message_id.clone().unwrap_or_default());
                }
            }
            Ok(response)
        }
        .instrument(span)
        .await
    }
}

impl DeliverWebhook {
    /// Whether the message can leave the queue: delivered, or among the dead letters.
    async fn is_done(&self, message: &SqsMessage, now: Timestamp) -> bool {
        let body = message.body.as_deref().unwrap_or_default();
        let age = age(message, now);
        let (fault, wait) = match self.deliver(body, now).await {
            Ok(()) => return true,
            Err(Undelivered::Never(fault)) => (fault, None),
            Err(Undelivered::Later(fault, asked)) => (fault, next_try(age, asked)),
        };
        let Some(wait) = wait else {
            Problem::from(Fault::new(FaultCode::WebhookRefused, "deliver a webhook, which is given up", fault)).log();
            return match self.queue.give_up(body).await {
                Ok(()) => true,
                Err(fault) => {
                    Problem::from(fault).log();
                    false
                }
            };
        };
        Problem::from(fault).log();
        let handle = message.receipt_handle.as_deref().unwrap_or_default();
        if let Err(fault) = self.queue.hide(handle, wait).await {
            // It comes again all the same, when the queue's own time is over.
            Problem::from(fault).log();
        }
        false
    }

    /// One try.
    async fn deliver(&self, body: &str, now: Timestamp) -> Result<(), Undelivered> {
        const CONTEXT: &str = "deliver a webhook";
        let webhook = Webhook::of(body).ok_or(Undelivered::Never(Fault::bare(FaultCode::WebhookRefused, "read an event")))?;
        let keys = self.keys.read().await.map_err(|fault| Undelivered::Later(fault, None))?;
        let signed = Signed::new(&keys, &webhook, now);
        match self.receiver.send(webhook.body, &signed).await {
            Answer::Taken => {
                tracing::info!(webhook.id = webhook.id, "delivered");
                Ok(())
            }
            Answer::Gone(refusal) => Err(Undelivered::Never(Fault::new(FaultCode::WebhookRefused, CONTEXT, refusal))),
            Answer::NotTaken(refusal, asked) => Err(Undelivered::Later(Fault::new(FaultCode::WebhookUnavailable, CONTEXT, refusal), asked)),
        }
    }
}

/// For how long the message has been in the queue ("Amazon SQS message event").
fn age(message: &SqsMessage, now: Timestamp) -> Duration {
    let sent_at = message.attributes.get("SentTimestamp").and_then(|text| Timestamp::from_millisecond(text.parse().ok()?).ok());
    let age = sent_at.map_or(SignedDuration::ZERO, |sent_at| now.duration_since(sent_at));
    Duration::try_from(age).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_not_start_with_an_address_that_is_not_safe() {
        for (url, starts) in
            [("https://hooks.example.com/", true), ("http://localhost:3000/", true), ("http://hooks.example.com/", false), ("", false)]
        {
            let variable = |name: &str| match name {
                environment::WEBHOOK_URL => url.to_owned(),
                _ => "value".to_owned(),
            };
            let connected = DeliverWebhook::connect(&Environment::read(|name| Some(variable(name))));
            let named = connected.err().map(|error| error.to_string().contains(environment::WEBHOOK_URL));
            assert_eq!(named, (!starts).then_some(true), "{url}");
        }
    }
}
