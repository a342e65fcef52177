//! What the command `prooflight` does for operators and developers. It speaks to a system over the wire only, as whoever the environment's
//! credentials name, and changes nothing: all it does is read.

pub mod doctor;
pub mod options;
pub mod replay;
mod report;

use options::ReplayOptions;
use prooflight_shared::adapters::{AwsClients, VerificationTable};
use prooflight_shared::environment::{Environment, EnvironmentError, LIVENESS_REGION, TABLE_NAME};
use prooflight_shared::fault::Fault;
use prooflight_shared::policy::{Catalogue, PolicyError};
use replay::Replay;
use std::path::PathBuf;

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// To be printed.
    pub text: String,
    /// Whether everything is as it has to be; the exit code tells.
    pub sound: bool,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The policy file is not there, or not ours to read.
    #[error("{} cannot be read", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The policy file is refused, as a function would refuse it.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A variable is missing.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A variable of AWS's is missing.
    #[error("environment variable {0} is not set; `eval $(aws configure export-credentials --format env)` sets those of a profile")]
    Variable(&'static str),
    /// AWS did not answer what nothing can be judged without.
    #[error("{} failed: {}", .0.operation, .0.code)]
    Unread(doctor::facts::Unread),
    /// The system did not answer.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The table of a laptop.
const LOCAL_TABLE: &str = "prooflight-local-verification-table";

/// Decides what is stored again under another policy file.
pub async fn replay(options: &ReplayOptions, variable: impl Fn(&str) -> Option<String>) -> Result<Report, CommandError> {
    let path = &options.policy;
    let file = std::fs::read_to_string(path).map_err(|source| CommandError::File { path: path.clone(), source })?;
    let catalogue = Catalogue::parse(&file)?;
    // No liveness session is asked about here, so its region need not be known.
    let region = || variable("AWS_REGION");
    let environment = Environment::read(|name| if name == LIVENESS_REGION { region() } else { variable(name) });
    let table = options.table.as_deref().or_else(|| environment.optional(TABLE_NAME)).unwrap_or(LOCAL_TABLE);
    let table = VerificationTable::new(AwsClients::new(&environment)?.dynamodb(), table);
    let replay = Replay::of(&table, &catalogue).await?;
    Ok(Report { text: if options.json { report::json(&replay) } else { report::text(&replay) }, sound: replay.is_sound() })
}
