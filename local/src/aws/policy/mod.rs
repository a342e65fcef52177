//! Decides what a caller may do: a function what its role allows, temporary credentials what their session policy allows as well. It is
//! the part of IAM's policy language that we use, and a refusal for everything else (IAM User Guide, "IAM JSON policy elements reference").

mod document;

use crate::aws::credentials::Caller;
use jiff::Timestamp;
use serde_json::Value;

pub use document::PolicyFault;

/// Whether `caller` may do that: the developer everything, a function what its role in template.yaml says, temporary credentials what
/// both their role and their session policy say, and nothing without one.
pub fn permits(caller: &Caller, request: &Request<'_>) -> bool {
    match caller {
        Caller::Developer => true,
        Caller::Function { role, .. } => role.allows(request),
        Caller::AssumedRole { session_policy, role, .. } => {
            let session = session_policy.as_deref().and_then(|policy| serde_json::from_str::<Value>(policy).ok());
            let session = session.and_then(|policy| Policy::read(&policy).ok());
            session.is_some_and(|policy| policy.allows(request)) && role.as_ref().is_none_or(|role| role.allows(request))
        }
    }
}

/// What IAM is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// For example `rekognition:StartFaceLivenessSession`.
    pub action: &'a str,
    /// An ARN, or `*` where the action has no resource.
    pub resource: &'a str,
    /// `aws:RequestedRegion`.
    pub region: &'a str,
    /// `aws:CurrentTime`.
    pub now: Timestamp,
    /// `s3:prefix`: the beginning of the keys that are listed, or the whole key that is looked for.
    pub prefix: Option<&'a str>,
}

/// The statements of one or several documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy(Vec<Statement>);

impl Policy {
    /// Reads a document. One that cannot be read whole is none: a statement that we do not understand could have been a denial.
    pub fn read(document: &Value) -> Result<Self, PolicyFault> {
        document::statements(document).map(Self)
    }

    /// What all of them say together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether a statement allows it, and none denies it.
    pub fn allows(&self, request: &Request<'_>) -> bool {
        let applies = |statement: &&Statement| statement.applies(request);
        let denied = self.0.iter().filter(|statement| !statement.allow).any(|statement| applies(&statement));
        !denied && self.0.iter().filter(|statement| statement.allow).any(|statement| applies(&statement))
    }

    /// Every pair of an action and a resource that is allowed, as it is written: what has to be used, or should not be granted.
    pub fn grants(&self) -> impl Iterator<Item = Grant<'_>> {
        self.0.iter().filter(|statement| statement.allow).flat_map(|statement| {
            let actions = statement.actions.iter();
            actions.flat_map(|action| statement.resources.iter().map(move |resource| Grant { action, resource }))
        })
    }
}

/// One permission of a role, with its wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant<'a> {
    /// For example `dynamodb:PutItem`.
    pub action: &'a str,
    /// For example `arn:aws:s3:::pictures/evidence/*`.
    pub resource: &'a str,
}

