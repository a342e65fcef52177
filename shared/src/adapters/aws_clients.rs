//! The one SDK configuration, built by hand: environment credentials, one HTTP client with `ring`, no `aws-config`. That saves
//! 4 MB and a millisecond of every cold start (docs/DECISIONS.md), but means that the endpoint variables have to be read here.

use crate::environment::{Environment, EnvironmentError, LIVENESS_REGION};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{RequestChecksumCalculation, StalledStreamProtectionConfig};
use aws_types::{SdkConfig, app_name::AppName};
use std::time::Duration;

/// Makes the clients of one function; they share connections, credentials and time-outs.
#[derive(Debug, Clone)]
pub struct AwsClients {
    shared: SdkConfig,
    liveness_region: Region,
    endpoints: Environment,
}

impl AwsClients {
    /// Reads region, credentials and endpoints.
    pub fn new(environment: &Environment) -> Result<Self, EnvironmentError> {
        let region = Region::new(environment.required("AWS_REGION")?.to_owned());
        let credentials = Credentials::new(
            environment.required("AWS_ACCESS_KEY_ID")?,
            environment.required("AWS_SECRET_ACCESS_KEY")?,
            environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
            None,
            "environment",
        );
        let http_client = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mut shared = SdkConfig::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(region)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50)))
            .timeout_config(time_outs())
            // Answers are small and have time-outs of their own.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            // Images carry a SHA-256 that we compute anyway; a second checksum would protect nothing.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build()
            .into_builder();
        shared.set_app_name(AppName::new("prooflight").ok());
        let liveness_region = Region::new(environment.required(LIVENESS_REGION)?.to_owned());
        Ok(Self { shared: shared.build(), liveness_region, endpoints: environment.clone() })
    }

    /// DynamoDB in the function's region.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_DYNAMODB"));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// S3 in the function's region.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let mut config = aws_sdk_s3::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_S3"));
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// KMS in the function's region.
    pub fn kms(&self) -> aws_sdk_kms::Client {
        let mut config = aws_sdk_kms::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_KMS"));
        aws_sdk_kms::Client::from_conf(config.build())
    }

    /// Secrets Manager in the function's region.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        let mut config = aws_sdk_secretsmanager::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER"));
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    /// SQS in the function's region.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_SQS"));
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    /// STS in the function's region.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        let mut config = aws_sdk_sts::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_STS"));
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// `EventBridge` in the function's region.
    pub fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        let mut config = aws_sdk_eventbridge::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE"));
        aws_sdk_eventbridge::Client::from_conf(config.build())
    }

    /// Step Functions in the function's region.
    pub fn sfn(&self) -> aws_sdk_sfn::Client {
        let mut config = aws_sdk_sfn::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_SFN"));
        aws_sdk_sfn::Client::from_conf(config.build())
    }

    /// Rekognition in the region where Face Liveness is asked for, which not every region has.
    pub fn rekognition(&self) -> aws_sdk_rekognition::Client {
        let mut config = aws_sdk_rekognition::config::Builder::from(&self.shared).region(self.liveness_region.clone());
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_REKOGNITION"));
        aws_sdk_rekognition::Client::from_conf(config.build())
    }

    /// Rekognition in the function's region, where the collection of faces is.
    pub fn faces(&self) -> aws_sdk_rekognition::Client {
        let mut config = aws_sdk_rekognition::config::Builder::from(&self.shared);
        config.set_endpoint_url(self.endpoint("AWS_ENDPOINT_URL_REKOGNITION"));
        aws_sdk_rekognition::Client::from_conf(config.build())
    }

    /// The service's own variable wins over the one for all ("Service-specific endpoints").
    fn endpoint(&self, of_the_service: &str) -> Option<String> {
        self.endpoints.optional(of_the_service).or_else(|| self.endpoints.optional("AWS_ENDPOINT_URL")).map(str::to_owned)
    }
}

/// One slow service may take most of an invocation, but not all of it; the invocation itself answers in time whatever happens
/// (`edge::TIME_TO_ANSWER`).
fn time_outs() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(6))
        .build()
}
