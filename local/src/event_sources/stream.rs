//! A table's stream in front of a function ("Using AWS Lambda with Amazon DynamoDB", AWS Lambda Developer Guide): batches in the order of the
//! stream, tried again where they fail, from the first record on that the function reports, or cut in two where it only fails; given up
//! after the retries that the template allows. What Lambda does at a rate of four times a second happens here as soon as something is written.

use super::Filter;
use crate::aws::AwsEndpoint;
use crate::clock::Clock;
use crate::data_folder::write_whole;
use crate::feed::{DeadLetter, Left};
use crate::gateway::{ACCOUNT, Functions, REGION};
use crate::random::bytes;
use prooflight_shared::error_chain::ErrorChain;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A `DynamoDB` event of a function in the template.
#[derive(Debug, Clone)]
pub struct StreamSource {
    pub(crate) table: String,
    pub(crate) batch_size: usize,
    pub(crate) retries: u32,
    pub(crate) bisects: bool,
    pub(crate) reports_failures: bool,
    pub(crate) filters: Vec<Filter>,
    pub(crate) dead_letters: Option<String>,
}

/// The mapping of one stream to one function.
pub(crate) struct StreamDelivery {
    pub(crate) source: StreamSource,
    pub(crate) function: String,
    pub(crate) timeout: Duration,
    pub(crate) functions: Functions,
    pub(crate) endpoint: Arc<AwsEndpoint>,
    pub(crate) clock: Arc<Clock>,
    /// Where it is kept how far the stream was read; nothing for a stream that ends with the process.
    pub(crate) checkpoint: Option<PathBuf>,
}

/// Records that are delivered together.
struct Batch {
    records: Vec<Value>,
    retried: u32,
}

/// What a function said of a batch.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Done,
    /// Everything before this place is done.
    FailedFrom(usize),
    Failed,
}

/// So much is read at once.
const PAGE: usize = 1_000;
/// Should a write have gone unnoticed, it is found this much later.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
const LEAST_PAUSE: Duration = Duration::from_millis(50);
const MOST_PAUSE: Duration = Duration::from_millis(200);

type Failed = Box<dyn Error + Send + Sync>;

impl StreamDelivery {
    /// Reads and delivers, for ever.
    pub(crate) async fn run(self) {
        let mut written = self.endpoint.written();
        let mut iterator = None;
        loop {
            written.mark_unchanged();
            match self.read(iterator.take()).await {
                Ok((records, next)) => {
                    iterator = Some(next);
                    if !records.is_empty() {
                        self.deliver_all(records).await;
                        continue;
                    }
                }
                Err(error) => tracing::error!(error = %ErrorChain(error.as_ref()), function = self.function, "a stream cannot be read"),
            }
            // Either there is news, or it is time to look in any case.
            let _waited = tokio::time::timeout(LOOKS_EVERY, written.changed()).await;
        }
    }

    /// The next records, and where to go on.
    async fn read(&self, iterator: Option<String>) -> Result<(Vec<Value>, String), Failed> {
        let (endpoint, table, checkpoint) = (Arc::clone(&self.endpoint), self.source.table.clone(), self.checkpoint.clone());
        let read = tokio::task::spawn_blocking(move || {
            let iterator = match iterator {
                Some(iterator) => iterator,
                None => first_iterator(&endpoint, &table, checkpoint)?,
            };
            let page = endpoint.call_tables("GetRecords", &json!({ "ShardIterator": iterator, "Limit": PAGE }))?;
            let next = page.get("NextShardIterator").and_then(Value::as_str).unwrap_or(&iterator).to_owned();
            let records = page.get("Records").and_then(Value::as_array).cloned().unwrap_or_default();
            Ok((records, next))
        });
        read.await?
    }

    /// Delivers a page, and remembers that it was delivered or given up.
    async fn deliver_all(&self, records: Vec<Value>) {
        let last = records.last().map(|record| sequence_number(record).to_owned());
        let passes =
            |record: &Value| self.source.filters.is_empty() || self.source.filters.iter().any(|filter| filter.lets_through(record));
        let records: Vec<Value> = records.into_iter().filter(passes).collect();
        for batch in records.chunks(self.source.batch_size.max(1)) {
            self.deliver(batch.to_vec()).await;
        }
        if let (Some(path), Some(last)) = (&self.checkpoint, last)
            && let Err(error) = write_whole(path, last.as_bytes())
        {
            tracing::error!(%error, "how far a stream was read cannot be kept: it is read again after a restart");
        }
    }

