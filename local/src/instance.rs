//! One running Prooflight: what `prooflight-local` starts once and the system tests start by the dozen, each with its own ports, clock and
//! data.

use crate::assembly::{Assembly, AssemblyError, Served};
use crate::aws::AwsEndpoint;
use crate::aws::journal::Journal;
use crate::certificate::{Certificate, CertificateError};
use crate::clock::{Clock, wall_now};
use crate::data_folder::{DataFolder, DataFolderError, write_whole};
use crate::lambda::Variables;
use crate::listener::{self, Serving};
use crate::options::Options;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running instance. Dropping it without [`Local::shutdown`] leaves its ports served until the runtime ends.
pub struct Local {
    https: Serving,
    https_port: u16,
    aws: Serving,
    aws_port: u16,
    certificate: Certificate,
    endpoint: Arc<AwsEndpoint>,
    clock: Arc<Clock>,
    timers: JoinHandle<()>,
    streams: Vec<JoinHandle<()>>,
    variables: Variables,
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
    /// There is no certificate to serve with.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What is to be served does not come together.
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    /// It serves, and cannot say so.
    #[error("the ready file {} cannot be written", .path.display())]
    ReadyFile {
        /// The path that was asked for.
        path: PathBuf,
        /// What the system says.
        source: Error,
    },
}

impl std::fmt::Debug for Local {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Local").field("https_port", &self.https_port).field("aws_port", &self.aws_port).finish_non_exhaustive()
    }
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
        let served = Served { web_dir: options.web_dir, webhook_url: options.webhook_url, parameters: options.parameters };
        let assembly = Assembly::new(folder.as_ref(), served, https_port, aws_port)?;
        let Assembly { endpoint, clock, .. } = assembly;
        let aws = listener::serve(aws_listener, None, assembly.aws, options.patience);
        let https = listener::serve(https_listener, Some(tls), assembly.https, options.patience);
        let timers = tokio::spawn(assembly.timers.run());
        let streams = assembly.streams.into_iter().map(|stream| tokio::spawn(stream.run())).collect();
        // The connections are made while the first request is still on its way.
        tokio::spawn(assembly.warm_up);
        let variables = assembly.variables;
        let local = Self { https, https_port, aws, aws_port, certificate, endpoint, clock, timers, streams, variables, folder };
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

    /// Who called which AWS operation so far.
    pub fn journal(&self) -> Arc<Journal> {
        self.endpoint.journal()
    }

    /// The environment variables that a function runs with, the keys of its role among them.
    pub fn variables(&self, function: &str) -> Option<&BTreeMap<String, String>> {
        self.variables.get(function)
    }

    /// The clock that `/dev/clock` moves.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Ends in good order: no new connections, a few seconds for what runs, then the rest is cut. The data folder is free afterwards.
    pub async fn shutdown(self) {
        // Who watches the feed would watch it for ever.
        self.endpoint.feed().close();
        // The functions behind the first port still need the second.
        self.https.close().await;
        for stream in self.streams {
            stream.abort();
            let _called_off = stream.await;
        }
        self.aws.close().await;
        self.timers.abort();
        // A timer that is at work is waited for; that it was called off is no news.
        let _called_off = self.timers.await;
        drop(self.endpoint);
        drop(self.folder);
    }
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
