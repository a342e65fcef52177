//! The deployment template as a stack that stands on this machine: its parameters with their values, its resources, and the names and ARNs
//! that they have here. CloudFormation draws random names; these are derived from the logical ids, so that data survive a restart.

use super::conditions;
use super::intrinsics::resolve_text;
pub use crate::aws::journal::ACCOUNT;
use serde_json::{Value as Json, json};
use serde_norway::Value as Yaml;
use std::collections::BTreeMap;

/// The region that the local stack stands in.
pub const REGION: &str = "us-east-1";
/// The local stack's name, and the beginning of what its resources are called.
pub const STACK_NAME: &str = "prooflight-local";
/// The id of the local HTTP API.
pub const API_ID: &str = "local";

/// Why the template cannot be stood up here.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// It is not YAML.
    #[error("template.yaml is not readable YAML")]
    Yaml(#[source] serde_norway::Error),
    /// A name that is no parameter, resource or attribute.
    #[error("template.yaml refers to {0}, which prooflight-local does not know")]
    UnknownName(String),
    /// A parameter without a default for which no local value is known.
    #[error("template.yaml has the parameter {0}, for which prooflight-local has no value")]
    NoValue(String),
    /// Something that CloudFormation knows and this does not.
    #[error("template.yaml uses {0} which prooflight-local does not support")]
    Unsupported(String),
    /// Something is not there, or is not of the right shape.
    #[error("template.yaml: {0}")]
    Missing(String),
}

/// The parsed template with its parameters' values.
#[derive(Debug)]
pub struct Stack {
    template: Yaml,
    parameters: BTreeMap<String, Json>,
    conditions: BTreeMap<String, bool>,
}

/// One entry of `Resources`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) logical_id: &'a str,
    pub(super) kind: &'a str,
    properties: Option<&'a Yaml>,
}

impl<'a> Resource<'a> {
    /// The value at a path of keys below `Properties`, unresolved.
    pub(super) fn property(&self, path: &[&str]) -> Option<&'a Yaml> {
        path.iter().try_fold(self.properties?, |value, key| value.get(*key))
    }
}

impl Stack {
    /// Reads the template; `parameters` are the values given at deployment, the rest take their defaults.
    pub fn read(text: &str, parameters: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let template: Yaml = serde_norway::from_str(text).map_err(TemplateError::Yaml)?;
        let mut stack = Self { template, parameters: BTreeMap::new(), conditions: BTreeMap::new() };
        let mut values = BTreeMap::new();
        for (name, declaration) in stack.section("Parameters") {
            let given = parameters.get(name).cloned();
            let value = match (given, declaration.get("Default")) {
                (Some(given), _) => given,
                (None, Some(default)) => resolve_text(default, &stack)?,
                (None, None) => return Err(TemplateError::NoValue(name.to_owned())),
            };
            let is_list = declaration.get("Type").and_then(Yaml::as_str) == Some("CommaDelimitedList");
            let value = if is_list { json!(value.split(',').map(str::trim).collect::<Vec<_>>()) } else { Json::String(value) };
            values.insert(name.to_owned(), value);
        }
        stack.parameters = values;
        stack.conditions = conditions::decide(&stack)?;
        for (_, resource) in stack.section("Resources") {
            resource.get("Condition").and_then(Yaml::as_str).map_or(Ok(true), |condition| stack.holds(condition))?;
        }
        Ok(stack)
    }

