//! What others are told: the workflow that waits gets its answer, the event bus its event, each time the same.

use crate::erasures::{erase, kept};
use crate::proxy;
use crate::world::{Person, User, World, ids};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use prooflight_local::Options;
use prooflight_open_verification::OpenVerificationFunction;
use prooflight_shared::edge::{Failure, LambdaFunction};
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

const JSON: (&str, &str) = ("content-type", "application/json");
pub(crate) const SUBJECT: &str = "subject-that-can-be-found-again";

/// The steps that a workflow takes, taken by hand.
pub(crate) struct Workflow<'a> {
    world: &'a World,
    pub(crate) user: User<'a>,
    open: OpenVerificationFunction,
    steps: AtomicU8,
}

impl<'a> Workflow<'a> {
    pub(crate) async fn start(world: &'a World) -> Self {
        let environment = proxy::environment(&world.aws_url(), world, OpenVerificationFunction::NAME);
        let open = OpenVerificationFunction::connect(&environment).unwrap();
        Self { world, user: world.user(SUBJECT).await, open, steps: AtomicU8::new(0) }
    }

    /// A step that invokes open-verification.
    async fn step(&self, task: Value) -> Result<Value, Failure> {
        let number = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        let invocation = Invocation { now: self.world.now(), request_id: format!("r{number}"), entropy: [number; 32] };
        self.open.handle(serde_json::from_value(task).unwrap(), invocation).await
    }

    /// The step that opens and waits, with what its execution and state name make.
    pub(crate) async fn open(&self, policy: &str, key: &str, token: &str) -> String {
        let subject = json!({ "issuer": "https://prooflight.local/", "subject": SUBJECT });
        let mut request = json!({ "policy": policy, "externalReference": "order-7", "metadata": { "note": "can-be-found-again" } });
        if policy == "onboarding" {
            request["consent"] = json!({ "version": "2026-11" });
        }
        let task = json!({ "subject": subject, "idempotencyKey": key, "taskToken": token, "request": request });
        self.step(task).await.unwrap()["verificationId"].as_str().unwrap().to_owned()
    }

    /// The service does not want to know any more.
    pub(crate) async fn cancel(&self, id: &str) {
        self.user.send(Method::POST, &format!("/verifications/{id}/cancel"), &[], "").await.expect(200);
    }

    /// The step that waits for a person.
    async fn await_verdict(&self, id: &str, token: &str) -> Result<Value, Failure> {
        self.step(json!({ "verificationId": id, "await": "verdict", "taskToken": token })).await
    }

    /// A check that ended with that confidence.
    pub(crate) async fn check(&self, id: &str, confidence: f32) -> String {
        let (_, session_id) = ids(&self.user.next(id).await.expect(201));
        self.world.succeeded_as(&session_id, confidence, Person::Obama).await;
        self.user.complete(id, &session_id).await.expect(200);
        session_id
    }

    pub(crate) async fn judge(&self, id: &str, verdict: &str, reason: &str) {
        let reviewer = self.world.caller("rita", "review").await;
        let (etag, _) = crate::reviews::look(&reviewer, id).await;
        crate::reviews::judge(&reviewer, id, &etag, verdict, reason).await.expect(200);
    }
}

pub(crate) async fn token(world: &World) -> String {
    let handed_out = world.send(Method::POST, "/dev/task", &[JSON], "{}").await.expect(200);
    handed_out["taskToken"].as_str().unwrap().to_owned()
}

/// How the step stands once it was told something.
pub(crate) async fn told(world: &World, token: &str) -> Value {
    let path = format!("/dev/task?token={}", utf8_percent_encode(token, NON_ALPHANUMERIC));
    until(async || {
        let outcome = world.send(Method::GET, &path, &[], "").await.expect(200);
        (outcome["state"] != "waiting").then_some(outcome)
    })
    .await
}

/// Everything that left so far.
pub(crate) async fn left(world: &World) -> Value {
    world.send(Method::GET, "/dev/events", &[], "").await.expect(200)
}

/// The kinds of the events about a verification, once there are so many.
pub(crate) async fn events(world: &World, id: &str, count: usize) -> Vec<Value> {
    until(async || {
        let about: Vec<Value> = left(world).await["events"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["detail"]["verificationId"] == id)
            .cloned()
            .collect();
        (about.len() >= count).then_some(about)
    })
    .await
}

