//! Facts of the account and its regions, which are there before anything is deployed.

use crate::doctor::answers::{list, number, text};
use crate::doctor::aws::{Aws, Question};
use crate::doctor::facts::{Account, Fact, OptOut};
use crate::doctor::reading::pages;
use crate::doctor::services::{LAMBDA, ORGANIZATIONS, QUOTAS, REKOGNITION, SNS, STREAMING, STS};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds off from which AWS refuses signatures ("Elements of an AWS API request signature").
const REFUSED_FROM: i64 = 300;

/// Whose the credentials are, and how far AWS's clock is ahead of ours. With a clock that is so wrong that AWS refuses, AWS's own is
/// signed by from then on, as the SDKs do it, so that everything else is found as well.
pub(super) async fn whoami(aws: &mut Aws, region: &str) -> Fact<(Account, Fact<i64>)> {
    let question = Question::form(&STS, "GetCallerIdentity", region, &[]);
    let mut reply = aws.reply(&question).await?;
    let ahead = reply.date.map(|date| date - seconds(aws.now)).ok_or_else(|| question.unread("an answer without a date", false));
    if let Ok(ahead) = ahead
        && ahead.abs() >= REFUSED_FROM
    {
        aws.now = moved(aws.now, ahead);
        reply = aws.reply(&question).await?;
    }
    let identity = Aws::read(&question, &reply)?;
    let partition = text(&identity, "Arn").split(':').nth(1).unwrap_or("aws").to_owned();
    Ok((Account { id: text(&identity, "Account"), partition, region: region.to_owned() }, ahead))
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn moved(time: SystemTime, by: i64) -> SystemTime {
    let distance = Duration::from_secs(by.unsigned_abs());
    if by < 0 { time - distance } else { time + distance }
}

/// Asks for a session that nobody made. That it is not found is the answer of a region that has Face Liveness.
pub(super) async fn liveness(aws: &Aws, region: &str) -> Fact<()> {
    let nobodys = json!({"SessionId": "00000000-0000-4000-8000-000000000000"});
    match aws.ask(Question::json(&REKOGNITION, "GetFaceLivenessSessionResults", region, &nobodys)).await {
        Err(unread) if unread.code != "SessionNotFoundException" => Err(unread),
        _ => Ok(()),
    }
}

/// Whether anybody answers where browsers stream to; whatever is said to a plain request.
pub(super) async fn stream(aws: &Aws, region: &str) -> Fact<()> {
    aws.reply(&Question::path(&STREAMING, "StartFaceLivenessSession", region, "/".to_owned())).await.map(drop)
}

/// What the policies that apply to this account say together ("AI services opt-out policy syntax").
pub(super) async fn opt_out(aws: &Aws) -> Fact<OptOut> {
    let question = json!({"PolicyType": "AISERVICES_OPT_OUT_POLICY"});
    match aws.ask(Question::json(&ORGANIZATIONS, "DescribeEffectivePolicy", "us-east-1", &question)).await {
        Ok(answer) => {
            let content = answer.pointer("/EffectivePolicy/PolicyContent").and_then(Value::as_str).unwrap_or_default();
            let policy: Value = serde_json::from_str(content).unwrap_or_default();
            let says = |service: &str| policy.pointer(&format!("/services/{service}/opt_out_policy")).cloned();
            let word = says("rekognition").or_else(|| says("default")).unwrap_or_default();
            let word = word.get("@@assign").cloned().unwrap_or(word);
            Ok(if word == "optOut" { OptOut::Refused } else { OptOut::Allowed })
        }
        Err(unread) => match unread.code.as_str() {
            "AWSOrganizationsNotInUseException" => Ok(OptOut::NoOrganization),
            "EffectivePolicyNotFoundException" => Ok(OptOut::NoPolicy),
            _ => Err(unread),
        },
    }
}

/// Those with "Liveness" in their names.
pub(super) async fn liveness_quotas(aws: &Aws, region: &str) -> Fact<BTreeMap<String, f64>> {
    let pages = pages(aws, "NextToken", |next| {
        let mut question = json!({"ServiceCode": "rekognition", "MaxResults": 100});
        if let (Some(next), Some(fields)) = (next, question.as_object_mut()) {
            fields.insert("NextToken".to_owned(), next.into());
        }
        Question::json(&QUOTAS, "ListServiceQuotas", region, &question)
    })
    .await?;
    let quotas = pages.iter().flat_map(|page| list(page, "Quotas"));
    let quotas = quotas.filter_map(|quota| Some((text(quota, "QuotaName"), quota.get("Value")?.as_f64()?)));
    Ok(quotas.filter(|(name, _)| name.contains("Liveness")).collect())
}

/// `ConcurrentExecutions` of the account, in the stack's region.
pub(super) async fn concurrency(aws: &Aws, account: &Account) -> Fact<u64> {
    let question = Question::path(&LAMBDA, "GetAccountSettings", &account.region, "/2016-08-19/account-settings".to_owned());
    let answer = aws.ask(question.clone()).await?;
    let limit = answer.get("AccountLimit").and_then(|limit| number(limit, "ConcurrentExecutions"));
    limit.ok_or_else(|| question.unread("an answer without a limit", false))
}

/// How many have confirmed that they listen; none where there is no such topic.
pub(super) async fn topic(aws: &Aws, arn: &str) -> Fact<Option<u64>> {
    let region = arn.split(':').nth(3).unwrap_or_default();
    let answer = aws.look(Question::form(&SNS, "GetTopicAttributes", region, &[("TopicArn", arn)])).await?;
    Ok(answer.map(|answer| {
        let attributes = answer.get("Attributes").map(|attributes| list(attributes, "entry")).unwrap_or_default();
        let confirmed = attributes.into_iter().find(|entry| text(entry, "key") == "SubscriptionsConfirmed");
        confirmed.and_then(|entry| number(entry, "value")).unwrap_or_default()
    }))
}
