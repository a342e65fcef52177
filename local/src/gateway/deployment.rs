//! What `template.yaml` deploys, read for one machine: functions with their environment, the HTTP API's routes, authorizer and CORS rules,
//! tables, buckets, queues and face collections. It is the file that SAM deploys: a route, a scope or a variable that is missing there is missing here as well.

use super::cors::Cors;
use super::intrinsics::{resolve, resolve_text};
use super::lambda_authorizer::LambdaAuthorizer;
use super::roles::roles;
use super::routes::{Access, Route, Routes};
use super::rules::{Rule, rules};
use super::sources::{check_mappings, mapping_permissions, stream_source};
use super::stack::{Resource, STACK_NAME, Stack, TemplateError};
use crate::aws::credentials::Caller;
use crate::aws::policy::Policy;
use crate::event_sources::StreamSource;
use crate::schedules::rate;
use jiff::SignedDuration;
use serde_json::Value as Json;
use serde_norway::Value as Yaml;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The deployed part of the template.
#[derive(Debug)]
pub struct Deployment {
    /// The Lambda functions.
    pub functions: Vec<Function>,
    /// Which function answers which request, and who may call it.
    pub routes: Routes,
    /// Whose tokens are accepted.
    pub authorizer: JwtConfiguration,
    /// The HTTP API's CORS rules, where it has any.
    pub cors: Option<Cors>,
    /// The properties of every DynamoDB table, `TableName` included.
    pub tables: Vec<Json>,
    /// The name of every bucket.
    pub buckets: Vec<String>,
    /// The properties of every queue, `QueueName` included.
    pub queues: Vec<Json>,
    /// Which function is invoked with the messages of which queue.
    pub queue_sources: Vec<QueueSource>,
    /// Which events of a bus are sent on to which queue.
    pub rules: Vec<Rule>,
    /// The id of every face collection.
    pub collections: Vec<String>,
    /// What every role allows, by its ARN.
    pub roles: BTreeMap<String, Policy>,
}

/// One `AWS::Serverless::Function`.
#[derive(Debug, Default)]
pub struct Function {
    /// The package, folder and binary: `create-session`.
    pub name: String,
    /// After which the Lambda service gives up on an invocation.
    pub timeout: Duration,
    /// What its role allows.
    pub role: Policy,
    /// What Lambda does in its role's name, because of its event sources: actions and resources.
    pub lambda_does: Vec<(&'static str, String)>,
    /// The environment variables of the template, resolved.
    pub environment: BTreeMap<String, String>,
    /// How often it is invoked by itself.
    pub schedule: Option<SignedDuration>,
    /// The table whose stream it is behind.
    pub stream: Option<StreamSource>,
}

impl Function {
    /// As whom it signs.
    pub(crate) fn caller(&self) -> Caller {
        Caller::Function { name: self.name.clone(), role: Arc::new(self.role.clone()) }
    }
}

/// An `SQS` event of a function: how its messages are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSource {
    /// The queue's name.
    pub queue: String,
    /// The function's.
    pub function: String,
    /// After which the Lambda service gives up on an invocation.
    pub timeout: Duration,
    /// So many messages an invocation gets at most.
    pub batch_size: usize,
    /// Whether the function's answer names the messages that failed; without, one that fails fails them all.
    pub reports_failures: bool,
    /// So many invocations at a time, where it is said.
    pub most_at_a_time: Option<u32>,
}

/// What a JWT authorizer checks a token against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtConfiguration {
    /// The exact `iss` claim.
    pub issuer: String,
    /// What `aud` (or `client_id`) must name one of.
    pub audience: Vec<String>,
}

