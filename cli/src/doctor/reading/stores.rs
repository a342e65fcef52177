//! What keeps something: tables, buckets, queues, and the keys that they are encrypted with.

use super::region;
use crate::doctor::answers::{list, number, text};
use crate::doctor::aws::{Aws, Question, encoded};
use crate::doctor::facts::{Account, Bucket, Fact, Key, Queue, Table};
use crate::doctor::services::{DYNAMODB, KMS, S3, SQS};
use futures_util::future::{join, join3};
use serde_json::{Value, json};

pub(super) async fn table(aws: &Aws, account: &Account, name: String) -> Fact<Option<Table>> {
    let ask = |operation| Question::json(&DYNAMODB, operation, region(account), &json!({"TableName": name}));
    let (table, backups, expiry) =
        join3(aws.look(ask("DescribeTable")), aws.ask(ask("DescribeContinuousBackups")), aws.ask(ask("DescribeTimeToLive"))).await;
    let Some(table) = table?.and_then(|mut answer| answer.get_mut("Table").map(Value::take)) else { return Ok(None) };
    let streams = table.pointer("/StreamSpecification/StreamEnabled").and_then(Value::as_bool).unwrap_or_default();
    let view = table.pointer("/StreamSpecification/StreamViewType").and_then(Value::as_str).unwrap_or_default().to_owned();
    let key = table.get("SSEDescription").filter(|sse| text(sse, "Status") == "ENABLED").map(|sse| text(sse, "KMSMasterKeyArn"));
    Ok(Some(Table {
        stream: streams.then(|| (text(&table, "LatestStreamArn"), view)),
        protected: table.get("DeletionProtectionEnabled").and_then(Value::as_bool).unwrap_or_default(),
        key,
        recovery: backups.map(|answer| {
            let state = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription/PointInTimeRecoveryStatus";
            answer.pointer(state).and_then(Value::as_str) == Some("ENABLED")
        }),
        expiry: expiry.map(|answer| {
            let found = answer.get("TimeToLiveDescription").filter(|found| text(found, "TimeToLiveStatus").starts_with("ENABL"));
            found.map(|found| text(found, "AttributeName"))
        }),
    }))
}

/// Where the bucket is says as well whether it is there at all.
pub(super) async fn bucket(aws: &Aws, account: &Account, name: String) -> Fact<Option<Bucket>> {
    let ask = |permission, query: &str| Question::path(&S3, permission, region(account), format!("/{}?{query}", encoded(&name)));
    let (location, (private, policy, lifecycle), (encryption, ownership, versioned)) = join3(
        aws.look(ask("GetBucketLocation", "location")),
        join3(
            aws.look(ask("GetBucketPublicAccessBlock", "publicAccessBlock")),
            aws.look(ask("GetBucketPolicy", "policy")),
            aws.look(ask("GetLifecycleConfiguration", "lifecycle")),
        ),
        join3(
            aws.look(ask("GetEncryptionConfiguration", "encryption")),
            aws.look(ask("GetBucketOwnershipControls", "ownershipControls")),
            aws.look(ask("GetBucketVersioning", "versioning")),
        ),
    )
    .await;
    let place = match location {
        Ok(None) => return Ok(None),
        // "Legacy": no word is the first region, EU is Ireland (`API_GetBucketLocation`).
        Ok(Some(Value::String(place))) if place == "EU" => Ok("eu-west-1".to_owned()),
        Ok(Some(Value::String(place))) => Ok(place),
        Ok(Some(other)) => {
            Ok(text(&other, "LocationConstraint")).map(|place| if place.is_empty() { "us-east-1".to_owned() } else { place })
        }
        Err(unread) if matches!(unread.code.as_str(), "PermanentRedirect" | "AuthorizationHeaderMalformed") => {
            Ok("another region".to_owned())
        }
        Err(unread) => Err(unread),
    };
    let rule = |answer: Option<Value>| answer.and_then(|answer| list(&answer, "Rule").into_iter().next().cloned());
    Ok(Some(Bucket {
        private: private.map(|answer| {
            let kinds = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
            answer.is_some_and(|answer| kinds.iter().all(|kind| text(&answer, kind) == "true"))
        }),
        policy,
        lifecycle: lifecycle.map(|answer| {
            let answer = answer.unwrap_or_default();
            let enabled = list(&answer, "Rule").into_iter().filter(|rule| text(rule, "Status") == "Enabled");
            let days = enabled.filter_map(|rule| {
                let prefix = rule.get("Filter").map(|filter| text(filter, "Prefix")).filter(|prefix| !prefix.is_empty());
                Some((prefix.unwrap_or_else(|| text(rule, "Prefix")), number(rule.get("Expiration")?, "Days")?))
            });
            days.collect()
        }),
        encryption: encryption.map(|answer| {
            let rule = rule(answer)?;
            let chosen = rule.get("ApplyServerSideEncryptionByDefault")?;
            Some((text(chosen, "SSEAlgorithm"), Some(text(chosen, "KMSMasterKeyID")).filter(|key| !key.is_empty())))
        }),
        ownership: ownership.map(|answer| rule(answer).map(|rule| text(&rule, "ObjectOwnership"))),
        versioned: versioned.map(|answer| answer.is_some_and(|answer| text(&answer, "Status") == "Enabled")),
        region: place,
    }))
}

