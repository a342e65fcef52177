//! One port: connections are accepted, TLS is put in front where the port has a certificate, and HTTP/1.1 is served with limits against
//! clients that dawdle or flood. Closing it ends accepting, lets requests finish, and then cuts what is left, open websockets included.

use crate::arriving::{Arriving, Place};
use crate::severable::Severable;
use axum::Router;
use axum::extract::ConnectInfo;
use http::header::CONNECTION;
use http::{HeaderValue, Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
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

/// More connections wait until one is closed, websockets included. Two ports of so many, and the functions' own ends of them, stay below the 1024 files that
/// a shell lets a process have.
const MOST_CONNECTIONS: usize = 400;
/// One connection in so many is not kept once it was answered: clients' pools hold on to idle ones, and newcomers would wait until those
/// are closed.
const ONE_IN_NOT_KEPT: usize = 4;
/// So many large bodies arrive at a time, each of them at most a few tens of megabytes; more wait.
const MOST_LARGE_BODIES: usize = 16;
/// The head of a request, request line included: a presigned URL with a session token takes a few thousand bytes.
const LARGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 100;
/// How long requests may take to finish when the port is closed.
const LONGEST_FAREWELL: Duration = Duration::from_secs(5);

/// How long a client may dawdle before it is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For the head of a request; an idle connection is closed after as long.
    pub head: Duration,
    /// For the body of a request, however steadily it comes.
    pub body: Duration,
    /// For reading anything at all of what was written to it.
    pub reading: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // A body has as long as an integration ("Quotas for configuring and running an HTTP API").
        let [handshake, body, reading] = [10, 30, 30].map(Duration::from_secs);
        Self { handshake, head: Duration::from_mins(1), body, reading }
    }
}

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

/// What every connection of a port is given.
#[derive(Clone)]
struct Clients {
    router: Router,
    patience: Patience,
    slots: Slots,
    large_bodies: Arc<Semaphore>,
    phase: watch::Receiver<Phase>,
}

/// The places of a port's connections.
#[derive(Clone)]
struct Slots {
    free: Arc<Semaphore>,
    /// With fewer of them free, an answered connection gives its place to somebody else.
    reserve: usize,
}

/// Takes a port of 127.0.0.1; 0 is any free one.
pub(crate) async fn bind(port: u16) -> std::io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Serves a port until it is closed.
pub(crate) fn serve(listener: TcpListener, tls: Option<rustls::ServerConfig>, router: Router, patience: Patience) -> Serving {
    let (phase, watched) = watch::channel(Phase::Open);
    let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
    let large_bodies = Arc::new(Semaphore::new(MOST_LARGE_BODIES));
    let clients = Clients { router, patience, slots: Slots::new(MOST_CONNECTIONS), large_bodies, phase: watched };
    Serving { phase, accepting: tokio::spawn(accept(listener, tls, clients)) }
}

