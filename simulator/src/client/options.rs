//! The command line of `prooflight-simulate`.

use crate::presenter::Presenter;
use lexopt::{Arg, Parser, ValueExt};
use prooflight_vision::Size;
use std::ffi::OsString;
use std::path::PathBuf;

/// What `--help` prints, before the list of presenters.
pub const HELP: &str = "\
A whole liveness check without browser and camera: opens a verification, streams a rendered presentation that answers the challenge, completes
it and prints the outcome. Exits with 0 where it was approved, 1 where it was not, 2 where there is no outcome.

Usage: prooflight-simulate --presenter KIND [OPTIONS]

  --presenter KIND   who or what is in front of the camera (below)
  --api URL          the API (default https://localhost:8443/api)
  --ca-file FILE     the certificates to trust (default .prooflight/certificate.pem, which is that of `make run`)
  --token TOKEN      a token with the scope `verify` (default: the local helper /dev/token gives one)
  --subject NAME     for whom the helper is asked (default: somebody new)
  --policy NAME      the policy to open under (default liveness)
  --portrait FILE    whose face is shown, JPEG or PNG (default: a portrait that comes with it)
  --wearer FILE      who is behind the mask of the presenter `mask` (default: the same)
  --seed N           repeat the conditions of an earlier run (default: new ones)
  --size WxH         the camera's picture (default 320x240)
  --rate N           pictures in a second (default 15)
  --unthrottled      as fast as it can, instead of in real time
  --json             print JSON
  --help, --version

Presenters:
";

/// What a check is run with.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Who is in front of the camera.
    pub presenter: Presenter,
    /// The base of the API's paths.
    pub api: String,
    /// Whom to trust; none is the laptop's own certificate.
    pub ca_file: Option<PathBuf>,
    /// A bearer token; none asks the helper.
    pub token: Option<String>,
    /// For whom the helper is asked.
    pub subject: String,
    /// The policy.
    pub policy: String,
    /// Whose face.
    pub portrait: Option<PathBuf>,
    /// Who wears it.
    pub wearer: Option<PathBuf>,
    /// What everything is drawn from.
    pub seed: u64,
    /// The camera's picture.
    pub size: Size,
    /// Pictures in a second.
    pub rate: f32,
    /// Not in real time.
    pub unthrottled: bool,
    /// Print JSON.
    pub json: bool,
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Run a check.
    Check(Box<Options>),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

impl Options {
    /// What is asked for when only the presenter is named. `drawn` is a random number for the seed and for the name of somebody new.
    pub fn of(presenter: Presenter, drawn: u64) -> Self {
        Self {
            presenter,
            api: "https://localhost:8443/api".to_owned(),
            ca_file: None,
            token: None,
            subject: format!("simulated-{drawn:016x}"),
            policy: "liveness".to_owned(),
            portrait: None,
            wearer: None,
            seed: drawn % 1_000_000,
            size: Size { width: 320, height: 240 },
            rate: 15.0,
            unthrottled: false,
            json: false,
        }
    }
}

/// Reads the command line, without the program's own name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>, drawn: u64) -> Result<Command, lexopt::Error> {
    let mut parser = Parser::from_args(arguments);
    let mut presenter = None;
    let mut options = Options::of(Presenter::Live, drawn);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("presenter") => {
                let name = parser.value()?.string()?;
                presenter = Some(name.parse().map_err(|_| custom(format!("--presenter: nobody is called {name:?}")))?);
            }
            Arg::Long("api") => parser.value()?.string()?.trim_end_matches('/').clone_into(&mut options.api),
            Arg::Long("ca-file") => options.ca_file = Some(parser.value()?.into()),
            Arg::Long("token") => options.token = Some(parser.value()?.string()?),
            Arg::Long("subject") => options.subject = parser.value()?.string()?,
            Arg::Long("policy") => options.policy = parser.value()?.string()?,
            Arg::Long("portrait") => options.portrait = Some(parser.value()?.into()),
            Arg::Long("wearer") => options.wearer = Some(parser.value()?.into()),
            Arg::Long("seed") => options.seed = parser.value()?.parse()?,
            Arg::Long("size") => options.size = size(&parser.value()?.string()?)?,
            Arg::Long("rate") => options.rate = rate(&parser.value()?.string()?)?,
            Arg::Long("unthrottled") => options.unthrottled = true,
            Arg::Long("json") => options.json = true,
            Arg::Long("help") | Arg::Short('h') => return Ok(Command::Help),
            Arg::Long("version") | Arg::Short('V') => return Ok(Command::Version),
            other => return Err(other.unexpected()),
        }
    }
    options.presenter = presenter.ok_or_else(|| custom("--presenter KIND is missing".to_owned()))?;
    Ok(Command::Check(Box::new(options)))
}

/// The stream takes three or four digits; colours have half the pixels.
fn size(text: &str) -> Result<Size, lexopt::Error> {
    let side = |text: &str| text.parse().ok().filter(|side: &u32| (240..=1920).contains(side) && side.is_multiple_of(2));
    let sides = text.split_once('x').and_then(|(width, height)| Some(Size { width: side(width)?, height: side(height)? }));
    sides.ok_or_else(|| custom(format!("--size takes two even numbers from 240 to 1920, such as 640x480, not {text:?}")))
}

fn rate(text: &str) -> Result<f32, lexopt::Error> {
    let rate = text.parse().ok().filter(|rate: &f32| (5.0..=60.0).contains(rate));
    rate.ok_or_else(|| custom(format!("--rate takes a number from 5 to 60, not {text:?}")))
}

fn custom(message: String) -> lexopt::Error {
    lexopt::Error::Custom(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(line.split_whitespace().map(OsString::from), 7).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_become_options() {
        let live = Options::of(Presenter::Live, 7);
        for (line, options) in [
            ("--presenter live", live.clone()),
            (
                "--presenter=photo --unthrottled --json",
                Options { presenter: Presenter::Photo, unthrottled: true, json: true, ..live.clone() },
            ),
            ("--api https://x/api/ --presenter live --seed 3", Options { api: "https://x/api".to_owned(), seed: 3, ..live.clone() }),
            ("--presenter live --size 640x480 --rate 30", Options { size: Size { width: 640, height: 480 }, rate: 30.0, ..live }),
        ] {
            assert_eq!(parsed(line), Ok(Command::Check(Box::new(options))), "{line}");
        }
        assert_eq!(parsed("-h --nonsense"), Ok(Command::Help));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, named) in [
            ("", "--presenter"),
            ("--presenter ghost", "ghost"),
            ("--presenter live --size 641x480", "641x480"),
            ("--presenter live --rate 500", "--rate"),
            ("--presenter live --nonsense", "--nonsense"),
            ("--presenter live --seed x", "x"),
        ] {
            let error = parsed(line).expect_err(line);
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
