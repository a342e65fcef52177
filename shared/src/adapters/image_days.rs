//! The images of a day as they lie in the bucket, and as the decisions name them. Both are walked in the order of the verifications' ids,
//! which is that of the keys in S3 and of the sort key of the index, so that one walk can compare them page by page.

use super::evidence_bucket::{EvidenceBucket, day_prefix};
use super::item::{from_item, id_of, key, partition, text};
use super::refusal::fault;
use super::verification_table::{CODES, VerificationTable};
use super::{DecisionRecord, evidence_bucket};
use crate::domain::{ImageDay, SessionNumber, VerificationId};
use crate::fault::Fault;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::{BTreeMap, BTreeSet};

/// What a day has of some verifications, each of them with all that the day has of it.
#[derive(Debug)]
pub struct DayPage<T> {
    /// By verification.
    pub found: BTreeMap<VerificationId, T>,
    /// It holds every verification up to this one; without one, up to the end.
    pub to: Option<VerificationId>,
}

impl<T> DayPage<T> {
    /// The part of it up to that verification.
    pub fn cut(&mut self, to: Option<&VerificationId>) {
        if let Some(to) = to {
            self.found.retain(|id, _| id <= to);
        }
    }

    /// A page whose last verification may not be whole leaves it to the next one. None where it is the only one, and more has to be read.
    fn whole(mut found: BTreeMap<VerificationId, T>) -> Result<Self, BTreeMap<VerificationId, T>> {
        if found.len() < 2 {
            return Err(found);
        }
        found.pop_last();
        let to = found.last_key_value().map(|(id, _)| id.clone());
        Ok(Self { found, to })
    }
}

impl EvidenceBucket {
    /// The keys of a day's images, of verifications behind that one. What is not named as an image of ours is passed by: somebody else
    /// has put it there, and may know why.
    pub async fn images_on(&self, day: ImageDay, after: Option<&VerificationId>) -> Result<DayPage<BTreeSet<String>>, Fault> {
        let prefix = day_prefix(day);
        // '0' follows '/': behind every key of that verification.
        let mut start = after.map(|id| format!("{prefix}{id}0"));
        let mut found: BTreeMap<VerificationId, BTreeSet<String>> = BTreeMap::new();
        loop {
            let list = self.client.list_objects_v2().bucket(&self.name).prefix(&prefix).set_start_after(start.take());
            let listed = list.send().await.map_err(|error| fault(evidence_bucket::CODES, "list the images of a day", &error))?;
            for key in listed.contents().iter().filter_map(|object| object.key()) {
                let id = key.strip_prefix(&prefix).and_then(|rest| rest.split_once('/')).and_then(|(id, _)| VerificationId::parse(id));
                if let Some(id) = id.filter(|_| session_of(key).is_some()) {
                    found.entry(id).or_default().insert(key.to_owned());
                }
                start = Some(key.to_owned());
            }
            if listed.is_truncated() != Some(true) {
                return Ok(DayPage { found, to: None });
            }
            found = match DayPage::whole(found) {
                Ok(page) => return Ok(page),
                Err(more_to_read) => more_to_read,
            };
        }
    }
}

impl VerificationTable {
    /// Which records of decisions name images of a day, of verifications behind that one: their sort keys. The index may lag behind
    /// ("Read consistency", Amazon `DynamoDB` Developer Guide).
    pub async fn naming_images_on(
        &self,
        day: ImageDay,
        after: Option<&VerificationId>,
        limit: u16,
    ) -> Result<DayPage<BTreeSet<String>>, Fault> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("imagesByDay")
            .expression_attribute_values(":day", AttributeValue::S(day.to_string()))
            .limit(i32::from(limit));
        query = match after {
            None => query.key_condition_expression("imageDay = :day"),
            Some(after) => query
                .key_condition_expression("imageDay = :day AND pk > :after")
                .expression_attribute_values(":after", AttributeValue::S(partition(after))),
        };
        let mut found: BTreeMap<VerificationId, BTreeSet<String>> = BTreeMap::new();
        let mut start = None;
        loop {
            let answer = query.clone().set_exclusive_start_key(start.take()).send().await;
            let answer = answer.map_err(|error| fault(CODES, "look for the decisions of a day", &error))?;
            for item in answer.items() {
                found.entry(id_of(item)?).or_default().extend(text(item, "sk").map(str::to_owned));
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(DayPage { found, to: None });
            }
            found = match DayPage::whole(found) {
                Ok(page) => return Ok(page),
                Err(more_to_read) => more_to_read,
            };
        }
    }

    /// The images of a day that these records name, by verification, or why they cannot be read. A record that is gone names none.
    pub async fn images_named(
        &self,
        day: ImageDay,
        records: &BTreeMap<VerificationId, BTreeSet<String>>,
    ) -> Result<BTreeMap<VerificationId, Result<BTreeSet<String>, Fault>>, Fault> {
        let keys = records.iter().flat_map(|(id, sort_keys)| sort_keys.iter().map(|sort_key| key(&partition(id), sort_key)));
        let mut named: BTreeMap<VerificationId, Result<BTreeSet<String>, Fault>> = BTreeMap::new();
        for item in self.items(keys.collect()).await? {
            let of_verification = named.entry(id_of(&item)?).or_insert_with(|| Ok(BTreeSet::new()));
            match from_item::<DecisionRecord>(item) {
                Ok(record) => drop(of_verification.as_mut().map(|keys| keys.extend(record.images_on(day)))),
                Err(fault) => *of_verification = Err(fault),
            }
        }
        Ok(named)
    }
}

impl DecisionRecord {
    /// The keys of the images that it names and that lie in that day.
    pub fn images_on(&self, day: ImageDay) -> BTreeSet<String> {
        let prefix = day_prefix(day);
        self.evidence.image_keys().filter(|key| key.starts_with(&prefix)).map(str::to_owned).collect()
    }
}

/// Of which session of its verification the image of that key is; none for a key that no image of ours has.
pub fn session_of(key: &str) -> Option<SessionNumber> {
    let mut parts = key.rsplit('/');
    let (_name, session) = (parts.next()?, parts.next()?);
    session.parse().ok().map(SessionNumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_verification_of_a_page_is_left_to_the_next_one() {
        let id = |digit| VerificationId::from_bytes([digit; 16]);
        let page = DayPage::whole([(id(1), "whole"), (id(2), "whole"), (id(3), "cut")].into()).unwrap();
        assert_eq!((page.found.len(), page.to), (2, Some(id(2))));
        let one = DayPage::whole([(id(1), "cut")].into()).unwrap_err();
        assert_eq!(one.len(), 1, "of one verification alone more has to be read");
    }

    #[test]
    fn only_keys_of_ours_have_a_session() {
        for (key, session) in [
            ("evidence/r30/2026-11-22/ver_1/2/audit-00.jpg", Some(SessionNumber(2))),
            ("evidence/r30/2026-11-22/ver_1/two/audit-00.jpg", None),
            ("evidence/r30/2026-11-22/ver_1/300/audit-00.jpg", None),
            ("readme", None),
        ] {
            assert_eq!(session_of(key), session, "{key}");
        }
    }
}
