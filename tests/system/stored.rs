//! Tables full of stored verifications: keyed and indexed as the stack's own, and filled with copies of verifications that were really
//! opened and decided, each with a name, a subject and a day of its own. There is no stream: nobody is told of what never happened.

use crate::meter::{Meter, Tally};
use crate::world::{Item, World, ids};
use aws_sdk_dynamodb::types::{AttributeValue, BillingMode, GlobalSecondaryIndex, PutRequest, WriteRequest};
use futures_util::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use prooflight_cleanup::{Cleanup, Report};
use prooflight_shared::edge::LambdaFunction;
use prooflight_shared::invocation::Invocation;
use serde_json::json;

/// What copies are made of.
pub(crate) struct Originals {
    decided: Original,
    due: Original,
    made_at: Timestamp,
}

struct Original {
    id: String,
    subject_key: String,
    items: Vec<Item>,
}

/// What clean-up did over a table, and what it cost.
pub(crate) struct Cleaned {
    pub(crate) report: Report,
    pub(crate) tally: Tally,
}

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// `API_BatchWriteItem`.
const AT_ONCE: usize = 25;
/// So many are due, and so many were decided yesterday, in every table.
pub(crate) const DUE: usize = 100;

impl Originals {
    pub(crate) async fn make(world: &World) -> Self {
        let made_at = world.now();
        let (alice, bob) = (world.user("alice").await, world.user("bob").await);
        let (decided, session_id) = ids(&alice.open(&json!({ "deviceId": "phone" }), None).await.expect(201));
        world.succeeded(&session_id, 97.0).await;
        alice.complete(&decided, &session_id).await.expect(200);
        let (due, _) = ids(&bob.open(&json!({}), None).await.expect(201));
        // The originals themselves are in no table that is filled.
        for key in world.image_keys().await {
            world.remove_object(&key).await;
        }
        let items = world.items().await;
        let of = |id: String| {
            let pk = format!("verification#{id}");
            let document = items.iter().find(|item| item["pk"].as_s() == Ok(&pk) && item["sk"].as_s().unwrap() == "verification").unwrap();
            let subject_key = document["subjectKey"].as_s().unwrap().clone();
            let attempts = format!("lockout#{subject_key}");
            let items = items.iter().filter(|item| [&pk, &attempts].contains(&item["pk"].as_s().unwrap())).cloned().collect();
            Original { id, subject_key, items }
        };
        Self { decided: of(decided), due: of(due), made_at }
    }

    /// A table with so many verifications: those that are due, those of yesterday with their images, and all others older.
    pub(crate) async fn fill(&self, world: &World, table: &str, count: usize) {
        let client = aws_sdk_dynamodb::Client::new(&world.sdk());
        like_the_stacks(&client, table).await;
        let items = (0..count).flat_map(|number| match number {
            number if number < DUE => self.due.copy(number, None),
            number if number < 2 * DUE => self.decided.copy(number, Some(self.made_at)),
            // What was counted for the limits is kept for eight days.
            number => {
                let mut items = self.decided.copy(number, Some(self.made_at - DAY * i32::try_from(9 + number % 300).unwrap()));
                items.retain(|item| item["pk"].as_s().unwrap().starts_with("verification#"));
                items
            }
        });
        let write = |items: Vec<Item>| {
            let request = |item| WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build();
            let requests = items.into_iter().map(request).collect();
            let write = client.batch_write_item().request_items(table, requests);
            async move {
                let written = write.send().await.unwrap();
                assert!(written.unprocessed_items().is_none_or(std::collections::HashMap::is_empty));
            }
        };
        stream::iter(items).chunks(AT_ONCE).map(write).buffer_unordered(4).collect::<Vec<()>>().await;
        let (client, bucket) = world.bucket().await;
        let yesterdays = (DUE..2 * DUE).flat_map(|number| self.decided.copy(number, Some(self.made_at)));
        for key in yesterdays.flat_map(|item| image_keys(&item)) {
            client.put_object().bucket(&bucket).key(key).body(b"an image".to_vec().into()).send().await.unwrap();
        }
    }