pub(crate) fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["detailType"].as_str().unwrap()).collect()
}

pub(crate) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_approval_resumes_the_workflow_and_is_told_once() {
    let world = World::start().await;
    let workflow = Workflow::start(&world).await;
    let token = token(&world).await;
    let id = workflow.open("onboarding", "run-1/Open", &token).await;
    let session_id = workflow.check(&id, 97.125).await;
    let outcome = told(&world, &token).await;
    let policy = outcome["output"]["policyVersion"].clone();
    assert!(policy.is_string());
    assert_eq!(
        outcome,
        json!({ "state": "succeeded",
            "output": { "verificationId": id, "status": "approved", "policy": "onboarding", "policyVersion": policy } })
    );
    let events = events(&world, &id, 2).await;
    assert_eq!(kinds(&events), ["VerificationOpened", "VerificationDecided"]);
    let detail = &events[1]["detail"];
    assert_eq!(
        (&events[1]["source"], &events[1]["eventBusName"], &detail["schemaVersion"]),
        (&json!("prooflight"), &json!("prooflight-local-verifications"), &json!(1))
    );
    assert_eq!((&detail["status"], &detail["externalReference"]), (&json!("approved"), &json!("order-7")));
    assert_eq!(detail["eventId"], json!(format!("{id}#{}", detail["sequence"])));
    assert!(detail["sequence"].as_u64() > events[0]["detail"]["sequence"].as_u64());

    let left = left(&world).await;
    for secret in
        ["can-be-found-again", &session_id, &token, "sessionId", "confidence", "97.125", "sha256", "evidence/", "https://prooflight.local/"]
    {
        assert!(!left["events"].to_string().contains(secret), "{secret} is in an event");
    }
    for item in world.items().await {
        assert!(!format!("{item:?}").contains(&token), "a used token is kept: {item:?}");
    }
    world.stop().await;
}

