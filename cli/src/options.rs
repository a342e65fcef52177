//! The command line of `prooflight`.

use lexopt::{Arg, Parser, ValueExt};
use std::ffi::OsString;
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Prooflight's command line for operators and developers. It reads over the wire, with the credentials of the environment.

Usage: prooflight replay --policy FILE [OPTIONS]

  replay             decide what is stored again, each under the policy of the same name in FILE, and print what would change;
                     exits with 1 where evidence does not fit its digest or a record cannot be read

  --policy FILE      the policies, as in infra/policies.json
  --table NAME       the table (default TABLE_NAME, else that of a laptop)
  --json             print JSON
  --help, --version

Variables: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB.
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

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Decide again.
    Replay(ReplayOptions),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// Reads the command line, without the program's own name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let (mut replay, mut policy, mut table, mut json) = (false, None, None, false);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Value(command) if !replay && command == "replay" => replay = true,
            Arg::Long("policy") => policy = Some(PathBuf::from(parser.value()?)),
            Arg::Long("table") => table = Some(parser.value()?.string()?),
            Arg::Long("json") => json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Command::Version),
            other => return Err(other.unexpected()),
        }
    }
    if !replay {
        return Err(lexopt::Error::Custom("the command is missing: replay".into()));
    }
    let policy = policy.ok_or_else(|| lexopt::Error::Custom("replay needs --policy FILE".into()))?;
    Ok(Command::Replay(ReplayOptions { policy, table, json }))
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
            ("replay -h --nonsense", Command::Help),
            ("--version", Command::Version),
        ] {
            assert_eq!(parsed(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("", "the command is missing: replay"),
            ("replay", "--policy"),
            ("doctor", "doctor"),
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
