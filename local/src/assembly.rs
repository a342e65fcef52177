//! What stands behind the two ports: the AWS endpoint with its Rekognition on one, and page, API, stream and helpers on the other, all of
//! them on one clock and one set of credentials.

use crate::aws::credentials::{Caller, Credential, Credentials};
use crate::aws::kms::Keys;
use crate::aws::secretsmanager::Secrets;
use crate::aws::{AwsEndpoint, AwsFault, AwsOptions, QueuesFault, Rekognition as Door, S3Fault, TablesFault};
use crate::clock::Clock;
use crate::data_folder::DataFolder;
use crate::dev::{self, Helpers};
use crate::event_sources::{EventSources, StreamDelivery};
use crate::gateway::{Authorizer, Deployment, Function, Gateway, REGION, Stack, TEMPLATE, TemplateError, keys, secrets};
use crate::lambda::{self, LambdaError, Variables, Work};
use crate::page::Page;
use crate::rekognition::Rekognition;
use crate::schedules::Schedules;
use crate::stream::{self, LivenessStream};
use crate::timers::Timers;
use crate::tokens::{AUDIENCE, ISSUER, TokenIssuer, TokenKeyError};
use axum::Router;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use std::collections::BTreeMap;
use std::io::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// The developer's access key, as the README prints it: it guards nothing but the habit of signing.
const DEVELOPER_KEY: (&str, &str) = ("local", "local-secret");

/// Where the local issuer publishes its keys, on the AWS port: `authorize` would not trust the certificate of the other.
const PUBLISHED_KEYS: &str = "/.well-known/jwks.json";

/// Everything but the ports.
pub(crate) struct Assembly {
    pub(crate) https: Router,
    pub(crate) aws: Router,
    pub(crate) endpoint: Arc<AwsEndpoint>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) timers: Timers,
    /// Deliver what is written to the functions behind it.
    pub(crate) streams: Vec<StreamDelivery>,
    /// Opens the functions' connections to the AWS endpoint.
    pub(crate) warm_up: Work<()>,
    pub(crate) variables: Variables,
}

