//! A request's body while it arrives: all of it has to be there in time, and of large ones only a few arrive at once, so that clients that dawdle keep neither a
//! connection for ever nor memory without end. [`whole`] is how every door takes one in.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// What every body may hold without asking. Requests to the API are smaller; pictures are not.
const SMALL: usize = 64 * 1024;

/// What is beyond a limit is still read, up to so many times as much, so that the client has written it out and can read the refusal.
const DRAINED: usize = 4;

/// Why a body was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than it may be, or says that it will be.
    TooLarge,
    /// It did not arrive in time.
    Late,
    /// It broke off, or is framed wrongly.
    Broken,
}

/// The time that a body has is over.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
struct Late;

/// The place of a large body among the few, kept until its request is answered.
pub(crate) type Place = Arc<OnceLock<OwnedSemaphorePermit>>;

/// A body on its way.
pub(crate) struct Arriving {
    body: Incoming,
    deadline: Pin<Box<Sleep>>,
    length: usize,
    places: Arc<Semaphore>,
    place: Place,
    waiting: Option<BoxFuture<'static, Option<OwnedSemaphorePermit>>>,
}

impl Arriving {
    /// A body that has `patience` to arrive, with one of `places` if it is large; whoever holds `place` says until when.
    pub(crate) fn new(body: Incoming, patience: Duration, places: Arc<Semaphore>, place: Place) -> Self {
        Self { body, deadline: Box::pin(tokio::time::sleep(patience)), length: 0, places, place, waiting: None }
    }

    fn poll_place(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.length <= SMALL || self.place.get().is_some() {
            return Poll::Ready(());
        }
        let places = Arc::clone(&self.places);
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(async move { places.acquire_owned().await.ok() }));
        if let Some(permit) = ready!(waiting.as_mut().poll(context)) {
            let _only_one = self.place.set(permit);
        }
        self.waiting = None;
        Poll::Ready(())
    }
}

impl hyper::body::Body for Arriving {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(Late.into())));
        }
        ready!(self.poll_place(context));
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.length = self.length.saturating_add(data.len());
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The whole body, if it has at most so many bytes.
pub(crate) async fn whole(mut body: Body, most: usize) -> Result<Bytes, Unread> {
    let drained = most.saturating_mul(DRAINED);
    // Nobody waits for what is announced and will not be taken.
    if usize::try_from(body.size_hint().lower()).is_ok_and(|announced| announced > drained) {
        return Err(Unread::TooLarge);
    }
    let mut kept = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| unread(&error))?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= most {
            kept.extend_from_slice(&data);
        } else if length > drained {
            break;
        } else {
            kept = BytesMut::new();
        }
    }
    if length > most { Err(Unread::TooLarge) } else { Ok(kept.freeze()) }
}

fn unread(error: &axum::Error) -> Unread {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<Late>() {
            return Unread::Late;
        }
        cause = error.source();
    }
    Unread::Broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_whole_or_refused() {
        let sized = |bytes: usize| Body::from(vec![7; bytes]);
        let endless = || Body::from_stream(futures_util::stream::repeat(Ok::<_, std::convert::Infallible>(Bytes::from_static(&[7; 10]))));
        let broken = || Body::from_stream(futures_util::stream::iter([Ok(Bytes::from_static(b"abc")), Err(std::io::Error::other("gone"))]));
        let late = || Body::from_stream(futures_util::stream::iter([Ok(Bytes::from_static(b"abc")), Err(Late)]));
        for (body, expected) in [
            (Body::empty(), Ok(0)),
            (sized(100), Ok(100)),
            (sized(101), Err(Unread::TooLarge)),
            (sized(401), Err(Unread::TooLarge)),
            (endless(), Err(Unread::TooLarge)),
            (broken(), Err(Unread::Broken)),
            (late(), Err(Unread::Late)),
        ] {
            assert_eq!(whole(body, 100).await.map(|bytes| bytes.len()), expected);
        }
    }
}
