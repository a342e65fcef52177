//! The images of a day and the decisions that name them, compared: what nobody names goes, what is missing is told, and nothing is taken
//! from a completion that is under way, wherever the comparison is cut off.

use crate::enrolments::checked;
use crate::erasures::erase;
use crate::proxy::{self, Mishap, Proxy};
use crate::stored::Originals;
use crate::world::{Item, Person, World, ids};
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt as _};
use http::Method;
use prooflight_cleanup::Cleanup;
use prooflight_complete_session::CompleteSession;
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::{Value, json};

const DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// Clean-up as the stack runs it, at a time of the test's own: the schedule of the instance has its own clock.
struct Runs<'a> {
    world: &'a World,
    function: Cleanup,
    made: u8,
}

impl<'a> Runs<'a> {
    fn start(world: &'a World, url: &str) -> Self {
        Self { world, function: Cleanup::connect(&proxy::environment(url, world, Cleanup::NAME)).unwrap(), made: 0 }
    }

    /// The report of a run on the day after today, late enough for every session of today to have ended.
    async fn tomorrow(&mut self) -> Value {
        self.at(self.world.now() + DAY).await
    }

    async fn at(&mut self, now: jiff::Timestamp) -> Value {
        self.made += 1;
        let invocation = Invocation { now, request_id: format!("run-{}", self.made), entropy: [self.made; 32] };
        let report = self.function.handle(json!({}), invocation).await.unwrap();
        serde_json::to_value(report).unwrap()
    }
}

fn counts(report: &Value) -> [u64; 3] {
    ["orphansRemoved", "imagesMissing", "failed"].map(|name| report[name].as_u64().unwrap())
}

/// An approved verification with its three images.
async fn approved(world: &World, subject: &str) -> String {
    let (id, told) = checked(world, subject, "liveness", Person::Obama).await;
    assert_eq!(told["status"], "approved");
    id
}

fn key(date: &str, id: &str, session: u8, name: &str) -> String {
    format!("evidence/r30/{date}/{id}/{session}/{name}.jpg")
}

/// The document of a verification, as it is stored.
async fn document(world: &World, id: &str) -> Item {
    let pk = format!("verification#{id}");
    world.items().await.into_iter().find(|item| item["pk"].as_s() == Ok(&pk) && item["sk"].as_s().unwrap() == "verification").unwrap()
}

async fn put(world: &World, item: Item) {
    let client = aws_sdk_dynamodb::Client::new(&world.sdk());
    client.put_item().table_name(world.table().await).set_item(Some(item)).send().await.unwrap();
}

#[tokio::test]
async fn what_no_decision_names_goes_and_what_a_decision_names_is_missed() {
    let world = World::start().await;
    let mut runs = Runs::start(&world, &world.aws_url());
    assert_eq!(counts(&runs.at(world.now()).await), [0, 0, 0]);
    let (whole, robbed) = (approved(&world, "alice").await, approved(&world, "bob").await);
    // Called off while a completion was at it, which failed before it could take back what it had stored.
    let carol = world.user("carol").await;
    let (cancelled, _) = ids(&carol.open(&json!({}), None).await.expect(201));
    carol.send(Method::POST, &format!("/verifications/{cancelled}/cancel"), &[], "").await.expect(200);
    let named = world.image_keys().await;
    let (gone, today) = (format!("ver_{}", "0".repeat(32)), world.today());
    for key in [
        // Of another completion of the same session, of a session that was never judged, of a verification that is gone.
        key(&today, &whole, 1, &format!("audit-{}", "0".repeat(64))),
        key(&today, &whole, 2, "reference-late"),
        key(&today, &gone, 1, "reference-left"),
        key(&today, &cancelled, 1, "reference-stored"),
    ] {
        world.put_object(&key).await;
    }
    // Somebody else's, and of other days: they stay.
    let foreign = [
        key(&today, "ver_nobodys", 1, "picture"),
        format!("evidence/r30/2020-01-01/{gone}/1/reference-old.jpg"),
        format!("evidence/r30/{today}/readme"),
    ];
    for key in &foreign {
        world.put_object(key).await;
    }
    let stolen = named.iter().find(|key| key.contains(&robbed)).unwrap();
    world.remove_object(stolen).await;

    assert_eq!(counts(&runs.at(world.now()).await), [0, 0, 0], "today is not compared");
    assert_eq!(counts(&runs.tomorrow().await), [4, 1, 0]);
    let mut expected: Vec<String> = named.iter().filter(|key| *key != stolen).cloned().chain(foreign).collect();
    expected.sort_unstable();
    assert_eq!(world.image_keys().await, expected);
    let document = |id: &str| format!("/verifications/{id}");
    let read = world.caller("shop", "read").await.send(Method::GET, &document(&robbed), &[], "").await.expect(200);
    assert_eq!(read["status"], "approved", "nothing else changes");
    assert_eq!(counts(&runs.tomorrow().await), [0, 0, 0], "a day is compared once");
    world.stop().await;
}

