//! The command line of `prooflight-local`.

use crate::listener::Patience;
use lexopt::{Arg, Parser, ValueExt};
use prooflight_shared::adapters::OutsideUrl;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Prooflight on one machine: the page, the API, the liveness stream and an AWS endpoint, on 127.0.0.1 only.

Usage: prooflight-local [OPTIONS]

  --https-port N     page, API and stream (default 8443; 0 takes any free port)
  --aws-port N       the AWS endpoint (default 4566; 0 takes any free port)
  --data-dir DIR     what survives a restart (default .prooflight/)
  --ephemeral        keep nothing, whatever --data-dir says
  --web-dir DIR      the built page (default web/dist; API and stream serve without it)
  --webhook-url URL  where every event is sent, signed (https, or http on this machine; default nowhere)
  --parameter N=V    a parameter of template.yaml, such as DisabledPolicies=liveness; may be repeated
  --ready-file FILE  written once it serves: {\"https\":PORT,\"aws\":PORT}
  --log FILTER       what to log, such as `info` or `prooflight_local=debug` (default warn; also by PROOFLIGHT_LOG)
  --help, --version
";

/// How an instance is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// For page, API and stream; 0 is any free one.
    pub https_port: u16,
    /// For the AWS endpoint; 0 is any free one.
    pub aws_port: u16,
    /// Where data are kept; none keeps nothing.
    pub data_dir: Option<PathBuf>,
    /// The built page.
    pub web_dir: PathBuf,
    /// Where every event is sent, signed; none sends nothing.
    pub webhook_url: Option<String>,
    /// Parameters of the template, beside those that this machine decides.
    pub parameters: BTreeMap<String, String>,
    /// Written once it serves.
    pub ready_file: Option<PathBuf>,
    /// How long clients may dawdle. The command line has no word for it.
    pub patience: Patience,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            https_port: 8443,
            aws_port: 4566,
            data_dir: Some(".prooflight".into()),
            web_dir: "web/dist".into(),
            webhook_url: None,
            parameters: BTreeMap::new(),
            ready_file: None,
            patience: Patience::default(),
        }
    }
}

impl Options {
    /// Free ports and nothing kept: what a test wants.
    pub fn ephemeral() -> Self {
        Self { https_port: 0, aws_port: 0, data_dir: None, ..Self::default() }
    }
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Serve; with the log filter, where one is given.
    Serve(Box<Options>, Option<String>),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// Reads the command line, without the program's own name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let mut options = Options::default();
    let mut log = None;
    let mut ephemeral = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("https-port") => options.https_port = port("--https-port", &mut parser)?,
            Arg::Long("aws-port") => options.aws_port = port("--aws-port", &mut parser)?,
            Arg::Long("data-dir") => options.data_dir = Some(parser.value()?.into()),
            Arg::Long("ephemeral") => ephemeral = true,
            Arg::Long("web-dir") => options.web_dir = parser.value()?.into(),
            Arg::Long("webhook-url") => options.webhook_url = Some(webhook_url(&mut parser)?),
            Arg::Long("parameter") => {
                let (name, value) = parameter(&mut parser)?;
                options.parameters.insert(name, value);
            }
            Arg::Long("ready-file") => options.ready_file = Some(parser.value()?.into()),
            Arg::Long("log") => log = Some(parser.value()?.string()?),
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Command::Version),
            other => return Err(other.unexpected()),
        }
    }
    if ephemeral {
        options.data_dir = None;
    }
    Ok(Command::Serve(Box::new(options), log))
}

fn port(flag: &str, parser: &mut Parser) -> Result<u16, lexopt::Error> {
    let value = parser.value()?;
    value.parse().map_err(|_| lexopt::Error::Custom(format!("{flag} takes a port, 0 to 65535, not {}", value.display()).into()))
}

/// The function would refuse it too, and not start.
fn webhook_url(parser: &mut Parser) -> Result<String, lexopt::Error> {
    let value = parser.value()?.string()?;
    match OutsideUrl::parse(&value) {
        Some(_) => Ok(value),
        None => Err(lexopt::Error::Custom(format!("--webhook-url takes https, or http on this machine, not {value}").into())),
    }
}

/// What the template says of it is looked at when the template is read.
fn parameter(parser: &mut Parser) -> Result<(String, String), lexopt::Error> {
    let value = parser.value()?.string()?;
    match value.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(lexopt::Error::Custom(format!("--parameter takes NAME=VALUE, not {value}").into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_become_options() {
        let standard = Options::default();
        let cases = [
            ("", standard.clone()),
            ("--https-port 9443 --aws-port=0", Options { https_port: 9443, aws_port: 0, ..standard.clone() }),
            ("--data-dir kept/here", Options { data_dir: Some("kept/here".into()), ..standard.clone() }),
            ("--ephemeral --data-dir kept/here", Options { data_dir: None, ..standard.clone() }),
            ("--web-dir w --ready-file r", Options { web_dir: "w".into(), ready_file: Some("r".into()), ..standard.clone() }),
            (
                "--webhook-url http://localhost:3000/hook",
                Options { webhook_url: Some("http://localhost:3000/hook".into()), ..standard.clone() },
            ),
            (
                "--parameter ScopePrefix=https://a/?b=c --parameter DisabledPolicies=",
                Options {
                    parameters: [("ScopePrefix", "https://a/?b=c"), ("DisabledPolicies", "")]
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .into(),
                    ..standard.clone()
                },
            ),
        ];
        for (line, options) in cases {
            assert_eq!(parsed(line), Ok(Command::Serve(Box::new(options), None)), "{line}");
        }
        assert_eq!(parsed("--log info"), Ok(Command::Serve(Box::new(standard), Some("info".to_owned()))));
        assert_eq!(parsed("-h --nonsense"), Ok(Command::Help));
        assert_eq!(parsed("--version"), Ok(Command::Version));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("--nonsense", "--nonsense"),
            ("stray", "stray"),
            ("--https-port 70000", "--https-port takes a port, 0 to 65535, not 70000"),
            ("--aws-port", "--aws-port"),
            ("--webhook-url http://example.com/", "--webhook-url takes https, or http on this machine, not http://example.com/"),
            ("--parameter ScopePrefix", "--parameter takes NAME=VALUE, not ScopePrefix"),
            ("--ephemeral=yes", "--ephemeral"),
        ] {
            let error = parsed(line).expect_err(line);
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
