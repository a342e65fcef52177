//! The services that the doctor asks: how each is spoken to, where it is, and what its permissions begin with.

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON 1.0 or 1.1, with the operation in a header.
    Json(u8),
    /// A form, answered in XML.
    Query,
    /// Paths, answered in JSON.
    RestJson,
    /// Paths, answered in XML: S3.
    RestXml,
}

/// A service.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) protocol: Protocol,
    /// What its host begins with.
    host: &'static str,
    pub(super) signing: &'static str,
    /// What its permissions begin with.
    pub(super) iam: &'static str,
    /// Its variable, behind `AWS_ENDPOINT_URL_` ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
    pub(super) variable: &'static str,
    /// The version of a form, or what the operation's header begins with.
    pub(super) version: &'static str,
    /// One for all regions.
    global: bool,
}

macro_rules! services {
    ($($constant:ident $protocol:expr, $host:literal $signing:literal $iam:literal $variable:literal $version:literal $global:literal;)+) => {
        $(pub(super) static $constant: Service = Service {
            protocol: $protocol, host: $host, signing: $signing, iam: $iam, variable: $variable, version: $version, global: $global,
        };)+
        pub(super) static ALL: &[&Service] = &[$(&$constant),+];
    };
}

services! {
    API_GATEWAY Protocol::RestJson, "apigateway" "apigateway" "apigateway" "APIGATEWAYV2" "" false;
    CLOUDFORMATION Protocol::Query, "cloudformation" "cloudformation" "cloudformation" "CLOUDFORMATION" "2010-05-15" false;
    CLOUDWATCH Protocol::Json(0), "monitoring" "monitoring" "cloudwatch" "CLOUDWATCH" "GraniteServiceVersion20100801" false;
    DYNAMODB Protocol::Json(0), "dynamodb" "dynamodb" "dynamodb" "DYNAMODB" "DynamoDB_20120810" false;
    EVENTS Protocol::Json(1), "events" "events" "events" "EVENTBRIDGE" "AWSEvents" false;
    IAM Protocol::Query, "iam" "iam" "iam" "IAM" "2010-05-08" true;
    KMS Protocol::Json(1), "kms" "kms" "kms" "KMS" "TrentService" false;
    LAMBDA Protocol::RestJson, "lambda" "lambda" "lambda" "LAMBDA" "" false;
    LOGS Protocol::Json(1), "logs" "logs" "logs" "CLOUDWATCH_LOGS" "Logs_20140328" false;
    ORGANIZATIONS Protocol::Json(1), "organizations" "organizations" "organizations" "ORGANIZATIONS" "AWSOrganizationsV20161128" true;
    QUOTAS Protocol::Json(1), "servicequotas" "servicequotas" "servicequotas" "SERVICE_QUOTAS" "ServiceQuotasV20190624" false;
    REKOGNITION Protocol::Json(1), "rekognition" "rekognition" "rekognition" "REKOGNITION" "RekognitionService" false;
    S3 Protocol::RestXml, "s3" "s3" "s3" "S3" "" false;
    SCHEDULER Protocol::RestJson, "scheduler" "scheduler" "scheduler" "SCHEDULER" "" false;
    SNS Protocol::Query, "sns" "sns" "sns" "SNS" "2010-03-31" false;
    SQS Protocol::Json(0), "sqs" "sqs" "sqs" "SQS" "AmazonSQS" false;
    STREAMING Protocol::RestJson, "streaming-rekognition" "rekognition" "rekognition" "REKOGNITIONSTREAMING" "" false;
    STS Protocol::Query, "sts" "sts" "sts" "STS" "2011-06-15" false;
}

impl Service {
    /// Its address for a region, and the region to sign for. Only the commercial regions are known here (docs/OPERATIONS.md); elsewhere
    /// `AWS_ENDPOINT_URL_...` names the address.
    pub(super) fn place(&self, region: &str) -> (String, String) {
        // Organizations is at its one region's address, IAM at one without a region ("Service endpoints and quotas").
        match (self.global, self.host) {
            (true, "iam") => ("https://iam.amazonaws.com".to_owned(), "us-east-1".to_owned()),
            (true, host) => (format!("https://{host}.us-east-1.amazonaws.com"), "us-east-1".to_owned()),
            (false, host) => (format!("https://{host}.{region}.amazonaws.com"), region.to_owned()),
        }
    }
}
