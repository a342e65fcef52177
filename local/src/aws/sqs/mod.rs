//! SQS on this machine: standard queues whose delays, visibility time-outs, retention and redrive go by our clock, so that moving the
//! clock makes messages come. FIFO queues and message attributes are refused: nothing here uses them.

mod attributes;
mod fault;
mod operations;
mod permissions;
mod queue;
mod shelf;
mod wire;

use crate::aws::entropy;
use crate::clock::Clock;
use crate::feed::{DeadLetter, Feed, Left};
use crate::gateway::{ACCOUNT, REGION};
use attributes::Attributes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fault::{Kind, Refusal};
use jiff::SignedDuration;
use queue::{Counts, Held, Queue, after};
use serde_json::{Value, json};
use shelf::Shelf;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use operations::Asking;
pub(super) use permissions::permissions;
pub(crate) use queue::Message;
pub(crate) use wire::{md5_of, system_attributes};

/// All queues of this machine.
#[derive(Debug)]
pub(crate) struct Queues {
    clock: Arc<Clock>,
    shelf: Shelf,
    by_name: Mutex<BTreeMap<String, Queue>>,
    feed: Arc<Feed>,
}

/// Why the queues cannot be opened or made.
#[derive(Debug, thiserror::Error)]
pub enum QueuesFault {
    /// The data folder.
    #[error("the local SQS: {0}")]
    Folder(#[from] std::io::Error),
    /// The template describes a queue that this is not.
    #[error("the queue {queue} of template.yaml: {reason}")]
    Definition {
        /// Its name.
        queue: String,
        /// What is wrong.
        reason: String,
    },
}

/// A message in the hands of whoever received it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) message: Message,
    /// What it is deleted with.
    pub(crate) handle: String,
}

impl Queues {
    /// Opens the queues kept in `folder`, or in memory where there is none.
    pub(crate) fn open(folder: Option<&Path>, clock: Arc<Clock>, feed: Arc<Feed>) -> Result<Self, QueuesFault> {
        let (shelf, queues) = Shelf::open(folder)?;
        Ok(Self { clock, shelf, by_name: Mutex::new(queues), feed })
    }

    /// Makes the queue that the properties of an `AWS::SQS::Queue` describe; one that is there gets their attributes.
    pub(crate) fn ensure(&self, properties: &Value) -> Result<(), QueuesFault> {
        let name = properties.get("QueueName").and_then(Value::as_str).unwrap_or_default();
        let attributes = attributes::of_template(properties);
        let checked = check_name(name).and_then(|()| attributes::check(&attributes));
        checked.map_err(|refusal| QueuesFault::Definition { queue: name.to_owned(), reason: refusal.message })?;
        let mut queues = self.queues();
        let queue = queues.entry(name.to_owned()).or_insert_with(|| Queue { created_at: self.clock.now(), ..Queue::default() });
        queue.attributes = attributes;
        self.shelf.keep_queue(name, queue)?;
        Ok(())
    }

    /// Up to so many messages, each held for that time, or for the queue's own.
    pub(crate) fn receive(&self, name: &str, most: usize, held_for: Option<SignedDuration>) -> Result<Vec<Received>, Refusal> {
        let now = self.clock.now();
        let mut queues = self.queues();
        let queue = queues.get_mut(name).ok_or_else(no_such_queue)?;
        for expired in queue.expire(now) {
            self.shelf.drop_message(name, &expired).map_err(|error| Refusal::internal(&error))?;
        }
        let mut received = Vec::new();
        for id in queue.visible(now) {
            if received.len() == most {
                break;
            }
            let Some(queue) = queues.get_mut(name) else { break };
            let too_often = queue.messages.get(&id).and_then(|message| queue.redrive_of(message));
            if let Some(redrive) = too_often
                && queues.contains_key(&redrive.queue)
            {
                self.bury(&mut queues, name, &redrive.queue, &id)?;
                continue;
            }
            let Some(queue) = queues.get_mut(name) else { break };
            let receipt = entropy::request_id().map_err(|error| Refusal::internal(&error))?;
            let Some(message) = queue.hold(&id, receipt.clone(), held_for, now) else { continue };
            self.shelf.keep_message(name, &message).map_err(|error| Refusal::internal(&error))?;
            received.push(Received { message, handle: handle_of(&id, &receipt) });
        }
        Ok(received)
    }

    /// Deletes a message by the handle that it was received with; with an older one nothing happens, and nothing is refused.
    pub(crate) fn delete(&self, name: &str, handle: &str) -> Result<(), Refusal> {
        let (id, receipt) = read_handle(handle)?;
        let mut queues = self.queues();
        let queue = queues.get_mut(name).ok_or_else(no_such_queue)?;
        if queue.held(&id, &receipt) == Held::Valid {
            self.shelf.drop_message(name, &id).map_err(|error| Refusal::internal(&error))?;
            queue.messages.remove(&id);
        }
        Ok(())
    }

