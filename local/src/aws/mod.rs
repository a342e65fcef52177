//! The AWS endpoint: one HTTP port, path style, on which SigV4 is verified and a request goes to its service - Rekognition,
//! DynamoDB, S3, SQS, STS, Lambda, `EventBridge`, KMS, Secrets Manager or Step Functions.

pub(crate) mod claim;
pub mod credentials;
mod dynamodb;
pub(crate) mod entropy;
pub mod eventbridge;
mod front;
pub mod journal;
pub mod json;
pub mod kms;
pub mod lambda;
pub mod policy;
mod rekognition;
pub mod s3;
pub mod secretsmanager;
pub mod signature;
pub(crate) mod sqs;
pub mod stepfunctions;
mod sts;
mod sts_xml;

use crate::clock::Clock;
use crate::feed::Feed;
use crate::gateway::Rule;
use bytes::Bytes;
use credentials::{Caller, Credentials};
use dynamodb::Tables;
use eventbridge::Events;
use front::Front;
use futures_util::future::BoxFuture;
use http::Response;
use journal::Journal;
use kms::Keys;
use lambda::Lambda;
use policy::Policy;
use s3::Buckets;
use s3s::service::S3ServiceBuilder;
use secretsmanager::Secrets;
use sqs::Queues;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use stepfunctions::Tasks;

pub use dynamodb::TablesFault;
pub use s3::S3Fault;
pub use sqs::QueuesFault;

/// The services with their data, ready to be mounted.
pub struct AwsEndpoint {
    tables: Arc<Tables>,
    buckets: Arc<Buckets>,
    queues: Arc<Queues>,
    credentials: Arc<Credentials>,
    clock: Arc<Clock>,
    journal: Arc<Journal>,
    feed: Arc<Feed>,
    events: Arc<Events>,
    tasks: Arc<Tasks>,
    secrets: Arc<Secrets>,
    keys: Arc<Keys>,
    roles: Arc<BTreeMap<String, Policy>>,
}

/// What an endpoint is made of.
pub struct AwsOptions<'a> {
    /// The folder that keeps tables and objects; nothing keeps them in memory.
    pub data: Option<&'a Path>,
    /// Expires items and dates objects.
    pub clock: Arc<Clock>,
    /// Who may sign; STS adds to it.
    pub credentials: Arc<Credentials>,
    /// What may be assumed, by ARN, and what it allows.
    pub roles: BTreeMap<String, Policy>,
    /// The secrets that Secrets Manager has.
    pub secrets: Arc<Secrets>,
    /// The keys that KMS has.
    pub keys: Arc<Keys>,
}

/// Rekognition as the endpoint calls it: operation, body and caller in, the whole answer out.
pub type Rekognition = Arc<dyn Fn(String, Bytes, Caller) -> BoxFuture<'static, Response<Bytes>> + Send + Sync>;

