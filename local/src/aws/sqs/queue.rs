//! One standard queue: its messages, when each can be received, and who holds it. It has no clock and no disk; whoever changes it
//! keeps what it says was changed.

use super::attributes::{Attributes, Redrive, redrive, span};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A queue with everything in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    pub(super) attributes: Attributes,
    pub(super) created_at: Timestamp,
    pub(super) messages: BTreeMap<String, Message>,
}

/// A message with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    /// Who sent it.
    pub(crate) sender: String,
    pub(crate) sent_at: Timestamp,
    /// Until then it is delayed, or somebody holds it.
    pub(crate) visible_at: Timestamp,
    pub(crate) receives: u32,
    pub(crate) first_received_at: Option<Timestamp>,
    /// The secret of whoever received it last.
    pub(crate) receipt: Option<String>,
}

/// What a receipt does to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// It is the receipt of whoever holds the message.
    Valid,
    /// The message is gone, or somebody has received it since, or may again.
    Over,
}

/// How many messages there are, by what they wait for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) visible: usize,
    pub(super) held: usize,
    pub(super) delayed: usize,
}

impl Queue {
    /// Removes what nobody has fetched in time, and says which.
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<String> {
        let retention = span(&self.attributes, "MessageRetentionPeriod");
        let over = |message: &Message| now.duration_since(message.sent_at) >= retention;
        let expired: Vec<String> = self.messages.values().filter(|message| over(message)).map(|message| message.id.clone()).collect();
        for id in &expired {
            self.messages.remove(id);
        }
        expired
    }

    /// The messages that can be received, those first that have waited longest; a standard queue promises no order.
    pub(super) fn visible(&self, now: Timestamp) -> Vec<String> {
        let mut visible: Vec<&Message> = self.messages.values().filter(|message| message.visible_at <= now).collect();
        visible.sort_unstable_by_key(|message| (message.visible_at, message.sent_at));
        visible.into_iter().map(|message| message.id.clone()).collect()
    }

    /// Where a message goes that is received once too often.
    pub(super) fn redrive_of(&self, message: &Message) -> Option<Redrive> {
        redrive(&self.attributes).filter(|redrive| message.receives >= redrive.most_receives)
    }

    /// Whoever receives the message holds it until the time is over.
    pub(super) fn hold(&mut self, id: &str, receipt: String, held_for: Option<SignedDuration>, now: Timestamp) -> Option<Message> {
        let held_for = held_for.unwrap_or_else(|| span(&self.attributes, "VisibilityTimeout"));
        let message = self.messages.get_mut(id)?;
        message.receives = message.receives.saturating_add(1);
        message.first_received_at.get_or_insert(now);
        message.visible_at = after(now, held_for);
        message.receipt = Some(receipt);
        Some(message.clone())
    }

    /// Whether the receipt is worth something still. It is until somebody else receives the message, even when its time is over
    /// (`API_DeleteMessage`).
    pub(super) fn held(&self, id: &str, receipt: &str) -> Held {
        match self.messages.get(id) {
            Some(message) if message.receipt.as_deref() == Some(receipt) => Held::Valid,
            _ => Held::Over,
        }
    }

    /// Who holds the message holds it for so long from now; no time at all gives it back.
    pub(super) fn hold_for(&mut self, id: &str, held_for: SignedDuration, now: Timestamp) -> Option<Message> {
        let message = self.messages.get_mut(id).filter(|message| message.visible_at > now)?;
        message.visible_at = after(now, held_for);
        Some(message.clone())
    }

    pub(super) fn counts(&self, now: Timestamp) -> Counts {
        let mut counts = Counts::default();
        for message in self.messages.values() {
            let counter = match message.visible_at <= now {
                true => &mut counts.visible,
                false if message.receipt.is_some() => &mut counts.held,
                false => &mut counts.delayed,
            };
            *counter += 1;
        }
        counts
    }
}

pub(super) fn after(start: Timestamp, span: SignedDuration) -> Timestamp {
    start.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    fn queue() -> Queue {
        let mut queue = Queue { attributes: [("VisibilityTimeout".to_owned(), "8".to_owned())].into(), ..Queue::default() };
        let message = |id: &str, delay| Message {
            id: id.to_owned(),
            body: "{}".to_owned(),
            sender: "AIDA".to_owned(),
            sent_at: at(0),
            visible_at: at(delay),
            receives: 0,
            first_received_at: None,
            receipt: None,
        };
        for (id, delay) in [("late", 60), ("soon", 0)] {
            queue.messages.insert(id.to_owned(), message(id, delay));
        }
        queue
    }

    #[test]
    fn a_message_is_delayed_held_and_visible_again() {
        let mut queue = queue();
        assert_eq!(queue.visible(at(59)), ["soon"]);
        assert_eq!(queue.visible(at(60)), ["soon", "late"]);
        let held = queue.hold("soon", "r1".into(), None, at(1)).expect("held");
        assert_eq!((held.receives, held.visible_at), (1, at(9)));
        assert_eq!(queue.counts(at(2)), Counts { visible: 0, held: 1, delayed: 1 });
        assert_eq!(queue.visible(at(9)), ["soon"]);
        assert_eq!(queue.held("soon", "r1"), Held::Valid, "until somebody else has it");
        queue.hold("soon", "r2".into(), Some(SignedDuration::from_secs(30)), at(9));
        assert_eq!((queue.held("soon", "r1"), queue.held("soon", "r2")), (Held::Over, Held::Valid));
        queue.hold_for("soon", SignedDuration::ZERO, at(10)).expect("given back");
        assert_eq!(queue.visible(at(10)), ["soon"]);
        assert_eq!(queue.hold_for("soon", SignedDuration::ZERO, at(11)), None, "nobody holds it");
    }

    #[test]
    fn what_nobody_fetches_goes() {
        let mut queue = queue();
        queue.attributes.insert("MessageRetentionPeriod".into(), "60".into());
        assert_eq!(queue.expire(at(59)), Vec::<String>::new());
        assert_eq!(queue.expire(at(60)), ["late", "soon"]);
    }
}
