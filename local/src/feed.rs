//! What leaves the system, in the order in which it leaves: events, answers to steps of workflows, and what was given up. There is nobody here to
//! send it to, so the last of it is kept for a developer and a test to look at, and for whoever watches it come.

use crate::aws::eventbridge::PutEvent;
use crate::aws::stepfunctions::TaskCall;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The last of what left, and a bell for whoever waits for more.
#[derive(Debug)]
pub struct Feed {
    run: i64,
    kept: Mutex<Kept>,
    /// Rings with everything that leaves; false once there is nothing to wait for any more.
    open: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Entry>,
    last: u64,
}

/// One thing that left.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Rises by one with everything that leaves.
    pub number: u64,
    /// When it left, by the movable clock.
    pub at: Timestamp,
    /// What it is.
    pub what: Left,
}

/// What leaves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "what")]
pub enum Left {
    /// An event that a bus took.
    Event(PutEvent),
    /// What the step of a workflow was told.
    Answer(TaskCall),
    /// What was given up.
    DeadLetter(DeadLetter),
}

/// What was given up after all tries, as the destination gets it that the template names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadLetter {
    /// The queue or topic.
    pub destination: String,
    /// What it is told.
    pub letter: Value,
}

/// Of each kind: many events must not push the one dead letter aside.
const CAPACITY: usize = 1_000;

impl Feed {
    /// Of the run that began then: numbers of another run mean nothing here.
    pub fn new(began: Timestamp) -> Self {
        Self { run: began.as_millisecond(), kept: Mutex::default(), open: watch::Sender::new(true) }
    }

    /// Something leaves.
    pub(crate) fn record(&self, at: Timestamp, what: Left) {
        let mut kept = self.kept();
        let kind = discriminant(&what);
        let alike = |entry: &Entry| discriminant(&entry.what) == kind;
        if kept.entries.iter().filter(|entry| alike(entry)).count() == CAPACITY
            && let Some(oldest) = kept.entries.iter().position(alike)
        {
            kept.entries.remove(oldest);
        }
        kept.last += 1;
        let number = kept.last;
        kept.entries.push_back(Entry { number, at, what });
        drop(kept);
        self.open.send_modify(|_| {});
    }

    /// The last thousand events, the oldest first.
    pub fn events(&self) -> Vec<PutEvent> {
        self.of_kind(|what| if let Left::Event(event) = what { Some(event.clone()) } else { None })
    }

    /// The last thousand answers, the oldest first.
    pub fn answers(&self) -> Vec<TaskCall> {
        self.of_kind(|what| if let Left::Answer(call) = what { Some(call.clone()) } else { None })
    }

    /// The last thousand dead letters, the oldest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.of_kind(|what| if let Left::DeadLetter(letter) = what { Some(letter.clone()) } else { None })
    }

    /// What is kept of everything that left after that number, the oldest first.
    pub(crate) fn after(&self, number: u64) -> Vec<Entry> {
        let kept = self.kept();
        let first = kept.entries.partition_point(|entry| entry.number <= number);
        kept.entries.range(first..).cloned().collect()
    }

    /// What an entry is called, in this run and for whoever comes back in another.
    pub(crate) fn id_of(&self, number: u64) -> String {
        format!("{}-{number}", self.run)
    }

    /// The number that an id of this run names.
    pub(crate) fn number_of(&self, id: &str) -> Option<u64> {
        let (run, number) = id.split_once('-')?;
        let number = number.parse().ok()?;
        (run.parse() == Ok(self.run) && number <= self.kept().last).then_some(number)
    }

    /// Changes with everything that leaves, and is false at the end.
    pub(crate) fn watch(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// Whoever watches need not wait any longer.
    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    fn of_kind<T>(&self, pick: impl Fn(&Left) -> Option<T>) -> Vec<T> {
        self.kept().entries.iter().filter_map(|entry| pick(&entry.what)).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(number: usize) -> Left {
        Left::Event(PutEvent {
            id: number.to_string(),
            time: Timestamp::UNIX_EPOCH,
            event_bus_name: "bus".into(),
            source: "s".into(),
            detail_type: "t".into(),
            detail: json!({ "number": number }),
        })
    }

    #[test]
    fn of_each_kind_the_last_thousand_are_kept_in_the_order_of_all() {
        let feed = Feed::new(Timestamp::UNIX_EPOCH);
        let letter = DeadLetter { destination: "dead".into(), letter: json!({}) };
        feed.record(Timestamp::UNIX_EPOCH, Left::DeadLetter(letter.clone()));
        for number in 0..1_003 {
            feed.record(Timestamp::UNIX_EPOCH, event(number));
        }
        let events = feed.events();
        assert_eq!((events.len(), &events[0].detail), (1_000, &json!({ "number": 3 })));
        assert_eq!(feed.dead_letters(), [letter]);
        let numbers = |after| feed.after(after).iter().map(|entry| entry.number).collect::<Vec<_>>();
        assert_eq!(numbers(0)[..3], [1, 5, 6], "the letter, and the fourth event");
        assert_eq!(numbers(1_002), [1_003, 1_004]);
        assert_eq!(numbers(2)[0], 5, "what is gone is passed over");
        assert!(numbers(1_004).is_empty());
    }

    #[test]
    fn an_id_is_of_one_run() {
        let feed = Feed::new(Timestamp::from_millisecond(70).expect("a time"));
        feed.record(Timestamp::UNIX_EPOCH, event(0));
        assert_eq!(feed.id_of(1), "70-1");
        for (id, number) in [
            ("70-1", Some(1)),
            ("70-0", Some(0)),
            ("70-2", None),
            ("71-1", None),
            ("70", None),
            ("70--1", None),
            ("-70-1", None),
            ("", None),
            ("70-18446744073709551616", None),
        ] {
            assert_eq!(feed.number_of(id), number, "{id}");
        }
    }

    #[test]
    fn whoever_watches_is_rung_for_everything_and_for_the_end() {
        let feed = Feed::new(Timestamp::UNIX_EPOCH);
        let mut bell = feed.watch();
        assert!(!bell.has_changed().expect("open"));
        feed.record(Timestamp::UNIX_EPOCH, event(0));
        assert!(bell.has_changed().expect("open"));
        assert!(*bell.borrow_and_update());
        feed.close();
        assert!(!*bell.borrow_and_update());
    }
}
