//! Where a list goes on, as a client carries it: sealed, so that it tells nothing and cannot be made up, and bound to the caller
//! and to what he asked for.

use super::Problem;
use crate::adapters::Place;
use crate::domain::{Owner, StackKey, VerificationId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// What a cursor is good for.
#[derive(Debug)]
pub struct ListOf<'a> {
    /// Who asks.
    pub caller: &'a Owner,
    /// For what: the route and its filters.
    pub query: &'a [&'a str],
}

impl ListOf<'_> {
    /// Seals a place. `random` is fresh.
    pub fn seal(&self, key: &StackKey, place: &Place, random: [u8; 16]) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        nonce.iter_mut().zip(random).for_each(|(to, from)| *to = from);
        let mut sealed = format!("{}|{}", place.id, place.sort).into_bytes();
        let cipher = cipher(key)?;
        cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(self.bound_to(key)), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what was sealed for this caller and this list; anything else is malformed.
    pub fn open(&self, key: &StackKey, cursor: &str) -> Result<Place, Problem> {
        self.opened(key, cursor).ok_or_else(|| Problem::Malformed("cursor is not one of this list".to_owned()))
    }

    fn opened(&self, key: &StackKey, cursor: &str) -> Option<Place> {
        let mut bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = cipher(key)?.open_in_place(nonce, Aad::from(self.bound_to(key)), sealed).ok()?;
        let (id, sort) = std::str::from_utf8(opened).ok()?.split_once('|')?;
        Some(Place { id: VerificationId::parse(id)?, sort: sort.to_owned() })
    }

    fn bound_to(&self, key: &StackKey) -> [u8; 16] {
        let parts: Vec<&str> = [self.caller.issuer.as_str(), &self.caller.subject].into_iter().chain(self.query.iter().copied()).collect();
        key.digest("cursor", &parts)
    }
}

fn cipher(key: &StackKey) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_128_GCM, &key.digest("cursor key", &[])).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_caller_and_list_alone() {
        let key = StackKey::new("the stack's secret, 32 bytes long");
        let [one, other] = ["one", "other"].map(|subject| Owner { issuer: "https://issuer.example/".into(), subject: subject.into() });
        let place = Place { id: VerificationId::from_bytes([7; 16]), sort: "2026-11-22T12:00:00.000Z".into() };
        let list = ListOf { caller: &one, query: &["alice", "open"] };
        let cursor = list.seal(&key, &place, [9; 16]).unwrap();
        assert_eq!(list.open(&key, &cursor).ok(), Some(place.clone()));
        assert!(!String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(&cursor).unwrap()).contains("ver_"));

        let mut altered = cursor.clone();
        altered.replace_range(cursor.len() - 1.., if cursor.ends_with('A') { "Q" } else { "A" });
        for (list, key, cursor) in [
            (ListOf { caller: &other, query: &["alice", "open"] }, &key, cursor.as_str()),
            (ListOf { caller: &one, query: &["alice", ""] }, &key, &cursor),
            (ListOf { caller: &one, query: &["alice", "open"] }, &StackKey::new("another"), &cursor),
            (ListOf { caller: &one, query: &["alice", "open"] }, &key, &altered),
            (ListOf { caller: &one, query: &["alice", "open"] }, &key, ""),
            (ListOf { caller: &one, query: &["alice", "open"] }, &key, "not base64!"),
        ] {
            assert!(list.open(key, cursor).is_err());
        }
    }
}
