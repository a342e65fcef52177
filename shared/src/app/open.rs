//! A verification is opened once, however often the request for it arrives: its name is derived from what a repetition repeats.

use super::change::{Entropy, Refused};
use super::reserve::insert_verification;
use crate::adapters::{Loaded, VerificationTable};
use crate::domain::{OpenVerification, Owner, StackKey, VerificationId};
use crate::fault::{Fault, FaultCode};
use jiff::{SignedDuration, Timestamp};

/// What there was.
#[derive(Debug)]
pub enum Opened {
    /// Nothing: it is new.
    New(Loaded),
    /// It was opened before, by this request or another one with the same key.
    Before(Loaded),
}

/// Who asks where, under which key.
#[derive(Debug, Clone, Copy)]
pub struct Repetition<'a> {
    /// The route, or what else tells one way of opening from another.
    pub route: &'a str,
    /// Who asks.
    pub caller: &'a Owner,
    /// The Idempotency-Key, or what a workflow repeats.
    pub key: &'a str,
}

/// A reused key means the same verification for this long at least.
const KEY_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How often one key can be used again after its time; the last verification is then meant for good.
const KEY_GENERATIONS: u8 = 8;

/// The verification that this request has opened before, while its key means it.
pub async fn opened_before(
    (table, stack_key): (&VerificationTable, &StackKey),
    repetition: Repetition<'_>,
    now: Timestamp,
) -> Result<Option<Loaded>, Fault> {
    for generation in 0..KEY_GENERATIONS {
        match table.load(&verification_id(stack_key, repetition, generation)).await? {
            None => return Ok(None),
            Some(earlier) if now.duration_since(earlier.verification.created_at) < KEY_KEPT_FOR => return Ok(Some(earlier)),
            Some(_) => {}
        }
    }
    Ok(None)
}

/// Opens the verification, or finds it opened. Without a repetition its own id stands.
pub async fn open_verification(
    (table, stack_key): (&VerificationTable, &StackKey),
    mut opening: OpenVerification,
    repetition: Option<Repetition<'_>>,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<Opened, Refused> {
    for generation in 0..KEY_GENERATIONS {
        if let Some(repetition) = repetition {
            opening.id = verification_id(stack_key, repetition, generation);
        }
        let verification = opening.clone().at(now);
        if let Some(opened) = insert_verification(table, &verification, now, entropy).await? {
            return Ok(Opened::New(opened));
        }
        let earlier = table.load(&opening.id).await?.ok_or_else(gone)?;
        if now.duration_since(earlier.verification.created_at) < KEY_KEPT_FOR || generation + 1 == KEY_GENERATIONS {
            return Ok(Opened::Before(earlier));
        }
    }
    Err(gone().into())
}

/// A repeated request finds its verification, and nobody else can guess it.
fn verification_id(stack_key: &StackKey, repetition: Repetition<'_>, generation: u8) -> VerificationId {
    let Repetition { route, caller, key } = repetition;
    stack_key.verification(&[route, &caller.issuer, &caller.subject, key, &generation.to_string()])
}

fn gone() -> Fault {
    Fault::bare(FaultCode::StoreContended, "find a verification that was there a moment ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_depends_on_caller_route_key_and_generation() {
        let stack = StackKey::new("the stack's secret, 32 bytes long");
        let id = |route: &str, subject: &str, key: &str, generation| {
            let caller = Owner { issuer: "https://issuer.example/".into(), subject: subject.into() };
            verification_id(&stack, Repetition { route, caller: &caller, key }, generation)
        };
        let name = id("POST /verifications", "alice", "k1", 0);
        assert_eq!(name, id("POST /verifications", "alice", "k1", 0));
        for (route, subject, key, generation) in [
            ("POST /verifications", "alic", "ek1", 0),
            ("POST /verifications", "bob", "k1", 0),
            ("POST /verifications", "alice", "k2", 0),
            ("POST /verifications", "alice", "k1", 1),
            ("POST /subjects/{subject}/verifications", "alice", "k1", 0),
        ] {
            assert_ne!(name, id(route, subject, key, generation), "{route} {subject} {key} {generation}");
        }
    }
}
