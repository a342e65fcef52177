//! What must not leave: scores, images and face data in no answer to an end user; these, subjects, session ids and credentials
//! in no log line.

use crate::receiver::{Answer, Receiver};
use crate::world::{World, ids};
use http::Method;
use prooflight_local::Options;
use prooflight_open_verification::OpenVerificationFunction;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::environment::Environment;
use prooflight_shared::invocation::Invocation;
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Everything that was logged, at every level, by everything of ours.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// A workflow's step that is told by the stream, and once more at once; its token.
async fn a_step_that_waited(world: &World, subject: &str) -> String {
    let handed_out = world.send(Method::POST, "/dev/task", &[("content-type", "application/json")], "{}").await.expect(200);
    let token = handed_out["taskToken"].as_str().unwrap().to_owned();
    let environment = crate::proxy::environment(&world.aws_url(), world, OpenVerificationFunction::NAME);
    a_step_that_waits(world, &environment, subject, &token).await;
    let path = format!("/dev/task?token={}", token.replace('+', "%2B"));
    while world.send(Method::GET, &path, &[], "").await.expect(200)["state"] == "waiting" {
        tokio::task::yield_now().await;
    }
    token
}

/// A step with that token, taken twice, of which each time what it waits for is called off.
pub(crate) async fn a_step_that_waits(world: &World, environment: &Environment, subject: &str, token: &str) {
    let open = OpenVerificationFunction::connect(environment).unwrap();
    let task =
        json!({ "subject": { "issuer": "https://prooflight.local/", "subject": subject }, "idempotencyKey": "k", "taskToken": token });
    let user = world.user(subject).await;
    for number in 1..=2 {
        let invocation = Invocation { now: world.now(), request_id: "r".into(), entropy: [number; 32] };
        let opened = open.handle(serde_json::from_value(task.clone()).unwrap(), invocation).await.unwrap();
        let path = format!("/verifications/{}/cancel", opened["verificationId"].as_str().unwrap());
        user.send(Method::POST, &path, &[], "").await.expect(200);
    }
}

#[tokio::test]
async fn nothing_that_is_secret_reaches_a_log_or_an_end_user() {
    let log = Log::default();
    let writer = log.clone();
    // All of ours, functions included, at every level, and what the SDK says of itself.
    let filter = "off,prooflight=trace,prooflight_local=trace,prooflight_shared=trace,prooflight_vision=trace,aws_smithy_runtime=debug,\
        prooflight_create_session=trace,prooflight_complete_session=trace,prooflight_get_verification=trace,\
        prooflight_open_verification=trace,prooflight_close_verification=trace,prooflight_lift_lockout=trace,\
        prooflight_get_evidence=trace,prooflight_review_verification=trace,prooflight_enroll_face=trace,\
        prooflight_erase_subject=trace,prooflight_export_subject=trace,prooflight_cleanup=trace,prooflight_rescue_session=trace,\
        prooflight_publish_decision=trace,prooflight_deliver_webhook=trace,hyper_util=debug";
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(move || writer.clone()).init();

    let receiver = Receiver::start().await;
    receiver.plan([Answer::Status(500), Answer::Cut]);
    let webhook_url = Some(format!("{}?an-address-that=can-be-found-again", receiver.url()));
    let world = World::with(Options { webhook_url, ..Options::ephemeral() }).await;
    let signing_keys = crate::webhooks::keys(&world).await;
    let subject = "a-subject-that-can-be-found-again";
    let alice = world.user(subject).await;
    let body = json!({"deviceId": "a-device-that-can-be-found-again", "metadata": {"order": "a-note-that-can-be-found-again"}});
    let opened = alice.open(&body, Some("a-key-that-can-be-found-again")).await.expect(201);
    let (id, session_id) = ids(&opened);
    world.outcome(&json!({"sessionId": session_id, "error": "InternalServerError", "times": 3})).await;
    let refused = alice.complete(&id, &session_id).await;
    world.succeeded(&session_id, 71.125).await;
    let failed = alice.complete(&id, &session_id).await.expect(200);
    let again = alice.next(&id).await.expect(201);
    let read = alice.get(&id).await.expect(200);

    let reviewer = world.caller("a-reviewer-that-can-be-found-again", "review").await;
    let seen = reviewer.send(Method::GET, &format!("/verifications/{id}/evidence"), &[], "").await.expect(200);
    assert!(seen.to_string().contains("71.125") && seen.to_string().contains("X-Amz-Signature"), "a reviewer sees more");
    reviewer.send(Method::GET, "/reviews", &[], "").await.expect(200);

    let task_token = a_step_that_waited(&world, subject).await;

    // What services, protectors of data and the clock do to him leaves no more of him.
    let service = world.caller("a-service-that-can-be-found-again", "open read erase admin").await;
    let json_body = [("content-type", "application/json")];
    let body =
        json!({"policy": "onboarding", "consent": {"version": "2026-11"}, "externalReference": "a-reference-that-can-be-found-again"});
    let path = format!("/subjects/{subject}/verifications");
    let onboarding = service.send(http::Method::POST, &path, &json_body, body.to_string()).await.expect(201);
    let onboarding = onboarding["verificationId"].as_str().unwrap().to_owned();
    let (_, second) = ids(&alice.next(&onboarding).await.expect(201));
    world.succeeded_as(&second, 97.125, crate::world::Person::Obama).await;
    alice.complete(&onboarding, &second).await.expect(200);
    service.send(http::Method::POST, &format!("/verifications/{onboarding}/enrolment"), &[], "").await.expect(200);
    for path in [format!("/subjects/{subject}/export"), format!("/verifications?subject={subject}"), format!("/lockouts?subject={subject}")]
    {
        service.send(http::Method::GET, &path, &[], "").await.expect(200);
    }
    alice.send(http::Method::POST, &format!("/verifications/{onboarding}/withdraw-consent"), &[], "").await.expect(200);
    service.send(http::Method::POST, "/erasures", &json_body, json!({"subject": subject}).to_string()).await.expect(202);
    // The session that nobody uses is looked at, and what is due is cleaned up.
    world.advance(61).await;
    world.advance(601).await;

    let webhooks = receiver.delivered(4).await;

    let log = log.text();
    assert!(log.contains("webhook.unavailable") && log.contains("\"delivered\""), "{log}");
    assert!(log.contains("cleaned up"), "clean-up is in the log");
    assert!(log.contains("\"approvals\":1"), "an approval is counted: {log}");
    assert!(log.contains("published") && log.contains("answered a workflow at once"), "{log}");
    assert!(log.contains("\"answered\"") && log.contains("liveness.unavailable"), "the log is on: {log}");
    let credentials = &opened["session"]["credentials"];
    let secrets = [
        subject,
        "can-be-found-again",
        &session_id,
        &task_token,
        "71.125",
        "97.125",
        &second,
        "X-Amz-Signature",
        credentials["secretAccessKey"].as_str().unwrap(),
        credentials["sessionToken"].as_str().unwrap(),
        signing_keys["current"].as_str().unwrap(),
        webhooks[0].header("webhook-signature"),
        &world.token(subject, "verify").await,
    ];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} was logged");
    }

    for body in [&opened, &refused.body, &failed, &again, &read] {
        assert!(!body.to_string().contains("71.125"), "the score is in {body}");
    }
    world.stop().await;
}
