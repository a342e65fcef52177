//! The lines of docs/WEBHOOKS.md that check a webhook, run as a receiver would run them: in their own language, on the bytes that arrived.

use crate::receiver::Delivered;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// A language with what the document leaves to the reader: what the lines call `headers`, `body` and `secret`, and the time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Language {
    fence: &'static str,
    program: &'static str,
    flag: &'static str,
    before: &'static str,
    after: &'static str,
}

pub(crate) const JAVASCRIPT: Language = Language {
    fence: "```js\n",
    program: "node",
    flag: "-e",
    before: r#"
const crypto = require("node:crypto");
const given = JSON.parse(require("node:fs").readFileSync(0));
const { headers, secret } = given, body = Buffer.from(given.body, "base64");
Date.now = () => given.now * 1000;
try {
"#,
    after: r#"
} catch (error) { process.exit(error.message === "not from Prooflight" ? 41 : 1); }
process.exit(40);
"#,
};

pub(crate) const PYTHON: Language = Language {
    fence: "```python\n",
    program: "python3",
    flag: "-c",
    before: r#"
import base64, hmac, json, sys, types
given = json.load(sys.stdin)
headers, secret, body = given["headers"], given["secret"], base64.b64decode(given["body"])
time = types.SimpleNamespace(time=lambda: given["now"])
try:
    exec(given["lines"])
except PermissionError:
    sys.exit(41)
sys.exit(40)
"#,
    after: "",
};

/// What a receiver finds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Genuine,
    Refused,
}

/// What the lines make of a webhook, with that key, at that time.
pub(crate) fn verdict(language: Language, delivered: &Delivered, secret: &str, now: i64) -> Verdict {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/WEBHOOKS.md")).unwrap();
    let (_, rest) = document.split_once(language.fence).unwrap();
    let (lines, _) = rest.split_once("```").unwrap();
    assert_eq!(lines.lines().count(), 3, "three lines: {lines}");
    // Python's go in beside the rest, because its blocks are indented.
    let inner = if language.after.is_empty() { "" } else { lines };
    let program = [language.before, inner, language.after].concat();
    let given = json!({
        "headers": delivered.headers, "body": STANDARD.encode(&delivered.body), "secret": secret, "now": now, "lines": lines,
    });
    let mut child = Command::new(language.program).args([language.flag, &program]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    match child.wait().unwrap().code() {
        Some(40) => Verdict::Genuine,
        Some(41) => Verdict::Refused,
        other => panic!("{}: {other:?}", language.program),
    }
}