#[tokio::test]
async fn every_end_has_its_answer() {
    let world = World::start().await;
    let workflow = Workflow::start(&world).await;

    let waiting = token(&world).await;
    let denied = workflow.open("onboarding", "denied/Open", &waiting).await;
    for _ in 0..4 {
        workflow.check(&denied, 12.0).await;
    }
    let outcome = told(&world, &waiting).await;
    assert_eq!((&outcome["output"]["status"], &outcome["output"]["reasons"]), (&json!("denied"), &json!(["attempts_exhausted"])));

    world.advance(3700).await;
    let waiting = token(&world).await;
    let expired = workflow.open("liveness", "expired/Open", &waiting).await;
    world.advance(31 * 60).await;
    let failure = json!({ "state": "failed", "error": "VerificationExpired", "cause": "{\"reasons\":[\"timed_out\"]}" });
    assert_eq!(told(&world, &waiting).await, failure);
    let again = token(&world).await;
    assert_eq!(workflow.open("liveness", "expired/Open", &again).await, expired, "the step is tried again");
    assert_eq!(told(&world, &again).await, failure, "what is over is answered at once");

    let waiting = token(&world).await;
    let cancelled = workflow.open("liveness", "cancelled/Open", &waiting).await;
    workflow.cancel(&cancelled).await;
    assert_eq!(told(&world, &waiting).await["cause"], json!("{\"reasons\":[\"cancelled\"]}"));

    let waiting = token(&world).await;
    let erased = workflow.open("liveness", "erased/Open", &waiting).await;
    erase(&world, SUBJECT).await;
    assert_eq!(told(&world, &waiting).await["error"], "VerificationErased");
    let refused = workflow.await_verdict(&erased, &waiting).await.unwrap_err();
    assert_eq!(refused.error_type, "NotFound");

    for (id, expected) in [
        (denied, &["VerificationOpened", "VerificationDecided", "VerificationErased"][..]),
        (expired, &["VerificationOpened", "VerificationDecided", "VerificationErased"]),
        (cancelled, &["VerificationOpened", "VerificationDecided", "VerificationErased"]),
        (erased, &["VerificationOpened", "VerificationErased"]),
    ] {
        let events = events(&world, &id, expected.len()).await;
        assert_eq!(kinds(&events), expected);
        assert_eq!(events.last().unwrap()["detail"].get("externalReference"), None, "of what is erased only the name is told");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_verdict_resumes_the_second_wait_whichever_came_first() {
    let world = World::start().await;
    let workflow = Workflow::start(&world).await;
    let waiting = token(&world).await;
    let id = workflow.open("onboarding", "waits/Open", &waiting).await;
    let refused = workflow.await_verdict(&id, &waiting).await.unwrap_err();
    assert_eq!(refused.error_type, "NotDecided");
    workflow.check(&id, 70.0).await;
    assert_eq!(told(&world, &waiting).await["output"]["status"], "in_review");
    let second = token(&world).await;
    for _ in 0..3 {
        workflow.await_verdict(&id, &second).await.unwrap();
    }
    workflow.judge(&id, "approved", "same_person").await;
    assert_eq!(told(&world, &second).await["output"]["status"], "approved");
    assert_eq!(kinds(&events(&world, &id, 3).await), ["VerificationOpened", "VerificationInReview", "VerificationDecided"]);

    let waiting = token(&world).await;
    let id = workflow.open("onboarding", "comes-late/Open", &waiting).await;
    workflow.check(&id, 70.0).await;
    workflow.judge(&id, "denied", "not_live").await;
    let late = token(&world).await;
    workflow.await_verdict(&id, &late).await.unwrap();
    let outcome = told(&world, &late).await;
    assert_eq!((&outcome["output"]["status"], &outcome["output"]["reasons"]), (&json!("denied"), &json!(["review_denied"])));
    world.stop().await;
}

#[tokio::test]
async fn a_step_that_is_tried_again_is_the_same_verification_and_both_tokens_are_told() {
    let world = World::start().await;
    let workflow = Workflow::start(&world).await;
    let (first, second) = (token(&world).await, token(&world).await);
    let id = workflow.open("onboarding", "run/Open", &first).await;
    for token in [&first, &second, &second, &first] {
        assert_eq!(workflow.open("onboarding", "run/Open", token).await, id);
    }
    workflow.check(&id, 97.0).await;
    for token in [&first, &second] {
        assert_eq!(told(&world, token).await["output"]["status"], "approved");
    }
    let third = token(&world).await;
    assert_eq!(workflow.open("onboarding", "run/Open", &third).await, id);
    assert_eq!(told(&world, &third).await["output"]["status"], "approved", "what is decided is answered at once");
    let calls = left(&world).await["tasks"].as_array().unwrap().len();
    assert_eq!(calls, 3, "each was told once");
    for nonsense in ["", "two words", &"a".repeat(2049)] {
        let task = json!({ "verificationId": id, "await": "verdict", "taskToken": nonsense });
        assert_eq!(workflow.step(task).await.unwrap_err().error_type, "Malformed", "{nonsense}");
    }
    world.stop().await;
}

/// The whole stream once more, three times: after a restart that has forgotten how far it was read.
#[tokio::test]
async fn what_is_delivered_again_is_told_the_same() {
    let (mut world, folder) = kept().await;
    let bare = |events: &[Value]| events.iter().map(|event| (event["time"].clone(), event["detail"].clone())).collect::<Vec<_>>();
    let workflow = Workflow::start(&world).await;
    let waiting = token(&world).await;
    let id = workflow.open("onboarding", "run/Open", &waiting).await;
    workflow.check(&id, 70.0).await;
    workflow.judge(&id, "approved", "same_person").await;
    drop(workflow);
    let first = bare(&events(&world, &id, 3).await);
    for _ in 0..3 {
        world.stop().await;
        std::fs::remove_file(folder.path().join("stream-publish-decision")).unwrap();
        world = World::with(Options { data_dir: Some(folder.path().to_owned()), ..Options::ephemeral() }).await;
        assert_eq!(bare(&events(&world, &id, 3).await), first);
        let refused = until(async || {
            let left = left(&world).await;
            left["tasks"].as_array().unwrap().first().map(|call| call["refused"].clone())
        })
        .await;
        assert_eq!(refused, json!("TaskDoesNotExist"), "a token that nobody knows any more is no reason to try again");
        assert_eq!(left(&world).await["deadLetters"], json!([]));
    }
    world.stop().await;
    // Where it is known how far it was read, nothing comes again.
    world = World::with(Options { data_dir: Some(folder.path().to_owned()), ..Options::ephemeral() }).await;
    let other = world.user("bob").await.open(&json!({}), None).await.expect(201)["verificationId"].as_str().unwrap().to_owned();
    events(&world, &other, 1).await;
    assert_eq!(left(&world).await["events"].as_array().unwrap().len(), 1);
    world.stop().await;
}
