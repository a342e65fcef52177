//! What the functions of an instance called, left behind for the test of the roles, which looks at what all tests made them call.

use prooflight_local::aws::credentials::Caller;
use prooflight_local::aws::journal::Journal;
use std::collections::BTreeSet;
use std::io::Write as _;

/// Where `make system` has it left; without it, nothing is.
pub(crate) const FOLDER: &str = "PROOFLIGHT_JOURNAL";

/// Leaves function, action and resource of every call in a file of its own.
pub(crate) fn leave(journal: &Journal) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let calls = journal.entries().into_iter().filter_map(|entry| match entry.caller {
        Caller::Function { name, .. } => Some(format!("{name}\t{}\t{}\n", entry.action, entry.resource)),
        _ => None,
    });
    let calls: BTreeSet<String> = calls.collect();
    let (mut file, _) = tempfile::Builder::new().prefix("calls-").tempfile_in(folder).unwrap().keep().unwrap();
    for call in calls {
        file.write_all(call.as_bytes()).unwrap();
    }
}
