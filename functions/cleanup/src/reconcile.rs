//! Compares the images of a day with the decisions that name them. What no decision names, and none can name any more, is removed: a
//! completion that was cut off has left it, or an erasure. What a decision names and is not there is evidence lost, and somebody is told.
//! It may be cut off anywhere and be run twice at once: how far it has come is written when all up to there is done.

use crate::Cleanup;
use crate::report::Report;
use jiff::Timestamp;
use prooflight_shared::adapters::session_of;
use prooflight_shared::app::{Enroller, Entropy, Refused, change_verification};
use prooflight_shared::domain::{Command, ImageDay, Reconciliation, VerificationId};
use prooflight_shared::fault::{Fault, FaultCode};
use std::collections::BTreeSet;

/// S3 gives a thousand keys at once, which are those of some three hundred decisions.
const RECORDS_AT_ONCE: u16 = 400;

impl Cleanup {
    /// Every day that is not done yet, as far as time allows. Whoever cannot go on with one retention goes on with the next one.
    pub(crate) async fn reconcile(&self, now: Timestamp, entropy: &Entropy, report: &mut Report) {
        for kept_days in &self.image_retentions {
            if let Err(refused) = self.reconcile_one(*kept_days, now, entropy, report).await {
                report.count(Err(refused));
            }
        }
    }

    async fn reconcile_one(&self, kept_days: u16, now: Timestamp, entropy: &Entropy, report: &mut Report) -> Result<(), Refused> {
        let table = &self.eraser.stores.table;
        let mut loaded = table.reconciliation(kept_days, now).await?;
        loop {
            let current = loaded.reconciliation.at(now);
            if current.is_done(now) {
                return Ok(());
            }
            let done_to = Box::pin(self.compare_some(&current, now, entropy, report)).await?;
            match table.replace_reconciliation(&loaded, &current.done_to(done_to), &entropy.draw_hex()).await? {
                Some(next) => loaded = next,
                // Another run is at the same work.
                None => return Ok(()),
            }
        }
    }

    /// A page of a day; up to which verification it went, if not to the day's end.
    async fn compare_some(
        &self,
        current: &Reconciliation,
        now: Timestamp,
        entropy: &Entropy,
        report: &mut Report,
    ) -> Result<Option<VerificationId>, Refused> {
        let Enroller { bucket, table, .. } = &self.eraser.stores;
        let (day, after) = (current.day(), current.after.as_ref());
        // The bucket is looked at first. Whoever removes images writes down before that he will, so what is not there any more is
        // accounted for in the documents, which are read later.
        let mut stored = bucket.images_on(day, after).await?;
        let mut records = table.naming_images_on(day, after, RECORDS_AT_ONCE).await?;
        let done_to = [&stored.to, &records.to].into_iter().flatten().min().cloned();
        stored.cut(done_to.as_ref());
        records.cut(done_to.as_ref());
        let mut named = table.images_named(day, &records.found).await?;
        let verifications: BTreeSet<VerificationId> = stored.found.keys().chain(records.found.keys()).cloned().collect();
        for id in verifications {
            let stored = stored.found.remove(&id).unwrap_or_default();
            let looked_at = match named.remove(&id).unwrap_or_else(|| Ok(BTreeSet::new())) {
                Ok(named) if named == stored => continue,
                Ok(_) => Box::pin(self.look_closer(&id, day, &stored, now, entropy, report)).await,
                Err(fault) => Err(fault.into()),
            };
            match looked_at {
                // What nobody can read holds up nobody else, and its images stay.
                Err(Refused::Faulted(fault)) if fault.code == FaultCode::StoreCorrupt => report.count(Err(fault.into())),
                other => other?,
            }
        }
        Ok(done_to)
    }

    /// Where the two differ, the documents themselves are asked: the index may lag behind.
    async fn look_closer(
        &self,
        id: &VerificationId,
        day: ImageDay,
        stored: &BTreeSet<String>,
        now: Timestamp,
        entropy: &Entropy,
        report: &mut Report,
    ) -> Result<(), Refused> {
        let table = &self.eraser.stores.table;
        // INVARIANT: no image is removed that a completion under way may yet name. What time has ended is written down before anything is
        // removed; whoever judges a session that has ended finds that, and removes what he has stored.
        let verification = match change_verification(table, id, None, &Command::Settle, None, now, entropy).await {
            Ok(settled) => settled.verification,
            Err(Refused::Erased) => return Ok(self.remove(id, stored.iter().cloned().collect(), report).await?),
            Err(other) => return Err(other),
        };
        let withdrawn = verification.withdrawn_at.is_some();
        let records = if withdrawn { Vec::new() } else { table.decisions(id).await? };
        let named: BTreeSet<String> = records.iter().flat_map(|record| record.images_on(day)).collect();
        let over = |key: &String| session_of(key).is_none_or(|session| !verification.may_judge(session));
        self.remove(id, stored.difference(&named).filter(|key| over(key)).cloned().collect(), report).await?;
        let missing = named.difference(stored).count();
        if missing > 0 && !table.is_being_erased(&verification.subject_key).await? {
            let missing = u32::try_from(missing).unwrap_or(u32::MAX);
            // `template.yaml` makes a metric of this field, and an alarm.
            tracing::error!(verification.id = id.as_str(), images_missing = missing, "images that a decision names are gone");
            report.images_missing = report.images_missing.saturating_add(missing);
        }
        Ok(())
    }

    async fn remove(&self, id: &VerificationId, orphans: Vec<String>, report: &mut Report) -> Result<(), Fault> {
        if orphans.is_empty() {
            return Ok(());
        }
        self.eraser.stores.bucket.delete(&orphans).await?;
        let count = u32::try_from(orphans.len()).unwrap_or(u32::MAX);
        tracing::info!(verification.id = id.as_str(), images = count, "images that no decision names were removed");
        report.orphans_removed = report.orphans_removed.saturating_add(count);
        Ok(())
    }
}
