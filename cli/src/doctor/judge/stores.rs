//! The table, the bucket and the keys.

use super::Judgement;
use crate::doctor::facts::{Bucket, Facts, Key, Stack, Table};
use crate::doctor::finding::{
    BUCKET_ACLS, BUCKET_ELSEWHERE, BUCKET_ENCRYPTION_DIFFERS, BUCKET_KEEPS_IMAGES, BUCKET_PLAIN_HTTP, BUCKET_PUBLIC, BUCKET_VERSIONED,
    KEY_NOT_ROTATED, KEY_OPEN, KEY_UNUSABLE, TABLE_EXPIRY_OFF, TABLE_KEY_DEFAULT, TABLE_RECOVERY_OFF, TABLE_STREAM_OFF, TABLE_UNPROTECTED,
};
use crate::doctor::template::{Template, normal};
use prooflight_shared::policy::Catalogue;
use serde_json::Value;

pub(super) fn judge(judgement: &mut Judgement, facts: &Facts, stack: &Stack) {
    for (name, found) in judgement.there(&stack.tables) {
        table(judgement, name, found);
    }
    judgement.there(&stack.buckets);
    let template = stack.template.as_ref().ok().map(|template| Template::new(template, stack, &facts.account));
    for resource in &stack.buckets {
        if let Ok(Some(found)) = &resource.fact {
            let encryption = "BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm";
            let asked = template.and_then(|template| template.property(&resource.logical_id, encryption));
            bucket(judgement, &facts.account.region, &resource.name, found, asked.as_ref().and_then(Value::as_str));
            // Others hold no images: a page, access logs.
            if resource.logical_id == "EvidenceBucket" {
                evidence(judgement, &resource.name, found);
            }
        }
    }
    for (name, found) in judgement.there(&stack.keys) {
        key(judgement, name, found);
    }
}

fn table(judgement: &mut Judgement, name: &str, table: &Table) {
    if let Some(on) = judgement.known(&table.recovery) {
        judgement.find_if(!on, TABLE_RECOVERY_OFF, name, "it cannot be restored to a point in time");
    }
    if let Some(attribute) = judgement.known(&table.expiry) {
        let found = attribute.as_ref().map_or("nothing in it expires".to_owned(), |attribute| format!("items expire by {attribute}"));
        judgement.find_if(attribute.as_deref() != Some("expiresAt"), TABLE_EXPIRY_OFF, name, found);
    }
    let view = table.stream.as_ref().map(|(_, view)| view.as_str());
    let found = view.map_or("it has no stream: workflows wait, and nobody is told".to_owned(), |view| format!("its stream has {view}"));
    judgement.find_if(view != Some("NEW_AND_OLD_IMAGES"), TABLE_STREAM_OFF, name, found);
    judgement.find_if(!table.protected, TABLE_UNPROTECTED, name, "one call deletes it");
    judgement.find_if(table.key.is_none(), TABLE_KEY_DEFAULT, name, "it is encrypted with a key of DynamoDB's, whose use nobody can see");
}

fn bucket(judgement: &mut Judgement, region: &str, name: &str, bucket: &Bucket, asked: Option<&str>) {
    if let Some(place) = judgement.known(&bucket.region) {
        judgement.find_if(place != region, BUCKET_ELSEWHERE, name, format!("it is in {place}, the stack in {region}"));
    }
    if let Some(private) = judgement.known(&bucket.private) {
        judgement.find_if(!private, BUCKET_PUBLIC, name, "public access is not blocked in every way");
    }
    if let Some(policy) = judgement.known(&bucket.policy) {
        let refuses = policy.as_ref().is_some_and(|policy| refuses_plain_http(policy, name));
        judgement.find_if(!refuses, BUCKET_PLAIN_HTTP, name, "requests without TLS are taken");
    }
    if let Some(encryption) = judgement.known(&bucket.encryption) {
        // S3 encrypts whatever comes; with what is the template's to say.
        let has = encryption.as_ref().map(|(algorithm, _)| algorithm.as_str());
        let found = format!("it encrypts with {}, in the template is {}", has.unwrap_or("nothing"), asked.unwrap_or("nothing"));
        judgement.find_if(has.is_none() || asked.is_some_and(|asked| has != Some(asked)), BUCKET_ENCRYPTION_DIFFERS, name, found);
    }
    if let Some(ownership) = judgement.known(&bucket.ownership) {
        let found = format!("its ownership is {}, so objects can have lists of their own", ownership.as_deref().unwrap_or("not set"));
        judgement.find_if(ownership.as_deref() != Some("BucketOwnerEnforced"), BUCKET_ACLS, name, found);
    }
}