    /// Runs clean-up over it, a day later.
    pub(crate) async fn clean(&self, world: &World, table: &str) -> Cleaned {
        let (meter, url) = Meter::before(world).await;
        let environment = crate::proxy::environment_of(&url, world, Cleanup::NAME, table);
        let function = Cleanup::connect(&environment).unwrap();
        let mut entropy = [0; 32];
        entropy.iter_mut().zip(table.bytes()).for_each(|(to, from)| *to = from);
        let invocation = Invocation { now: self.made_at + DAY, request_id: table.to_owned(), entropy };
        let report = function.handle(json!({}), invocation).await.unwrap();
        Cleaned { report, tally: meter.take() }
    }
}

impl Original {
    /// The items of one more verification like it, whose session was reserved then; at the same time as this one's where none is given.
    fn copy(&self, number: usize, at: Option<Timestamp>) -> Vec<Item> {
        // Spread as ids are.
        let scattered = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (id, subject_key) = (format!("ver_{scattered:016x}{number:016x}"), format!("{number:064x}"));
        let mut names = vec![(self.id.clone(), id), (self.subject_key.clone(), subject_key)];
        if let Some(at) = at {
            let day = self.items.iter().find_map(|item| item.get("imageDay")).unwrap().as_s().unwrap();
            names.push((day.clone(), format!("r30/{}", at.strftime("%Y-%m-%d"))));
        }
        let copy = |item: &Item| {
            let mut copy: Item = item.iter().map(|(name, value)| (name.clone(), renamed(value, &names))).collect();
            // Every shard has its share, as with ids that are drawn.
            copy.entry("dueShard".to_owned()).and_modify(|shard| *shard = AttributeValue::S(format!("due#{}", number % 8)));
            copy
        };
        self.items.iter().map(copy).collect()
    }
}

fn renamed(value: &AttributeValue, names: &[(String, String)]) -> AttributeValue {
    match value {
        AttributeValue::S(text) => AttributeValue::S(names.iter().fold(text.clone(), |text, (from, to)| text.replace(from, to))),
        AttributeValue::L(values) => AttributeValue::L(values.iter().map(|value| renamed(value, names)).collect()),
        AttributeValue::M(fields) => AttributeValue::M(fields.iter().map(|(name, value)| (name.clone(), renamed(value, names))).collect()),
        other => other.clone(),
    }
}

/// Every text of an item that is the key of an image.
fn image_keys(item: &Item) -> Vec<String> {
    item.values().flat_map(keys_in).collect()
}

fn keys_in(value: &AttributeValue) -> Vec<String> {
    match value {
        AttributeValue::S(text) if text.starts_with("evidence/") => vec![text.clone()],
        AttributeValue::L(values) => values.iter().flat_map(keys_in).collect(),
        AttributeValue::M(fields) => fields.values().flat_map(keys_in).collect(),
        _ => Vec::new(),
    }
}

/// Makes a table with the keys and indexes of the stack's own.
async fn like_the_stacks(client: &aws_sdk_dynamodb::Client, name: &str) {
    let stacks = client.list_tables().send().await.unwrap().table_names.unwrap();
    let stacks = stacks.iter().find(|name| name.starts_with("prooflight-local")).unwrap();
    let stacks = client.describe_table().table_name(stacks).send().await.unwrap().table.unwrap();
    let index = |index: &aws_sdk_dynamodb::types::GlobalSecondaryIndexDescription| {
        let builder = GlobalSecondaryIndex::builder().set_index_name(index.index_name.clone()).set_key_schema(index.key_schema.clone());
        builder.set_projection(index.projection.clone()).build().unwrap()
    };
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(stacks.attribute_definitions.clone())
        .set_key_schema(stacks.key_schema.clone())
        .set_global_secondary_indexes(Some(stacks.global_secondary_indexes().iter().map(index).collect()))
        .send()
        .await
        .unwrap();
}