    async fn deliver(&self, records: Vec<Value>) {
        let mut waiting = vec![Batch { records, retried: 0 }];
        while let Some(Batch { mut records, retried }) = waiting.pop() {
            match self.invoke(&records).await {
                Verdict::Done => continue,
                // "The batch is bisected at the returned sequence number, and Lambda retries only the remaining records".
                Verdict::FailedFrom(at) if at > 0 => {
                    waiting.push(Batch { records: records.split_off(at), retried: 0 });
                    continue;
                }
                // "Bisecting a batch doesn't count towards the retry quota".
                Verdict::Failed if self.source.bisects && records.len() > 1 => {
                    let second = records.split_off(records.len() / 2);
                    waiting.push(Batch { records: second, retried });
                    waiting.push(Batch { records, retried });
                }
                Verdict::Failed | Verdict::FailedFrom(_) if retried < self.source.retries => {
                    waiting.push(Batch { records, retried: retried + 1 });
                }
                Verdict::Failed | Verdict::FailedFrom(_) => self.give_up(&records, retried + 1),
            }
            tokio::time::sleep(MOST_PAUSE.min(LEAST_PAUSE * 2_u32.saturating_pow(retried))).await;
        }
    }

    async fn invoke(&self, records: &[Value]) -> Verdict {
        let invocation = bytes::<16>().and_then(|id| {
            let id = uuid::Builder::from_random_bytes(id).into_uuid().to_string();
            Ok(Invocation::new(self.clock.now(), &id, bytes()?))
        });
        let Ok(invocation) = invocation else { return Verdict::Failed };
        let event = json!({ "Records": records });
        match self.functions.invoke(&self.function, self.timeout, event, invocation).await {
            Ok(answer) if self.source.reports_failures => verdict(&answer, records),
            Ok(_) => Verdict::Done,
            Err(error) => {
                tracing::error!(error = %ErrorChain(&error), function = self.function, "a function failed on a batch");
                Verdict::Failed
            }
        }
    }

    /// Tells the destination which records were given up ("Example Amazon SQS message" on the same page); they themselves are in the
    /// stream for as long as it keeps them.
    fn give_up(&self, records: &[Value], invocations: u32) {
        let now = self.clock.now();
        let bound = |record: Option<&Value>| record.map(sequence_number).unwrap_or_default().to_owned();
        let letter = json!({
            "requestContext": {
                "functionArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.function),
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": invocations,
            },
            "version": "1.0",
            "timestamp": now.to_string(),
            "DDBStreamBatchInfo": {
                "startSequenceNumber": bound(records.first()),
                "endSequenceNumber": bound(records.last()),
                "batchSize": records.len(),
                "streamArn": stream_arn(&self.source.table),
            },
        });
        tracing::error!(function = self.function, records = records.len(), "records of a stream were given up");
        if let Some(destination) = &self.source.dead_letters {
            self.endpoint.feed().record(now, Left::DeadLetter(DeadLetter { destination: destination.clone(), letter }));
        }
    }
}

