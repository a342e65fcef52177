//! What CloudFormation says of the stack, and then each of its resources.

use super::{api, each, functions, pages, region, roles, stores};
use crate::doctor::answers::{list, text};
use crate::doctor::aws::{Aws, Question};
use crate::doctor::facts::{Account, Alarm, Fact, Resource, Stack};
use crate::doctor::services::{CLOUDFORMATION, CLOUDWATCH, EVENTS, LOGS, REKOGNITION, SCHEDULER};
use futures_util::future::{join, join4, join5};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a stack is, without its resources.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) status: String,
    pub(super) parameters: BTreeMap<String, String>,
}

/// The stack of that name. That there is none is an error here: nothing would be left to judge.
pub(super) async fn describe(aws: &Aws, account: &Account, name: &str) -> Fact<Described> {
    let question = Question::form(&CLOUDFORMATION, "DescribeStacks", region(account), &[("StackName", name)]);
    let answer = aws.ask(question.clone()).await.map_err(|mut unread| {
        if unread.code == "ValidationError" {
            unread.code = format!("no stack is called {name} in {}", region(account));
        }
        unread
    })?;
    let stacks = list(&answer, "Stacks");
    let stack = stacks.first().ok_or_else(|| question.unread("an answer without a stack", false))?;
    let parameters = list(stack, "Parameters").into_iter();
    Ok(Described {
        // Asked for by its ARN as well; the template means the name.
        name: text(stack, "StackName"),
        status: text(stack, "StackStatus"),
        parameters: parameters.map(|one| (text(one, "ParameterKey"), text(one, "ParameterValue"))).collect(),
    })
}

/// Everything in it, side by side.
pub(super) async fn look_into(aws: &Aws, account: &Account, described: Described) -> Stack {
    let Described { name, status, parameters } = described;
    let (names, template) = join(resources(aws, account, &name), template(aws, account, &name)).await;
    // Without the list there is nothing to look at; that it could not be read is told instead of the template.
    let (names, template) = match names {
        Ok(names) => (names, template),
        Err(unread) => (BTreeMap::new(), Err(unread)),
    };
    let ((functions, sources, roles, apis), (tables, buckets, queues, keys), (logs, alarms, schedules, event_rules, collections)) =
        futures_util::future::join3(
            join4(
                each(&names, "AWS::Lambda::Function", |name| functions::function(aws, account, name)),
                each(&names, "AWS::Lambda::EventSourceMapping", |name| functions::source(aws, account, name)),
                each(&names, "AWS::IAM::Role", |name| roles::role(aws, account, name)),
                each(&names, "AWS::ApiGatewayV2::Api", |name| api::api(aws, account, name)),
            ),
            stores(aws, account, &names),
            join5(
                logs(aws, account, &names),
                alarms(aws, account, &names),
                each(&names, "AWS::Scheduler::Schedule", |name| schedule(aws, account, name)),
                each(&names, "AWS::Events::Rule", |name| rule(aws, account, name)),
                each(&names, "AWS::Rekognition::Collection", |name| collection(aws, account, name)),
            ),
        )
        .await;
    Stack {
        name,
        status,
        parameters,
        names,
        template,
        functions,
        sources,
        roles,
        tables,
        buckets,
        queues,
        keys,
        logs,
        alarms,
        schedules,
        rules: event_rules,
        apis,
        collections,
    }
}

type Stores = (
    Vec<Resource<crate::doctor::facts::Table>>,
    Vec<Resource<crate::doctor::facts::Bucket>>,
    Vec<Resource<crate::doctor::facts::Queue>>,
    Vec<Resource<crate::doctor::facts::Key>>,
);

/// Tables, buckets, queues, and the stack's keys with those that table and bucket name.
async fn stores(aws: &Aws, account: &Account, names: &BTreeMap<String, (String, String)>) -> Stores {
    let (tables, buckets, queues, mut keys) = join4(
        each(names, "AWS::DynamoDB::Table", |name| stores::table(aws, account, name)),
        each(names, "AWS::S3::Bucket", |name| stores::bucket(aws, account, name)),
        each(names, "AWS::SQS::Queue", |name| stores::queue(aws, account, name)),
        each(names, "AWS::KMS::Key", |name| stores::key(aws, account, name)),
    )
    .await;
    let of_tables = tables.iter().filter_map(|table| table.fact.as_ref().ok()?.as_ref()?.key.clone());
    let of_buckets = buckets.iter().filter_map(|bucket| bucket.fact.as_ref().ok()?.as_ref()?.encryption.as_ref().ok()?.as_ref()?.1.clone());
    let known = |name: &str| keys.iter().any(|key| name.ends_with(&key.name));
    let others: BTreeSet<String> = of_tables.chain(of_buckets).filter(|name| !known(name)).collect();
    for name in others {
        let fact = stores::key(aws, account, name.clone()).await;
        keys.push(Resource { logical_id: String::new(), name, fact });
    }
    (tables, buckets, queues, keys)
}

