//! Every way to complete a session is the same one: the callback, the request for the next session, and the rescue. Each compares, estimates
//! and tidies up after itself, with what its own role allows.

use crate::enrolments::opened;
use crate::faces::{opened_with_source, upload};
use crate::world::{Person, World, ids};
use serde_json::{Value, json};

/// Who comes first.
#[derive(Debug, Clone, Copy)]
enum Way {
    Callback,
    NextSession,
    Rescue,
}

const WAYS: [Way; 3] = [Way::Callback, Way::NextSession, Way::Rescue];

/// Streams, has the session completed in that way, and says how the verification stands.
async fn check(world: &World, subject: &str, id: &str, way: Way) -> Value {
    let (_, session_id) = ids(&world.user(subject).await.next(id).await.expect(201));
    finish(world, subject, id, &session_id, way).await
}

async fn finish(world: &World, subject: &str, id: &str, session_id: &str, way: Way) -> Value {
    world.succeeded_as(session_id, 97.0, Person::Obama).await;
    let user = world.user(subject).await;
    match way {
        Way::Callback => drop(user.complete(id, session_id).await.expect(200)),
        Way::NextSession => drop(user.next(id).await),
        Way::Rescue => world.advance(61).await,
    }
    user.get(id).await.expect(200)
}

#[tokio::test]
async fn whoever_completes_a_session_finds_out_the_same() {
    for way in WAYS {
        let world = World::start().await;
        let service = world.caller("shop", "open read").await;
        let (id, form) = opened_with_source(&service, "alice").await;
        assert_eq!(upload(&form, Person::Obama.photo()).await, 204);
        let told = check(&world, "alice", &id, way).await;
        assert_eq!(told["status"], "approved", "{way:?}: {told}");

        let (id, _) = opened_with_source(&service, "bob").await;
        let told = check(&world, "bob", &id, way).await;
        assert_eq!((&told["status"], &told["attemptsLeft"]), (&json!("open"), &json!(3)), "{way:?}: no picture to compare with: {told}");

        let id = opened(&service, "carol", "age-gate").await.expect(201)["verificationId"].as_str().unwrap().to_owned();
        let told = check(&world, "carol", &id, way).await;
        assert_eq!(told["status"], "approved", "{way:?}: {told}");

        // Whose device has failed for others is looked up as well.
        let dave = world.user("dave").await;
        let (id, session_id) = ids(&dave.open(&json!({ "deviceId": "the-phone-of-dave" }), None).await.expect(201));
        let told = finish(&world, "dave", &id, &session_id, way).await;
        assert_eq!(told["status"], "approved", "{way:?}: {told}");
        world.stop().await;
    }
}

/// The last session was streamed, and nobody ever heard of it again: clean-up ends it, and with it the verification.
#[tokio::test]
async fn what_nobody_completed_is_ended_by_clean_up() {
    let world = World::start().await;
    let user = world.user("alice").await;
    let (id, mut session_id) = ids(&user.open(&json!({}), None).await.expect(201));
    for _ in 0..3 {
        world.succeeded(&session_id, 12.0).await;
        user.complete(&id, &session_id).await.expect(200);
        session_id = ids(&user.next(&id).await.expect(201)).1;
    }
    world.outcome(&json!({ "sessionId": session_id, "status": "IN_PROGRESS" })).await;
    world.advance(61).await;
    world.advance(300).await;
    let told = user.get(&id).await.expect(200);
    assert_eq!((&told["status"], &told["nextStep"]), (&json!("denied"), &json!("alternative")), "{told}");
    world.stop().await;
}
