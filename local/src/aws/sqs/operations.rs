//! The operations of SQS, from a JSON body to the queues and back.

use super::fault::{Kind, Refusal};
use super::wire::{Entry, Request, check_attributes, check_batch, md5_of, missing, queue_of, received, within};
use super::{Message, Queues};
use crate::aws::journal::ACCOUNT;
use crate::aws::json;
use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Who asks, and by what address he reaches us: a queue's URL has to lead back here.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct Asking<'a> {
    pub(in crate::aws) sender: &'a str,
    pub(in crate::aws) host: &'a str,
    pub(in crate::aws) region: &'a str,
}

/// So often a receiver who waits is looked after.
const LOOKS_EVERY: Duration = Duration::from_millis(50);

impl Queues {
    /// Answers one call.
    pub(in crate::aws) async fn answer(&self, operation: &str, body: &Bytes, asking: Asking<'_>) -> Response<Bytes> {
        let request: Request = match serde_json::from_slice(body) {
            Ok(request) => request,
            Err(_) => return json::fault("sqs", StatusCode::BAD_REQUEST, "SerializationException", "the body cannot be read"),
        };
        let answered = match operation {
            "CreateQueue" => self.create_queue(&request, asking),
            "DeleteQueue" => queue(&request).and_then(|name| self.remove(name)).map(|()| nothing()),
            "GetQueueAttributes" => self.queue_attributes(&request, asking),
            "GetQueueUrl" => self.queue_url(&request, asking),
            "ListQueues" => Ok(self.list(&request, asking)),
            "PurgeQueue" => queue(&request).and_then(|name| self.purge(name)).map(|()| nothing()),
            "SendMessage" => self.send_message(&request, asking),
            "SendMessageBatch" => self.send_batch(&request, asking),
            "ReceiveMessage" => self.receive_message(&request).await,
            "DeleteMessage" => self.delete_message(&request),
            "DeleteMessageBatch" => self.delete_batch(&request),
            "ChangeMessageVisibility" => self.change_message_visibility(&request),
            _ => return json::unknown_operation("sqs", operation),
        };
        match answered {
            Ok(body) => json::answer("sqs", StatusCode::OK, body.to_string()),
            Err(refusal) => refusal.render(),
        }
    }

    fn create_queue(&self, request: &Request, asking: Asking<'_>) -> Result<Value, Refusal> {
        let name = request.queue_name.as_deref().ok_or_else(|| missing("QueueName"))?;
        self.create(name, request.attributes.clone())?;
        Ok(json!({ "QueueUrl": url(name, asking) }))
    }

    fn queue_url(&self, request: &Request, asking: Asking<'_>) -> Result<Value, Refusal> {
        let name = request.queue_name.as_deref().ok_or_else(|| missing("QueueName"))?;
        self.describe(name)?;
        Ok(json!({ "QueueUrl": url(name, asking) }))
    }

    fn list(&self, request: &Request, asking: Asking<'_>) -> Value {
        let prefix = request.queue_name_prefix.as_deref().unwrap_or_default();
        let urls: Vec<String> = self.names().iter().filter(|name| name.starts_with(prefix)).map(|name| url(name, asking)).collect();
        if urls.is_empty() { nothing() } else { json!({ "QueueUrls": urls }) }
    }