#[tokio::test]
async fn the_schedule_compares_once_a_day_and_a_day_that_was_left_out_is_made_up_for() {
    let world = World::start().await;
    world.advance(300).await;
    let id = approved(&world, "alice").await;
    let named = world.image_keys().await;
    world.put_object(&key(&world.today(), &id, 4, "reference-late")).await;
    // The jump is one run of the schedule, three days later.
    world.advance(3 * 24 * 3600).await;
    assert_eq!(world.image_keys().await, named);
    world.stop().await;
}

#[tokio::test]
async fn what_was_withdrawn_or_erased_is_left_over_and_not_lost() {
    let world = World::start().await;
    let mut runs = Runs::start(&world, &world.aws_url());
    runs.at(world.now()).await;
    let today = world.today();
    let (withdrawn, erased, erasing) = (approved(&world, "alice").await, approved(&world, "bob").await, approved(&world, "carol").await);
    let alice = world.user("alice").await;
    alice.send(Method::POST, &format!("/verifications/{withdrawn}/withdraw-consent"), &[], "").await.expect(200);
    erase(&world, "bob").await;
    // Both are looked at a second time, and are done with.
    world.advance(601).await;
    for id in [&withdrawn, &erased] {
        world.put_object(&key(&today, id, 1, "reference-late")).await;
    }
    // Carol's erasure was cut off behind her images.
    let subject_key = document(&world, &erasing).await["subjectKey"].as_s().unwrap().clone();
    let text = AttributeValue::S;
    let tombstone = [("pk".to_owned(), text(format!("tombstone#{subject_key}"))), ("sk".to_owned(), text("tombstone".to_owned()))];
    put(&world, tombstone.into()).await;
    for key in world.image_keys().await.iter().filter(|key| key.contains(&erasing)) {
        world.remove_object(key).await;
    }
    assert_eq!(counts(&runs.tomorrow().await), [2, 0, 0]);
    assert_eq!(world.image_keys().await, [""; 0]);
    world.stop().await;
}

/// A completion has stored its images and is about to decide when the comparison comes by. Both are a day apart, which no clock allows;
/// and the index of what is due has lost sight of the verification.
#[tokio::test(flavor = "multi_thread")]
async fn a_completion_under_way_loses_nothing() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let mut runs = Runs::start(&world, &world.aws_url());
    runs.at(world.now()).await;
    let completion = CompleteSession::connect(&proxy::environment(&url, &world, CompleteSession::NAME)).unwrap();
    let alice = world.user("alice").await;
    let (id, session_id) = ids(&alice.open(&json!({}), None).await.expect(201));
    world.succeeded(&session_id, 97.0).await;
    proxy.plan(&[("PUT", Mishap::Held)]);
    let event = completing(&id, &session_id);
    let now = world.now();
    let completing =
        tokio::spawn(
            async move { completion.handle(event, Invocation { now, request_id: "late".into(), entropy: [7; 32] }).await.unwrap() },
        );
    proxy.until_held().await;
    let mut unseen = document(&world, &id).await;
    unseen.retain(|name, _| !name.starts_with("due"));
    put(&world, unseen).await;
    let report = runs.tomorrow().await;
    assert_eq!((counts(&report)[1..].to_vec(), &report["verificationsSettled"]), (vec![0, 0], &json!(0)), "{report}");
    // That the session has lapsed was written before anything was removed: the completion cannot decide any more.
    proxy.let_go();
    let answer = completing.await.unwrap();
    assert!(format!("{:?}", answer.body).contains("lapsed"), "{answer:?}");
    assert_eq!((world.decisions().await, world.image_keys().await), (0, Vec::new()));
    world.stop().await;
}