impl Deployment {
    /// Reads the stack. `secret` gives the value behind a Secrets Manager ARN: `{{resolve:secretsmanager:<arn>:SecretString}}`.
    pub fn read(stack: &Stack, secret: impl Fn(&str) -> std::io::Result<String>) -> Result<Self, TemplateError> {
        let api = only(stack, "AWS::Serverless::HttpApi")?;
        let default_authorizer = api.property(&["Auth", "DefaultAuthorizer"]).and_then(Yaml::as_str);
        let roles = roles(stack)?;
        let mut functions = Vec::new();
        let mut routes = Vec::new();
        let mut queue_sources = Vec::new();
        for resource in stack.resources_of("AWS::Serverless::Function") {
            let mut function = function(stack, &resource, &roles, &secret)?;
            routes.extend(routes_of(stack, &api, &resource, &function.name)?);
            let queues = queue_sources_of(stack, &resource, &function)?;
            function.lambda_does = mapping_permissions(&queues, function.stream.as_ref());
            check_mappings(&function)?;
            queue_sources.extend(queues);
            functions.push(function);
        }
        Ok(Self {
            functions,
            routes: Routes::new(routes),
            authorizer: jwt_configuration(stack, &api, default_authorizer)?,
            cors: api.property(&["CorsConfiguration"]).map(|rules| cors(stack, rules)).transpose()?,
            tables: described(stack, "AWS::DynamoDB::Table", "TableName")?,
            buckets: names(stack, "AWS::S3::Bucket")?,
            queues: described(stack, "AWS::SQS::Queue", "QueueName")?,
            queue_sources,
            rules: rules(stack)?,
            collections: names(stack, "AWS::Rekognition::Collection")?,
            roles,
        })
    }
}

/// The properties of every secret, `Name` included.
pub fn secrets(stack: &Stack) -> Result<Vec<Json>, TemplateError> {
    described(stack, "AWS::SecretsManager::Secret", "Name")
}

/// The properties of every KMS key, `KeyId` included.
pub fn keys(stack: &Stack) -> Result<Vec<Json>, TemplateError> {
    described(stack, "AWS::KMS::Key", "KeyId")
}

fn names(stack: &Stack, kind: &str) -> Result<Vec<String>, TemplateError> {
    stack.resources_of(kind).map(|resource| stack.physical_name(&resource)).collect()
}

fn only<'a>(stack: &'a Stack, kind: &'a str) -> Result<Resource<'a>, TemplateError> {
    let mut found = stack.resources_of(kind);
    match (found.next(), found.next()) {
        (Some(resource), None) => Ok(resource),
        _ => Err(TemplateError::Missing(format!("exactly one {kind} is needed"))),
    }
}

fn function(
    stack: &Stack,
    resource: &Resource<'_>,
    roles: &BTreeMap<String, Policy>,
    secret: &impl Fn(&str) -> std::io::Result<String>,
) -> Result<Function, TemplateError> {
    let code = resource.property(&["CodeUri"]).ok_or_else(|| missing(resource, "CodeUri"))?;
    let code = resolve_text(code, stack)?;
    let name = code.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let role = resolve_text(resource.property(&["Role"]).ok_or_else(|| missing(resource, "Role"))?, stack)?;
    let role = roles.get(&role).cloned().ok_or(TemplateError::UnknownName(role))?;
    let timeout = resource.property(&["Timeout"]).or_else(|| stack.global(&["Function", "Timeout"]));
    // "Timeout" on AWS::Serverless::Function: three seconds when nothing is said.
    let timeout = timeout.and_then(Yaml::as_u64).unwrap_or(3);
    let mut environment = BTreeMap::new();
    let shared = stack.global(&["Function", "Environment", "Variables"]);
    for variables in [shared, resource.property(&["Environment", "Variables"])].into_iter().flatten() {
        for (variable, value) in variables.as_mapping().into_iter().flatten() {
            let Some(variable) = variable.as_str() else { continue };
            environment.insert(variable.to_owned(), dynamic(resolve_text(value, stack)?, secret)?);
        }
    }
    let (schedule, stream) = (schedule(stack, resource)?, stream_source(stack, resource)?);
    Ok(Function { name, timeout: Duration::from_secs(timeout), role, lambda_does: Vec::new(), environment, schedule, stream })
}

/// The period of a function's `ScheduleV2` event, where it has one.
fn schedule(stack: &Stack, resource: &Resource<'_>) -> Result<Option<SignedDuration>, TemplateError> {
    for (_, event) in resource.property(&["Events"]).and_then(Yaml::as_mapping).into_iter().flatten() {
        if event.get("Type").and_then(Yaml::as_str) != Some("ScheduleV2") {
            continue;
        }
        let expression = event.get("Properties").and_then(|properties| properties.get("ScheduleExpression"));
        let expression = resolve_text(expression.ok_or_else(|| missing(resource, "ScheduleExpression"))?, stack)?;
        let every = rate(&expression).ok_or_else(|| TemplateError::Unsupported(format!("the schedule {expression}")))?;
        return Ok(Some(every));
    }
    Ok(None)
}