    /// A message that was received too often is not received again: it goes where somebody looks at it.
    fn bury(&self, queues: &mut BTreeMap<String, Queue>, from: &str, to: &str, id: &str) -> Result<(), Refusal> {
        let Some(message) = queues.get_mut(from).and_then(|queue| queue.messages.remove(id)) else { return Ok(()) };
        let now = self.clock.now();
        let buried = Message { visible_at: now, receives: 0, first_received_at: None, receipt: None, ..message };
        let moved = self.shelf.keep_message(to, &buried).and_then(|()| self.shelf.drop_message(from, id));
        moved.map_err(|error| Refusal::internal(&error))?;
        let source = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{from}");
        let letter = json!({ "messageId": buried.id, "body": buried.body, "deadLetterQueueSourceArn": source });
        self.feed.record(now, Left::DeadLetter(DeadLetter { destination: to.to_owned(), letter }));
        if let Some(queue) = queues.get_mut(to) {
            queue.messages.insert(buried.id.clone(), buried);
        }
        Ok(())
    }

    /// Puts a message into the queue, to come after that delay, or after the queue's own.
    pub(crate) fn send(&self, name: &str, body: &str, delay: Option<SignedDuration>, sender: &str) -> Result<Message, Refusal> {
        let now = self.clock.now();
        let mut queues = self.queues();
        let queue = queues.get_mut(name).ok_or_else(no_such_queue)?;
        wire::check_body(body, attributes::number(&queue.attributes, "MaximumMessageSize"))?;
        let delay = delay.unwrap_or_else(|| attributes::span(&queue.attributes, "DelaySeconds"));
        let message = Message {
            id: entropy::request_id().map_err(|error| Refusal::internal(&error))?,
            body: body.to_owned(),
            sender: sender.to_owned(),
            sent_at: now,
            visible_at: after(now, delay),
            receives: 0,
            first_received_at: None,
            receipt: None,
        };
        self.shelf.keep_message(name, &message).map_err(|error| Refusal::internal(&error))?;
        queue.messages.insert(message.id.clone(), message.clone());
        Ok(message)
    }

    fn change_visibility(&self, name: &str, handle: &str, held_for: SignedDuration) -> Result<(), Refusal> {
        let (id, receipt) = read_handle(handle)?;
        let mut queues = self.queues();
        let queue = queues.get_mut(name).ok_or_else(no_such_queue)?;
        let held = (queue.held(&id, &receipt) == Held::Valid).then(|| queue.hold_for(&id, held_for, self.clock.now())).flatten();
        let message = held.ok_or_else(|| Refusal::new(Kind::MessageNotInflight, "The message is not in flight."))?;
        self.shelf.keep_message(name, &message).map_err(|error| Refusal::internal(&error))
    }

    /// False where a queue of that name and these attributes is there already.
    fn create(&self, name: &str, attributes: Attributes) -> Result<bool, Refusal> {
        check_name(name)?;
        attributes::check(&attributes)?;
        let mut queues = self.queues();
        if let Some(queue) = queues.get(name) {
            let there = attributes::with_defaults(&queue.attributes);
            let same = attributes.iter().all(|(name, value)| there.get(name) == Some(value));
            let message = "A queue already exists with the same name and a different value for an attribute";
            return if same { Ok(false) } else { Err(Refusal::new(Kind::QueueNameExists, message)) };
        }
        let queue = Queue { attributes, created_at: self.clock.now(), messages: BTreeMap::new() };
        self.shelf.keep_queue(name, &queue).map_err(|error| Refusal::internal(&error))?;
        queues.insert(name.to_owned(), queue);
        Ok(true)
    }

    fn remove(&self, name: &str) -> Result<(), Refusal> {
        let mut queues = self.queues();
        queues.remove(name).ok_or_else(no_such_queue)?;
        self.shelf.drop_queue(name).map_err(|error| Refusal::internal(&error))
    }

    fn purge(&self, name: &str) -> Result<(), Refusal> {
        let mut queues = self.queues();
        let queue = queues.get_mut(name).ok_or_else(no_such_queue)?;
        for id in std::mem::take(&mut queue.messages).into_keys() {
            self.shelf.drop_message(name, &id).map_err(|error| Refusal::internal(&error))?;
        }
        Ok(())
    }

    /// A queue's attributes and when it was made, and how many messages it has.
    fn describe(&self, name: &str) -> Result<(Attributes, jiff::Timestamp, Counts), Refusal> {
        let now = self.clock.now();
        let mut queues = self.queues();
        let queue = queues.get_mut(name).ok_or_else(no_such_queue)?;
        for expired in queue.expire(now) {
            self.shelf.drop_message(name, &expired).map_err(|error| Refusal::internal(&error))?;
        }
        Ok((attributes::with_defaults(&queue.attributes), queue.created_at, queue.counts(now)))
    }

    fn names(&self) -> Vec<String> {
        self.queues().keys().cloned().collect()
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_such_queue() -> Refusal {
    Refusal::new(Kind::QueueDoesNotExist, "The specified queue does not exist.")
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = (1..=80).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length. There are no FIFO queues here.";
    if fits { Ok(()) } else { Err(Refusal::new(Kind::InvalidParameterValue, message)) }
}

/// A receipt handle names the message and this receiving of it.
fn handle_of(id: &str, receipt: &str) -> String {
    STANDARD.encode(format!("{id} {receipt}"))
}

fn read_handle(handle: &str) -> Result<(String, String), Refusal> {
    let read = STANDARD.decode(handle).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = read.as_deref().and_then(|text| text.split_once(' ')).map(|(id, receipt)| (id.to_owned(), receipt.to_owned()));
    parts.ok_or_else(|| Refusal::new(Kind::ReceiptHandleIsInvalid, "The input receipt handle is invalid."))
}