async fn resources(aws: &Aws, account: &Account, stack: &str) -> Fact<BTreeMap<String, (String, String)>> {
    let pages = pages(aws, "NextToken", |next| {
        let mut fields = vec![("StackName", stack)];
        fields.extend(next.as_deref().map(|next| ("NextToken", next)));
        Question::form(&CLOUDFORMATION, "ListStackResources", region(account), &fields)
    })
    .await?;
    let resources = pages.iter().flat_map(|page| list(page, "StackResourceSummaries"));
    let there = resources.filter(|one| text(one, "ResourceStatus") != "DELETE_COMPLETE");
    Ok(there.map(|one| (text(one, "LogicalResourceId"), (text(one, "ResourceType"), text(one, "PhysicalResourceId")))).collect())
}

async fn template(aws: &Aws, account: &Account, stack: &str) -> Fact<Value> {
    let fields = [("StackName", stack), ("TemplateStage", "Processed")];
    let question = Question::form(&CLOUDFORMATION, "GetTemplate", region(account), &fields);
    let answer = aws.ask(question.clone()).await?;
    serde_json::from_str(&text(&answer, "TemplateBody")).map_err(|_| question.unread("a template that is not JSON", false))
}

/// All log groups by the folders that they lie in: one question for each folder, not for each group.
async fn logs(aws: &Aws, account: &Account, names: &BTreeMap<String, (String, String)>) -> Vec<Resource<Option<u64>>> {
    let folder = |name: &str| name.rfind('/').map_or(name.to_owned(), |end| name.chars().take(end + 1).collect());
    let groups = names.values().filter(|(kind, _)| kind == "AWS::Logs::LogGroup");
    let folders: BTreeSet<String> = groups.map(|(_, name)| folder(name)).collect();
    let mut kept = BTreeMap::new();
    for folder in folders {
        let found = pages(aws, "nextToken", |next| {
            let mut question = json!({"logGroupNamePrefix": folder});
            if let (Some(next), Some(fields)) = (next, question.as_object_mut()) {
                fields.insert("nextToken".to_owned(), next.into());
            }
            Question::json(&LOGS, "DescribeLogGroups", region(account), &question)
        })
        .await;
        let days = |group: &Value| (text(group, "logGroupName"), crate::doctor::answers::number(group, "retentionInDays"));
        let found = found.map(|pages| pages.iter().flat_map(|page| list(page, "logGroups")).map(days).collect::<BTreeMap<_, _>>());
        kept.insert(folder, found);
    }
    each(names, "AWS::Logs::LogGroup", |name| {
        let of_the_folder = kept.get(&folder(&name));
        let fact = of_the_folder.map_or(Ok(None), |found| found.as_ref().map(|found| found.get(&name).copied()).map_err(Clone::clone));
        std::future::ready(fact)
    })
    .await
}

/// All alarms at once; a question takes a hundred names.
async fn alarms(aws: &Aws, account: &Account, names: &BTreeMap<String, (String, String)>) -> Vec<Resource<Alarm>> {
    let alarms: Vec<&String> = names.values().filter(|(kind, _)| kind == "AWS::CloudWatch::Alarm").map(|(_, name)| name).collect();
    let mut found: BTreeMap<String, Alarm> = BTreeMap::new();
    let mut failed = None;
    for some in alarms.chunks(100) {
        let question = json!({"AlarmNames": some, "MaxRecords": 100});
        match aws.ask(Question::json(&CLOUDWATCH, "DescribeAlarms", region(account), &question)).await {
            Ok(answer) => found.extend(list(&answer, "MetricAlarms").into_iter().map(|alarm| {
                let actions = list(alarm, "AlarmActions").into_iter().filter_map(|action| action.as_str().map(str::to_owned));
                let enabled = alarm.get("ActionsEnabled").and_then(Value::as_bool).unwrap_or_default();
                (text(alarm, "AlarmName"), Alarm { enabled, actions: actions.collect(), state: text(alarm, "StateValue") })
            })),
            Err(unread) => failed = Some(unread),
        }
    }
    each(names, "AWS::CloudWatch::Alarm", |name| {
        std::future::ready(match &failed {
            Some(unread) => Err(unread.clone()),
            None => Ok(found.get(&name).cloned()),
        })
    })
    .await
}

async fn schedule(aws: &Aws, account: &Account, name: String) -> Fact<Option<bool>> {
    let path = format!("/schedules/{}", crate::doctor::aws::encoded(&name));
    let answer = aws.look(Question::path(&SCHEDULER, "GetSchedule", region(account), path)).await?;
    Ok(answer.map(|schedule| text(&schedule, "State") == "ENABLED"))
}

/// A rule on a bus of one's own is named `bus|rule` by CloudFormation.
async fn rule(aws: &Aws, account: &Account, name: String) -> Fact<Option<bool>> {
    let question = match name.split_once('|') {
        Some((bus, rule)) => json!({"Name": rule, "EventBusName": bus}),
        None => json!({"Name": name}),
    };
    let answer = aws.look(Question::json(&EVENTS, "DescribeRule", region(account), &question)).await?;
    Ok(answer.map(|rule| text(&rule, "State") == "ENABLED"))
}

async fn collection(aws: &Aws, account: &Account, name: String) -> Fact<Option<()>> {
    let question = json!({"CollectionId": name});
    Ok(aws.look(Question::json(&REKOGNITION, "DescribeCollection", region(account), &question)).await?.map(drop))
}
