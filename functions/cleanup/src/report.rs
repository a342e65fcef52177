//! What a run has done, counted. Its line in the log is what `CloudWatch` makes metrics of: `template.yaml` has a filter for each count.

use prooflight_shared::app::Refused;
use prooflight_shared::edge::Problem;
use serde::Serialize;

/// What was done.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Verifications that time has changed: a session lapsed, or it expired.
    pub verifications_settled: u32,
    /// Erasures that have come further.
    pub erasures_went_on: u32,
    /// Erasures that have come to their end.
    pub erasures_finished: u32,
    /// Enrolments that ended.
    pub faces_forgotten: u32,
    /// Withdrawals and overturned approvals that were looked for once more.
    pub removals_finished: u32,
    /// Images that no decision named, and that are gone now.
    pub orphans_removed: u32,
    /// Images that a decision names and that are not there.
    pub images_missing: u32,
    /// What could not be done; each has a fault line of its own.
    pub failed: u32,
}

/// What became of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    Nothing,
    Settled,
    Removed,
    FaceForgotten,
    ErasureWentOn,
    ErasureFinished,
}

impl Report {
    /// Counts what was done; what failed is counted too, logged, and does not hold up the rest.
    pub(crate) fn count(&mut self, result: Result<Done, Refused>) {
        let counter = match result {
            Ok(Done::Nothing) => return,
            Ok(Done::Settled) => &mut self.verifications_settled,
            Ok(Done::Removed) => &mut self.removals_finished,
            Ok(Done::FaceForgotten) => &mut self.faces_forgotten,
            Ok(Done::ErasureWentOn) => &mut self.erasures_went_on,
            Ok(Done::ErasureFinished) => &mut self.erasures_finished,
            Err(refused) => {
                Problem::from(refused).log();
                &mut self.failed
            }
        };
        *counter += 1;
    }

    /// The line. Missing images have lines of their own, written when they are found: that they are must not be lost with the run.
    pub(crate) fn log(&self) {
        tracing::info!(
            verifications_settled = self.verifications_settled,
            erasures_went_on = self.erasures_went_on,
            erasures_finished = self.erasures_finished,
            faces_forgotten = self.faces_forgotten,
            removals_finished = self.removals_finished,
            orphans_removed = self.orphans_removed,
            failed = self.failed,
            "cleaned up"
        );
    }
}