    fn queue_attributes(&self, request: &Request, asking: Asking<'_>) -> Result<Value, Refusal> {
        let name = queue(request)?;
        let (mut attributes, created_at, counts) = self.describe(name)?;
        attributes.extend(
            [
                ("QueueArn", format!("arn:aws:sqs:{}:{ACCOUNT}:{name}", asking.region)),
                ("CreatedTimestamp", created_at.as_second().to_string()),
                ("LastModifiedTimestamp", created_at.as_second().to_string()),
                ("ApproximateNumberOfMessages", counts.visible.to_string()),
                ("ApproximateNumberOfMessagesNotVisible", counts.held.to_string()),
                ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let asked = &request.attribute_names;
        attributes.retain(|name, _| asked.iter().any(|asked| asked == "All" || asked == name));
        Ok(if attributes.is_empty() { nothing() } else { json!({ "Attributes": attributes }) })
    }

    fn send_message(&self, request: &Request, asking: Asking<'_>) -> Result<Value, Refusal> {
        let name = queue(request)?;
        check_attributes(request.message_attributes.as_ref())?;
        let message = self.send_one(name, request.message_body.as_deref(), request.delay_seconds, asking)?;
        Ok(json!({ "MessageId": message.id, "MD5OfMessageBody": md5_of(&message.body) }))
    }

    fn send_batch(&self, request: &Request, asking: Asking<'_>) -> Result<Value, Refusal> {
        batch(request, |name, entry| {
            check_attributes(entry.message_attributes.as_ref())?;
            let message = self.send_one(name, entry.message_body.as_deref(), entry.delay_seconds, asking)?;
            Ok(json!({ "Id": entry.id, "MessageId": message.id, "MD5OfMessageBody": md5_of(&message.body) }))
        })
    }

    fn send_one(&self, name: &str, body: Option<&str>, delay: Option<i64>, asking: Asking<'_>) -> Result<Message, Refusal> {
        let delay = within("DelaySeconds", delay, 0, 900)?.map(SignedDuration::from_secs);
        self.send(name, body.ok_or_else(|| missing("MessageBody"))?, delay, asking.sender)
    }

    async fn receive_message(&self, request: &Request) -> Result<Value, Refusal> {
        let name = queue(request)?;
        let most = within("MaxNumberOfMessages", request.max_number_of_messages, 1, 10)?.unwrap_or(1);
        let held_for = within("VisibilityTimeout", request.visibility_timeout, 0, 43_200)?.map(SignedDuration::from_secs);
        let own_wait = || {
            let (attributes, ..) = self.describe(name)?;
            Ok(attributes.get("ReceiveMessageWaitTimeSeconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(0))
        };
        let wait = within("WaitTimeSeconds", request.wait_time_seconds, 0, 20)?.map_or_else(own_wait, Ok)?;
        let until = Instant::now() + Duration::from_secs(u64::try_from(wait).unwrap_or_default());
        loop {
            let messages = self.receive(name, usize::try_from(most).unwrap_or(1), held_for)?;
            if !messages.is_empty() || Instant::now() >= until {
                let asked: Vec<String> = request.attribute_names.iter().chain(&request.message_system_attribute_names).cloned().collect();
                let messages: Vec<Value> = messages.iter().map(|message| received(message, &asked)).collect();
                return Ok(if messages.is_empty() { nothing() } else { json!({ "Messages": messages }) });
            }
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }

    fn delete_message(&self, request: &Request) -> Result<Value, Refusal> {
        let handle = request.receipt_handle.as_deref().ok_or_else(|| missing("ReceiptHandle"))?;
        self.delete(queue(request)?, handle)?;
        Ok(nothing())
    }

    fn delete_batch(&self, request: &Request) -> Result<Value, Refusal> {
        batch(request, |name, entry| {
            self.delete(name, entry.receipt_handle.as_deref().ok_or_else(|| missing("ReceiptHandle"))?)?;
            Ok(json!({ "Id": entry.id }))
        })
    }

    fn change_message_visibility(&self, request: &Request) -> Result<Value, Refusal> {
        let handle = request.receipt_handle.as_deref().ok_or_else(|| missing("ReceiptHandle"))?;
        let seconds = within("VisibilityTimeout", request.visibility_timeout, 0, 43_200)?.ok_or_else(|| missing("VisibilityTimeout"))?;
        self.change_visibility(queue(request)?, handle, SignedDuration::from_secs(seconds))?;
        Ok(nothing())
    }
}

/// Runs every entry of a batch; what is refused is named in the answer, which is a good one all the same.
fn batch(request: &Request, run: impl Fn(&str, &Entry) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
    let name = queue(request)?;
    let entries = request.entries.as_deref().unwrap_or_default();
    check_batch(entries)?;
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match run(name, entry) {
            Ok(result) => successful.push(result),
            // Without a queue there are no results.
            Err(refusal) if matches!(refusal.kind, Kind::QueueDoesNotExist | Kind::Internal) => return Err(refusal),
            Err(refusal) => {
                failed.push(json!({ "Id": entry.id, "SenderFault": true, "Code": refusal.kind.code(), "Message": refusal.message }));
            }
        }
    }
    let lists = [("Successful", successful), ("Failed", failed)];
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name.to_owned(), Value::Array(list)));
    Ok(Value::Object(lists.collect()))
}

fn queue(request: &Request) -> Result<&str, Refusal> {
    request.queue_url.as_deref().map(queue_of).ok_or_else(|| missing("QueueUrl"))
}

fn url(name: &str, asking: Asking<'_>) -> String {
    format!("http://{}/{ACCOUNT}/{name}", asking.host)
}

fn nothing() -> Value {
    Value::Object(Map::new())
}
