//! Least privilege. What a function needs and its role in template.yaml does not grant, it is refused here as on AWS, so that a test
//! fails. What a role grants and no function ever needs is found by the last test, from what all others have left behind.

use crate::calls::FOLDER;
use prooflight_local::gateway::{Deployment, Stack};
use std::collections::{BTreeMap, BTreeSet};

const TEMPLATE: &str = include_str!("../../template.yaml");

/// What Lambda itself does in a function's name, which nobody sees here: its log, and its segments for X-Ray.
const UNSEEN: [&str; 4] = ["logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"];

#[test]
#[ignore = "reads what all other tests have left behind: `make system` runs it after them"]
fn whatever_a_role_grants_is_used() {
    let folder = std::env::var_os(FOLDER).expect("make system says where");
    let mut calls = String::new();
    for file in std::fs::read_dir(folder).unwrap() {
        calls.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    let calls: BTreeSet<Vec<&str>> = calls.lines().map(|call| call.split('\t').collect()).collect();
    let unused = unused(TEMPLATE, &calls);
    assert!(unused.is_empty(), "granted in template.yaml and never used in a system test:\n{}", unused.join("\n"));
}

/// The grants of every role that none of these calls (function, action, resource) needed.
fn unused(template: &str, calls: &BTreeSet<Vec<&str>>) -> Vec<String> {
    let parameters = [
        ("JwtIssuer", "https://issuer.example/"),
        ("JwtAudience", "audience"),
        ("AllowedOrigins", "https://page.example"),
        ("WebhookUrl", "https://hooks.example.com/"),
    ];
    let parameters: BTreeMap<_, _> = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let stack = Stack::read(template, &parameters).unwrap();
    let deployment = Deployment::read(&stack, |_| Ok("00".repeat(32))).unwrap();
    let mut unused = Vec::new();
    for function in &deployment.functions {
        for grant in function.role.grants().filter(|grant| !UNSEEN.contains(&grant.action)) {
            let used = calls.iter().any(|call| call[0] == function.name && grant.covers(call[1], call[2]));
            if !used {
                unused.push(format!("{}: {} on {}", function.name, grant.action, grant.resource));
            }
        }
    }
    unused
}

#[test]
fn a_grant_that_nobody_needs_is_named() {
    let nobody_calls = unused(TEMPLATE, &BTreeSet::new());
    let bucket = "get-evidence: s3:GetObject on arn:aws:s3:::prooflight-local-evidence-bucket/evidence/*";
    assert!(nobody_calls.iter().any(|grant| grant == bucket), "{nobody_calls:#?}");
    let call = ["get-evidence", "s3:GetObject", "arn:aws:s3:::prooflight-local-evidence-bucket/evidence/r30/a.jpg"];
    let one_call = unused(TEMPLATE, &[call.to_vec()].into());
    assert_eq!(nobody_calls.len() - one_call.len(), 1, "the call needs one grant");
    assert!(!one_call.iter().any(|grant| grant == bucket));
}
