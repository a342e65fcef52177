//! People without an account: a service has a link made, the page that it leads to exchanges it, and works with what it got. Whoever else comes by
//! the link, or with the token of another verification, gets nowhere.

use crate::world::{Reply, User, World, ids};
use http::Method;
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");

/// The link that a service has made for somebody without an account, and its verification.
async fn invited(world: &World, subject: &str, minutes: u8) -> (String, String) {
    let service = world.caller("shop", "open").await;
    let body = json!({ "clientToken": { "minutes": minutes } }).to_string();
    let opened = service.send(Method::POST, &format!("/subjects/{subject}/verifications"), &[JSON], body).await.expect(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&opened["clientToken"]["token"]), text(&opened["verificationId"]))
}

async fn exchange(visitor: &User<'_>, key: &str) -> Reply {
    visitor.send(Method::POST, "/client-token", &[("idempotency-key", key)], "").await
}

/// The page's token for a link.
async fn arrived<'a>(world: &'a World, link: &str) -> User<'a> {
    let exchanged = exchange(&world.with_token(link), "the-page").await.expect(200);
    world.with_token(exchanged["token"].as_str().unwrap())
}

#[tokio::test]
async fn somebody_without_an_account_is_verified_by_a_link() {
    let world = World::start().await;
    let (link, id) = invited(&world, "guest-17", 30).await;
    let exchanged = exchange(&world.with_token(&link), "the-page").await.expect(200);
    assert_eq!((&exchanged["verification"]["verificationId"], &exchanged["verification"]["status"]), (&json!(id), &json!("open")));
    let page = world.with_token(exchanged["token"].as_str().unwrap());

    let next = format!("/verifications/{id}/sessions");
    let (_, session_id) = ids(&page.send(Method::POST, &next, &[], "").await.expect(201));
    assert_eq!(page.get(&id).await.expect(200)["currentSession"]["sessionId"], session_id);
    world.succeeded(&session_id, 97.0).await;
    assert_eq!(page.complete(&id, &session_id).await.expect(200)["status"], "approved");

    // An answer that was lost is asked for again; nothing new begins, and soon nothing is told.
    assert_eq!(page.complete(&id, &session_id).await.expect(200)["status"], "approved");
    assert_eq!(page.get(&id).await.expect(200)["status"], "approved");
    assert_eq!(page.send(Method::POST, &next, &[], "").await.refusal(), (401, "unauthenticated"));
    world.advance(121).await;
    assert_eq!(page.get(&id).await.refusal(), (401, "unauthenticated"));
    let service = world.caller("shop", "read").await;
    let seen = service.get(&id).await.expect(200);
    assert_eq!((&seen["status"], &seen["subject"]), (&json!("approved"), &json!("guest-17")));
    world.stop().await;
}

/// It was forwarded, or lies in a mailbox that somebody else reads.
#[tokio::test]
async fn a_link_works_once() {
    let world = World::start().await;
    let (link, id) = invited(&world, "guest-18", 30).await;
    let visitor = world.with_token(&link);
    assert_eq!(visitor.get(&id).await.refusal(), (401, "unauthenticated"), "a link opens nothing by itself");
    assert_eq!(visitor.send(Method::POST, &format!("/verifications/{id}/sessions"), &[], "").await.refusal(), (401, "unauthenticated"));
    assert_eq!(visitor.send(Method::POST, "/client-token", &[], "").await.refusal(), (400, "malformed"), "without a key of the page's");

    let first = exchange(&visitor, "the-page").await.expect(200);
    assert_eq!(exchange(&visitor, "the-page").await.expect(200)["token"], first["token"], "its answer was lost");
    assert_eq!(exchange(&visitor, "a-thief").await.refusal(), (410, "link_spent"));
    let page = world.with_token(first["token"].as_str().unwrap());
    assert_eq!(exchange(&page, "the-page").await.refusal(), (410, "link_spent"), "a page's token is no link");
    assert_eq!(exchange(&world.user("guest-18").await, "the-page").await.refusal(), (401, "unauthenticated"));
    assert_eq!(visitor.get(&id).await.refusal(), (401, "unauthenticated"));
    assert_eq!(page.get(&id).await.expect(200)["status"], "open");
    world.stop().await;
}

