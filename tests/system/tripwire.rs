//! Every system test is a test of the log as well: all that ours logs is kept, at every level, and so is every secret that goes over the wire. When a world
//! is stopped, none of the latter may stand in the former.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, MutexGuard};

static WIRE: Mutex<Wire> = Mutex::new(Wire { log: Vec::new(), secrets: BTreeSet::new() });

struct Wire {
    log: Vec<u8>,
    secrets: BTreeSet<String>,
}

/// What goes to the log.
struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        wire().log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from here on. With `RUST_LOG` it is printed instead, for whoever looks for a cause.
pub(crate) fn span() {
    let format = tracing_subscriber::fmt();
    // A second world of one test, or of one process, finds the wire spanned.
    let _ = match tracing_subscriber::EnvFilter::try_from_default_env() {
        Ok(filter) => format.with_env_filter(filter).try_init(),
        // A directive holds for every target that begins with it: all crates of ours.
        Err(_) => format.json().with_env_filter("off,prooflight=trace").with_writer(|| Line).try_init(),
    };
}

/// A token or a name that went over the wire.
pub(crate) fn learn(secret: &str) {
    wire().secrets.extend(runs(secret).filter(|run| run.len() >= 5).map(str::to_owned));
}

/// Whatever in an answer of the API is a secret.
pub(crate) fn learn_from(answer: &Value) {
    let credentials = &answer["session"]["credentials"];
    let secrets = [&answer["session"]["sessionId"], &credentials["secretAccessKey"], &credentials["sessionToken"]];
    secrets.into_iter().filter_map(Value::as_str).for_each(learn);
    // What is secret of a client token is its MAC; the rest names the verification.
    let tokens = [&answer["clientToken"]["token"], &answer["token"]];
    tokens.into_iter().filter_map(|token| token.as_str()?.rsplit('.').next()).for_each(learn);
}

/// Fails where a secret was logged, or what only reviewers see.
pub(crate) fn assert_untouched() {
    let wire = wire();
    for line in String::from_utf8_lossy(&wire.log).lines() {
        let logged = runs(line).find(|run| wire.secrets.contains(*run));
        // JPEGs in base64 begin like that.
        let shown = ["\"confidence\":", "\"similarity\":", "\"score\":", "/9j/"].into_iter().find(|shown| line.contains(shown));
        assert_eq!((logged, shown), (None, None), "in the log: {line}");
    }
}

/// The pieces of a text between what cannot be part of an id, of a token or of a name.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let belongs = |character: char| character.is_ascii_alphanumeric() || "-_=.".contains(character);
    text.split(move |character| !belongs(character)).map(|run| run.trim_matches(['.', '=', '-'])).filter(|run| !run.is_empty())
}

fn wire() -> MutexGuard<'static, Wire> {
    // A test that has failed while it held the wire has said so already.
    WIRE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn a_secret_in_the_log_is_found() {
    learn("0f9c8a52-7d0e-4a3b-9d5e-1c2b3a4d5e6f");
    wire().log.extend_from_slice(b"{\"message\":\"completed /sessions/0f9c8a52-7d0e-4a3b-9d5e-1c2b3a4d5e6f/complete\"}\n");
    assert!(std::panic::catch_unwind(assert_untouched).is_err());
    wire().log.clear();
    wire().log.extend_from_slice(b"{\"fields\":{\"confidence\":97.5}}\n");
    assert!(std::panic::catch_unwind(assert_untouched).is_err());
    wire().log.clear();
    assert_untouched();
}
