//! What the doctor may find: stable codes, each with how bad it is and what mends it. `docs/OPERATIONS.md` lists them; a test compares.
//! A stack that was changed by hand does not change back when the same template is deployed again, because CloudFormation compares
//! templates and not resources. So most remedies name the command that sets the one thing right.

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something does not work, or somebody is exposed.
    Error,
    /// It works, and will hurt one day.
    Warning,
    /// To be known; nothing to mend, and no finding for the exit code.
    Note,
}

/// A kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// As it stands in reports; never renamed.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What mends it; `{name}` is whatever it was found at.
    pub remedy: &'static str,
}

/// Something that is not as it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where: the resource's name at AWS, or what else it is about.
    pub subject: String,
    /// What was found there.
    pub found: String,
    /// What mends it.
    pub remedy: String,
}

impl Finding {
    pub(super) fn new(code: Code, subject: &str, found: impl Into<String>) -> Self {
        let remedy = code.remedy.replace("{name}", subject);
        Self { code: code.name, severity: code.severity, subject: subject.to_owned(), found: found.into(), remedy }
    }
}

/// Whether nothing has to be mended.
pub fn is_sound(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity == Severity::Note)
}

macro_rules! codes {
    ($($constant:ident $name:literal $severity:ident $remedy:literal;)+) => {
        $(#[doc = concat!("`", $name, "`")] pub const $constant: Code = Code { name: $name, severity: Severity::$severity, remedy: $remedy };)+
        /// Every code.
        pub const ALL: &[Code] = &[$($constant),+];
    };
}

codes! {
    NOT_READ "not_read" Warning "allow the operation (docs/OPERATIONS.md, \"Is it right?\", has the policy) or mend the connection, and ask again: nothing is known about it";
    CLOCK_SKEWED "clock_skewed" Error "set this machine's clock (NTP); AWS refuses signatures that are five minutes off";
    LIVENESS_REGION_UNSUPPORTED "liveness_region_unsupported" Error "deploy with a LivenessRegion that has Rekognition Face Liveness; such as us-east-1, us-west-2, eu-west-1, ap-northeast-1 or ap-south-1";
    STREAM_UNREACHABLE "stream_unreachable" Error "deploy with a LivenessRegion that has the streaming endpoint, or let this network reach it: browsers have to, on port 443";
    REGIONS_DIFFER "regions_differ" Note "see that your privacy notice allows it: videos are judged in one region, images kept and compared in the other";
    AI_SERVICES_MAY_KEEP "ai_services_may_keep" Warning "attach an AI services opt-out policy with optOut for rekognition or default in the organisation's management account, unless you mean AWS to keep faces to improve its services";
    LIVENESS_QUOTAS "liveness_quotas" Note "ask for more in Service Quotas, in the liveness region, before a day with many people";
    RESULTS_QUOTA_LOW "results_quota_low" Warning "raise the quota of GetFaceLivenessSessionResults to that of CreateFaceLivenessSession at least: results are lost 180 s after their session began";
    CONCURRENCY_LOW "concurrency_low" Warning "raise the quota \"Concurrent executions\" of AWS Lambda to 1,000: a throttled completion can miss the 180 s of its session";
    STACK_UNSETTLED "stack_unsettled" Error "look into the stack's events, mend what failed, and deploy again: aws cloudformation describe-stack-events --stack-name {name}";
    RESOURCE_MISSING "resource_missing" Error "it was deleted by hand: take it out of the template, deploy, put it back and deploy, or delete the stack and make it anew";
    TABLE_RECOVERY_OFF "table_recovery_off" Error "aws dynamodb update-continuous-backups --table-name {name} --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true";
    TABLE_EXPIRY_OFF "table_expiry_off" Error "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification Enabled=true,AttributeName=expiresAt";
    TABLE_STREAM_OFF "table_stream_off" Error "aws dynamodb update-table --table-name {name} --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES, then point the event source of publish-decision to the new stream";
    TABLE_UNPROTECTED "table_unprotected" Error "aws dynamodb update-table --table-name {name} --deletion-protection-enabled";
    TABLE_KEY_DEFAULT "table_key_default" Warning "aws dynamodb update-table --table-name {name} --sse-specification Enabled=true,SSEType=KMS";
    BUCKET_PUBLIC "bucket_public" Error "aws s3api put-public-access-block --bucket {name} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
    BUCKET_PLAIN_HTTP "bucket_plain_http" Error "put the policy OnlyOverTls of template.yaml back: aws s3api put-bucket-policy --bucket {name} --policy file://policy.json";
    BUCKET_KEEPS_IMAGES "bucket_keeps_images" Error "put the lifecycle rules of template.yaml back, one for each retention: aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://rules.json";
    BUCKET_ENCRYPTION_DIFFERS "bucket_encryption_differs" Error "encrypt as the template says: aws s3api put-bucket-encryption --bucket {name} --server-side-encryption-configuration file://encryption.json";
    BUCKET_ACLS "bucket_acls" Error "aws s3api put-bucket-ownership-controls --bucket {name} --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'";
    BUCKET_VERSIONED "bucket_versioned" Error "aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Suspended, then delete the old versions: what was erased is still in them";
    BUCKET_ELSEWHERE "bucket_elsewhere" Error "use a bucket in the stack's region: functions are redirected from another one, and Rekognition takes none";
    KEY_UNUSABLE "key_unusable" Error "aws kms cancel-key-deletion --key-id {name}, aws kms enable-key --key-id {name}";
    KEY_OPEN "key_open" Error "name in the key's policy who may use it: aws kms put-key-policy --key-id {name} --policy file://policy.json";
    KEY_NOT_ROTATED "key_not_rotated" Warning "aws kms enable-key-rotation --key-id {name}";
    ROLE_POLICY_DIFFERS "role_policy_differs" Error "put the policy back as the template has it: aws iam put-role-policy --role-name {name} --policy-name <policy> --policy-document file://policy.json";
    ROLE_POLICY_ADDED "role_policy_added" Error "take it away: aws iam delete-role-policy or detach-role-policy --role-name {name}";
    ROLE_TRUST_DIFFERS "role_trust_differs" Error "put the trust back as the template has it: aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json";
    ROLE_NOT_COMPARED "role_not_compared" Warning "compare it by hand with the template: aws iam get-role-policy --role-name {name}";
    STREAMING_TRUST "streaming_trust" Error "let create-session's role alone assume it: aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json";
    FUNCTION_UNREADY "function_unready" Error "aws lambda get-function-configuration --function-name {name} says why; deploy again";
    FUNCTION_OFF "function_off" Error "if that was no kill switch: aws lambda delete-function-concurrency --function-name {name}";
    FUNCTION_ROLE_DIFFERS "function_role_differs" Error "give it the role of the template: aws lambda update-function-configuration --function-name {name} --role <arn>";
    FUNCTION_ARCHITECTURE "function_architecture" Error "build for the parameter Architecture and deploy again: a binary of another one does not start";
    FUNCTION_REGION_DIFFERS "function_region_differs" Error "set LIVENESS_REGION back to the parameter LivenessRegion: aws lambda update-function-configuration --function-name {name}";
    FUNCTION_TIME_DIFFERS "function_time_differs" Warning "aws lambda update-function-configuration --function-name {name} --timeout <the template's>";
    VISIBILITY_SHORT "visibility_short" Error "hide a message for at least as long as its function may run, or it is handled twice at once: aws sqs set-queue-attributes --queue-url <url> --attributes VisibilityTimeout=<seconds>";
    SOURCE_DISABLED "source_disabled" Error "aws lambda update-event-source-mapping --uuid {name} --enabled";
    SOURCE_WAITS "source_waits" Error "aws lambda update-event-source-mapping --uuid {name} --batch-size 1 --maximum-batching-window-in-seconds 0";
    SOURCE_FAILING "source_failing" Warning "look into the function's log and role; the queue or stream waits";
    QUEUE_WITHOUT_DEAD_LETTERS "queue_without_dead_letters" Error "aws sqs set-queue-attributes --queue-url <url> --attributes file://redrive.json with the RedrivePolicy of template.yaml: what fails for good is lost without it, or comes for ever";
    QUEUE_UNENCRYPTED "queue_unencrypted" Warning "aws sqs set-queue-attributes --queue-url <url> --attributes SqsManagedSseEnabled=true";
    DEAD_LETTERS_WAIT "dead_letters_wait" Warning "see \"Rescues\", \"What could not be published\" or \"Webhooks\" in docs/OPERATIONS.md";
    DEAD_LETTERS_SHORT "dead_letters_short" Warning "keep dead letters for 14 days, their age counts from the first sending: aws sqs set-queue-attributes --queue-url <url> --attributes MessageRetentionPeriod=1209600";
    LOG_KEPT_FOREVER "log_kept_forever" Warning "aws logs put-retention-policy --log-group-name {name} --retention-in-days <LogRetentionDays>";
    LOG_RETENTION_DIFFERS "log_retention_differs" Warning "aws logs put-retention-policy --log-group-name {name} --retention-in-days <LogRetentionDays>";
    ALARM_SILENT "alarm_silent" Warning "deploy with AlarmTopicArn, and aws cloudwatch enable-alarm-actions --alarm-names {name}: it rings nobody";
    ALARM_RINGS "alarm_rings" Warning "see \"What to watch\" in docs/OPERATIONS.md";
    TOPIC_MISSING "topic_missing" Error "deploy with the AlarmTopicArn of a topic that exists, in the stack's region";
    TOPIC_UNHEARD "topic_unheard" Warning "subscribe somebody, and confirm it: aws sns subscribe --topic-arn {name} --protocol email --notification-endpoint <address>";
    SCHEDULE_DISABLED "schedule_disabled" Error "enable it: aws scheduler update-schedule --name {name} --state ENABLED with its other settings: nothing lapses, expires or is erased meanwhile";
    RULE_DISABLED "rule_disabled" Error "aws events enable-rule --name <rule> --event-bus-name <bus>: no event goes to the receiver of webhooks";
    CORS_ANY_ORIGIN "cors_any_origin" Error "deploy with exact AllowedOrigins; aws apigatewayv2 update-api --api-id {name} --cors-configuration file://cors.json";
    CORS_DIFFERS "cors_differs" Error "aws apigatewayv2 update-api --api-id {name} --cors-configuration file://cors.json with the parameter AllowedOrigins: other pages' browsers are refused";
    CORS_HIDES_HEADERS "cors_hides_headers" Error "expose Date and Retry-After: aws apigatewayv2 update-api --api-id {name} --cors-configuration file://cors.json. Without Date a phone with a wrong clock cannot stream";
    ROUTE_OPEN "route_open" Error "give the route its authorizer and scope back: aws apigatewayv2 update-route --api-id {name}. Anybody can call it";
    AUTHORIZER_DIFFERS "authorizer_differs" Error "set issuer and audience to the parameters JwtIssuer and JwtAudience: aws apigatewayv2 update-authorizer --api-id {name}";
    API_UNLIMITED "api_unlimited" Warning "aws apigatewayv2 update-stage --api-id {name} --stage-name '$default' --default-route-settings ThrottlingRateLimit=100,ThrottlingBurstLimit=200: every session costs money";
    API_UNLOGGED "api_unlogged" Warning "give the stage the access log of template.yaml back: aws apigatewayv2 update-stage --api-id {name} --stage-name '$default'";
    COLLECTION_MISSING "collection_missing" Error "aws rekognition create-collection --collection-id {name}; who was enrolled has to be enrolled anew";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_words_of_their_own() {
        let names: BTreeSet<_> = ALL.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }

    #[test]
    fn every_code_is_in_the_documentation() {
        let operations = include_str!("../../../docs/OPERATIONS.md");
        let missing: Vec<_> = ALL.iter().map(|code| code.name).filter(|name| !operations.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "not in docs/OPERATIONS.md: {missing:?}");
    }

    #[test]
    fn a_remedy_names_what_it_is_for() {
        let finding = Finding::new(TABLE_UNPROTECTED, "a-table", "off");
        assert!(finding.remedy.contains("--table-name a-table "), "{}", finding.remedy);
    }
}
