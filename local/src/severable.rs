//! A stream that can be cut from outside: once the port is closed it reads as ended and writes as broken, whoever holds it by then. A
//! websocket leaves the HTTP server's hands with its upgrade; only its bytes still pass through here. So this is also where a connection's slot
//! is kept, and where somebody is cut off who reads nothing of what he is sent.

use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

/// A stream with the event that cuts it.
pub(crate) struct Severable<S> {
    stream: S,
    /// None once it has happened.
    severing: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    patience: Duration,
    /// Set while the other side takes nothing of what is to be written.
    stalled: Option<Pin<Box<Sleep>>>,
    /// The connection's place among the port's.
    _slot: Option<OwnedSemaphorePermit>,
}

impl<S> Severable<S> {
    /// `severing` ends when the stream is to be cut; whoever takes nothing for `patience` is cut as well. `slot` is given back with the stream.
    pub(crate) fn new(
        stream: S,
        slot: Option<OwnedSemaphorePermit>,
        patience: Duration,
        severing: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Self { stream, severing: Some(Box::pin(severing)), patience, stalled: None, _slot: slot }
    }

    fn poll_stalled(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        stalled.as_mut().poll(context).map(|()| Error::from(ErrorKind::TimedOut))
    }

    fn is_severed(&mut self, context: &mut Context<'_>) -> bool {
        if self.severing.as_mut().is_some_and(|severing| severing.as_mut().poll(context).is_ready()) {
            self.severing = None;
        }
        self.severing.is_none()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Severable<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        if self.is_severed(context) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Severable<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        if self.is_severed(context) {
            return Poll::Ready(Err(Error::from(ErrorKind::BrokenPipe)));
        }
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.poll_stalled(context).map(Err),
            written @ Poll::Ready(_) => {
                self.stalled = None;
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.is_severed(context) {
            return Poll::Ready(Err(Error::from(ErrorKind::BrokenPipe)));
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_reader_that_waits_sees_the_end() {
        let (near, mut far) = tokio::io::duplex(64);
        let (sever, severing) = oneshot::channel::<()>();
        let mut stream = Severable::new(near, None, Duration::from_mins(1), async {
            let _ = severing.await;
        });
        far.write_all(b"before").await.expect("written");
        let mut bytes = [0; 6];
        stream.read_exact(&mut bytes).await.expect("read");
        assert_eq!(&bytes, b"before");
        let (read, ()) = tokio::join!(stream.read(&mut bytes), async { sever.send(()).expect("someone listens") });
        assert_eq!(read.expect("ended"), 0);
        assert_eq!(stream.write(b"after").await.expect_err("broken").kind(), ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn whoever_reads_nothing_is_cut_off() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut stream = Severable::new(near, None, Duration::from_millis(20), std::future::pending());
        let cut = stream.write_all(&[7; 65]).await;
        assert_eq!(cut.expect_err("there is room for 64 bytes").kind(), ErrorKind::TimedOut);
        let mut taken = [0; 64];
        far.read_exact(&mut taken).await.expect("what there was room for");
        stream.write_all(&[7; 64]).await.expect("there is room again");
    }
}
