//! One running Prooflight: what `prooflight-local` starts once and the system tests start by the dozen, each with its own ports, clock and
//! data.

use crate::aws::credentials::Credentials;
use crate::certificate::{Certificate, CertificateError};
use crate::clock::{Clock, wall_now};
use crate::data_folder::{DataFolder, DataFolderError, kept, write_whole};
use crate::dev::Helpers;
use crate::gateway::{Authorizer, Deployment, Gateway, Stack, TEMPLATE, TemplateError};
use crate::lambda::{self, LambdaError};
use crate::listener::{self, Serving};
use crate::options::Options;
use crate::page::Page;
use crate::random::{bytes, hex};
use crate::tokens::{AUDIENCE, ISSUER, TokenIssuer, TokenKeyError};
use axum::Router;
use serde_json::json;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

/// A running instance. Dropping it without [`Local::shutdown`] leaves its ports served until the runtime ends.
#[derive(Debug)]
pub struct Local {
    https: Serving,
    https_port: u16,
    aws: Serving,
    aws_port: u16,
    certificate: Certificate,
    clock: Arc<Clock>,
    /// Locked until everything else has ended.
    folder: Option<DataFolder>,
}

/// Why an instance does not start, in a line for a terminal.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another program has the port.
    #[error("port {port} is in use; choose another with {flag}")]
    PortInUse {
        /// The port that was asked for.
        port: u16,
        /// The flag that chooses another.
        flag: &'static str,
    },
    /// The port cannot be had for another reason.
    #[error("port {port} cannot be used; choose another with {flag}")]
    Port {
        /// The port that was asked for.
        port: u16,
        /// The flag that chooses another.
        flag: &'static str,
        /// What the system says.
        source: Error,
    },
    /// The data folder cannot be used, or another instance has it.
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    /// Something in the data folder cannot be read or written.
    #[error("{what} in the data folder cannot be used")]
    Kept {
        /// The file, in words.
        what: &'static str,
        /// What the system says.
        source: Error,
    },
    /// There is no certificate to serve with.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// There is no key to sign tokens with.
    #[error(transparent)]
    Tokens(#[from] TokenKeyError),
    /// The template cannot be stood up here.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A function of the template cannot be run here.
    #[error(transparent)]
    Lambda(#[from] LambdaError),
    /// It serves, and cannot say so.
    #[error("the ready file {} cannot be written", .path.display())]
    ReadyFile {
        /// The path that was asked for.
        path: PathBuf,
        /// What the system says.
        source: Error,
    },
}

impl Local {
    /// Starts an instance; when this returns, both ports answer.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        if let Some(path) = &options.ready_file {
            remove_stale(path).map_err(|source| StartError::ReadyFile { path: path.clone(), source })?;
        }
        let folder = options.data_dir.as_deref().map(DataFolder::open).transpose()?;
        let (https_listener, https_port) = take(options.https_port, "--https-port").await?;
        let (aws_listener, aws_port) = take(options.aws_port, "--aws-port").await?;
        let certificate = Certificate::open(folder.as_ref(), wall_now())?;
        let tls = certificate.tls()?;
        let tokens = Arc::new(TokenIssuer::open(folder.as_ref())?);
        let clock = folder.as_ref().map_or_else(|| Ok(Clock::ephemeral()), |folder| Clock::kept_in(&folder.path().join("clock")));
        let clock = Arc::new(clock.map_err(|source| StartError::Kept { what: "the clock", source })?);
        let credentials = Arc::new(Credentials::default());

        let stack = Stack::read(TEMPLATE, &parameters(https_port))?;
        let deployment = Deployment::read(&stack, |arn| secret(folder.as_ref(), arn))?;
        let functions = lambda::functions(&deployment.functions, &credentials, aws_port)?;
        let authorizer = Authorizer::new(deployment.authorizer.clone(), &tokens);
        let gateway = Gateway::new(deployment, authorizer, functions.registry, Arc::clone(&clock), https_port);
        let https = Router::new()
            .merge(gateway.router())
            .merge(crate::dev::router(Helpers { tokens, clock: Arc::clone(&clock) }))
            .merge(Page::new(options.web_dir, https_port).router());

        let aws = listener::serve(aws_listener, None, Router::new());
        let https = listener::serve(https_listener, Some(tls), https);
        // Their connections to the AWS endpoint are made while the first request is still on its way.
        tokio::spawn(functions.warm_up);
        let local = Self { https, https_port, aws, aws_port, certificate, clock, folder };
        if let Some(path) = options.ready_file {
            let ports = json!({ "https": https_port, "aws": aws_port }).to_string();
            if let Err(source) = write_whole(&path, ports.as_bytes()) {
                local.shutdown().await;
                return Err(StartError::ReadyFile { path, source });
            }
        }
        Ok(local)
    }

    /// The port of page, API and stream.
    pub fn https_port(&self) -> u16 {
        self.https_port
    }

    /// The port of the AWS endpoint.
    pub fn aws_port(&self) -> u16 {
        self.aws_port
    }

    /// The certificate of the https port, for a client to trust.
    pub fn certificate_pem(&self) -> &str {
        self.certificate.pem()
    }

    /// The clock that `/dev/clock` moves.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Ends in good order: no new connections, a few seconds for what runs, then the rest is cut. The data folder is free afterwards.
    pub async fn shutdown(self) {
        // The functions behind the first port still need the second.
        self.https.close().await;
        self.aws.close().await;
        drop(self.folder);
    }
}

/// The template's parameters that have no default.
fn parameters(https_port: u16) -> std::collections::BTreeMap<String, String> {
    let origins = format!("https://localhost:{https_port},https://127.0.0.1:{https_port}");
    [("JwtIssuer", ISSUER.to_owned()), ("JwtAudience", AUDIENCE.to_owned()), ("AllowedOrigins", origins)]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// What Secrets Manager would hold under an ARN: 32 random bytes in hexadecimal digits, as the template's `GenerateSecretString` asks for.
fn secret(folder: Option<&DataFolder>, arn: &str) -> std::io::Result<String> {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let secret = kept(folder, &format!("secret-{name}"), || Ok(hex(bytes::<32>()?).into_bytes()))?;
    String::from_utf8(secret).map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

async fn take(port: u16, flag: &'static str) -> Result<(TcpListener, u16), StartError> {
    listener::bind(port).await.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => StartError::PortInUse { port, flag },
        _ => StartError::Port { port, flag, source },
    })
}

/// Whoever waits for the file must not find the one of an earlier run.
fn remove_stale(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