/// CloudFormation names a queue by its URL.
pub(super) async fn queue(aws: &Aws, account: &Account, url: String) -> Fact<Option<Queue>> {
    let question = json!({"QueueUrl": url, "AttributeNames": ["All"]});
    let answer = aws.look(Question::json(&SQS, "GetQueueAttributes", region(account), &question)).await?;
    let Some(found) = answer.and_then(|mut answer| answer.get_mut("Attributes").map(Value::take)) else { return Ok(None) };
    let redrive: Value = serde_json::from_str(&text(&found, "RedrivePolicy")).unwrap_or_default();
    Ok(Some(Queue {
        arn: text(&found, "QueueArn"),
        visibility: number(&found, "VisibilityTimeout").unwrap_or_default(),
        retention: number(&found, "MessageRetentionPeriod").unwrap_or_default(),
        waiting: number(&found, "ApproximateNumberOfMessages").unwrap_or_default(),
        encrypted: text(&found, "SqsManagedSseEnabled") == "true" || !text(&found, "KmsMasterKeyId").is_empty(),
        dead_letters: redrive.get("deadLetterTargetArn").and_then(Value::as_str).map(str::to_owned),
    }))
}

/// A key that AWS keeps for the account has no policy that anybody could change.
pub(super) async fn key(aws: &Aws, account: &Account, id: String) -> Fact<Option<Key>> {
    let ask = |operation, more: Value| {
        let mut question = json!({"KeyId": id});
        if let (Some(fields), Value::Object(more)) = (question.as_object_mut(), more) {
            fields.extend(more);
        }
        Question::json(&KMS, operation, region(account), &question)
    };
    let Some(found) = aws.look(ask("DescribeKey", Value::Null)).await? else { return Ok(None) };
    let found = found.get("KeyMetadata").cloned().unwrap_or_default();
    let ours = text(&found, "KeyManager") == "CUSTOMER";
    let rotatable = ours && text(&found, "KeySpec") == "SYMMETRIC_DEFAULT" && text(&found, "Origin") == "AWS_KMS";
    let policy = async {
        if !ours {
            return Ok(Value::Null);
        }
        let answer = aws.ask(ask("GetKeyPolicy", json!({"PolicyName": "default"}))).await?;
        Ok(serde_json::from_str(&text(&answer, "Policy")).unwrap_or_default())
    };
    let rotated = async {
        if !rotatable {
            return Ok(false);
        }
        let answer = aws.ask(ask("GetKeyRotationStatus", Value::Null)).await?;
        Ok(answer.get("KeyRotationEnabled").and_then(Value::as_bool).unwrap_or_default())
    };
    let (policy, rotated) = join(policy, rotated).await;
    Ok(Some(Key { state: text(&found, "KeyState"), rotatable, policy, rotated }))
}
