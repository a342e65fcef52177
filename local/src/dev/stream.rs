//! What leaves, as it leaves (`GET /dev/events`, for whoever accepts `text/event-stream`): the last of what is kept, a word that it is the present
//! from there on, and then each as it comes. Each has an id, with which a client that was cut off goes on where it stopped ("Server-sent
//! events", HTML, 9.2).

use crate::feed::{Entry, Feed, Left};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, StreamExt, iter, unfold};
use http::HeaderMap;
use http::header::ACCEPT;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// Of what left before somebody came: a page shows no more.
const MOST_OF_THE_PAST: usize = 200;

/// Somebody who watches.
struct Watcher {
    feed: Arc<Feed>,
    bell: watch::Receiver<bool>,
    seen: u64,
    is_present: bool,
}

pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok()).flat_map(|accept| accept.split(','));
    accepted.map(|range| range.split(';').next().unwrap_or_default().trim()).any(|range| range.eq_ignore_ascii_case("text/event-stream"))
}

/// Ends when the server does.
pub(super) fn stream(feed: Arc<Feed>, headers: &HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>> + use<>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    // An id of an earlier run says nothing of this one.
    let seen = last.and_then(|id| feed.number_of(id)).unwrap_or_default();
    let watcher = Watcher { bell: feed.watch(), feed, seen, is_present: false };
    let events = unfold(watcher, Watcher::next).flat_map(iter).map(Ok);
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Watcher {
    async fn next(mut self) -> Option<(Vec<Event>, Self)> {
        if self.is_present {
            self.bell.changed().await.ok()?;
        }
        // Heard before it is looked at, so that what comes in between rings again.
        if !*self.bell.borrow_and_update() {
            return None;
        }
        let mut entries = self.feed.after(self.seen);
        if !self.is_present {
            entries.drain(..entries.len().saturating_sub(MOST_OF_THE_PAST));
        }
        self.seen = entries.last().map_or(self.seen, |entry| entry.number);
        let mut events: Vec<Event> = entries.into_iter().map(|entry| told(&self.feed, entry)).collect();
        if !self.is_present {
            self.is_present = true;
            // A browser passes over an event without data.
            events.push(Event::default().event("present").data("{}"));
        }
        Some((events, self))
    }
}

fn told(feed: &Feed, Entry { number, at, mut what }: Entry) -> Event {
    if let Left::Answer(call) = &mut what {
        call.task_token = shortened(&call.task_token);
    }
    let mut data = json!(what);
    if let Some(data) = data.as_object_mut() {
        data.insert("at".to_owned(), json!(at));
    }
    Event::default().id(feed.id_of(number)).data(data.to_string())
}

/// Enough of a task's token to tell two apart. Whoever has the whole one can answer the step.
fn shortened(token: &str) -> String {
    let token = token.trim_end_matches('=');
    let shown = (token.chars().count() / 4).min(8);
    let from = token.char_indices().rev().nth(shown.saturating_sub(1)).map_or(0, |(at, _)| at);
    if shown == 0 { "…".to_owned() } else { format!("…{}", token.get(from..).unwrap_or_default()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_stream_is_for_those_who_ask_for_one() {
        for (accept, wanted) in [
            (&["text/event-stream"][..], true),
            (&["TEXT/Event-Stream; charset=utf-8"], true),
            (&["application/json, text/event-stream;q=0.5"], true),
            (&["application/json", "text/event-stream"], true),
            (&["application/json"], false),
            (&["*/*"], false),
            (&["text/*"], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(ACCEPT, HeaderValue::from_static(value));
            }
            assert_eq!(is_wanted(&headers), wanted, "{accept:?}");
        }
    }

    #[test]
    fn no_token_is_shown_whole() {
        for (token, shown) in [
            ("AQBwcm9vZmxpZ2h0AAAAAAAAAAAAAAAA12345678==", "…12345678"),
            ("nonsense", "…se"),
            ("abcd", "…d"),
            ("abc", "…"),
            ("ääääääää", "…ää"),
            ("", "…"),
            ("====", "…"),
        ] {
            assert_eq!(shortened(token), shown, "{token}");
        }
    }
}
