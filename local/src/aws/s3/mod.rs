//! S3 on this machine: buckets that keep their objects in files of the data folder, or in memory, served by `s3s`.

mod access;
mod answers;
mod checksums;
mod form;
mod form_policy;
mod listing;
mod object;
mod operations;
pub(crate) mod posting;
mod reading;
mod secrets;
mod shelf;
mod writing;

use crate::clock::Clock;
use bytes::Bytes;
use object::{About, Object};
use shelf::Shelf;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

pub(crate) use access::{Access, Signer};
pub(crate) use answers::{fault, refused_signature, stripped};
pub(crate) use operations::Operations;
pub(crate) use secrets::Secrets;

/// All buckets of this machine.
pub struct Buckets {
    root: Option<PathBuf>,
    clock: Arc<Clock>,
    shelves: RwLock<BTreeMap<String, Arc<Shelf>>>,
}

/// Why S3 refuses.
#[derive(Debug, thiserror::Error)]
pub enum S3Fault {
    /// There is no such bucket.
    #[error("the bucket does not exist")]
    NoSuchBucket,
    /// There is no such object.
    #[error("the object does not exist")]
    NoSuchKey,
    /// The object is there already, or is not the one that was asked for.
    #[error("a condition of the request does not hold")]
    PreconditionFailed,
    /// The name is none that S3 allows.
    #[error("`{0}` is not a bucket name")]
    BucketName(String),
    /// The key is empty or longer than 1024 bytes.
    #[error("the key is empty or too long")]
    Key,
    /// The bytes are not the ones whose checksum came with them.
    #[error("the {0} you specified did not match the calculated checksum")]
    BadDigest(&'static str),
    /// The disk failed, or holds what is no object.
    #[error("the local S3: {0}")]
    Storage(#[from] std::io::Error),
}

/// When an object may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Always,
    /// `If-None-Match: *`.
    Absent,
    /// `If-Match`, with the `ETag` that the object must have.
    Is(String),
}

impl Buckets {
    /// Opens the buckets kept under `root`, or none in memory.
    pub fn open(root: Option<&Path>, clock: Arc<Clock>) -> Result<Self, S3Fault> {
        let mut shelves = BTreeMap::new();
        if let Some(root) = root {
            std::fs::create_dir_all(root)?;
            shelf::clear_unfinished(root)?;
            for entry in std::fs::read_dir(root)? {
                let entry = entry?;
                if let Some(name) = entry.file_name().to_str().filter(|name| s3s::path::check_bucket_name(name)) {
                    shelves.insert(name.to_owned(), Arc::new(Shelf::in_folder(root, name)?));
                }
            }
        }
        Ok(Self { root: root.map(Path::to_owned), clock, shelves: RwLock::new(shelves) })
    }

    /// Makes the bucket unless it is there.
    pub fn ensure_bucket(&self, name: &str) -> Result<(), S3Fault> {
        self.create(name).map(|_| ())
    }

    /// Whether there is such a bucket.
    pub fn contains(&self, bucket: &str) -> bool {
        self.bucket(bucket).is_ok()
    }

    /// Puts an object as a service of ours does (Rekognition's `OutputConfig`), overwriting what was there.
    pub async fn put(self: &Arc<Self>, bucket: &str, key: &str, bytes: Bytes, content_type: &str) -> Result<(), S3Fault> {
        let checksums = checksums::Stated::default().checked(&bytes)?;
        let about = About::new(key, &bytes, checksums, self.now()).with_content_type(content_type);
        self.store(bucket, about, bytes, Condition::Always).await
    }

    /// An object's bytes, for a service of ours that reads one (Rekognition's `S3Object`).
    pub async fn read(&self, bucket: &str, key: &str) -> Result<Bytes, S3Fault> {
        self.load(bucket, key).await.map(|object| object.bytes)
    }

    /// Makes the bucket, and says whether it was not there before.
    fn create(&self, name: &str) -> Result<bool, S3Fault> {
        if !s3s::path::check_bucket_name(name) {
            return Err(S3Fault::BucketName(name.to_owned()));
        }
        let mut buckets = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        if buckets.contains_key(name) {
            return Ok(false);
        }
        let made = match &self.root {
            Some(root) => Shelf::in_folder(root, name)?,
            None => Shelf::in_memory(self.now()),
        };
        buckets.insert(name.to_owned(), Arc::new(made));
        Ok(true)
    }

    fn bucket(&self, name: &str) -> Result<Arc<Shelf>, S3Fault> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        shelves.get(name).cloned().ok_or(S3Fault::NoSuchBucket)
    }

    /// Names and times of creation, in the order of the names.
    fn all(&self) -> Vec<(String, jiff::Timestamp)> {
        let shelves = self.shelves.read().unwrap_or_else(PoisonError::into_inner);
        shelves.iter().map(|(name, shelf)| (name.clone(), shelf.created_at)).collect()
    }

    /// The clock that `Last-Modified` goes by: whoever asks how old an object is, is one of our timers.
    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    async fn store(&self, bucket: &str, about: About, bytes: Bytes, condition: Condition) -> Result<(), S3Fault> {
        if about.key.is_empty() || about.key.len() > 1024 {
            return Err(S3Fault::Key);
        }
        let place = self.bucket(bucket)?;
        off_thread(move || place.put(about, bytes, &condition)).await
    }

    async fn load(&self, bucket: &str, key: &str) -> Result<Object, S3Fault> {
        let (place, key) = (self.bucket(bucket)?, key.to_owned());
        off_thread(move || place.get(&key)).await
    }

    async fn about(&self, bucket: &str, key: &str) -> Result<Arc<About>, S3Fault> {
        let (place, key) = (self.bucket(bucket)?, key.to_owned());
        off_thread(move || place.about(&key)).await
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), S3Fault> {
        let (place, key) = (self.bucket(bucket)?, key.to_owned());
        off_thread(move || place.delete(&key)).await
    }

    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Arc<About>>, S3Fault> {
        let (place, prefix) = (self.bucket(bucket)?, prefix.to_owned());
        off_thread(move || place.list(&prefix)).await
    }
}

/// Files are read and written on a thread that may block.
async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, S3Fault> + Send + 'static) -> Result<T, S3Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(S3Fault::Storage(std::io::Error::other(error))),
    }
}
