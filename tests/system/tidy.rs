//! What several files have to agree on, and the house rules that a compiler does not know.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below `folder` with that extension, relative to the root.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "node_modules", "dist"].contains(&name.as_str()) && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn functions() -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join("functions")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[test]
fn every_function_is_deployed_under_its_own_name() {
    let template = read("template.yaml");
    for function in functions() {
        let resource: String = function.split('-').map(capitalised).collect();
        assert!(
            template.contains(&format!("\n  {resource}:\n    Type: AWS::Serverless::Function\n")),
            "{resource} is not in template.yaml"
        );
        assert!(template.contains(&format!("target/lambda/{function}/")), "{function}'s code is not in template.yaml");
        assert!(read(format!("functions/{function}/Cargo.toml")).contains(&format!("[[bin]]\nname = \"{function}\"\n")));
    }
}

#[test]
fn every_variable_is_in_the_template_and_in_the_code() {
    let (template, code) = (read("template.yaml"), read("shared/src/environment.rs"));
    let ours: Vec<_> = code.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next()).collect();
    assert!(!ours.is_empty());
    for name in ours {
        assert!(template.contains(&format!("{name}: ")), "{name} is not in template.yaml");
    }
}

/// The days are part of an object's key, and only a rule of that prefix ends them.
#[test]
fn every_retention_of_a_policy_has_its_lifecycle_rule() {
    let template = read("template.yaml");
    for policy in prooflight_shared::policy::Catalogue::shipped().unwrap().policies() {
        let days = policy.images_kept_days;
        let rule = format!("Prefix: evidence/r{days}/\n            ExpirationInDays: {days}\n");
        assert!(days == 0 || template.contains(&rule), "{} keeps images {days} days, and no rule ends them", policy.name);
    }
}

#[test]
fn a_function_answers_before_it_is_ended() {
    let template = read("template.yaml");
    let seconds = |text: &str, name: &str| -> Vec<u64> {
        text.lines().filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": ")?.parse().ok()).collect()
    };
    // A rescue has a bound of its own: it has to be short, because its queue hides a message for as long as it may run, and a session's
    // last half minute holds several deliveries.
    let (before, rescue) = template.split_once("\n  RescueSession:\n").unwrap();
    let (rescue, after) = rescue.split_once("\n\n").unwrap();
    let rescue_ended_after = seconds(rescue, "Timeout");
    let (_, rescue_queue) = after.split_once("\n  RescueQueue:\n").unwrap();
    let (rescue_queue, _) = rescue_queue.split_once("\n\n").unwrap();
    assert!(prooflight_rescue_session::TIME_TO_RESCUE.as_secs() < rescue_ended_after[0], "{rescue_ended_after:?}");
    assert_eq!(seconds(rescue_queue, "VisibilityTimeout"), rescue_ended_after, "as long as the function may run, and no longer");
    // So has an authorizer: an HTTP API waits ten seconds for it.
    let (before, authorize) = before.split_once("\n  Authorize:\n").unwrap();
    let (authorize, between) = authorize.split_once("\n\n").unwrap();
    let authorize_ended_after = seconds(authorize, "Timeout");
    assert!(prooflight_authorize::TIME_TO_AUTHORIZE.as_secs() < authorize_ended_after[0] && authorize_ended_after[0] <= 10);
    // A webhook's receiver may take longer than an answer of ours, and its queue can wait.
    let (_, webhook) = template.split_once("\n  DeliverWebhook:\n").unwrap();
    let (_, webhook_queue) = webhook.split_once("\n  WebhookQueue:\n").unwrap();
    let webhook_ended_after = seconds(webhook, "Timeout")[0];
    assert!(
        prooflight_deliver_webhook::TIME_TO_TAKE.as_secs() + 12 < webhook_ended_after,
        "a service has six seconds before it, and one after it"
    );
    assert_eq!(seconds(webhook_queue, "VisibilityTimeout")[0], 6 * webhook_ended_after);
    let ended_after = [seconds(before, "Timeout"), seconds(between, "Timeout"), seconds(after, "Timeout")].concat();
    assert!(!ended_after.is_empty());
    assert!(ended_after.iter().all(|seconds| prooflight_shared::edge::TIME_TO_ANSWER.as_secs() < *seconds), "{ended_after:?}");
}

/// Whoever completes a session logs the age of its result, and each of their logs makes the metric of it.
#[test]
fn the_age_of_results_is_measured() {
    let template = read("template.yaml");
    assert!(read("shared/src/app/complete.rs").contains("result_age_seconds = "));
    for function in functions() {
        if read(format!("functions/{function}/src/lib.rs")).contains("Completer") {
            let resource: String = function.split('-').map(capitalised).collect();
            let filter = template.split_once(&format!("\n  {resource}ResultAge:\n")).map(|(_, rest)| rest.split("\n\n").next().unwrap());
            let filter = filter.unwrap_or_else(|| panic!("{function} has no metric filter"));
            assert!(filter.contains("MetricValue: $.fields.result_age_seconds") && filter.contains(&format!("!Ref {resource}Log")));
        }
    }
}

