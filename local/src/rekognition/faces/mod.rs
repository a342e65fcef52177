//! The face operations: what pictures show (`DetectFaces`, `CompareFaces`) and collections of faces that are searched. `vision` looks at the
//! pictures; what it cannot know - emotions, glasses, beards, whether eyes are open - is left out of an answer, as the model allows.

mod analyst;
mod collections;
mod detail;
mod gallery;
mod parameters;
mod picture;
mod quality;
mod request;
mod sight;

use super::exception::Exception;
use crate::aws::s3::Buckets;
use crate::clock::Clock;
use analyst::Analyst;
use bytes::Bytes;
use collections::Collections;
use request::{FaceOperation, FaceRequest};
use serde_json::Value;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::spawn_blocking;

/// What answers name as the version of the face model; a collection made here says so in every answer.
const MODEL_VERSION: &str = "7.0";

/// The face operations with their collections.
pub(super) struct Faces {
    analyst: Analyst,
    collections: Mutex<Collections>,
    buckets: Arc<Buckets>,
    clock: Arc<Clock>,
    region: String,
}

impl Faces {
    /// Opens the collections kept in `data` (its folder `collections`), or keeps them in memory when there is none.
    pub(super) fn open(data: Option<&Path>, clock: Arc<Clock>, buckets: Arc<Buckets>, region: &str) -> io::Result<Self> {
        let folder = data.map(|data| data.join("collections"));
        let collections = Mutex::new(Collections::open(folder.as_deref())?);
        Ok(Self { analyst: Analyst::new(), collections, buckets, clock, region: region.to_owned() })
    }

    /// Makes the collection unless it is there.
    pub(super) fn ensure_collection(&self, id: &str) -> io::Result<()> {
        self.collections().create(id, self.clock.now()).map(drop)
    }

    /// Answers an operation; none when it is not one about faces. What a body decodes to and what a picture shows is found out on threads
    /// that may block, and no lock is held meanwhile.
    pub(super) async fn answer(self: &Arc<Self>, operation: &str, body: Bytes) -> Option<Result<Value, Exception>> {
        let operation = FaceOperation::named(operation)?;
        let request = blocking(move || FaceRequest::parse(operation, &body)).await;
        Some(match request {
            Ok(request) => self.carry_out(request).await,
            Err(exception) => Err(exception),
        })
    }

    async fn carry_out(self: &Arc<Self>, request: FaceRequest) -> Result<Value, Exception> {
        match request {
            FaceRequest::Detect(request) => self.detect(request).await,
            FaceRequest::Compare(request) => self.compare(request).await,
            FaceRequest::Index(request) => self.index(request).await,
            FaceRequest::SearchByImage(request) => self.search_by_image(request).await,
            FaceRequest::Gallery(request) => {
                let faces = Arc::clone(self);
                blocking(move || faces.answer_from_gallery(request)).await
            }
        }
    }

    /// A panic elsewhere leaves the collections whole: every change to them is one insertion or removal.
    fn collections(&self) -> MutexGuard<'_, Collections> {
        self.collections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs `work` on a thread that may block.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Exception> + Send + 'static) -> Result<T, Exception> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a face operation did not finish");
        Err(Exception::internal())
    })
}

/// The disk failed: logged here, where the cause is known.
fn not_stored(error: &io::Error) -> Exception {
    tracing::error!(%error, "a face collection could not be stored");
    Exception::internal()
}
