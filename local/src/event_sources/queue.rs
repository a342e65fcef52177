//! A queue as a function's event source ("Using Lambda with Amazon SQS", AWS Lambda Developer Guide): messages are received in batches, a
//! few batches at a time; what the function has handled is deleted, and what it has not comes again when its visibility time-out is over.

use crate::aws::sqs::{Queues, Received, md5_of, system_attributes};
use crate::clock::Clock;
use crate::gateway::{ACCOUNT, FunctionFailure, Functions, QueueSource, REGION};
use crate::random::bytes;
use prooflight_shared::error_chain::ErrorChain;
use prooflight_shared::invocation::Invocation;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A queue with the function that handles its messages.
#[derive(Debug)]
pub(super) struct QueueMapping {
    source: QueueSource,
    queues: Arc<Queues>,
    functions: Functions,
    clock: Arc<Clock>,
    free: Arc<Semaphore>,
    places: u32,
}

/// Lambda begins with five batches at a time and takes up to 300 more a minute when messages keep waiting ("Configuring scaling behavior
/// for SQS event source mappings"). Here it stays at five, so no more are at it than there would be.
const BATCHES_AT_A_TIME: u32 = 5;

impl QueueMapping {
    pub(super) fn new(source: QueueSource, queues: Arc<Queues>, functions: Functions, clock: Arc<Clock>) -> Self {
        let places = source.most_at_a_time.map_or(BATCHES_AT_A_TIME, |most| most.min(BATCHES_AT_A_TIME));
        let free = Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(1)));
        Self { source, queues, functions, clock, free, places }
    }

    /// Begins to deliver what can be received, and returns when nothing more is left to begin with.
    pub(super) async fn deliver(self: &Arc<Self>) {
        // Received only when it can be handled at once: from then on it is hidden for no longer than that should take.
        while let Ok(place) = Arc::clone(&self.free).acquire_owned().await {
            match self.queues.receive(&self.source.queue, self.source.batch_size, None) {
                Ok(batch) if batch.is_empty() => return,
                Ok(batch) => {
                    tokio::spawn(Arc::clone(self).handle(batch, place));
                }
                Err(refusal) => {
                    tracing::error!(error = %refusal, queue = self.source.queue, "a queue cannot be read");
                    return;
                }
            }
        }
    }

    /// Delivers what can be received, and returns when it has been handled.
    pub(super) async fn deliver_all(self: &Arc<Self>) {
        self.deliver().await;
        // All places are free when everything is done, whoever began it.
        let _all = self.free.acquire_many(self.places).await;
    }

    async fn handle(self: Arc<Self>, batch: Vec<Received>, _place: OwnedSemaphorePermit) {
        let done: Vec<&Received> = match self.invoke(&batch).await {
            Ok(answer) if self.source.reports_failures => done_of(&batch, &answer),
            Ok(_) => batch.iter().collect(),
            Err(error) => {
                tracing::warn!(error = %ErrorChain(&error), function = self.source.function, "messages were not handled");
                Vec::new()
            }
        };
        for received in done {
            if let Err(refusal) = self.queues.delete(&self.source.queue, &received.handle) {
                tracing::error!(error = %refusal, queue = self.source.queue, "a message that was handled cannot be deleted");
            }
        }
    }

    async fn invoke(&self, batch: &[Received]) -> Result<Value, FunctionFailure> {
        let minted = bytes::<16>().and_then(|id| Ok((uuid::Builder::from_random_bytes(id).into_uuid().to_string(), bytes::<32>()?)));
        // Without randomness there is no invocation; the messages come again.
        let Ok((id, entropy)) = minted else { return Err(FunctionFailure::Panicked) };
        let records: Vec<Value> = batch.iter().map(|received| record(&self.source.queue, received)).collect();
        let invocation = Invocation::new(self.clock.now(), &id, entropy);
        self.functions.invoke(&self.source.function, self.source.timeout, json!({ "Records": records }), invocation).await
    }
}

