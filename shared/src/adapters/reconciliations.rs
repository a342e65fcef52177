//! How far the comparison of images and decisions has come: one item for each number of days that images are kept. It has no time to
//! live, because it is needed for as long as there are images.

use super::item::{from_item, key, to_item};
use super::verification_table::{VerificationTable, Written, put};
use crate::domain::Reconciliation;
use crate::fault::Fault;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A comparison and the version that a replacement has to name.
#[derive(Debug, Clone)]
pub struct LoadedReconciliation {
    /// How far it has come.
    pub reconciliation: Reconciliation,
    /// None where it has not begun.
    version: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReconciliationItem {
    pk: String,
    sk: String,
    version: u64,
    document: Reconciliation,
}

const SORT_KEY: &str = "reconciliation";

impl VerificationTable {
    /// How far it has come of images that are kept so long; in a stack that has none yet, where it begins.
    pub async fn reconciliation(&self, kept_days: u16, now: Timestamp) -> Result<LoadedReconciliation, Fault> {
        match self.item(key(&partition(kept_days), SORT_KEY), "load how far images were compared").await? {
            None => Ok(LoadedReconciliation { reconciliation: Reconciliation::beginning(kept_days, now), version: None }),
            Some(item) => {
                let item: ReconciliationItem = from_item(item)?;
                Ok(LoadedReconciliation { reconciliation: item.document, version: Some(item.version) })
            }
        }
    }

    /// Writes how far it has come. None when somebody else has, who is at the same work.
    pub async fn replace_reconciliation(
        &self,
        loaded: &LoadedReconciliation,
        next: &Reconciliation,
        token: &str,
    ) -> Result<Option<LoadedReconciliation>, Fault> {
        let version = loaded.version.map_or(1, |version| version + 1);
        let pk = partition(next.kept_days);
        let item = to_item(&ReconciliationItem { pk, sk: SORT_KEY.to_owned(), version, document: next.clone() })?;
        let writes = vec![put(self.versioned(item, loaded.version))?];
        let done = || LoadedReconciliation { reconciliation: next.clone(), version: Some(version) };
        Ok(match self.transact(writes, token, done).await? {
            Written::Done(loaded) => Some(*loaded),
            Written::Conflict | Written::Erased => None,
        })
    }
}

fn partition(kept_days: u16) -> String {
    format!("reconciliation#r{kept_days}")
}