/// What erasing and forgetting rely on.
fn evidence(judgement: &mut Judgement, name: &str, bucket: &Bucket) {
    if let Some(versioned) = judgement.known(&bucket.versioned) {
        judgement.find_if(*versioned, BUCKET_VERSIONED, name, "what is deleted stays in a former version");
    }
    let Some(lifecycle) = judgement.known(&bucket.lifecycle) else { return };
    // The shipped policies are those that are compiled into the functions of this release.
    let days = Catalogue::shipped().map(|catalogue| catalogue.image_retentions()).unwrap_or_default();
    let kept = days.into_iter().map(|days| (format!("evidence/r{days}/"), u64::from(days)));
    let missing: Vec<String> = kept
        .filter(|(prefix, days)| !lifecycle.iter().any(|(of, after)| prefix.starts_with(of.as_str()) && after <= days))
        .map(|(prefix, days)| format!("{prefix} after {days} days"))
        .collect();
    judgement.find_if(!missing.is_empty(), BUCKET_KEEPS_IMAGES, name, format!("no rule removes {}", missing.join(", ")));
    let sources = lifecycle.keys().any(|prefix| "sources/".starts_with(prefix.as_str()));
    judgement.find_if(!sources, BUCKET_KEEPS_IMAGES, name, "no rule removes sources/ after some days");
}

/// Whether everything is denied to everybody who comes without TLS.
fn refuses_plain_http(policy: &Value, name: &str) -> bool {
    let statements = normal(policy);
    statements.as_array().into_iter().flatten().any(|statement| {
        let holds = |field: &str, value: &str| {
            statement.get(field).and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one.as_str() == Some(value)))
        };
        let everybody = holds("Principal", "*") || statement.pointer("/Principal/AWS/0").is_some_and(|one| one == "*");
        let plain = statement.pointer("/Condition/Bool/aws:SecureTransport/0").is_some_and(|one| one == "false");
        let alone = statement.get("Condition").and_then(Value::as_object).is_some_and(|all| all.len() == 1);
        let objects = statement.get("Resource").and_then(Value::as_array).is_some_and(|all| {
            all.iter().filter_map(Value::as_str).any(|resource| resource == "*" || resource.ends_with(&format!("{name}/*")))
        });
        statement.get("Effect").is_some_and(|effect| effect == "Deny") && holds("Action", "s3:*") && everybody && plain && alone && objects
    })
}

fn key(judgement: &mut Judgement, name: &str, key: &Key) {
    judgement.find_if(key.state != "Enabled", KEY_UNUSABLE, name, format!("its state is {}", key.state));
    if let Some(policy) = judgement.known(&key.policy) {
        let open = normal(policy).as_array().into_iter().flatten().any(|statement| {
            let anybody = |principal: &Value| principal.as_array().is_some_and(|all| all.iter().any(|one| one == "*"));
            let everybody = statement.get("Principal").is_some_and(|all| anybody(all) || all.get("AWS").is_some_and(anybody));
            let allowed = statement.get("Effect").is_some_and(|effect| effect == "Allow");
            allowed && everybody && statement.get("Condition").is_none()
        });
        judgement.find_if(open, KEY_OPEN, name, "its policy allows everybody, without a condition");
    }
    if let Some(rotated) = judgement.known(&key.rotated) {
        judgement.find_if(key.rotatable && !rotated, KEY_NOT_ROTATED, name, "it is never rotated");
    }
}
