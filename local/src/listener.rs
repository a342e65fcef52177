//! One port: connections are accepted, TLS is put in front where the port has a certificate, and HTTP/1.1 is served with limits against
//! clients that dawdle or flood. Closing it ends accepting, lets requests finish, and then cuts what is left, open websockets included.

use crate::severable::Severable;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// More connections wait until one is closed.
const MOST_CONNECTIONS: usize = 1024;
/// A TLS handshake, or the head of a request, that takes longer is cut off; an idle connection is closed after as long.
const LONGEST_SILENCE: Duration = Duration::from_mins(1);
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);
/// The head of a request, request line included: a presigned URL with a session token takes a few thousand bytes.
const LARGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;
/// How long requests may take to finish when the port is closed.
const LONGEST_FAREWELL: Duration = Duration::from_secs(5);

/// A port that is being served.
#[derive(Debug)]
pub(crate) struct Serving {
    phase: watch::Sender<Phase>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Nothing new; what runs may finish.
    Closing,
    /// Everything is cut.
    Closed,
}

/// Takes a port of 127.0.0.1; 0 is any free one.
pub(crate) async fn bind(port: u16) -> std::io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Serves a port until it is closed.
pub(crate) fn serve(listener: TcpListener, tls: Option<rustls::ServerConfig>, router: Router) -> Serving {
    let (phase, watched) = watch::channel(Phase::Open);
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    Serving { phase, accepting: tokio::spawn(accept(listener, tls, router, watched)) }
}

impl Serving {
    /// Stops accepting, waits a while for what runs, cuts the rest.
    pub(crate) async fn close(self) {
        self.phase.send_replace(Phase::Closing);
        let mut accepting = self.accepting;
        let in_time = tokio::time::timeout(LONGEST_FAREWELL, &mut accepting).await;
        self.phase.send_replace(Phase::Closed);
        if in_time.is_err() && accepting.await.is_err() {
            tracing::error!("a port was not closed in good order");
        }
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, router: Router, phase: watch::Receiver<Phase>) {
    let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut connections = JoinSet::new();
    let mut closing = pin!(reached(phase.clone(), Phase::Closing));
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        tokio::select! {
            () = &mut closing => break,
            Some(_) = connections.join_next() => {}
            (slot, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let connection = connection(stream, peer, tls.clone(), router.clone(), phase.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: some will be given back.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Ends when `phase` is `wanted` or later, or nobody is left to say so.
async fn reached(mut phase: watch::Receiver<Phase>, wanted: Phase) {
    let there = phase.wait_for(|phase| *phase == wanted || *phase == Phase::Closed).await;
    drop(there);
}

async fn connection(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, router: Router, phase: watch::Receiver<Phase>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let stream = Severable::new(stream, reached(phase.clone(), Phase::Closed));
    match tls {
        None => speak(stream, peer, router, phase).await,
        Some(tls) => match tokio::time::timeout(LONGEST_HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, peer, router, phase).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn speak<S>(stream: S, peer: SocketAddr, router: Router, phase: watch::Receiver<Phase>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = router.map_request(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(axum::body::Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_SILENCE)
        .max_buf_size(LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = reached(phase, Phase::Closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