fn completing(id: &str, session_id: &str) -> aws_lambda_events::apigw::ApiGatewayV2httpRequest {
    let claims = json!({"iss": "https://prooflight.local/", "sub": "alice", "scope": "verify"});
    serde_json::from_value(json!({
        "version": "2.0",
        "routeKey": "POST /verifications/{id}/sessions/{sessionId}/complete",
        "pathParameters": {"id": id, "sessionId": session_id},
        "headers": {},
        "requestContext": {"authorizer": {"jwt": {"claims": claims}}, "http": {"method": "POST"}},
        "isBase64Encoded": false
    }))
    .unwrap()
}

/// The connection is cut after the first call, after the second, and so on; every run goes on where the one before was cut off.
#[tokio::test(flavor = "multi_thread")]
async fn cut_off_at_any_call_it_is_finished_by_the_next_run_and_two_at_once_do_no_harm() {
    let world = World::start().await;
    let (proxy, url) = Proxy::before(&world).await;
    let mut runs = Runs::start(&world, &url);
    let mut beside = Runs::start(&world, &world.aws_url());
    runs.at(world.now()).await;
    approved(&world, "alice").await;
    let named = world.image_keys().await;
    let left = format!("ver_{}", "f".repeat(32));
    let mut cuts = 0;
    for day in 1.. {
        let at = world.now() + DAY * day;
        let date = (at - DAY).strftime("%Y-%m-%d");
        for session in 1..=3 {
            world.put_object(&format!("evidence/r30/{date}/{left}/{session}/reference-left.jpg")).await;
        }
        proxy.cut_after(Some(cuts));
        let invocation = Invocation { now: at, request_id: "cut".into(), entropy: [u8::try_from(cuts).unwrap(); 32] };
        let cut_off = runs.function.handle(json!({}), invocation).await;
        proxy.cut_after(None);
        let whole = cut_off.is_ok_and(|report| counts(&serde_json::to_value(report).unwrap())[2] == 0);
        let (one, other) = tokio::join!(runs.at(at), beside.at(at));
        assert_eq!((counts(&one)[1..].to_vec(), counts(&other)[1..].to_vec()), (vec![0, 0], vec![0, 0]), "cut after {cuts}");
        assert_eq!(world.image_keys().await, named, "cut after {cuts}");
        if whole {
            break;
        }
        cuts += 1;
        assert!(cuts < 60, "a comparison takes fewer calls");
    }
    assert!(cuts > 5, "a comparison takes more calls than {cuts}");
    world.stop().await;
}

/// S3 gives a thousand keys at once: the last verification of the first page ends on the second one.
#[tokio::test(flavor = "multi_thread")]
async fn a_day_of_many_pages_is_compared_to_its_end() {
    let world = World::start().await;
    let mut runs = Runs::start(&world, &world.aws_url());
    runs.at(world.now()).await;
    let id = approved(&world, "alice").await;
    let (named, today) = (world.image_keys().await, world.today());
    let left = |digit: &str, count: usize| {
        let id = format!("ver_{}", digit.repeat(32));
        (0..count).map(move |number| (id.clone(), number)).collect::<Vec<_>>()
    };
    let orphans = [left("0", 700), left("f", 310)].concat();
    let count = orphans.len() as u64;
    let (client, bucket) = world.bucket().await;
    let puts = orphans.into_iter().map(|(id, number)| {
        let put = client.put_object().bucket(&bucket).key(key(&today, &id, 1, &format!("audit-{number}")));
        async move { drop(put.body(b"an image".to_vec().into()).send().await.unwrap()) }
    });
    stream::iter(puts).buffer_unordered(8).collect::<Vec<()>>().await;
    assert_eq!(counts(&runs.tomorrow().await), [count, 0, 0]);
    assert_eq!((world.image_keys().await, world.decisions().await), (named, 1), "{id}");
    world.stop().await;
}

/// Ten times as much is stored, and clean-up reads the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_it_reads_grows_with_what_is_due_and_not_with_what_is_stored() {
    let world = World::start().await;
    let originals = Originals::make(&world).await;
    let mut tallies = Vec::new();
    for (table, count) in [("stored-200", 200), ("stored-2000", 2000)] {
        originals.fill(&world, table, count).await;
        let cleaned = originals.clean(&world, table).await;
        let report = serde_json::to_value(&cleaned.report).unwrap();
        assert_eq!((&report["verificationsSettled"], counts(&report)), (&json!(crate::stored::DUE), [0, 0, 0]), "{report}");
        tallies.push(cleaned.tally);
    }
    assert!(tallies[0].read_units > 100.0, "{tallies:?}");
    assert_eq!(tallies[0], tallies[1]);
    world.stop().await;
}