/// Every count of a run of clean-up is logged, made a metric of, and explained; every alarm rings somebody.
#[test]
fn what_clean_up_counts_is_measured() {
    let (template, operations) = (read("template.yaml"), read("docs/OPERATIONS.md"));
    let (report, reconcile) = (read("functions/cleanup/src/report.rs"), read("functions/cleanup/src/reconcile.rs"));
    let fields: Vec<_> = report.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.strip_suffix(": u32,")).collect();
    assert!(fields.len() > 7, "{fields:?}");
    for field in fields {
        let metric = match field {
            "failed" => "CleanupFailures".to_owned(),
            field => field.split('_').map(capitalised).collect(),
        };
        let transformation = format!("MetricName: {metric}\n          MetricValue: $.fields.{field}\n");
        assert!(template.contains(&transformation), "{field} is no metric");
        assert!(report.contains(&format!("{field} = self.{field}")) || reconcile.contains(&format!("{field} = missing")), "{field}");
        assert!(operations.contains(&format!("| `{metric}` |")), "{metric} is not in docs/OPERATIONS.md");
    }
    for alarm in template.split("Type: AWS::CloudWatch::Alarm").skip(1) {
        let alarm = alarm.split("\n\n").next().unwrap();
        assert!(alarm.contains("AlarmActions: !If [HasAlarmTopic, [!Ref AlarmTopicArn]"), "it rings nobody:{alarm}");
    }
}

#[test]
fn every_fault_has_a_remedy() {
    let operations = read("docs/OPERATIONS.md");
    for code in prooflight_shared::fault::FaultCode::ALL {
        assert!(operations.contains(&format!("| `{}` |", code.as_str())), "{} is not in docs/OPERATIONS.md", code.as_str());
    }
}

/// Status and code of every problem.
pub(crate) fn problems() -> BTreeSet<(u16, String)> {
    let table = read("shared/src/edge/problem.rs");
    let table = table.split("fn meaning(").nth(1).unwrap().split("pub fn ").next().unwrap();
    let row = |rest: &str| Some((rest.split(',').next()?.parse().ok()?, rest.split('"').nth(1)?.to_owned()));
    let problems: BTreeSet<(u16, String)> = table.split('(').filter_map(row).collect();
    let known = [(400, "malformed"), (503, "try_again"), (500, "internal_error"), (503, "liveness_unavailable")];
    assert!(known.iter().all(|(status, code)| problems.contains(&(*status, (*code).to_owned()))), "{problems:?}");
    problems
}

/// The names that an invocation can fail by: every code of a problem in Pascal case, and what a waiting step is told.
fn failures() -> BTreeSet<String> {
    let mut failures: BTreeSet<String> = problems().into_iter().map(|(_, code)| code.split('_').map(capitalised).collect()).collect();
    failures.extend(prooflight_shared::domain::TaskFailure::ALL.map(|failure| failure.as_str().to_owned()));
    failures
}

/// Every text under such a key, at any depth.
fn texts_under(value: &serde_json::Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                if name == key {
                    let names = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                    found.extend(names.iter().map(|name| name.as_str().unwrap().to_owned()));
                }
                texts_under(value, key, found);
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| texts_under(value, key, found)),
        _ => {}
    }
}

/// A name that no code produces would be caught by nobody, and nobody would notice.
#[test]
fn every_error_in_the_workflow_exists() {
    // Of Step Functions and of the integrations that it calls ("Handling errors in Step Functions workflows", "Add EventBridge events").
    let of_aws = [
        "States.Timeout",
        "States.TaskFailed",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "EventBridge.FailedEntry",
    ];
    let failures = failures();
    for file in files("infra", "json").into_iter().filter(|file| file.to_string_lossy().ends_with(".asl.json")) {
        let workflow: serde_json::Value = serde_json::from_str(&read(&file)).unwrap();
        let mut names = BTreeSet::new();
        texts_under(&workflow, "ErrorEquals", &mut names);
        assert!(names.len() > 5, "{names:?}");
        for name in &names {
            assert!(of_aws.contains(&name.as_str()) || failures.contains(name), "{}: nothing fails by {name}", file.display());
        }
        for failure in prooflight_shared::domain::TaskFailure::ALL {
            assert!(names.contains(failure.as_str()), "{} does not catch {}", file.display(), failure.as_str());
        }
        for (name, state) in workflow["States"].as_object().unwrap() {
            let is_task = state["Type"] == "Task";
            assert!(!is_task || state["TimeoutSeconds"].is_u64(), "{name} may last for a year");
        }
    }
}