/// The queues of a function's `SQS` events. A batching window is refused: it would be a delay that this does not have.
fn queue_sources_of(stack: &Stack, resource: &Resource<'_>, function: &Function) -> Result<Vec<QueueSource>, TemplateError> {
    let mut sources = Vec::new();
    for (_, event) in resource.property(&["Events"]).and_then(Yaml::as_mapping).into_iter().flatten() {
        if event.get("Type").and_then(Yaml::as_str) != Some("SQS") {
            continue;
        }
        let property = |name: &str| event.get("Properties").and_then(|properties| properties.get(name));
        let arn = resolve_text(property("Queue").ok_or_else(|| missing(resource, "Queue"))?, stack)?;
        if property("MaximumBatchingWindowInSeconds").and_then(Yaml::as_u64).unwrap_or(0) > 0 {
            return Err(TemplateError::Unsupported("a batching window".to_owned()));
        }
        let reports = property("FunctionResponseTypes").map_or(Ok(Vec::new()), |types| texts(stack, types))?;
        sources.push(QueueSource {
            queue: arn.rsplit(':').next().unwrap_or_default().to_owned(),
            function: function.name.clone(),
            timeout: function.timeout,
            // "BatchSize" on SQS events of SAM: ten when nothing is said.
            batch_size: property("BatchSize").and_then(Yaml::as_u64).and_then(|size| usize::try_from(size).ok()).unwrap_or(10),
            reports_failures: reports.iter().any(|kind| kind == "ReportBatchItemFailures"),
            most_at_a_time: property("ScalingConfig")
                .and_then(|scaling| scaling.get("MaximumConcurrency"))
                .and_then(Yaml::as_u64)
                .and_then(|most| u32::try_from(most).ok()),
        });
    }
    Ok(sources)
}

/// Replaces a dynamic reference ("Get a secret or secret value from Secrets Manager" in the CloudFormation guide) by what it stands for.
fn dynamic(value: String, secret: &impl Fn(&str) -> std::io::Result<String>) -> Result<String, TemplateError> {
    let Some(reference) = value.strip_prefix("{{resolve:").and_then(|rest| rest.strip_suffix("}}")) else {
        return Ok(value);
    };
    let arn = reference.strip_prefix("secretsmanager:").and_then(|rest| rest.strip_suffix(":SecretString"));
    let Some(arn) = arn else { return Err(TemplateError::Unsupported(format!("the dynamic reference {reference}"))) };
    secret(arn).map_err(|error| TemplateError::Missing(format!("no value for the secret {arn} ({error})")))
}

/// The routes of one function, from its `HttpApi` events.
fn routes_of(stack: &Stack, api: &Resource<'_>, resource: &Resource<'_>, function: &str) -> Result<Vec<Route>, TemplateError> {
    let default = api.property(&["Auth", "DefaultAuthorizer"]).and_then(Yaml::as_str);
    let mut routes = Vec::new();
    for (_, event) in resource.property(&["Events"]).and_then(Yaml::as_mapping).into_iter().flatten() {
        if event.get("Type").and_then(Yaml::as_str) != Some("HttpApi") {
            continue;
        }
        let properties = event.get("Properties");
        let text = |name: &str| properties.and_then(|properties| properties.get(name)).map(|value| resolve_text(value, stack)).transpose();
        let (method, path) = (text("Method")?, text("Path")?);
        let auth = properties.and_then(|properties| properties.get("Auth"));
        let authorizer = auth.and_then(|auth| auth.get("Authorizer")).and_then(Yaml::as_str).or(default);
        let scopes = auth.and_then(|auth| auth.get("AuthorizationScopes")).map(|scopes| texts(stack, scopes)).transpose()?;
        let access = match authorizer {
            None | Some("NONE") => Access::Open,
            Some(name) => match lambda_authorizer(stack, api, name)? {
                Some(authorizer) => Access::Function(authorizer),
                None => Access::Token { scopes: scopes.unwrap_or_default() },
            },
        };
        // "HttpApi" event source of SAM: without a path and a method it is the route that catches everything.
        routes.push(Route::new(method.as_deref().unwrap_or("ANY"), path.as_deref().unwrap_or("$default"), function, access));
    }
    Ok(routes)
}