impl Slots {
    fn new(places: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(places)), reserve: places / ONE_IN_NOT_KEPT }
    }

    fn are_scarce(&self) -> bool {
        self.free.available_permits() < self.reserve
    }
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

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, clients: Clients) {
    let mut connections = JoinSet::new();
    let mut closing = pin!(reached(clients.phase.clone(), Phase::Closing));
    loop {
        let accepted = async {
            let slot = Arc::clone(&clients.slots.free).acquire_owned().await;
            let accepted = listener.accept().await;
            if let Ok((stream, _)) = &accepted
                && let Err(error) = stream.set_nodelay(true)
            {
                tracing::debug!(%error, "a connection keeps its delay");
            }
            (slot, accepted)
        };
        tokio::select! {
            () = &mut closing => break,
            Some(_) = connections.join_next() => {}
            (slot, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    // The slot goes with the stream: a websocket outlives the connection's task.
                    let stream = Severable::new(stream, slot.ok(), clients.patience.reading, reached(clients.phase.clone(), Phase::Closed));
                    connections.spawn(connection(stream, peer, tls.clone(), clients.clone()));
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

async fn connection(stream: Severable<TcpStream>, peer: SocketAddr, tls: Option<TlsAcceptor>, clients: Clients) {
    match tls {
        None => speak(stream, peer, clients).await,
        Some(tls) => match tokio::time::timeout(clients.patience.handshake, tls.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, peer, clients).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn speak<S>(stream: S, peer: SocketAddr, clients: Clients)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Clients { router, patience, slots, large_bodies, phase } = clients;
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let place = Place::default();
        let arriving = |body| Arriving::new(body, patience.body, Arc::clone(&large_bodies), Arc::clone(&place));
        let answer = router.clone().oneshot(request.map(|body| axum::body::Body::new(arriving(body))));
        let slots = slots.clone();
        async move {
            let mut answer = answer.await;
            // What came in with a large body was in memory until now.
            drop(place);
            if let Ok(answer) = &mut answer
                && slots.are_scarce()
                && answer.status() != StatusCode::SWITCHING_PROTOCOLS
            {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            answer
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_header_size(LARGEST_HEAD)
        .max_buf_size(2 * LARGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use crate::clock::wall_now;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn clients_that_dawdle_are_cut_off() {
        let patience = Patience { handshake: Duration::from_millis(20), head: Duration::from_millis(20), ..Patience::default() };
        let router = Router::new().route("/", get(|| async { "here" }));
        let tls = Certificate::open(None, wall_now()).expect("a certificate").tls().expect("TLS");
        for (tls, sent) in [(Some(tls), &b""[..]), (None, b""), (None, b"GET / HTTP/1.1\r\nx-slow")] {
            let (listener, port) = bind(0).await.expect("a port");
            let serving = serve(listener, tls, router.clone(), patience);
            let mut client = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
            client.write_all(sent).await.expect("written");
            let mut answer = Vec::new();
            client.read_to_end(&mut answer).await.expect("cut off");
            assert!(!String::from_utf8_lossy(&answer).contains("here"));
            serving.close().await;
        }
    }

    #[tokio::test]
    async fn connections_that_are_kept_leave_room_for_newcomers() {
        let (listener, port) = bind(0).await.expect("a port");
        let (phase, watched) = watch::channel(Phase::Open);
        let router = Router::new().route("/", get(|| async { "here" }));
        let large_bodies = Arc::new(Semaphore::new(1));
        let clients = Clients { router, patience: Patience::default(), slots: Slots::new(8), large_bodies, phase: watched };
        let serving = Serving { phase, accepting: tokio::spawn(accept(listener, None, clients)) };
        let mut kept = Vec::new();
        for _ in 0..20 {
            let mut client = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
            client.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("written");
            let mut answer = [0; 15];
            let answered = tokio::time::timeout(Duration::from_secs(10), client.read_exact(&mut answer)).await;
            answered.expect("a place is free").expect("an answer");
            assert_eq!(&answer, b"HTTP/1.1 200 OK");
            kept.push(client);
        }
        serving.close().await;
    }

    #[tokio::test]
    async fn a_request_that_runs_is_finished_before_the_port_closes() {
        let (started, starting) = watch::channel(false);
        let (finish, finishing) = watch::channel(false);
        let router = Router::new().route(
            "/",
            get(move || async move {
                started.send_replace(true);
                finishing.clone().wait_for(|now| *now).await.expect("someone says so");
                "finished"
            }),
        );
        let (listener, port) = bind(0).await.expect("a port");
        let serving = serve(listener, None, router, Patience::default());
        let mut client = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        client.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("written");
        starting.clone().wait_for(|now| *now).await.expect("it starts");
        let mut answer = String::new();
        let (read, ()) = tokio::join!(client.read_to_string(&mut answer), async {
            tokio::join!(serving.close(), async { finish.send_replace(true) });
        });
        read.expect("a whole answer");
        assert!(answer.ends_with("finished"), "{answer}");
    }
}