/// What the command line says of it.
pub(crate) struct Served {
    /// The built page.
    pub(crate) web_dir: PathBuf,
    /// Where events are sent, if they are.
    pub(crate) webhook_url: Option<String>,
    /// Other parameters of the template.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Why the parts do not come together.
#[derive(Debug, thiserror::Error)]
pub enum AssemblyError {
    /// The clock's file in the data folder cannot be read.
    #[error("the clock in the data folder cannot be read")]
    Clock(#[source] Error),
    /// The liveness sessions or face collections in the data folder cannot be read or made.
    #[error("the liveness sessions or face collections in the data folder cannot be used")]
    Sessions(#[source] Error),
    /// The template's secrets cannot be read or made.
    #[error("the secrets in the data folder cannot be used")]
    Secrets(#[source] Error),
    /// The template's keys cannot be read or made.
    #[error("the keys in the data folder cannot be used")]
    Keys(#[source] Error),
    /// There is no key to sign tokens with.
    #[error(transparent)]
    Tokens(#[from] TokenKeyError),
    /// The template cannot be stood up here.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A function of the template cannot be run here.
    #[error(transparent)]
    Lambda(#[from] LambdaError),
    /// The local AWS services cannot be opened.
    #[error(transparent)]
    Aws(#[from] AwsFault),
    /// A table of the template cannot be made.
    #[error(transparent)]
    Table(#[from] TablesFault),
    /// A bucket of the template cannot be made.
    #[error(transparent)]
    Bucket(#[from] S3Fault),
    /// A queue of the template cannot be made.
    #[error(transparent)]
    Queue(#[from] QueuesFault),
}

impl Assembly {
    /// Puts the parts together for these ports; makes the template's table, bucket and queues where they are missing.
    pub(crate) fn new(folder: Option<&DataFolder>, options: Served, https_port: u16, aws_port: u16) -> Result<Self, AssemblyError> {
        let path = folder.map(DataFolder::path);
        let clock = path.map_or_else(|| Ok(Clock::ephemeral()), |path| Clock::kept_in(&path.join("clock")));
        let clock = Arc::new(clock.map_err(AssemblyError::Clock)?);
        let tokens = Arc::new(TokenIssuer::open(folder)?);
        let credentials = Arc::new(Credentials::default());
        let (access_key_id, secret_access_key) = DEVELOPER_KEY;
        let developer = Credential {
            secret_access_key: secret_access_key.to_owned(),
            session_token: None,
            expires_at: None,
            caller: Caller::Developer,
        };
        credentials.insert(access_key_id, developer);

        let Served { web_dir, webhook_url, parameters: given } = options;
        let stack = Stack::read(TEMPLATE, &parameters(https_port, aws_port, webhook_url, given))?;
        let secrets = Arc::new(Secrets::open(path, &secrets(&stack)?).map_err(AssemblyError::Secrets)?);
        let keys = Arc::new(Keys::open(path, &keys(&stack)?).map_err(AssemblyError::Keys)?);
        let deployment = Deployment::read(&stack, |arn| secrets.required(arn))?;
        let options = AwsOptions {
            data: path,
            clock: Arc::clone(&clock),
            credentials: Arc::clone(&credentials),
            roles: deployment.roles.clone(),
            secrets,
            keys,
        };
        let endpoint = Arc::new(AwsEndpoint::open(options)?);
        deployment.tables.iter().try_for_each(|table| endpoint.ensure_table(table))?;
        deployment.queues.iter().try_for_each(|queue| endpoint.ensure_queue(queue))?;
        deployment.buckets.iter().try_for_each(|bucket| endpoint.ensure_bucket(bucket))?;
        endpoint.connect_rules(deployment.rules.clone());
        let rekognition = Rekognition::open(path, Arc::clone(&clock), endpoint.buckets(), REGION).map_err(AssemblyError::Sessions)?;
        deployment
            .collections
            .iter()
            .try_for_each(|collection| rekognition.ensure_collection(collection))
            .map_err(AssemblyError::Sessions)?;
        let rekognition = Arc::new(rekognition);
        let functions = lambda::functions(&deployment.functions, &credentials, aws_port)?;
        let journal = endpoint.journal();
        for function in &deployment.functions {
            let caller = function.caller();
            function.lambda_does.iter().for_each(|(action, resource)| journal.record(&caller, action, resource));
        }
        let schedules = Schedules::new(&deployment.functions, functions.registry.clone(), Arc::clone(&clock));
        let sources = EventSources::new(&deployment, &endpoint, &functions.registry, &clock);
        let timers = Timers::new(Arc::clone(&endpoint), Arc::clone(&rekognition), Arc::new(schedules), Arc::new(sources));
        let invoker = lambda::invoker(&deployment.functions, functions.registry.clone(), Arc::clone(&clock));
        let deliver = |function: &Function| {
            Some(StreamDelivery {
                source: function.stream.clone()?,
                function: function.name.clone(),
                timeout: function.timeout,
                functions: functions.registry.clone(),
                endpoint: Arc::clone(&endpoint),
                clock: Arc::clone(&clock),
                checkpoint: path.map(|path| path.join(format!("stream-{}", function.name))),
            })
        };
        let streams = deployment.functions.iter().filter_map(deliver).collect();
        let authorizer = Authorizer::new(deployment.authorizer.clone(), &tokens);
        let gateway = Gateway::new(deployment, authorizer, functions.registry, Arc::clone(&clock), https_port);
        let stream = LivenessStream::new(Arc::clone(&rekognition), credentials, Arc::clone(&clock), REGION);
        let published = tokens.published_keys().to_owned();
        let keys = move || async move { ([(CONTENT_TYPE, "application/json")], published) };
        // No bucket can be called so ("Bucket naming rules"): a name begins with a letter or a number.
        let aws = endpoint.router(door(Arc::clone(&rekognition)), invoker).route(PUBLISHED_KEYS, get(keys));
        let helpers = Helpers {
            tokens,
            clock: Arc::clone(&clock),
            rekognition,
            timers: timers.clone(),
            feed: endpoint.feed(),
            tasks: endpoint.tasks(),
        };
        let https = Router::new()
            .merge(gateway.router())
            .merge(stream::router(Arc::new(stream)))
            .merge(dev::router(helpers))
            .merge(Page::new(web_dir, https_port, aws_port)?.router());
        Ok(Self { https, aws, endpoint, clock, timers, streams, warm_up: functions.warm_up, variables: functions.variables })
    }
}

/// Rekognition as the AWS endpoint calls it.
pub(crate) fn door(rekognition: Arc<Rekognition>) -> Door {
    Arc::new(move |operation, body, caller| {
        let rekognition = Arc::clone(&rekognition);
        Box::pin(async move { rekognition.answer(&operation, body, &caller).await })
    })
}

/// The template's parameters that have no default, or another one here; what the command line says of them comes last.
fn parameters(https_port: u16, aws_port: u16, webhook_url: Option<String>, given: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let origins = format!("https://localhost:{https_port},https://127.0.0.1:{https_port}");
    // The local issuer has no host of its own that could be asked for its configuration.
    let keys = format!("http://127.0.0.1:{aws_port}{PUBLISHED_KEYS}");
    let always = [("JwtIssuer", ISSUER.to_owned()), ("JwtAudience", AUDIENCE.to_owned()), ("JwksUrl", keys), ("AllowedOrigins", origins)];
    let webhook = webhook_url.map(|url| ("WebhookUrl", url));
    always.into_iter().chain(webhook).map(|(name, value)| (name.to_owned(), value)).chain(given).collect()
}
