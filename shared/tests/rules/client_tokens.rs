//! Client tokens: one verification each, a link that works once, and what ends them.

use crate::sample;
use jiff::Timestamp;
use prooflight_shared::domain::{
    Change, ClientAccess, ClientToken, Command, Reason, Rejection, Status, TokenRefusal, Verification, VerificationId,
};
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    sample::after(second)
}

fn with_link() -> Verification {
    let mut verification = sample::opened("liveness");
    verification.client_access = Some(ClientAccess::by_link(at(1800)));
    verification
}

fn exchanged(verification: &Verification, by: &str, now: Timestamp) -> Result<Verification, Rejection> {
    let command = Command::ExchangeLink { by: by.to_owned() };
    verification.apply(&command, now).map(|change| match change {
        Change::Changed(next) => *next,
        Change::Unchanged => verification.clone(),
    })
}

#[test]
fn a_link_is_exchanged_once_and_again_by_the_same_page_only() {
    let before = with_link();
    let after = exchanged(&before, "page", at(10)).unwrap();
    assert_eq!((before.link_token().is_some(), before.page_token()), (true, None));
    assert_eq!((after.link_token(), after.page_token().is_some()), (None, true));
    assert_eq!(exchanged(&after, "page", at(20)).unwrap(), after, "its answer was lost");
    assert_eq!(exchanged(&after, "thief", at(20)), Err(Rejection::LinkSpent));
    assert_eq!(exchanged(&before, "late", at(1800)), Err(Rejection::LinkSpent));
    let cancelled = match before.apply(&Command::Cancel, at(5)).unwrap() {
        Change::Changed(next) => *next,
        Change::Unchanged => unreachable!("it was open"),
    };
    assert_eq!(cancelled.closed_because, Some(Reason::Cancelled));
    assert_eq!(exchanged(&cancelled, "page", at(6)), Err(Rejection::LinkSpent));
    let without = sample::opened("liveness");
    assert_eq!(exchanged(&without, "page", at(1)), Err(Rejection::LinkSpent));
}

#[test]
fn a_token_opens_its_own_verification_while_it_counts() {
    let open = exchanged(&with_link(), "page", at(10)).unwrap();
    let token = open.page_token().unwrap();
    let mut closed = open.clone();
    (closed.status, closed.decided_at) = (Status::Denied, Some(at(100)));
    let link = with_link().link_token().unwrap();
    let later = ClientToken { expires_at: at(3600), ..token.clone() };
    let of_another = ClientToken { verification: VerificationId::from_bytes([9; 16]), ..token.clone() };
    let (yes, spent, elsewhere) = (Ok(()), Err(TokenRefusal::Spent), Err(TokenRefusal::Elsewhere));
    for (what, verification, token, working, now, expected) in [
        ("works", &open, &token, true, 20, yes),
        ("until it ends", &open, &token, true, 1799, yes),
        ("and no longer", &open, &token, true, 1800, spent),
        ("a link works on nothing", &with_link(), &link, true, 20, spent),
        ("and reads nothing", &with_link(), &link, false, 20, spent),
        ("a page's token before the exchange", &with_link(), &token, true, 20, spent),
        ("one that says another end", &open, &later, true, 20, spent),
        ("another's", &open, &of_another, false, 20, elsewhere),
        ("closed, nothing is begun", &closed, &token, true, 101, spent),
        ("closed, it is read", &closed, &token, false, 101, yes),
        ("for a while", &closed, &token, false, 220, spent),
        (
            "without tokens",
            &sample::opened("liveness"),
            &ClientToken { verification: open.id.clone(), ..token.clone() },
            false,
            20,
            elsewhere,
        ),
    ] {
        assert_eq!(verification.admits(token, working, at(now)), expected, "{what}");
    }
}

#[test]
fn a_token_has_one_spelling() {
    let token = with_link().link_token().unwrap();
    let text = token.written(&[0xfe; 32]);
    assert_eq!(ClientToken::read(&text), Some((token, vec![0xfe; 32])));
    let spellings = [
        text.replace("plct_", ""),
        text.to_uppercase(),
        text.replace(".1.", ".01."),
        text.replace(".1.", ".+1."),
        text.replace(".1.", ".3."),
        format!("{text}="),
        format!("{text}.x"),
        format!("{text} "),
        text.replace(".17", ".+17"),
        String::new(),
        "plct_".to_owned(),
        "plct_...".to_owned(),
    ];
    for other in spellings {
        assert_eq!(ClientToken::read(&other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn reading_never_fails_otherwise(text in "(plct_)?[ -~]{0,90}") {
        if let Some((token, mac)) = ClientToken::read(&text) {
            prop_assert_eq!(token.written(&mac), text);
        }
    }
}
