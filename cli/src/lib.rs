//! What the command `prooflight` does for operators and developers. It speaks to a system over the wire only, as whoever the environment's
//! credentials name, and changes nothing: all it does is read.

pub mod doctor;
pub mod options;
pub mod replay;
mod report;
pub mod verify;

use options::{ReplayOptions, VerifyOptions};
use prooflight_shared::adapters::{AwsClients, DecisionKey, VerificationTable};
use prooflight_shared::environment::{DECISION_KEY_ARN, Environment, EnvironmentError, LIVENESS_REGION, TABLE_NAME};
use prooflight_shared::fault::Fault;
use prooflight_shared::policy::{Catalogue, PolicyError};
use replay::Replay;
use std::path::PathBuf;
use verify::Verified;

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
/// The key of a laptop that decisions are signed with.
const LOCAL_DECISION_KEY: &str = "prooflight-local-decision-key";

/// Decides what is stored again under another policy file.
pub async fn replay(options: &ReplayOptions, variable: impl Fn(&str) -> Option<String>) -> Result<Report, CommandError> {
    let path = &options.policy;
    let file = std::fs::read_to_string(path).map_err(|source| CommandError::File { path: path.clone(), source })?;
    let catalogue = Catalogue::parse(&file)?;
    let environment = environment(variable);
    let table = table(&environment, &AwsClients::new(&environment)?, options.table.as_deref());
    let replay = Replay::of(&table, &catalogue).await?;
    Ok(Report { text: if options.json { report::json(&replay) } else { report::text(&replay) }, sound: replay.is_sound() })
}

/// Looks whether the decisions that are stored are ours.
pub async fn verify(options: &VerifyOptions, variable: impl Fn(&str) -> Option<String>) -> Result<Report, CommandError> {
    let environment = environment(variable);
    let clients = AwsClients::new(&environment)?;
    let key = options.decision_key.as_deref().or_else(|| environment.optional(DECISION_KEY_ARN)).unwrap_or(LOCAL_DECISION_KEY);
    let key = DecisionKey::new(clients.kms(), key).public().await?;
    let verified = Verified::of(&table(&environment, &clients, options.table.as_deref()), &key).await?;
    let text = if options.json { report::json(&verified) } else { report::verified(&verified) };
    Ok(Report { text, sound: verified.is_sound() })
}

/// No liveness session is asked about here, so its region need not be known.
fn environment(variable: impl Fn(&str) -> Option<String>) -> Environment {
    let region = || variable("AWS_REGION");
    Environment::read(|name| if name == LIVENESS_REGION { region() } else { variable(name) })
}

fn table(environment: &Environment, clients: &AwsClients, named: Option<&str>) -> VerificationTable {
    VerificationTable::new(clients.dynamodb(), named.or_else(|| environment.optional(TABLE_NAME)).unwrap_or(LOCAL_TABLE))
}
