//! Findings in words, for people, and as JSON, for programs.

use super::facts::Facts;
use super::finding::{Finding, Severity};
use serde_json::json;
use std::fmt::Write as _;

/// Each finding with its remedy below it, and a last line that counts.
pub(super) fn text(facts: &Facts, findings: &[Finding]) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(format!("{}, account {}, sessions in {}", looked_at(facts), facts.account.id, facts.liveness_region));
    for finding in findings {
        line(format!("\n{} {}: {}", word(finding.severity), finding.code, finding.subject));
        line(format!("  {}", finding.found));
        line(format!("  -> {}", finding.remedy));
    }
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = [(Severity::Error, "errors"), (Severity::Warning, "warnings"), (Severity::Note, "notes")];
    let counts: Vec<String> = counts.iter().map(|(severity, name)| format!("{} {name}", of(*severity))).collect();
    line(format!("\n{}", counts.join(", ")));
    text
}

/// The same as one JSON object.
pub(super) fn json(facts: &Facts, findings: &[Finding]) -> String {
    let stack = facts.stack.as_ref().map(|stack| &stack.name);
    let report = json!({
        "account": facts.account.id,
        "region": facts.account.region,
        "livenessRegion": facts.liveness_region,
        "stack": stack,
        "findings": findings,
    });
    // Names, numbers and lists always have a JSON form.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn looked_at(facts: &Facts) -> String {
    let region = &facts.account.region;
    match &facts.stack {
        Some(stack) => format!("stack {} in {region}", stack.name),
        None => format!("before a deployment in {region}"),
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
        Severity::Note => "NOTE",
    }
}