    /// Every resource of a CloudFormation type, in the order of the template.
    pub(super) fn resources_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
        self.resources().filter(move |resource| resource.kind == kind)
    }

    /// The value at a path of keys below `Globals`, unresolved.
    pub(super) fn global(&self, path: &[&str]) -> Option<&Yaml> {
        path.iter().try_fold(self.template.get("Globals")?, |value, key| value.get(*key))
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, condition: &str) -> Result<bool, TemplateError> {
        self.conditions.get(condition).copied().ok_or_else(|| TemplateError::UnknownName(condition.to_owned()))
    }

    /// What `Ref` comes to: a parameter's value, or a resource's name. Some types answer with an ARN instead, as CloudFormation documents
    /// ("Ref" under "Return values" on each resource's page).
    pub(super) fn reference(&self, name: &str) -> Result<Json, TemplateError> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        let pseudo = match name {
            "AWS::Region" => Some(REGION),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::StackName" => Some(STACK_NAME),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(Json::String(value.to_owned()));
        }
        let resource = self.resource(name)?;
        match resource.kind {
            "AWS::SecretsManager::Secret" => self.attribute(name, "Arn").map(Json::String),
            // Whatever its host is, SQS goes by the rest.
            "AWS::SQS::Queue" => {
                let name = self.physical_name(&resource)?;
                Ok(Json::String(format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")))
            }
            _ => self.physical_name(&resource).map(Json::String),
        }
    }

    /// What `Fn::GetAtt` comes to. Only ARNs are known, that of a stream among them: the template asks for nothing else.
    pub(super) fn attribute(&self, resource: &str, attribute: &str) -> Result<String, TemplateError> {
        let found = self.resource(resource)?;
        let name = self.physical_name(&found)?;
        let service = match found.kind {
            "AWS::DynamoDB::Table" => format!("dynamodb:{REGION}:{ACCOUNT}:table/{name}"),
            "AWS::S3::Bucket" => format!("s3:::{name}"),
            "AWS::IAM::Role" => format!("iam::{ACCOUNT}:role/{name}"),
            "AWS::SecretsManager::Secret" => format!("secretsmanager:{REGION}:{ACCOUNT}:secret:{name}"),
            "AWS::KMS::Key" => format!("kms:{REGION}:{ACCOUNT}:key/{name}"),
            "AWS::Logs::LogGroup" => format!("logs:{REGION}:{ACCOUNT}:log-group:{name}"),
            "AWS::SQS::Queue" => format!("sqs:{REGION}:{ACCOUNT}:{name}"),
            "AWS::Events::EventBus" => format!("events:{REGION}:{ACCOUNT}:event-bus/{name}"),
            "AWS::Serverless::Function" => format!("lambda:{REGION}:{ACCOUNT}:function:{name}"),
            _ => return Err(TemplateError::UnknownName(format!("{resource}.{attribute}"))),
        };
        match (found.kind, attribute) {
            (_, "Arn") => Ok(format!("arn:aws:{service}")),
            ("AWS::DynamoDB::Table", "StreamArn") => Ok(format!("arn:aws:{service}/stream/latest")),
            _ => Err(TemplateError::UnknownName(format!("{resource}.{attribute}"))),
        }
    }

    /// What a resource is called here: the name that the template gives it, or one made of its logical id.
    pub(super) fn physical_name(&self, resource: &Resource<'_>) -> Result<String, TemplateError> {
        let given = ["TableName", "BucketName", "RoleName", "FunctionName", "LogGroupName", "CollectionId", "QueueName", "Name"]
            .iter()
            .find_map(|property| resource.property(&[property]));
        match given {
            Some(name) => resolve_text(name, self),
            None if resource.kind == "AWS::Serverless::HttpApi" => Ok(API_ID.to_owned()),
            None => Ok(format!("{STACK_NAME}-{}", kebab_case(resource.logical_id))),
        }
    }

    fn resource<'a>(&'a self, logical_id: &str) -> Result<Resource<'a>, TemplateError> {
        let found = self.resources().find(|resource| resource.logical_id == logical_id);
        found.ok_or_else(|| TemplateError::UnknownName(logical_id.to_owned()))
    }

    /// Those that exist: whose condition holds, or that have none.
    fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.section("Resources").filter_map(|(logical_id, body)| {
            let kind = body.get("Type")?.as_str()?;
            let condition = body.get("Condition").and_then(Yaml::as_str);
            if condition.is_some_and(|condition| self.conditions.get(condition) != Some(&true)) {
                return None;
            }
            Some(Resource { logical_id, kind, properties: body.get("Properties") })
        })
    }

    /// The entries of a section of the template.
    pub(super) fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Yaml)> {
        let entries = self.template.get(name).and_then(Yaml::as_mapping);
        entries.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str()?, value)))
    }
}

/// `VerificationTable` -> `verification-table`: bucket names may hold no capitals.
fn kebab_case(logical_id: &str) -> String {
    let mut name = String::new();
    for character in logical_id.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}