/// Every kind of event is documented.
#[test]
fn every_event_is_documented() {
    let semantics = read("docs/SEMANTICS.md");
    for kind in prooflight_shared::domain::EventKind::ALL {
        assert!(semantics.contains(&format!("| `{}` |", kind.as_str())), "{} is not in docs/SEMANTICS.md", kind.as_str());
    }
}

/// `domain <- policy <- adapters <- app <- edge`; nothing below imports what is above it.
#[test]
fn imports_go_one_way() {
    let layers = ["domain", "policy", "adapters", "app", "edge"];
    for (at, layer) in layers.iter().enumerate() {
        for file in files(&format!("shared/src/{layer}"), "rs") {
            let source = read(&file);
            let imports: Vec<_> = source.split("use ").skip(1).filter_map(|rest| rest.split(';').next()).collect();
            for above in &layers[at + 1..] {
                let imported = imports.iter().any(|import| import.contains(&format!("{above}::")));
                assert!(!imported && !source.contains(&format!("crate::{above}::")), "{} imports {above}", file.display());
            }
        }
    }
    // What every layer may use stands below all of them.
    for file in ["environment", "fault", "invocation"] {
        let source = read(format!("shared/src/{file}.rs"));
        for layer in layers {
            assert!(!source.contains(&format!("crate::{layer}::")), "{file} imports {layer}");
        }
    }
    for (crate_folder, forbidden) in [
        ("shared", &["prooflight_local", "prooflight_vision", "prooflight_create_session"][..]),
        ("functions", &["prooflight_local", "prooflight_vision"]),
        ("cli", &["prooflight_local", "prooflight_vision", "aws_sdk"]),
        ("vision", &["prooflight_", "aws_", "axum", "hyper", "tokio", "reqwest"]),
        ("simulator", &["prooflight_local", "prooflight_shared", "prooflight_create_session", "aws_sdk"]),
        ("simulator/src/scene", &["prooflight_vision::Analysis", "tokio", "hyper", "std::fs", "std::time"]),
    ] {
        for file in files(crate_folder, "rs").into_iter().filter(|file| file.components().any(|part| part.as_os_str() == "src")) {
            let source = read(&file);
            for name in forbidden {
                assert!(!source.contains(&format!("use {name}")), "{} imports {name}", file.display());
            }
        }
    }
}

/// The pure core: no waiting, clock, environment, randomness, log or SDK.
#[test]
fn the_core_is_pure() {
    for file in files("shared/src/domain", "rs").into_iter().chain(files("shared/src/policy", "rs")).chain(files("vision/src", "rs")) {
        let source = read(&file);
        for outside in
            ["async fn", ".await", "Timestamp::now", "SystemTime", "Instant::now", "std::env::", "SystemRandom", "tracing::", "aws_sdk"]
        {
            assert!(!source.contains(outside), "{} uses {outside}", file.display());
        }
    }
}

#[test]
fn every_source_file_opens_with_a_paragraph_and_holds_one_concept() {
    let own = ["shared", "functions", "vision", "local", "cli", "simulator", "tests", "fuzz"];
    for file in own.into_iter().flat_map(|folder| files(folder, "rs")) {
        let source = read(&file);
        assert!(source.starts_with("//! "), "{} does not say what it is", file.display());
        let lines = source.lines().count();
        assert!(lines <= 400, "{} has {lines} lines", file.display());
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!["utils", "util", "helpers", "common", "manager", "service", "misc"].contains(&name.as_str()), "{}", file.display());
    }
}

#[test]
fn dependency_versions_stand_in_one_place() {
    for file in files(".", "toml").into_iter().filter(|file| file.ends_with("Cargo.toml") && file.components().count() > 1) {
        // The fuzzers are a workspace of their own.
        if file.starts_with("fuzz") {
            continue;
        }
        let manifest = read(&file);
        let dependencies =
            manifest.split("dependencies]\n").skip(1).flat_map(|table| table.split("\n[").next().unwrap_or_default().lines());
        for line in dependencies.filter(|line| line.contains('=')) {
            assert!(line.contains("workspace = true"), "{}: {line}", file.display());
        }
    }
}

#[test]
fn the_documents_link_to_what_exists() {
    for file in files("docs", "md").into_iter().chain([PathBuf::from("README.md")]) {
        let folder = file.parent().unwrap().to_owned();
        for target in read(&file).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            assert!(root().join(&folder).join(path).exists(), "{} links to {target}", file.display());
        }
    }
}
