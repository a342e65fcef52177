//! Reads the facts: who asks and how late it is, and then everything else side by side.

mod account;
mod api;
mod functions;
mod roles;
mod stack;
mod stores;

use super::aws::{Aws, Question};
use super::facts::{Account, Fact, Facts, Resource};
use futures_util::future::{join_all, join3};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is to be looked at.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// The region of the credentials' environment.
    pub(crate) region: String,
    /// The stack; none before the deployment.
    pub(crate) stack: Option<String>,
    /// What it will be deployed with; where there is a stack, what it was deployed with counts.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Everything there is to know. An error is what leaves nothing to be judged: nobody answers, the credentials are none, or the stack is
/// not there.
pub(crate) async fn read(mut aws: Aws, subject: &Subject) -> Fact<Facts> {
    let (account, clock_ahead) = account::whoami(&mut aws, &subject.region).await?;
    let stack = match &subject.stack {
        Some(name) => Some(stack::describe(&aws, &account, name).await?),
        None => None,
    };
    let parameters = stack.as_ref().map_or(&subject.parameters, |stack| &stack.parameters);
    let parameter = |name: &str| parameters.get(name).filter(|value| !value.is_empty()).cloned();
    let liveness_region = parameter("LivenessRegion").unwrap_or_else(|| "us-east-1".to_owned());
    let topic = parameter("AlarmTopicArn");
    let of_the_topic = async { topic.as_deref().map(|arn| account::topic(&aws, arn)).into_iter().collect::<Vec<_>>() };
    let ((liveness, stream, opt_out), (liveness_quotas, concurrency, topics), stack) = join3(
        join3(account::liveness(&aws, &liveness_region), account::stream(&aws, &liveness_region), account::opt_out(&aws)),
        join3(account::liveness_quotas(&aws, &liveness_region), account::concurrency(&aws, &account), async {
            join_all(of_the_topic.await).await
        }),
        async {
            match stack {
                Some(described) => Some(stack::look_into(&aws, &account, described).await),
                None => None,
            }
        },
    )
    .await;
    let topic = topic.zip(topics.into_iter().next());
    Ok(Facts { account, clock_ahead, liveness_region, liveness, stream, opt_out, liveness_quotas, concurrency, topic, stack })
}

/// All pages of a list: `place` is the name of what names the next one, in the question as in the answer.
async fn pages(aws: &Aws, place: &str, question: impl Fn(Option<String>) -> Question) -> Fact<Vec<Value>> {
    // More pages than anything here can have: a service that goes round in a circle ends, too.
    const AT_MOST: usize = 50;
    let (mut pages, mut next) = (Vec::new(), None);
    while pages.len() < AT_MOST {
        let page = aws.ask(question(next)).await?;
        next = page.get(place).and_then(Value::as_str).map(str::to_owned);
        pages.push(page);
        if next.is_none() {
            break;
        }
    }
    Ok(pages)
}

/// The resources of a kind, each read by `one`.
async fn each<T, F: Future<Output = Fact<Option<T>>>>(
    names: &BTreeMap<String, (String, String)>,
    kind: &str,
    one: impl Fn(String) -> F,
) -> Vec<Resource<T>> {
    let of_kind = names.iter().filter(|(_, (of, _))| of == kind);
    join_all(of_kind.map(|(logical_id, (_, name))| {
        let fact = one(name.clone());
        async move { Resource { logical_id: logical_id.clone(), name: name.clone(), fact: fact.await } }
    }))
    .await
}

/// A policy document as IAM gives it: JSON, percent-encoded.
fn document(text: &str) -> Value {
    let plain = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    serde_json::from_str(&plain).unwrap_or_default()
}

/// Where it is asked.
fn region(account: &Account) -> &str {
    &account.region
}
