//! What the real template comes to on one machine.

use crate::wire::{FUNCTIONS, PAGE_ORIGIN, deployment, deployment_with};
use prooflight_local::gateway::Access;

#[test]
fn the_routes_are_those_of_the_api() {
    let deployment = deployment();
    let mut routes: Vec<String> = Vec::new();
    for route in deployment.routes.iter() {
        let access = match &route.access {
            Access::Open => "open".to_owned(),
            Access::Token { scopes } => scopes.join(" "),
            Access::Function(authorizer) => format!("{}, {} s", authorizer.function, authorizer.remembered.as_secs()),
        };
        routes.push(format!("{} -> {} [{access}]", route.key, route.function));
    }
    routes.sort();
    insta::assert_snapshot!(routes.join("\n"));
}

#[test]
fn every_function_of_the_template_is_known_here() {
    let deployment = deployment();
    let mut names: Vec<&str> = deployment.functions.iter().map(|function| function.name.as_str()).collect();
    names.sort_unstable();
    let mut known = FUNCTIONS;
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn the_environment_is_resolved_to_local_names() {
    let deployment = deployment();
    let create = deployment.functions.iter().find(|function| function.name == "create-session").expect("it is deployed");
    let variable = |name: &str| create.environment.get(name).map(String::as_str);
    assert_eq!(variable("TABLE_NAME"), Some("prooflight-local-verification-table"));
    assert_eq!(variable("EVIDENCE_BUCKET"), Some("prooflight-local-evidence-bucket"));
    assert_eq!(variable("LIVENESS_REGION"), Some("us-east-1"));
    assert_eq!(variable("STREAMING_ROLE_ARN"), Some("arn:aws:iam::000000000000:role/prooflight-local-streaming-role"));
    let key = "secret of arn:aws:secretsmanager:us-east-1:000000000000:secret:prooflight-local-identifier-key";
    assert_eq!(variable("IDENTIFIER_KEY"), Some(key));
    assert_eq!(create.timeout.as_secs(), 25);
    assert_eq!(deployment.buckets, ["prooflight-local-evidence-bucket", "prooflight-local-evidence-log-bucket"]);
}

#[test]
fn queues_and_what_they_invoke_are_read() {
    let deployment = deployment();
    let names: Vec<_> = deployment.queues.iter().map(|queue| queue["QueueName"].as_str().expect("a name")).collect();
    assert_eq!(names, ["prooflight-local-rescue-queue", "prooflight-local-rescue-dead-letters", "prooflight-local-unpublished-records"]);
    let dead_letters = &deployment.queues[0]["RedrivePolicy"]["deadLetterTargetArn"];
    assert_eq!(dead_letters, "arn:aws:sqs:us-east-1:000000000000:prooflight-local-rescue-dead-letters");
    let [source] = deployment.queue_sources.as_slice() else { panic!("one source") };
    assert_eq!((source.queue.as_str(), source.function.as_str()), ("prooflight-local-rescue-queue", "rescue-session"));
    assert_eq!((source.timeout.as_secs(), source.batch_size, source.reports_failures), (8, 1, true));
    let create = deployment.functions.iter().find(|function| function.name == "create-session").expect("it is deployed");
    let url = "https://sqs.us-east-1.amazonaws.com/000000000000/prooflight-local-rescue-queue";
    assert_eq!(create.environment.get("RESCUE_QUEUE_URL").map(String::as_str), Some(url));
}

#[test]
fn webhooks_are_there_where_there_is_a_receiver() {
    let (without, with) = (deployment(), deployment_with("https://hooks.example.com/"));
    assert_eq!((without.rules.len(), with.rules.len()), (0, 1));
    assert_eq!((with.queues.len(), with.functions.len()), (without.queues.len() + 2, without.functions.len() + 1));
    let deliver = with.functions.iter().find(|function| function.name == "deliver-webhook").expect("it is deployed");
    let variable = |name: &str| deliver.environment.get(name).map(String::as_str);
    assert_eq!(variable("WEBHOOK_URL"), Some("https://hooks.example.com/"));
    assert_eq!(variable("WEBHOOK_KEYS_ARN"), Some("arn:aws:secretsmanager:us-east-1:000000000000:secret:prooflight-local-webhook-keys"));
    let source = with.queue_sources.iter().find(|source| source.function == "deliver-webhook").expect("it has a queue");
    assert_eq!((source.queue.as_str(), source.batch_size, source.reports_failures), ("prooflight-local-webhook-queue", 1, true));
    assert_eq!((source.timeout.as_secs(), source.most_at_a_time), (30, Some(10)));
}

#[test]
fn tables_authorizer_and_cors_are_read() {
    let deployment = deployment();
    let [table] = deployment.tables.as_slice() else { panic!("one table") };
    assert_eq!(table["TableName"], "prooflight-local-verification-table");
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "expiresAt");
    assert_eq!(table["KeySchema"][1]["AttributeName"], "sk");
    assert_eq!(deployment.authorizer.issuer, "https://prooflight.local/");
    assert_eq!(deployment.authorizer.audience, ["prooflight"]);
    let cors = deployment.cors.expect("the API has CORS rules");
    assert_eq!(cors.origins, ["https://localhost:8443", PAGE_ORIGIN]);
    assert_eq!(cors.headers, ["authorization", "content-type", "idempotency-key", "if-match"]);
}
