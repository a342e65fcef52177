//! What was found in the table, in words, for people, and as JSON, for programs.

use crate::replay::{PolicyReplay, Replay, SessionName};
use crate::verify::Verified;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Per policy how many decisions would change and from what to what, then each of them on a line of its own.
pub(crate) fn text(replay: &Replay) -> String {
    let mut lines = Vec::new();
    for (name, policy) in &replay.policies {
        let (changed, version) = (policy.changes.len(), &policy.version);
        lines.push(format!("{name} {version}: {changed} of {} decisions would change", policy.decisions));
        lines.extend(ways(policy));
        for change in &policy.changes {
            let reasons: Vec<String> = change.reasons.iter().map(word).collect();
            let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
            lines.push(format!("    {}  {} -> {}{why}", name_of(&change.session), word(&change.from), word(&change.to)));
        }
    }
    for (name, count) in &replay.unknown_policies {
        lines.push(format!("{name} is not in the file; decisions that stay as they are: {count}"));
    }
    for session in &replay.misfits {
        lines.push(format!("{}: the evidence is not what the decision names", name_of(session)));
    }
    if replay.unreadable > 0 {
        lines.push(format!("records that cannot be read: {}", replay.unreadable));
    }
    if lines.is_empty() {
        lines.push("No decision is stored.".to_owned());
    }
    joined(&lines)
}

/// How many decisions are in order, and each that is not on a line of its own.
pub(crate) fn verified(verified: &Verified) -> String {
    let mut lines = vec![format!("decisions in order: {}", verified.decisions)];
    for (sessions, what) in [
        (&verified.unsigned, "the decision has no signature"),
        (&verified.forged, "the signature is not over this decision"),
        (&verified.misfits, "the evidence is not what the decision names"),
    ] {
        lines.extend(sessions.iter().map(|session| format!("{}: {what}", name_of(session))));
    }
    lines.extend(verified.unfounded.iter().map(|id| format!("{id}: approved, without a decision in order that allows it")));
    if verified.unreadable > 0 {
        lines.push(format!("records that cannot be read: {}", verified.unreadable));
    }
    joined(&lines)
}

fn joined(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
        text
    })
}

/// The same as one JSON object.
pub(crate) fn json(report: &impl Serialize) -> String {
    // Names, numbers and lists always have a JSON form.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

fn ways(policy: &PolicyReplay) -> Vec<String> {
    let mut ways: BTreeMap<(String, String), u64> = BTreeMap::new();
    for change in &policy.changes {
        *ways.entry((word(&change.from), word(&change.to))).or_default() += 1;
    }
    ways.iter().map(|((from, to), count)| format!("  {from} -> {to}: {count}")).collect()
}

fn name_of(session: &SessionName) -> String {
    format!("{} session {}", session.verification_id, session.session)
}

/// The stable code, as it stands in records and answers.
fn word<T: Serialize>(code: &T) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
