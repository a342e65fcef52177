//! What is known about an account and a stack: plain values, read once. Each may be missing with the reason why, and what cannot be
//! read is never taken for right. No value of an environment variable is kept but the region's, because some of them are secrets.

use serde_json::Value;
use std::collections::BTreeMap;

/// Something that was read, or why it was not.
pub type Fact<T> = Result<T, Unread>;

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The permission that reading takes, such as `iam:GetRole`.
    pub operation: String,
    /// AWS's code, or one of ours in words: `no connection`.
    pub code: String,
    /// Whether AWS said more than its code.
    pub explained: bool,
}

/// Everything that is judged.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Whose credentials asked, and where.
    pub account: Account,
    /// How many seconds AWS's clock is ahead of ours.
    pub clock_ahead: Fact<i64>,
    /// Where the sessions are made.
    pub liveness_region: String,
    /// Whether Face Liveness answered there: a session that nobody made is not found.
    pub liveness: Fact<()>,
    /// Whether the endpoint that browsers stream to answered.
    pub stream: Fact<()>,
    /// What the organisation says about AI services.
    pub opt_out: Fact<OptOut>,
    /// The quotas of Face Liveness, by name.
    pub liveness_quotas: Fact<BTreeMap<String, f64>>,
    /// How many functions may run at once in the account.
    pub concurrency: Fact<u64>,
    /// Where alarms go: the parameter, and how many have confirmed that they listen.
    pub topic: Option<(String, Fact<Option<u64>>)>,
    /// What is deployed; nothing before the deployment.
    pub stack: Option<Stack>,
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// `aws`, `aws-us-gov`.
    pub partition: String,
    /// The stack's region.
    pub region: String,
}

/// Whether AWS may keep content of its AI services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOut {
    /// The account is in no organisation, so that nobody can say no.
    NoOrganization,
    /// No policy applies.
    NoPolicy,
    /// A policy applies that does not say no for Rekognition.
    Allowed,
    /// Nothing is kept.
    Refused,
}

/// A resource of the stack.
#[derive(Debug, Clone)]
pub struct Resource<T> {
    /// In the template.
    pub logical_id: String,
    /// At AWS.
    pub name: String,
    /// What it is like; none where AWS does not have it.
    pub fact: Fact<Option<T>>,
}

/// A deployed stack.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// CloudFormation's word for how it is.
    pub status: String,
    /// What it was deployed with.
    pub parameters: BTreeMap<String, String>,
    /// Type and name at AWS, by the name in the template.
    pub names: BTreeMap<String, (String, String)>,
    /// The template as SAM has written it out.
    pub template: Fact<Value>,
    /// Its functions.
    pub functions: Vec<Resource<Function>>,
    /// What hands queues and streams to them.
    pub sources: Vec<Resource<Source>>,
    /// Its roles.
    pub roles: Vec<Resource<Role>>,
    /// Its tables.
    pub tables: Vec<Resource<Table>>,
    /// Its buckets of evidence.
    pub buckets: Vec<Resource<Bucket>>,
    /// Its queues.
    pub queues: Vec<Resource<Queue>>,
    /// Its own keys, and those that its table and bucket name.
    pub keys: Vec<Resource<Key>>,
    /// How many days each log group keeps; none is for ever.
    pub logs: Vec<Resource<Option<u64>>>,
    /// Its alarms.
    pub alarms: Vec<Resource<Alarm>>,
    /// Whether each schedule is enabled.
    pub schedules: Vec<Resource<bool>>,
    /// Whether each rule is enabled.
    pub rules: Vec<Resource<bool>>,
    /// Its HTTP APIs.
    pub apis: Vec<Resource<Api>>,
    /// Its collections of faces; there is nothing to know of them.
    pub collections: Vec<Resource<()>>,
}

/// A function.
#[derive(Debug, Clone, Default)]
pub struct Function {
    /// Its ARN.
    pub arn: String,
    /// Its role's.
    pub role: String,
    /// Seconds.
    pub timeout: u64,
    /// What it runs on.
    pub architecture: String,
    /// Lambda's words: of the function, and of its last update.
    pub states: [String; 2],
    /// The region that it asks Rekognition in.
    pub liveness_region: Option<String>,
    /// Whether it may run at all: nothing is reserved, or not zero.
    pub may_run: Option<Fact<bool>>,
}

/// An event source mapping.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// Lambda's word.
    pub state: String,
    /// The queue or stream.
    pub from: String,
    /// The function.
    pub to: String,
    /// How many at a time.
    pub batch: u64,
    /// How long it waits for more, in seconds.
    pub window: u64,
    /// What came of the last one.
    pub last_result: String,
}

/// A role.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// Who may take it on.
    pub trust: Value,
    /// Its own policies.
    pub policies: BTreeMap<String, Value>,
    /// ARNs of those that are attached.
    pub attached: Vec<String>,
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// ARN and view type of its stream.
    pub stream: Option<(String, String)>,
    /// Whether it cannot be deleted just so.
    pub protected: bool,
    /// Whether it has a key of KMS, and which.
    pub key: Option<String>,
    /// Whether it can be restored to a point in time.
    pub recovery: Fact<bool>,
    /// The attribute that items expire by.
    pub expiry: Fact<Option<String>>,
}

/// A bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Whether all four kinds of public access are blocked.
    pub private: Fact<bool>,
    /// Its policy.
    pub policy: Fact<Option<Value>>,
    /// For how many days a prefix keeps its objects.
    pub lifecycle: Fact<BTreeMap<String, u64>>,
    /// How it encrypts by default, and with which key.
    pub encryption: Fact<Option<(String, Option<String>)>>,
    /// S3's word for whose objects are.
    pub ownership: Fact<Option<String>>,
    /// Whether former versions are kept.
    pub versioned: Fact<bool>,
    /// Where it is.
    pub region: Fact<String>,
}

/// A queue.
#[derive(Debug, Clone, Default)]
pub struct Queue {
    /// Its ARN.
    pub arn: String,
    /// Seconds for which a message that was handed out is hidden.
    pub visibility: u64,
    /// Seconds for which a message is kept.
    pub retention: u64,
    /// How many messages wait.
    pub waiting: u64,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Where that goes which fails again and again.
    pub dead_letters: Option<String>,
}

/// A key of KMS.
#[derive(Debug, Clone)]
pub struct Key {
    /// KMS's word.
    pub state: String,
    /// Whether it is the account's own, and can be rotated by KMS.
    pub rotatable: bool,
    /// Its policy.
    pub policy: Fact<Value>,
    /// Whether it is rotated.
    pub rotated: Fact<bool>,
}

/// An alarm.
#[derive(Debug, Clone, Default)]
pub struct Alarm {
    /// Whether its actions are enabled.
    pub enabled: bool,
    /// Whom it tells.
    pub actions: Vec<String>,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: String,
}

/// An HTTP API.
#[derive(Debug, Clone)]
pub struct Api {
    /// The origins of its CORS rules, and the headers that they expose, in lower case.
    pub origins: Vec<String>,
    /// Headers that a page may read.
    pub exposed: Vec<String>,
    /// Per stage: its name, whether it has a limit, whether it has an access log.
    pub stages: Fact<Vec<(String, bool, bool)>>,
    /// Issuer and audiences of its JWT authorizers.
    pub authorizers: Fact<Vec<(String, Vec<String>)>>,
    /// Routes that nobody is asked a token at.
    pub open_routes: Fact<Vec<String>>,
}