#[tokio::test]
async fn a_token_opens_its_own_verification_and_no_other_route() {
    let world = World::start().await;
    let (link, id) = invited(&world, "guest-19", 30).await;
    let (other_link, other) = invited(&world, "guest-19", 30).await;
    let page = arrived(&world, &link).await;
    // API Gateway remembers what it was told of a token; it is told nothing that depends on the route.
    assert_eq!(page.get(&id).await.expect(200)["verificationId"], id);
    assert_eq!(page.get(&other).await.refusal(), (404, "not_found"));
    let own = world.user("mallory").await.open(&json!({}), None).await.expect(201);
    let (strange, session_id) = ids(&own);
    assert_eq!(page.get(&strange).await.refusal(), (404, "not_found"));
    assert_eq!(page.complete(&strange, &session_id).await.refusal(), (404, "not_found"));
    assert_eq!(page.send(Method::POST, &format!("/verifications/{other}/sessions"), &[], "").await.refusal(), (404, "not_found"));
    assert_eq!(arrived(&world, &other_link).await.get(&id).await.refusal(), (404, "not_found"));
    // What takes accounts takes no such token: the gateway says so itself.
    for (method, path) in [
        (Method::POST, "/verifications".to_owned()),
        (Method::GET, format!("/verifications/{id}/result?aud=shop&nonce=1")),
        (Method::POST, format!("/verifications/{id}/cancel")),
        (Method::GET, format!("/verifications/{id}/evidence")),
        (Method::GET, "/reviews".to_owned()),
    ] {
        assert_eq!(page.send(method, &path, &[], "").await.refusal(), (401, "Unauthorized"), "{path}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_token_ends_with_its_time_and_with_its_verification() {
    let world = World::start().await;
    let (link, id) = invited(&world, "guest-20", 5).await;
    let (late, _) = invited(&world, "guest-20", 5).await;
    let (called_off_link, called_off) = invited(&world, "guest-20", 30).await;
    let page = arrived(&world, &link).await;
    let service = world.caller("shop", "open").await;
    service.send(Method::POST, &format!("/verifications/{called_off}/cancel"), &[], "").await.expect(200);
    assert_eq!(exchange(&world.with_token(&called_off_link), "the-page").await.refusal(), (410, "link_spent"));
    // Not to the second: real time passes as well.
    world.advance(270).await;
    assert_eq!(page.get(&id).await.expect(200)["status"], "open");
    world.advance(30).await;
    assert_eq!(page.get(&id).await.refusal(), (401, "unauthenticated"));
    assert_eq!(exchange(&world.with_token(&late), "the-page").await.refusal(), (410, "link_spent"));
    world.stop().await;
}

/// Each token is ours to the letter: a longer life, another verification or generation, and a MAC of something else open nothing.
#[tokio::test]
async fn a_token_that_was_changed_is_none() {
    let world = World::start().await;
    let (link, id) = invited(&world, "guest-21", 30).await;
    let (_, other) = invited(&world, "guest-21", 30).await;
    let page = exchange(&world.with_token(&link), "the-page").await.expect(200)["token"].as_str().unwrap().to_owned();
    let parts: Vec<&str> = page.split('.').collect();
    let ends: i64 = parts[2].parse().unwrap();
    let mac = parts[3];
    let turned = mac.chars().rev().collect::<String>();
    for (what, changed) in [
        ("it lives longer", format!("{}.2.{}.{mac}", parts[0], ends + 3600)),
        ("of another verification", format!("plct_{other}.2.{ends}.{mac}")),
        ("the link's, as the page's", format!("{}.2.{ends}.{}", parts[0], link.rsplit('.').next().unwrap())),
        ("another MAC", format!("{}.2.{ends}.{turned}", parts[0])),
        ("half a MAC", format!("{}.2.{ends}.{}", parts[0], mac.get(..20).unwrap())),
        ("no MAC", format!("{}.2.{ends}.", parts[0])),
        ("nothing", "plct_".to_owned()),
    ] {
        assert_eq!(world.with_token(&changed).get(&id).await.refusal(), (401, "unauthenticated"), "{what}");
        assert_eq!(exchange(&world.with_token(&changed), "the-page").await.refusal(), (401, "unauthenticated"), "{what}");
    }
    assert_eq!(world.with_token(&page).get(&id).await.expect(200)["status"], "open");
    world.stop().await;
}

#[tokio::test]
async fn a_service_that_asks_again_gets_the_same_link_until_it_is_used() {
    let world = World::start().await;
    let service = world.caller("shop", "open").await;
    let open = async |body: Value| {
        let headers = [JSON, ("idempotency-key", "order-7")];
        service.send(Method::POST, "/subjects/guest-22/verifications", &headers, body.to_string()).await
    };
    let asked = json!({"clientToken": {}});
    let first = open(asked.clone()).await.expect(201);
    assert_eq!(open(asked.clone()).await.expect(200)["clientToken"], first["clientToken"]);
    assert_eq!(open(json!({})).await.refusal(), (422, "idempotency_mismatch"));
    arrived(&world, first["clientToken"]["token"].as_str().unwrap()).await;
    assert_eq!(open(asked).await.expect(200).get("clientToken"), None);
    for refused in [json!({"minutes": 0}), json!({"minutes": 61}), json!({"minutes": 1.5}), json!({"hours": 1}), json!(true)] {
        assert_eq!(open(json!({ "clientToken": refused })).await.refusal(), (400, "malformed"), "{refused}");
    }
    world.stop().await;
}