fn first_iterator(endpoint: &AwsEndpoint, table: &str, checkpoint: Option<PathBuf>) -> Result<String, Failed> {
    let described = endpoint.call_tables("DescribeStream", &json!({ "StreamArn": stream_arn(table) }))?;
    let shard = described.pointer("/StreamDescription/Shards/0/ShardId").and_then(Value::as_str).ok_or("the stream has no shard")?;
    let mut request = json!({ "StreamArn": stream_arn(table), "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let read_to = checkpoint.and_then(|path| std::fs::read_to_string(path).ok());
    if let (Some(read_to), Some(request)) = (read_to, request.as_object_mut()) {
        request.insert("ShardIteratorType".to_owned(), json!("AFTER_SEQUENCE_NUMBER"));
        request.insert("SequenceNumber".to_owned(), json!(read_to.trim()));
    }
    let iterator = endpoint.call_tables("GetShardIterator", &request)?;
    Ok(iterator.get("ShardIterator").and_then(Value::as_str).ok_or("the shard has no iterator")?.to_owned())
}

fn stream_arn(table: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/latest")
}

fn sequence_number(record: &Value) -> &str {
    record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str).unwrap_or_default()
}

/// "Lambda treats a batch as a complete failure" where an identifier is none of the batch's; of several the lowest counts.
fn verdict(answer: &Value, records: &[Value]) -> Verdict {
    let failures = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return if answer.is_object() || answer.is_null() { Verdict::Done } else { Verdict::Failed },
        Some(Value::Array(failures)) => failures,
        Some(_) => return Verdict::Failed,
    };
    let mut first = None;
    for failure in failures {
        let identifier = failure.get("itemIdentifier").and_then(Value::as_str).filter(|identifier| !identifier.is_empty());
        let at = identifier.and_then(|identifier| records.iter().position(|record| sequence_number(record) == identifier));
        let Some(at) = at else { return Verdict::Failed };
        first = Some(first.map_or(at, |first: usize| first.min(at)));
    }
    first.map_or(Verdict::Done, Verdict::FailedFrom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::AwsOptions;
    use crate::aws::credentials::Credentials;
    use crate::gateway::FunctionFailure;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn records(count: u8) -> Vec<Value> {
        (0..count).map(|number| json!({ "dynamodb": { "SequenceNumber": number.to_string() } })).collect()
    }

    /// A mapping with these properties, in front of a function that told every batch and fails as told.
    fn mapping(
        reports_failures: bool,
        function: impl Fn(&[String]) -> Option<Value> + Send + Sync + 'static,
    ) -> (StreamDelivery, Arc<Mutex<Vec<String>>>) {
        let clock = Arc::new(Clock::ephemeral());
        let credentials = Arc::new(Credentials::default());
        let endpoint = AwsEndpoint::open(AwsOptions {
            data: None,
            clock: Arc::clone(&clock),
            credentials,
            roles: [].into(),
            secrets: Arc::default(),
            keys: Arc::default(),
        })
        .expect("an endpoint");
        let (batches, function) = (Arc::new(Mutex::new(Vec::new())), Arc::new(function));
        let (told, mut functions) = (Arc::clone(&batches), Functions::default());
        functions.insert("publish", move |event, _| {
            let (told, function) = (Arc::clone(&told), Arc::clone(&function));
            async move {
                let numbers: Vec<String> =
                    event["Records"].as_array().into_iter().flatten().map(|record| sequence_number(record).to_owned()).collect();
                told.lock().expect("batches").push(numbers.join(" "));
                function(&numbers).ok_or(FunctionFailure::Panicked)
            }
        });
        let source = StreamSource {
            table: "table".into(),
            batch_size: 4,
            retries: 2,
            bisects: true,
            reports_failures,
            filters: Vec::new(),
            dead_letters: Some("dead".into()),
        };
        let delivery = StreamDelivery {
            source,
            function: "publish".into(),
            timeout: Duration::from_secs(5),
            functions,
            endpoint: Arc::new(endpoint),
            clock,
            checkpoint: None,
        };
        (delivery, batches)
    }

    fn given_up(delivery: &StreamDelivery) -> Vec<(String, String)> {
        let bound = |letter: &Value, name: &str| letter["DDBStreamBatchInfo"][name].as_str().unwrap_or_default().to_owned();
        let letters = delivery.endpoint.feed().dead_letters();
        letters.iter().map(|DeadLetter { letter, .. }| (bound(letter, "startSequenceNumber"), bound(letter, "endSequenceNumber"))).collect()
    }

    #[tokio::test]
    async fn a_batch_that_fails_is_cut_in_two_until_the_one_is_found() {
        let (delivery, batches) = mapping(false, |numbers| (!numbers.contains(&"2".to_owned())).then_some(Value::Null));
        delivery.deliver_all(records(8)).await;
        let batches = batches.lock().expect("batches").clone();
        assert_eq!(batches, ["0 1 2 3", "0 1", "2 3", "2", "2", "2", "3", "4 5 6 7"], "in the order of the stream");
        assert_eq!(given_up(&delivery), [("2".to_owned(), "2".to_owned())]);
    }

    #[tokio::test]
    async fn a_batch_comes_again_from_the_record_that_was_reported() {
        let (delivery, batches) = mapping(true, |numbers| {
            let failures: Vec<_> =
                numbers.iter().filter(|number| *number == "2").map(|number| json!({ "itemIdentifier": number })).collect();
            Some(json!({ "batchItemFailures": failures }))
        });
        delivery.deliver_all(records(8)).await;
        let batches = batches.lock().expect("batches").clone();
        assert_eq!(batches, ["0 1 2 3", "2 3", "2 3", "2 3", "4 5 6 7"]);
        assert_eq!(given_up(&delivery), [("2".to_owned(), "3".to_owned())], "as a whole: who is behind has to be served by the function");
    }

    #[tokio::test]
    async fn what_passes_by_itself_is_delivered_once_it_does() {
        let calls = AtomicUsize::new(0);
        let (delivery, batches) = mapping(true, move |_| (calls.fetch_add(1, Ordering::Relaxed) >= 2).then(|| json!({})));
        delivery.deliver_all(records(1)).await;
        assert_eq!(*batches.lock().expect("batches"), ["0", "0", "0"]);
        assert_eq!(given_up(&delivery), []);
    }

    #[test]
    fn an_answer_says_from_where_on_a_batch_comes_again() {
        for (answer, expected) in [
            (json!({ "batchItemFailures": [] }), Verdict::Done),
            (json!({ "batchItemFailures": null }), Verdict::Done),
            (json!({}), Verdict::Done),
            (Value::Null, Verdict::Done),
            (json!("done"), Verdict::Failed),
            (json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] }), Verdict::FailedFrom(1)),
            (json!({ "batchItemFailures": [{ "itemIdentifier": "2" }, { "itemIdentifier": "1" }] }), Verdict::FailedFrom(1)),
            (json!({ "batchItemFailures": [{ "itemIdentifier": "9" }] }), Verdict::Failed),
            (json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }), Verdict::Failed),
            (json!({ "batchItemFailures": [{ "id": "1" }] }), Verdict::Failed),
        ] {
            assert_eq!(verdict(&answer, &records(3)), expected, "{answer}");
        }
    }
}