impl Grant<'_> {
    /// Whether it covers that.
    pub fn covers(&self, action: &str, resource: &str) -> bool {
        names(self.action, action) && matches(self.resource, resource)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    allow: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

/// One key under one operator: it holds when any of the values does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Region(Vec<String>),
    /// Patterns. A request without a prefix does not have the key, and so does not meet the condition.
    Prefix(Vec<String>),
    Time(Comparison, Vec<Timestamp>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Statement {
    fn applies(&self, request: &Request<'_>) -> bool {
        self.actions.iter().any(|pattern| names(pattern, request.action))
            && self.resources.iter().any(|pattern| matches(pattern, request.resource))
            && self.conditions.iter().all(|condition| condition.holds(request))
    }
}

impl Condition {
    fn holds(&self, request: &Request<'_>) -> bool {
        let now = request.now;
        match self {
            Self::Region(regions) => regions.iter().any(|allowed| allowed == request.region),
            Self::Prefix(patterns) => request.prefix.is_some_and(|prefix| patterns.iter().any(|pattern| matches(pattern, prefix))),
            Self::Time(comparison, times) => times.iter().any(|time| match comparison {
                Comparison::Less => now < *time,
                Comparison::LessOrEqual => now <= *time,
                Comparison::Greater => now > *time,
                Comparison::GreaterOrEqual => now >= *time,
            }),
        }
    }
}

/// Actions are compared without case (IAM User Guide, "Action").
fn names(pattern: &str, action: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase())
}

/// `*` stands for any run of characters (IAM User Guide, "Resource").
fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').map_or((None, rest), |(middle, tail)| (Some(middle), tail));
    for part in middle.into_iter().flat_map(|middle| middle.split('*')) {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Arc;

    const NOW: &str = "2026-11-22T10:00:00Z";

    fn ask<'a>(action: &'a str, region: &'a str, now: &str) -> Request<'a> {
        Request { action, resource: "*", region, now: now.parse().unwrap(), prefix: None }
    }

    fn allows(policy: &Value, request: &Request<'_>) -> bool {
        Policy::read(policy).is_ok_and(|policy| policy.allows(request))
    }

    /// The policy that create-session asks for.
    fn streaming() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "rekognition:StartFaceLivenessSession", "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:RequestedRegion": "eu-west-1"},
                "DateLessThan": {"aws:CurrentTime": "2026-11-22T10:03:05Z"},
            },
        }]})
    }

    #[test]
    fn the_streaming_policy_allows_one_action_in_one_region_until_its_end() {
        let start = "rekognition:StartFaceLivenessSession";
        let cases = [
            (start, "eu-west-1", "2026-11-22T10:00:00Z", true),
            ("rekognition:startfacelivenesssession", "eu-west-1", "2026-11-22T10:00:00Z", true),
            (start, "eu-west-1", "2026-11-22T10:03:05Z", false),
            (start, "us-east-1", "2026-11-22T10:00:00Z", false),
            ("rekognition:GetFaceLivenessSessionResults", "eu-west-1", "2026-11-22T10:00:00Z", false),
            ("rekognition:StartFaceLivenessSessionX", "eu-west-1", "2026-11-22T10:00:00Z", false),
            ("s3:GetObject", "eu-west-1", "2026-11-22T10:00:00Z", false),
        ];
        for (action, region, now, expected) in cases {
            assert_eq!(allows(&streaming(), &ask(action, region, now)), expected, "{action} in {region} at {now}");
        }
    }

    #[test]
    fn statements_are_combined_as_iam_does() {
        let allow = |action: Value| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        let deny = |action: &str| json!({"Effect": "Deny", "Action": action, "Resource": ["*"]});
        let cases = [
            ("a single statement need not be a list", json!({"Statement": allow(json!("s3:GetObject"))}), true),
            ("a list of actions", json!({"Statement": allow(json!(["sqs:SendMessage", "s3:GetObject"]))}), true),
            ("a wildcard at the end", json!({"Statement": allow(json!("s3:Get*"))}), true),
            ("a wildcard in the middle", json!({"Statement": allow(json!("s3:*Obj*t"))}), true),
            ("every action", json!({"Statement": allow(json!("*"))}), true),
            ("overlapping parts do not match twice", json!({"Statement": allow(json!("s3:GetObj*Object"))}), false),
            ("another service's wildcard", json!({"Statement": allow(json!("sqs:*"))}), false),
            ("a denial wins, whatever the order", json!({"Statement": [deny("s3:*"), allow(json!("*"))]}), false),
            ("a denial of something else", json!({"Statement": [allow(json!("*")), deny("sqs:*")]}), true),
            ("a denial alone allows nothing", json!({"Statement": [deny("sqs:*")]}), false),
        ];
        for (name, policy, expected) in cases {
            assert_eq!(allows(&policy, &ask("s3:GetObject", "eu-west-1", NOW)), expected, "{name}");
        }
    }

    #[test]
    fn resources_and_prefixes_are_held() {
        let policy = json!({"Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/evidence/*", "arn:aws:s3:::b/sources/*"]},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b",
             "Condition": {"StringLike": {"s3:prefix": ["sources/*"]}}},
        ]});
        let (bucket, picture) = ("arn:aws:s3:::b", "arn:aws:s3:::b/sources/a.jpg");
        let cases = [
            ("s3:GetObject", picture, None, true),
            ("s3:GetObject", "arn:aws:s3:::b/Sources/a.jpg", None, false),
            ("s3:GetObject", "arn:aws:s3:::b/other/a.jpg", None, false),
            ("s3:GetObject", "arn:aws:s3:::bb/sources/a.jpg", None, false),
            ("s3:GetObject", "*", None, false),
            ("s3:PutObject", picture, None, false),
            ("s3:ListBucket", bucket, Some("sources/2026"), true),
            ("s3:ListBucket", bucket, Some("evidence/"), false),
            ("s3:ListBucket", bucket, None, false),
        ];
        for (action, resource, prefix, expected) in cases {
            let request = Request { resource, prefix, ..ask(action, "eu-west-1", NOW) };
            assert_eq!(allows(&policy, &request), expected, "{action} {resource} {prefix:?}");
        }
        let policy = Policy::read(&policy).unwrap();
        assert_eq!(policy.grants().count(), 3);
        let used: Vec<bool> = policy.grants().map(|grant| grant.covers("s3:GetObject", picture)).collect();
        assert_eq!(used, [false, true, false]);
    }

    #[test]
    fn a_function_may_do_what_its_role_says_and_temporary_credentials_what_both_say() {
        let start = ask("rekognition:StartFaceLivenessSession", "eu-west-1", NOW);
        let other = json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}});
        let role = |document: &Value| Arc::new(Policy::read(document).unwrap());
        let function = |document: &Value| Caller::Function { name: "create-session".into(), role: role(document) };
        let assumed = |session_policy: Option<String>, role: Option<Arc<Policy>>| Caller::AssumedRole {
            role_arn: "arn:aws:sts::000000000000:assumed-role/r/s".into(),
            session_policy,
            role,
        };
        let session = || Some(streaming().to_string());
        let cases = [
            ("the developer", Caller::Developer, true),
            ("a function whose role allows it", function(&streaming()), true),
            ("a function whose role allows something else", function(&other), false),
            ("a session of a role that the stack does not know", assumed(session(), None), true),
            ("a session of a role that allows it", assumed(session(), Some(role(&streaming()))), true),
            ("a session of a role that does not", assumed(session(), Some(role(&other))), false),
            ("a session without a policy", assumed(None, Some(role(&streaming()))), false),
            ("a session whose policy is none", assumed(Some("{".into()), None), false),
        ];
        for (name, caller, expected) in cases {
            assert_eq!(permits(&caller, &start), expected, "{name}");
        }
    }
}