/// A Lambda authorizer, where the name is that of one.
fn lambda_authorizer(stack: &Stack, api: &Resource<'_>, name: &str) -> Result<Option<LambdaAuthorizer>, TemplateError> {
    let property = |path: &[&str]| api.property(&[&["Auth", "Authorizers", name], path].concat());
    let Some(arn) = property(&["FunctionArn"]) else { return Ok(None) };
    let is_simple = property(&["EnableSimpleResponses"]).and_then(Yaml::as_bool) == Some(true)
        && property(&["AuthorizerPayloadFormatVersion"]).and_then(Yaml::as_str) == Some("2.0");
    let headers = property(&["Identity", "Headers"]).map_or(Ok(Vec::new()), |headers| texts(stack, headers))?;
    if !is_simple || headers != ["Authorization"] {
        return Err(TemplateError::Unsupported(
            "a Lambda authorizer without simple answers, or by another header than Authorization".to_owned(),
        ));
    }
    let arn = resolve_text(arn, stack)?;
    let name = arn.rsplit(':').next().unwrap_or_default();
    // "Identity" of `LambdaAuthorizer` in SAM: nothing is remembered where nothing is said.
    let seconds = property(&["Identity", "ReauthorizeEvery"]).and_then(Yaml::as_i64).unwrap_or(0);
    let function = name.strip_prefix(STACK_NAME).and_then(|rest| rest.strip_prefix('-')).unwrap_or(name).to_owned();
    Ok(Some(LambdaAuthorizer { function, remembered: SignedDuration::from_secs(seconds) }))
}

fn jwt_configuration(stack: &Stack, api: &Resource<'_>, authorizer: Option<&str>) -> Result<JwtConfiguration, TemplateError> {
    let name = authorizer.ok_or_else(|| missing(api, "Auth.DefaultAuthorizer"))?;
    let source = api.property(&["Auth", "Authorizers", name, "IdentitySource"]).and_then(Yaml::as_str);
    if source != Some("$request.header.Authorization") {
        return Err(TemplateError::Unsupported("another IdentitySource than $request.header.Authorization".to_owned()));
    }
    let configuration = api.property(&["Auth", "Authorizers", name, "JwtConfiguration"]).ok_or_else(|| missing(api, "JwtConfiguration"))?;
    let issuer = configuration.get("issuer").ok_or_else(|| missing(api, "JwtConfiguration.issuer"))?;
    let audience = configuration.get("audience").ok_or_else(|| missing(api, "JwtConfiguration.audience"))?;
    Ok(JwtConfiguration { issuer: resolve_text(issuer, stack)?, audience: texts(stack, audience)? })
}

fn cors(stack: &Stack, rules: &Yaml) -> Result<Cors, TemplateError> {
    let list = |name: &str| rules.get(name).map_or(Ok(Vec::new()), |value| texts(stack, value));
    Ok(Cors {
        origins: list("AllowOrigins")?,
        methods: list("AllowMethods")?,
        headers: list("AllowHeaders")?,
        exposed: list("ExposeHeaders")?,
        max_age_seconds: rules.get("MaxAge").and_then(Yaml::as_u64),
        credentials: rules.get("AllowCredentials").and_then(Yaml::as_bool).unwrap_or(false),
    })
}

/// The properties of every resource of a kind, their name included.
fn described(stack: &Stack, kind: &str, name: &str) -> Result<Vec<Json>, TemplateError> {
    stack.resources_of(kind).map(|resource| named_properties(stack, &resource, name)).collect()
}

/// The properties of a resource, with its name where the template leaves that to CloudFormation.
fn named_properties(stack: &Stack, resource: &Resource<'_>, name: &str) -> Result<Json, TemplateError> {
    let properties = resource.property(&[]).ok_or_else(|| missing(resource, "Properties"))?;
    let mut properties = resolve(properties, stack)?;
    let physical = stack.physical_name(resource)?;
    properties.as_object_mut().ok_or_else(|| missing(resource, "Properties"))?.insert(name.to_owned(), Json::String(physical));
    Ok(properties)
}

fn texts(stack: &Stack, value: &Yaml) -> Result<Vec<String>, TemplateError> {
    let mut texts = Vec::new();
    collect_texts(&resolve(value, stack)?, &mut texts)?;
    Ok(texts)
}

/// A list may hold a parameter that is itself a list.
fn collect_texts(value: &Json, into: &mut Vec<String>) -> Result<(), TemplateError> {
    match value {
        Json::String(text) => into.push(text.clone()),
        Json::Array(items) => items.iter().try_for_each(|item| collect_texts(item, into))?,
        _ => return Err(TemplateError::Unsupported("something else than strings in a list of strings".to_owned())),
    }
    Ok(())
}

fn missing(resource: &Resource<'_>, property: &str) -> TemplateError {
    TemplateError::Missing(format!("{} has no {property}", resource.logical_id))
}
