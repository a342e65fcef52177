//! What the deployed template says a role is, with its references resolved to the names at AWS, so that it can be compared with what is
//! there. What cannot be resolved is said, and not compared.

use super::facts::{Account, Stack};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A role as the template has it.
#[derive(Debug, Clone, Default)]
pub(super) struct ExpectedRole {
    /// Who may take it on.
    pub(super) trust: Option<Value>,
    /// Its own policies by name; none for one that cannot be resolved.
    pub(super) policies: BTreeMap<String, Option<Value>>,
    /// How many managed policies it has.
    pub(super) attached: Vec<Option<Value>>,
}

/// Resolves references.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template<'a> {
    document: &'a Value,
    stack: &'a Stack,
    account: &'a Account,
}

impl<'a> Template<'a> {
    pub(super) fn new(template: &'a Value, stack: &'a Stack, account: &'a Account) -> Self {
        Self { document: template, stack, account }
    }

    /// The property of a resource, at such a path, resolved.
    pub(super) fn property(&self, logical_id: &str, path: &str) -> Option<Value> {
        self.resolve(self.document.pointer(&format!("/Resources/{logical_id}/Properties/{path}"))?)
    }

    /// A role, with the policies that stand beside it as resources of their own.
    pub(super) fn role(&self, logical_id: &str) -> Option<ExpectedRole> {
        let properties = self.document.pointer(&format!("/Resources/{logical_id}/Properties"))?;
        let mut role = ExpectedRole {
            trust: properties.get("AssumeRolePolicyDocument").and_then(|document| self.resolve(document)),
            ..ExpectedRole::default()
        };
        let own = properties.get("Policies").and_then(Value::as_array).into_iter().flatten();
        let beside = self.document.get("Resources").and_then(Value::as_object).into_iter().flatten();
        let beside = beside.filter(|(id, resource)| {
            resource.get("Type").and_then(Value::as_str) == Some("AWS::IAM::Policy") && self.stack.names.contains_key(*id)
        });
        let beside = beside.filter_map(|(_, resource)| resource.get("Properties")).filter(|policy| {
            let roles = policy.get("Roles").and_then(Value::as_array).into_iter().flatten();
            roles.into_iter().any(|role| role.get("Ref").and_then(Value::as_str) == Some(logical_id))
        });
        for policy in own.chain(beside) {
            if let Some(name) = policy.get("PolicyName").and_then(|name| self.resolve(name)) {
                let document = policy.get("PolicyDocument").and_then(|document| self.resolve(document));
                role.policies.insert(name.as_str().unwrap_or_default().to_owned(), document);
            }
        }
        let attached = properties.get("ManagedPolicyArns").and_then(Value::as_array).into_iter().flatten();
        role.attached = attached.map(|arn| self.resolve(arn)).collect();
        Some(role)
    }

