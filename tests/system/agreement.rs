//! The contract, the template, the gateway and the code agree: on routes and scopes, on error codes, on words, and on what an end user is
//! told at all.

use crate::contract::{CONTRACT, Contract};
use crate::tidy::{problems, read};
use prooflight_local::gateway::{Access, Deployment, Stack, TEMPLATE};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that an end user is told. A field that is new has to be put here on purpose.
const TOLD_TO_END_USERS: [&str; 31] = [
    "accessKeyId",
    "attemptsLeft",
    "challenge",
    "code",
    "createdAt",
    "credentials",
    "currentSession",
    "decidedAt",
    "detail",
    "expiration",
    "expiresAt",
    // The gateway's own word where it refuses by itself.
    "message",
    "nextStep",
    "policy",
    "policyVersion",
    "region",
    "requestId",
    // A JWS; its claims are held to a list of their own, in results.rs.
    "result",
    "retryAfterSeconds",
    "secretAccessKey",
    "serverTime",
    "session",
    "sessionId",
    "sessionToken",
    "status",
    "tips",
    "title",
    // A page's own, for a link.
    "token",
    "type",
    "verification",
    "verificationId",
];

/// The API as the local gateway serves it.
fn gateway() -> BTreeMap<String, BTreeSet<String>> {
    let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let parameters = BTreeMap::from([
        text("JwtIssuer", "https://issuer.example/"),
        text("JwtAudience", "prooflight"),
        text("AllowedOrigins", "https://page.example"),
    ]);
    let stack = Stack::read(TEMPLATE, &parameters).unwrap();
    let deployment = Deployment::read(&stack, |_| Ok("0123456789abcdef0123456789abcdef".to_owned())).unwrap();
    let scopes = |access: &Access| match access {
        Access::Open => BTreeSet::new(),
        Access::Token { scopes } => scopes.iter().cloned().collect(),
        Access::Function(authorizer) => BTreeSet::from([authorizer.function.clone()]),
    };
    deployment.routes.iter().map(|route| (route.key.clone(), scopes(&route.access))).collect()
}

/// The routes that SAM deploys.
fn template() -> BTreeSet<String> {
    let template: serde_norway::Value = serde_norway::from_str(TEMPLATE).unwrap();
    let resources = template["Resources"].as_mapping().unwrap().values();
    let events = resources.filter_map(|resource| resource.get("Properties")?.get("Events")?.as_mapping());
    let routes = events.flat_map(|events| events.values()).filter(|event| event["Type"] == "HttpApi").map(|event| {
        let text = |name: &str| event["Properties"][name].as_str().unwrap().to_owned();
        format!("{} {}", text("Method"), text("Path"))
    });
    routes.collect()
}

#[test]
fn routes_and_scopes_are_the_same_everywhere() {
    let described = CONTRACT.operations().into_iter().map(|(route, operation)| (route, Contract::scopes_of(&operation)));
    let described: BTreeMap<_, _> = described.collect();
    assert_eq!(described, gateway(), "the contract, and what the gateway serves");
    assert_eq!(described.into_keys().collect::<BTreeSet<_>>(), template(), "the contract, and what is deployed");
}

/// Every code under every status that a route may answer it with.
fn described_codes() -> BTreeSet<(u16, String)> {
    let mut found = BTreeSet::new();
    for operation in CONTRACT.operations().values() {
        let responses = CONTRACT.child(operation, "responses").unwrap();
        for status in responses.value.as_object().unwrap().keys() {
            let response = CONTRACT.child(&responses, status).unwrap();
            let content = CONTRACT.child(&response, "content").unwrap();
            let Some(problem) = content.value.get("application/problem+json") else { continue };
            let schema = &problem["schema"];
            let alternatives = schema["oneOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
            for alternative in alternatives {
                let named = alternative["$ref"].as_str().and_then(|target| CONTRACT.document.pointer(target.strip_prefix('#')?));
                let code = alternative.pointer("/properties/code").or(named.unwrap().pointer("/properties/code")).unwrap();
                let codes = code["enum"].as_array().cloned().unwrap_or_else(|| vec![code["const"].clone()]);
                assert!(codes.iter().all(Value::is_string), "{status}: {alternative} names no code");
                found.extend(codes.iter().map(|code| (status.parse().unwrap(), code.as_str().unwrap().to_owned())));
            }
        }
    }
    found
}

#[test]
fn error_codes_are_the_same_everywhere() {
    let mut emitted = problems();
    let semantics = read("docs/SEMANTICS.md");
    for (status, code) in &emitted {
        let mut rows = semantics.lines().filter(|line| line.starts_with(&format!("| {status} |")));
        assert!(rows.any(|row| row.contains(&format!("`{code}`"))), "{status} {code} is not in docs/SEMANTICS.md");
    }
    // A workflow's, which asks by invoking the function.
    assert!(emitted.remove(&(409, "not_decided".to_owned())));
    assert_eq!(described_codes(), emitted, "the contract's, and those of shared/src/edge/problem.rs");
}

/// `InReview` as it travels: `in_review`.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The variants of an enum, as they travel.
fn variants(file: &str, name: &str) -> BTreeSet<String> {
    let source = read(format!("shared/src/domain/{file}.rs"));
    let body = source.split(&format!("pub enum {name} {{")).nth(1).unwrap_or_else(|| panic!("{file} has no {name}"));
    let lines = body.lines().take_while(|line| *line != "}").map(str::trim);
    lines
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(|line| snake_case(line.trim_end_matches(',')))
        .collect()
}

#[test]
fn words_are_the_same_everywhere() {
    for (pointer, file, name) in [
        ("/components/schemas/Status", "verification", "Status"),
        ("/components/schemas/NextStep", "verification", "NextStep"),
        ("/components/schemas/Outcome", "decision", "Outcome"),
        ("/components/schemas/Reason", "decision", "Reason"),
        ("/components/schemas/Feedback", "evidence", "FeedbackCode"),
        ("/components/schemas/ReviewKind", "review", "ReviewKind"),
        ("/components/schemas/VerdictReason", "review", "VerdictReason"),
        ("/components/schemas/AttemptState", "lockout", "AttemptState"),
    ] {
        let described = CONTRACT.at(pointer).value["enum"].as_array().unwrap();
        let described: BTreeSet<_> = described.iter().map(|word| word.as_str().unwrap().to_ascii_lowercase()).collect();
        assert_eq!(described, variants(file, name), "{pointer}, and shared/src/domain/{file}.rs");
    }
}

/// The names of all fields in a schema and in what it refers to, without the alternatives that are for another scope.
fn fields(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(parts) => {
            if parts.get("x-scope").is_some_and(|scope| scope != "verify") {
                return;
            }
            if let Some(target) = parts.get("$ref").and_then(Value::as_str) {
                fields(CONTRACT.at(target.strip_prefix('#').unwrap()).value, found);
            }
            found.extend(parts.get("properties").and_then(Value::as_object).into_iter().flat_map(|named| named.keys().cloned()));
            parts.iter().filter(|(name, _)| *name != "examples").for_each(|(_, part)| fields(part, found));
        }
        Value::Array(parts) => parts.iter().for_each(|part| fields(part, found)),
        _ => {}
    }
}

#[test]
fn an_end_user_is_told_what_is_known_and_nothing_else() {
    let mut told = BTreeSet::new();
    for operation in CONTRACT.operations().into_values().filter(Contract::is_for_end_users) {
        fields(CONTRACT.child(&operation, "responses").unwrap().value, &mut told);
    }
    assert_eq!(told, TOLD_TO_END_USERS.map(str::to_owned).into());
}
