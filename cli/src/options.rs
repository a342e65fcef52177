//! The command line of `prooflight`.

use lexopt::{Arg, Parser, ValueExt};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Prooflight's command line for operators and developers. It reads over the wire, with the credentials of the environment.

Usage: prooflight replay --policy FILE [OPTIONS]
       prooflight doctor [--stack NAME | --parameter NAME=VALUE ...] [--json]
       prooflight doctor --verify [--table NAME] [--decision-key ARN] [--json]

  replay             decide what is stored again, each under the policy of the same name in FILE, and print what would change;
                     exits with 1 where evidence does not fit its digest or a record cannot be read

  doctor             is it right? looks at the stack, or, before it is deployed, at the account and the regions, and says what is not
                     as it has to be and what mends it; exits with 0 if nothing is, 1 if something is, 2 if it could not look

  doctor --verify    are the decisions ours? checks every signature, every digest of evidence, and what each approval rests on; exits with 1
                     where one is not in order

  --policy FILE      the policies, as in infra/policies.json
  --table NAME       the table (default TABLE_NAME, else that of a laptop)
  --decision-key ARN the key that decisions are signed with (default DECISION_KEY_ARN, else that of a laptop)
  --stack NAME       the stack, in AWS_REGION
  --parameter NAME=VALUE
                     what it will be deployed with: LivenessRegion, AlarmTopicArn
  --json             print JSON
  --help, --version

Variables: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB
(and those of the other services for doctor).
";

/// What `replay` is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayOptions {
    /// The policy file.
    pub policy: PathBuf,
    /// The table; none is the environment's, or that of a laptop.
    pub table: Option<String>,
    /// Print JSON.
    pub json: bool,
}

/// What `doctor` is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DoctorOptions {
    /// The stack; none before it is deployed.
    pub stack: Option<String>,
    /// What it will be deployed with.
    pub parameters: BTreeMap<String, String>,
    /// Print JSON.
    pub json: bool,
}

/// What `doctor --verify` is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyOptions {
    /// The table; none is the environment's, or that of a laptop.
    pub table: Option<String>,
    /// The key; likewise.
    pub decision_key: Option<String>,
    /// Print JSON.
    pub json: bool,
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Decide again.
    Replay(ReplayOptions),
    /// Is it right?
    Doctor(DoctorOptions),
    /// Are the decisions ours?
    Verify(VerifyOptions),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// Reads the command line, without the program's own name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let mut given = Given::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(command) if given.command.is_none() && (command == "replay" || command == "doctor") => given.command = Some(command),
            Arg::Long("policy") => given.policy = Some(PathBuf::from(parser.value()?)),
            Arg::Long("table") => given.table = Some(parser.value()?.string()?),
            Arg::Long("verify") => given.verify = true,
            Arg::Long("decision-key") => given.decision_key = Some(parser.value()?.string()?),
            Arg::Long("stack") => given.stack = Some(parser.value()?.string()?),
            Arg::Long("parameter") => given.parameters.extend([parameter(&parser.value()?.string()?)?]),
            Arg::Long("json") => given.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Command::Version),
            other => return Err(other.unexpected()),
        }
    }
    given.command()
}

/// What stood on the line, of whatever command.
#[derive(Default)]
struct Given {
    command: Option<OsString>,
    policy: Option<PathBuf>,
    table: Option<String>,
    stack: Option<String>,
    parameters: BTreeMap<String, String>,
    verify: bool,
    decision_key: Option<String>,
    json: bool,
}

impl Given {
    fn command(self) -> Result<Command, lexopt::Error> {
        let wrong = |text: &str| Err(lexopt::Error::Custom(text.into()));
        let Self { command, policy, table, stack, parameters, verify, decision_key, json } = self;
        match command {
            None => wrong("the command is missing: replay or doctor"),
            Some(command) if verify && command == "doctor" => match (policy, stack, parameters.is_empty()) {
                (None, None, true) => Ok(Command::Verify(VerifyOptions { table, decision_key, json })),
                _ => wrong("--verify looks at a table: --table and --decision-key"),
            },
            Some(_) if verify || decision_key.is_some() => wrong("--verify is doctor's, and --decision-key is for --verify"),
            Some(command) if command == "doctor" => match (policy, table, &stack) {
                (None, None, Some(_)) if !parameters.is_empty() => wrong("a stack has its own parameters: --stack or --parameter"),
                (None, None, _) => Ok(Command::Doctor(DoctorOptions { stack, parameters, json })),
                _ => wrong("--policy and --table are replay's; --table is for --verify as well"),
            },
            Some(_) if stack.is_some() || !parameters.is_empty() => wrong("--stack and --parameter are doctor's"),
            Some(_) => match policy {
                Some(policy) => Ok(Command::Replay(ReplayOptions { policy, table, json })),
                None => wrong("replay needs --policy FILE"),
            },
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), lexopt::Error> {
    let (name, value) = text.split_once('=').ok_or_else(|| lexopt::Error::Custom("--parameter takes NAME=VALUE".into()))?;
    // Any other would be looked at nowhere, and whoever wrote it would think that it was.
    if !["LivenessRegion", "AlarmTopicArn"].contains(&name) {
        return Err(lexopt::Error::Custom(format!("--parameter takes LivenessRegion and AlarmTopicArn, not {name}").into()));
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_become_options() {
        let plain = ReplayOptions { policy: "p.json".into(), table: None, json: false };
        for (line, command) in [
            ("replay --policy p.json", Command::Replay(plain.clone())),
            ("--policy=p.json --json replay", Command::Replay(ReplayOptions { json: true, ..plain.clone() })),
            ("replay --table t --policy p.json", Command::Replay(ReplayOptions { table: Some("t".into()), ..plain })),
            ("doctor", Command::Doctor(DoctorOptions::default())),
            ("doctor --stack s --json", Command::Doctor(DoctorOptions { stack: Some("s".into()), json: true, ..DoctorOptions::default() })),
            (
                "doctor --parameter LivenessRegion=eu-west-1",
                Command::Doctor(DoctorOptions {
                    parameters: [("LivenessRegion".to_owned(), "eu-west-1".to_owned())].into(),
                    ..DoctorOptions::default()
                }),
            ),
            ("doctor --verify", Command::Verify(VerifyOptions::default())),
            (
                "doctor --verify --table t --decision-key k --json",
                Command::Verify(VerifyOptions { table: Some("t".into()), decision_key: Some("k".into()), json: true }),
            ),
            ("replay -h --nonsense", Command::Help),
            ("--version", Command::Version),
        ] {
            assert_eq!(parsed(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("", "the command is missing: replay or doctor"),
            ("replay", "--policy"),
            ("verify", "verify"),
            ("doctor replay --policy p.json", "replay"),
            ("doctor --table t", "--table"),
            ("doctor --verify --stack s", "--verify"),
            ("doctor --decision-key k", "--decision-key"),
            ("replay --policy p.json --verify", "--verify"),
            ("doctor --parameter LivenessRegion", "NAME=VALUE"),
            ("doctor --parameter JwtIssuer=x", "JwtIssuer"),
            ("doctor --stack s --parameter LivenessRegion=eu-west-1", "--stack or --parameter"),
            ("replay --policy p.json --stack s", "--stack"),
            ("replay replay --policy p.json", "replay"),
            ("replay --policy", "--policy"),
            ("replay --policy p.json --nonsense", "--nonsense"),
            ("replay --policy p.json --json=yes", "--json"),
        ] {
            let error = parsed(line).expect_err(line);
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