    fn resolve(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(values) => {
                let resolved = values.iter().map(|value| self.resolve(value)).collect::<Option<Vec<_>>>()?;
                Some(Value::Array(resolved.into_iter().filter(|value| !value.is_null()).collect()))
            }
            Value::Object(fields) if fields.len() == 1 => {
                let (name, argument) = fields.iter().next()?;
                match name.as_str() {
                    "Ref" => self.reference(argument.as_str()?),
                    "Fn::GetAtt" => self.attribute(argument),
                    "Fn::Sub" => self.substitute(argument),
                    "Fn::Join" => self.join(argument),
                    "Fn::If" => {
                        let [condition, yes, no] = argument.as_array()?.as_slice() else { return None };
                        self.resolve(if self.holds(condition.as_str()?)? { yes } else { no })
                    }
                    other if other.starts_with("Fn::") => None,
                    _ => self.fields(fields),
                }
            }
            Value::Object(fields) => self.fields(fields),
            plain => Some(plain.clone()),
        }
    }

    fn fields(&self, fields: &Map<String, Value>) -> Option<Value> {
        let resolved = fields.iter().map(|(name, value)| Some((name.clone(), self.resolve(value)?)));
        let resolved: Map<String, Value> = resolved.collect::<Option<_>>()?;
        Some(Value::Object(resolved.into_iter().filter(|(_, value)| !value.is_null()).collect()))
    }

    fn reference(&self, name: &str) -> Option<Value> {
        let text = match name {
            "AWS::AccountId" => self.account.id.clone(),
            "AWS::Partition" => self.account.partition.clone(),
            "AWS::Region" => self.account.region.clone(),
            "AWS::StackName" => self.stack.name.clone(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::NoValue" => return Some(Value::Null),
            name => match self.stack.parameters.get(name) {
                Some(value) => value.clone(),
                None => self.stack.names.get(name)?.1.clone(),
            },
        };
        Some(Value::String(text))
    }

    /// The attributes that permissions name: ARNs, whose shapes are fixed ("Service Authorization Reference", resource types).
    fn attribute(&self, argument: &Value) -> Option<Value> {
        let (resource, attribute) = match argument {
            Value::String(both) => both.split_once('.')?,
            Value::Array(both) => (both.first()?.as_str()?, both.get(1)?.as_str()?),
            _ => return None,
        };
        let (kind, name) = self.stack.names.get(resource)?;
        if attribute == "StreamArn" {
            let table = self.stack.tables.iter().find(|table| table.logical_id == resource)?;
            return Some(Value::String(table.fact.as_ref().ok()?.as_ref()?.stream.as_ref()?.0.clone()));
        }
        let Account { id, partition, region } = self.account;
        let last = name.rsplit('/').next().unwrap_or_default();
        let arn = match (kind.as_str(), attribute) {
            (_, "Arn") if name.starts_with("arn:") => name.clone(),
            ("AWS::Lambda::Function", "Arn") => format!("arn:{partition}:lambda:{region}:{id}:function:{name}"),
            ("AWS::IAM::Role", "Arn") => format!("arn:{partition}:iam::{id}:role/{name}"),
            ("AWS::DynamoDB::Table", "Arn") => format!("arn:{partition}:dynamodb:{region}:{id}:table/{name}"),
            ("AWS::S3::Bucket", "Arn") => format!("arn:{partition}:s3:::{name}"),
            ("AWS::SQS::Queue", "Arn") => format!("arn:{partition}:sqs:{region}:{id}:{last}"),
            ("AWS::SQS::Queue", "QueueName") => last.to_owned(),
            ("AWS::Logs::LogGroup", "Arn") => format!("arn:{partition}:logs:{region}:{id}:log-group:{name}:*"),
            ("AWS::Events::EventBus", "Arn") => format!("arn:{partition}:events:{region}:{id}:event-bus/{name}"),
            ("AWS::Rekognition::Collection", "Arn") => format!("arn:{partition}:rekognition:{region}:{id}:collection/{name}"),
            ("AWS::KMS::Key", "Arn") => format!("arn:{partition}:kms:{region}:{id}:key/{name}"),
            _ => return None,
        };
        Some(Value::String(arn))
    }

    fn substitute(&self, argument: &Value) -> Option<Value> {
        let (text, own) = match argument {
            Value::String(text) => (text.as_str(), None),
            Value::Array(both) => (both.first()?.as_str()?, both.get(1)),
            _ => return None,
        };
        let mut resolved = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}')?;
            resolved.push_str(before);
            let of_its_own = own.and_then(|own| own.get(name));
            let value = match (of_its_own, name.strip_prefix('!'), name.contains('.')) {
                (Some(value), ..) => self.resolve(value)?,
                (_, Some(literal), _) => Value::String(format!("${{{literal}}}")),
                (.., true) => self.attribute(&Value::String(name.to_owned()))?,
                _ => self.reference(name)?,
            };
            resolved.push_str(value.as_str()?);
            rest = behind;
        }
        resolved.push_str(rest);
        Some(Value::String(resolved))
    }

    fn join(&self, argument: &Value) -> Option<Value> {
        let [separator, parts] = argument.as_array()?.as_slice() else { return None };
        let parts = self.resolve(parts)?;
        let parts: Option<Vec<&str>> = parts.as_array()?.iter().map(Value::as_str).collect();
        Some(Value::String(parts?.join(separator.as_str()?)))
    }

    fn holds(&self, condition: &str) -> Option<bool> {
        self.truth(self.document.pointer(&format!("/Conditions/{condition}"))?)
    }

    fn truth(&self, expression: &Value) -> Option<bool> {
        let (name, argument) = expression.as_object()?.iter().next()?;
        let all = || argument.as_array().map(|all| all.iter().map(|one| self.truth(one)).collect::<Option<Vec<bool>>>());
        match name.as_str() {
            "Condition" => self.holds(argument.as_str()?),
            "Fn::Not" => Some(!self.truth(argument.as_array()?.first()?)?),
            "Fn::And" => Some(all()??.into_iter().all(|one| one)),
            "Fn::Or" => Some(all()??.into_iter().any(|one| one)),
            "Fn::Equals" => {
                let [one, other] = argument.as_array()?.as_slice() else { return None };
                Some(self.resolve(one)? == self.resolve(other)?)
            }
            _ => None,
        }
    }
}

/// A policy in the one form in which two that mean the same are equal: lists where one thing may stand alone, in order, and no ids of
/// statements.
pub(super) fn normal(document: &Value) -> Value {
    let statements = match document.get("Statement") {
        Some(Value::Array(several)) => several.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let mut statements: Vec<Value> = statements.iter().map(statement).collect();
    statements.sort_by_key(Value::to_string);
    Value::Array(statements)
}

fn statement(statement: &Value) -> Value {
    let fields = statement.as_object().into_iter().flatten().filter(|(name, _)| *name != "Sid");
    let fields = fields.map(|(name, value)| (name.clone(), if name == "Effect" { value.clone() } else { listed(value) }));
    Value::Object(fields.collect())
}

fn listed(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, value)| (name.clone(), listed(value))).collect()),
        Value::Array(several) => {
            let mut texts: Vec<Value> = several.iter().map(plain).collect();
            texts.sort_by_key(Value::to_string);
            Value::Array(texts)
        }
        one => Value::Array(vec![plain(one)]),
    }
}

/// `false` and "false" are the same to IAM.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        other => Value::String(other.to_string()),
    }
}