/// A message as the function sees it ("Amazon SQS message event").
fn record(queue: &str, received: &Received) -> Value {
    let message = &received.message;
    let attributes: Map<String, Value> =
        system_attributes(message).into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    json!({
        "messageId": message.id,
        "receiptHandle": received.handle,
        "body": message.body,
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": md5_of(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"),
        "awsRegion": REGION,
    })
}

/// The messages that an answer does not name as failed. No answer, or an empty list, means success; a list that cannot be read, or names
/// a message that was not delivered, means failure of all ("Reporting batch item failures").
fn done_of<'a>(batch: &'a [Received], answer: &Value) -> Vec<&'a Received> {
    let failures = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return batch.iter().collect(),
        Some(Value::Array(failures)) => failures,
        Some(_) => return Vec::new(),
    };
    let named: Vec<Option<&str>> = failures.iter().map(|failure| failure.get("itemIdentifier").and_then(Value::as_str)).collect();
    let delivered = |name: Option<&str>| batch.iter().any(|received| Some(received.message.id.as_str()) == name);
    if !named.iter().copied().all(delivered) {
        return Vec::new();
    }
    batch.iter().filter(|received| !named.contains(&Some(received.message.id.as_str()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sqs::Message;
    use jiff::Timestamp;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::sync::Barrier;

    /// Each of them waits until five are at it: with fewer at a time none would ever end, and with more somebody would be the sixth.
    #[tokio::test]
    async fn a_crowd_of_messages_is_handled_five_at_a_time() {
        let clock = Arc::new(Clock::ephemeral());
        let queues = Arc::new(Queues::open(None, Arc::clone(&clock), Arc::new(crate::feed::Feed::new(clock.now()))).expect("queues"));
        queues.ensure(&json!({ "QueueName": "crowd" })).expect("a queue");
        for number in 0..600 {
            queues.send("crowd", &number.to_string(), None, "local").expect("sent");
        }
        let (at_it, most, five) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(5)));
        let mut functions = Functions::default();
        let (counter, maximum) = (Arc::clone(&at_it), Arc::clone(&most));
        functions.insert("handle", move |_, _| {
            let (at_it, most, five) = (Arc::clone(&counter), Arc::clone(&maximum), Arc::clone(&five));
            async move {
                most.fetch_max(at_it.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                five.wait().await;
                at_it.fetch_sub(1, Ordering::SeqCst);
                Ok(Value::Null)
            }
        });
        let timeout = Duration::from_mins(1);
        let (queue, function) = ("crowd".to_owned(), "handle".to_owned());
        let source = QueueSource { queue, function, timeout, batch_size: 1, reports_failures: true, most_at_a_time: None };
        Arc::new(QueueMapping::new(source, Arc::clone(&queues), functions, clock)).deliver_all().await;
        assert_eq!((most.load(Ordering::SeqCst), at_it.load(Ordering::SeqCst)), (5, 0));
        assert_eq!(queues.receive("crowd", 1, None).expect("a queue").len(), 0, "all were handled");
    }

    #[test]
    fn an_answer_says_what_was_handled() {
        let received = |id: &str| Received {
            message: Message {
                id: id.to_owned(),
                body: "{}".to_owned(),
                sender: "local".to_owned(),
                sent_at: Timestamp::UNIX_EPOCH,
                visible_at: Timestamp::UNIX_EPOCH,
                receives: 1,
                first_received_at: None,
                receipt: None,
            },
            handle: id.to_owned(),
        };
        let batch = [received("a"), received("b")];
        for (answer, done) in [
            (Value::Null, &["a", "b"][..]),
            (json!({}), &["a", "b"]),
            (json!({ "batchItemFailures": [] }), &["a", "b"]),
            (json!({ "batchItemFailures": [{ "itemIdentifier": "a" }] }), &["b"]),
            (json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }), &[]),
            (json!({ "batchItemFailures": [{ "itemIdentifier": "c" }] }), &[]),
            (json!({ "batchItemFailures": [{}] }), &[]),
            (json!({ "batchItemFailures": "a" }), &[]),
        ] {
            let found: Vec<&str> = done_of(&batch, &answer).iter().map(|received| received.handle.as_str()).collect();
            assert_eq!(found, done, "{answer}");
        }
    }
}
