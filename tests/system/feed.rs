//! What leaves, watched as it leaves: the past first, then the present, and after a break only what was missed.

use crate::publications::{Workflow, events, left, token, until};
use crate::world::{World, ids};
use http::Method;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};

/// Somebody who watches the feed.
struct Watching {
    body: Incoming,
    text: String,
}

/// What a browser would hand to the page.
#[derive(Debug, Default, PartialEq)]
struct Told {
    id: String,
    event: String,
    data: Value,
}

impl Watching {
    async fn start(world: &World, last: Option<&str>) -> Self {
        let mut headers = vec![("accept", "text/event-stream")];
        headers.extend(last.map(|id| ("last-event-id", id)));
        let answer = world.begin(Method::GET, "/dev/events", &headers, "").await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"text/event-stream".parse().unwrap()));
        Self { body: answer.into_body(), text: String::new() }
    }

    /// The next that comes; none at a proper end.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default();
                let data = serde_json::from_str(field("data")).unwrap_or_default();
                let told = Told { id: field("id").to_owned(), event: field("event").to_owned(), data };
                let read = self.text.len() - rest.len();
                self.text.drain(..read);
                return Some(told);
            }
            let bytes = self.body.frame().await?.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// What comes until somebody is in the present.
    async fn past(&mut self) -> Vec<Told> {
        let mut past = Vec::new();
        loop {
            match self.next().await.unwrap() {
                present if present.event == "present" => {
                    assert_eq!((present.id, present.data), (String::new(), json!({})), "it is nothing to come back to");
                    return past;
                }
                told => past.push(told),
            }
        }
    }
}

/// The verifications that events are about.
fn about(told: &[Told]) -> Vec<&str> {
    told.iter().map(|told| told.data["what"]["detail"]["verificationId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn events_come_as_they_leave_and_after_a_break_those_that_were_missed() {
    let world = World::start().await;
    let alice = world.user("alice").await;
    let open = async || {
        let (id, _) = ids(&alice.open(&json!({}), None).await.expect(201));
        events(&world, &id, 1).await;
        id
    };
    assert_eq!(Watching::start(&world, None).await.past().await, []);
    let first = open().await;
    let mut watching = Watching::start(&world, None).await;
    let past = watching.past().await;
    assert_eq!(about(&past), [first.as_str()]);
    assert_eq!((&past[0].data["kind"], &past[0].data["what"]["detailType"]), (&json!("event"), &json!("VerificationOpened")));
    assert!(past[0].data["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() <= world.now());

    let second = open().await;
    assert_eq!(about(&[watching.next().await.unwrap()]), [second.as_str()]);
    drop(watching);
    let third = open().await;
    let missed = Watching::start(&world, Some(&past[0].id)).await.past().await;
    assert_eq!(about(&missed), [second.as_str(), third.as_str()]);
    for unknown in ["1-1", "nonsense", ""] {
        let all = Watching::start(&world, Some(unknown)).await.past().await;
        assert_eq!(about(&all), [&first, &second, &third], "{unknown}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_answer_to_a_workflow_comes_without_its_token() {
    let world = World::start().await;
    let mut watching = Watching::start(&world, None).await;
    assert_eq!(watching.past().await, []);
    let workflow = Workflow::start(&world).await;
    let token = token(&world).await;
    let id = workflow.open("liveness", "run-1/Open", &token).await;
    workflow.cancel(&id).await;
    until(async || left(&world).await["tasks"].as_array().filter(|tasks| !tasks.is_empty()).map(|_| ())).await;
    let mut all = Vec::new();
    let answer = loop {
        let told = watching.next().await.unwrap();
        all.push(told.data.to_string());
        if told.data["kind"] == "answer" {
            break told.data["what"].clone();
        }
    };
    let shown = answer["taskToken"].as_str().unwrap();
    assert!(shown.chars().count() == 9 && token.trim_end_matches('=').ends_with(shown.trim_start_matches('…')), "{shown}");
    assert!(all.iter().all(|told| !told.contains(&token)), "{all:?}");
    let told = json!({ "state": "failed", "error": "VerificationExpired", "cause": "{\"reasons\":[\"cancelled\"]}" });
    assert_eq!((&answer["operation"], &answer["told"], &answer["refused"]), (&json!("SendTaskFailure"), &told, &Value::Null));
    world.stop().await;
}

#[tokio::test]
async fn whoever_watches_is_told_of_the_end() {
    let world = World::start().await;
    let mut watching = Watching::start(&world, None).await;
    watching.past().await;
    // Cut off it would be an error: whoever stops the server would have waited for the last moment.
    let ((), end) = tokio::join!(world.stop(), watching.next());
    assert_eq!(end, None);
}
