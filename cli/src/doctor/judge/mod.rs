//! Judges the facts: pure, so that every finding is tested by a table. What could not be read is a finding itself, once for each
//! permission that is missing.

mod account;
mod functions;
mod roles;
mod stack;
mod stores;
#[cfg(test)]
mod tests;

use super::facts::{Fact, Facts, Resource, Unread};
use super::finding::{Code, Finding, NOT_READ, RESOURCE_MISSING};
use std::collections::BTreeMap;

/// Everything that is not as it has to be, the worst first.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut judgement = Judgement::default();
    account::judge(&mut judgement, facts);
    if let Some(stack) = &facts.stack {
        stack::judge(&mut judgement, stack);
        functions::judge(&mut judgement, facts, stack);
        roles::judge(&mut judgement, facts, stack);
        stores::judge(&mut judgement, facts, stack);
    }
    judgement.ended()
}

/// What was found so far.
#[derive(Debug, Default)]
struct Judgement {
    findings: Vec<Finding>,
    unread: BTreeMap<(String, String), u32>,
}

impl Judgement {
    fn find(&mut self, code: Code, subject: &str, found: impl Into<String>) {
        self.findings.push(Finding::new(code, subject, found));
    }

    /// Finds it where it is so.
    fn find_if(&mut self, wrong: bool, code: Code, subject: &str, found: impl Into<String>) {
        if wrong {
            self.find(code, subject, found);
        }
    }

    /// The fact, if it was read.
    fn known<'a, T>(&mut self, fact: &'a Fact<T>) -> Option<&'a T> {
        match fact {
            Ok(known) => Some(known),
            Err(Unread { operation, code, .. }) => {
                *self.unread.entry((operation.clone(), code.clone())).or_default() += 1;
                None
            }
        }
    }

    /// Those resources that were read and are there, with their names; the others are findings.
    fn there<'a, T>(&mut self, resources: &'a [Resource<T>]) -> Vec<(&'a str, &'a T)> {
        let mut there = Vec::new();
        for resource in resources {
            match self.known(&resource.fact) {
                Some(Some(known)) => there.push((resource.name.as_str(), known)),
                Some(None) => self.find(RESOURCE_MISSING, &resource.name, format!("the stack's {} is not there", resource.logical_id)),
                None => {}
            }
        }
        there
    }

    fn ended(mut self) -> Vec<Finding> {
        for ((operation, code), times) in std::mem::take(&mut self.unread) {
            let several = if times > 1 { format!(", {times} times") } else { String::new() };
            self.find(NOT_READ, &operation, format!("{code}{several}"));
        }
        self.findings.sort_by(|one, other| (one.severity, one.code, &one.subject).cmp(&(other.severity, other.code, &other.subject)));
        self.findings
    }
}