/// Why the endpoint cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum AwsFault {
    /// The tables.
    #[error(transparent)]
    Tables(#[from] TablesFault),
    /// The buckets.
    #[error(transparent)]
    Buckets(#[from] S3Fault),
    /// The queues.
    #[error(transparent)]
    Queues(#[from] QueuesFault),
    /// The data folder.
    #[error("the data folder: {0}")]
    Folder(#[from] std::io::Error),
}

impl AwsEndpoint {
    /// Opens the data of all services.
    pub fn open(options: AwsOptions<'_>) -> Result<Self, AwsFault> {
        let AwsOptions { data, clock, credentials, roles, secrets, keys } = options;
        if let Some(folder) = data {
            std::fs::create_dir_all(folder)?;
        }
        let feed = Arc::new(Feed::new(clock.now()));
        let tables = Tables::open(data.map(|folder| folder.join("dynamodb.sqlite")).as_deref(), Arc::clone(&clock))?;
        let buckets = Buckets::open(data.map(|folder| folder.join("s3")).as_deref(), Arc::clone(&clock))?;
        let queues = Queues::open(data.map(|folder| folder.join("sqs")).as_deref(), Arc::clone(&clock), Arc::clone(&feed))?;
        Ok(Self {
            tables: Arc::new(tables),
            buckets: Arc::new(buckets),
            queues: Arc::new(queues),
            credentials,
            clock,
            journal: Arc::default(),
            events: Arc::new(Events::new(Arc::clone(&feed))),
            tasks: Arc::new(Tasks::new(Arc::clone(&feed))),
            feed,
            secrets,
            keys,
            roles: Arc::new(roles),
        })
    }

    /// The buckets, for services that write objects themselves.
    pub fn buckets(&self) -> Arc<Buckets> {
        Arc::clone(&self.buckets)
    }

    /// The queues, for the event sources that deliver from them.
    pub(crate) fn queues(&self) -> Arc<Queues> {
        Arc::clone(&self.queues)
    }

    /// Who called what.
    pub fn journal(&self) -> Arc<Journal> {
        Arc::clone(&self.journal)
    }

    /// What left.
    pub(crate) fn feed(&self) -> Arc<Feed> {
        Arc::clone(&self.feed)
    }

    /// The steps of workflows that wait.
    pub fn tasks(&self) -> Arc<Tasks> {
        Arc::clone(&self.tasks)
    }

    /// Changes whenever a table has been written.
    pub(crate) fn written(&self) -> tokio::sync::watch::Receiver<u64> {
        self.tables.written()
    }

    /// Calls DynamoDB from inside, by the wire's own shapes. Blocks for as long as that takes.
    pub(crate) fn call_tables(&self, operation: &str, request: &serde_json::Value) -> Result<serde_json::Value, TablesFault> {
        self.tables.call(operation, request)
    }

    /// Makes the table that the properties of an `AWS::DynamoDB::Table` describe, unless it is there.
    pub fn ensure_table(&self, definition: &serde_json::Value) -> Result<(), TablesFault> {
        self.tables.ensure(definition)
    }

    /// Makes the bucket unless it is there.
    pub fn ensure_bucket(&self, name: &str) -> Result<(), S3Fault> {
        self.buckets.ensure_bucket(name)
    }

    /// Makes the queue that the properties of an `AWS::SQS::Queue` describe, or gives it their attributes.
    pub fn ensure_queue(&self, definition: &serde_json::Value) -> Result<(), QueuesFault> {
        self.queues.ensure(definition)
    }

    /// Has the buses send on what these rules say; once.
    pub fn connect_rules(&self, rules: Vec<Rule>) {
        self.events.connect(rules, self.queues());
    }

    /// Deletes the items whose time to live is over on the clock, and says how many. Blocks for as long as that takes.
    pub fn sweep_ttl(&self) -> Result<usize, TablesFault> {
        self.tables.sweep_ttl()
    }

    /// All services behind one door, which answers every path.
    pub fn router(&self, rekognition: Rekognition, lambda: Lambda) -> axum::Router {
        let mut objects = S3ServiceBuilder::new(s3::Operations(Arc::clone(&self.buckets)));
        objects.set_auth(s3::Secrets(Arc::clone(&self.credentials)));
        let (journal, clock, buckets) = (Arc::clone(&self.journal), Arc::clone(&self.clock), Arc::clone(&self.buckets));
        objects.set_access(s3::Access { journal, clock, buckets });
        let front = Front {
            credentials: Arc::clone(&self.credentials),
            clock: Arc::clone(&self.clock),
            journal: Arc::clone(&self.journal),
            tables: Arc::clone(&self.tables),
            buckets: Arc::clone(&self.buckets),
            objects: objects.build(),
            queues: Arc::clone(&self.queues),
            sts: sts::Sts::new(Arc::clone(&self.credentials), Arc::clone(&self.roles)),
            rekognition,
            lambda,
            events: Arc::clone(&self.events),
            tasks: Arc::clone(&self.tasks),
            secrets: Arc::clone(&self.secrets),
            keys: Arc::clone(&self.keys),
        };
        axum::Router::new().fallback(front::answer).with_state(Arc::new(front))
    }
}
