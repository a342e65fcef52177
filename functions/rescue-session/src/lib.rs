//! Completes a session that nobody called back for, exactly as the callback would have: its result is gone 180 seconds after it was
//! created, whether or not a browser is still there. Two messages of the queue ask for it, late in the session's life. What a
//! message asks for may have been done by others, any number of times: then there is nothing left to do.

mod patience;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use patience::{PAUSE, Patience, patience};
use prooflight_shared::adapters::{AwsClients, RescueMessage};
use prooflight_shared::app::{Completer, Completion, Entropy, Refused};
use prooflight_shared::edge::{ConnectError, Failure, LambdaFunction, Problem};
use prooflight_shared::environment::Environment;
use prooflight_shared::fault::{Fault, FaultCode};
use prooflight_shared::invocation::Invocation;
use std::time::Duration;
use tokio::time::Instant;
use tracing::Instrument as _;

/// The use case with its connections.
#[derive(Debug)]
pub struct RescueSession {
    completer: Completer,
}

/// An invocation ends its work before Lambda ends it: its 8 seconds (`Timeout` in `template.yaml`) less the time to say so. They are as
/// few as that because the queue hides a message for at least as long as the function may run, and a session's last half minute has
/// to hold several deliveries.
pub const TIME_TO_RESCUE: Duration = Duration::from_secs(7);

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    /// It has done its work.
    Done,
    /// It is to be delivered again.
    GivenBack,
}

impl LambdaFunction for RescueSession {
    const NAME: &'static str = "rescue-session";
    type Event = SqsEvent;
    type Answer = SqsBatchResponse;

    fn connect(environment: &Environment) -> Result<Self, ConnectError> {
        let clients = AwsClients::new(environment)?;
        Ok(Self { completer: Completer::connect(&clients, environment)? })
    }

    async fn warm_up(&self) {
        self.completer.warm_up().await;
    }

    /// What failed is given back to the queue by name and the rest is not; a batch holds one message, but nothing here depends on it.
    async fn handle(&self, event: SqsEvent, invocation: Invocation) -> Result<SqsBatchResponse, Failure> {
        let span = tracing::info_span!("invocation", function = Self::NAME, request.id = invocation.request_id);
        async {
            let mut response = SqsBatchResponse::default();
            let (begun, entropy) = (Instant::now(), Entropy::new(&invocation.entropy));
            for record in event.records {
                let body = record.body.unwrap_or_default();
                let rescue = Box::pin(self.rescue(&body, invocation.now, begun, &entropy));
                let in_time = tokio::time::timeout_at(begun + TIME_TO_RESCUE, rescue).await;
                let message = in_time.unwrap_or_else(|_| Err(Fault::bare(FaultCode::TooSlow, "rescue a session in time").into()));
                if let Err(problem) = &message {
                    problem.log();
                }
                if message.unwrap_or(Message::GivenBack) == Message::GivenBack {
                    response.add_failure(record.message_id.unwrap_or_default());
                }
            }
            Ok(response)
        }
        .instrument(span)
        .await
    }
}

impl RescueSession {
    /// Looks until the session has ended, or as long as it is worth it.
    async fn rescue(&self, body: &str, invoked_at: Timestamp, begun: Instant, entropy: &Entropy) -> Result<Message, Problem> {
        let message = RescueMessage::parse(body).ok_or_else(|| Problem::Malformed("the message does not fit".to_owned()))?;
        let number = message.session_number;
        loop {
            let spent = begun.elapsed();
            // Whole milliseconds, like the time of an invocation.
            let spent_ms = SignedDuration::from_millis(i64::try_from(spent.as_millis()).unwrap_or_default());
            let now = invoked_at.checked_add(spent_ms).unwrap_or(invoked_at);
            // The messages were sent before the session was committed: its commit may never have come. Or it is erased.
            let Some(loaded) = self.completer.table.load(&message.verification_id).await? else { return Ok(Message::Done) };
            let pending = match Box::pin(self.completer.complete(loaded, number, None, now, entropy)).await {
                Ok(Completion::Ended(_)) | Err(Refused::Erased) => return Ok(Message::Done),
                Ok(Completion::Pending(pending)) => pending,
                Err(refused) => return Err(refused.into()),
            };
            let Some(session) = pending.verification.session(number) else { return Ok(Message::Done) };
            match patience(session.age_since_issue(now), session.streamed, spent) {
                Patience::Enough => return Ok(Message::Done),
                Patience::ComeAgain => {
                    tracing::info!("given back to the queue: the session is not done");
                    return Ok(Message::GivenBack);
                }
                Patience::Pause => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
