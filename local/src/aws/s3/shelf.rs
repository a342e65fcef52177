//! Where the objects of one bucket stand: an index by key, and a file per object whose name is the hash of its key, so that no
//! key can name a path. The index is read from the files when the bucket is first used, not at start.

use super::object::{About, Object, about_of, bytes_of, encode, hex};
use super::{Condition, S3Fault};
use crate::aws::entropy;
use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The objects of one bucket.
pub(super) struct Shelf {
    place: Place,
    pub(super) created_at: Timestamp,
    /// Nothing until the first use.
    index: Mutex<Option<Index>>,
}

type Index = BTreeMap<String, Entry>;

struct Entry {
    about: Arc<About>,
    /// The bytes of an object that is kept in memory.
    bytes: Option<Bytes>,
}

enum Place {
    Memory,
    Folder {
        objects: PathBuf,
        /// On the same file system as `objects`: what is written here is renamed into place.
        unfinished: PathBuf,
    },
}

/// A name that no bucket can have.
const UNFINISHED: &str = ".unfinished";

/// Removes what a crash left half-written.
pub(super) fn clear_unfinished(root: &Path) -> std::io::Result<()> {
    let folder = root.join(UNFINISHED);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::create_dir(&folder)
}

impl Shelf {
    pub(super) fn in_memory(created_at: Timestamp) -> Self {
        Self { place: Place::Memory, created_at, index: Mutex::new(Some(Index::new())) }
    }

    /// The bucket's folder under `root`, made if need be.
    pub(super) fn in_folder(root: &Path, bucket: &str) -> std::io::Result<Self> {
        let objects = root.join(bucket);
        std::fs::create_dir_all(&objects)?;
        let about = std::fs::metadata(&objects)?;
        let created_at = about.created().or_else(|_| about.modified())?;
        let created_at = Timestamp::try_from(created_at).map_err(std::io::Error::other)?;
        Ok(Self { place: Place::Folder { objects, unfinished: root.join(UNFINISHED) }, created_at, index: Mutex::new(None) })
    }

    /// Writes the object if `condition` holds. Of several writers with `Condition::Absent` exactly one succeeds: the condition
    /// is checked and the file renamed under one lock.
    pub(super) fn put(&self, about: About, bytes: Bytes, condition: &Condition) -> Result<(), S3Fault> {
        let ready = match &self.place {
            Place::Memory => None,
            Place::Folder { objects, unfinished } => {
                let name = hex(&entropy::bytes::<16>()?);
                let written = Unfinished(unfinished.join(name));
                std::fs::write(&written.0, encode(&about, &bytes)?)?;
                Some((written, file(objects, &about.key)))
            }
        };
        let mut index = self.index()?;
        let found = index.get(&about.key);
        match condition {
            Condition::Always => {}
            Condition::Absent if found.is_none() => {}
            Condition::Is(etag) if found.is_some_and(|entry| entry.about.etag == *etag) => {}
            Condition::Is(_) if found.is_none() => return Err(S3Fault::NoSuchKey),
            Condition::Absent | Condition::Is(_) => return Err(S3Fault::PreconditionFailed),
        }
        let kept = match ready {
            Some((written, file)) => {
                std::fs::rename(&written.0, file)?;
                None
            }
            None => Some(bytes),
        };
        index.insert(about.key.clone(), Entry { about: Arc::new(about), bytes: kept });
        Ok(())
    }

    pub(super) fn get(&self, key: &str) -> Result<Object, S3Fault> {
        let index = self.index()?;
        let entry = index.get(key).ok_or(S3Fault::NoSuchKey)?;
        let about = Arc::clone(&entry.about);
        // Read under the lock: a writer cannot put other bytes below the entry that was found.
        let bytes = match (&entry.bytes, &self.place) {
            (Some(bytes), _) => bytes.clone(),
            (None, Place::Folder { objects, .. }) => bytes_of(&file(objects, key), &about)?,
            (None, Place::Memory) => return Err(S3Fault::NoSuchKey),
        };
        Ok(Object { about, bytes })
    }

    pub(super) fn about(&self, key: &str) -> Result<Arc<About>, S3Fault> {
        self.index()?.get(key).map(|entry| Arc::clone(&entry.about)).ok_or(S3Fault::NoSuchKey)
    }

    /// Deletes the object; one that is not there is as good as deleted.
    pub(super) fn delete(&self, key: &str) -> Result<(), S3Fault> {
        let mut index = self.index()?;
        if !index.contains_key(key) {
            return Ok(());
        }
        if let Place::Folder { objects, .. } = &self.place {
            std::fs::remove_file(file(objects, key))?;
        }
        index.remove(key);
        Ok(())
    }

    /// The objects whose key begins with `prefix`, in the order of their keys.
    pub(super) fn list(&self, prefix: &str) -> Result<Vec<Arc<About>>, S3Fault> {
        let index = self.index()?;
        let from = index.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded));
        Ok(from.take_while(|(key, _)| key.starts_with(prefix)).map(|(_, entry)| Arc::clone(&entry.about)).collect())
    }

    fn index(&self) -> Result<Loaded<'_>, S3Fault> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if index.is_none() {
            *index = Some(self.read_index()?);
        }
        Ok(Loaded(index))
    }

    fn read_index(&self) -> Result<Index, S3Fault> {
        let Place::Folder { objects, .. } = &self.place else { return Ok(Index::new()) };
        let mut index = Index::new();
        for entry in std::fs::read_dir(objects)? {
            let path = entry?.path();
            // One damaged file, left by a power cut, must not take the others with it.
            match about_of(&path) {
                Ok(about) => {
                    index.insert(about.key.clone(), Entry { about: Arc::new(about), bytes: None });
                }
                Err(error) => tracing::error!(%error, "a file of the local S3 is left out"),
            }
        }
        Ok(index)
    }
}

/// The lock on an index that has been read.
struct Loaded<'a>(MutexGuard<'a, Option<Index>>);

impl std::ops::Deref for Loaded<'_> {
    type Target = Index;

    fn deref(&self) -> &Index {
        static EMPTY: Index = Index::new();
        self.0.as_ref().unwrap_or(&EMPTY)
    }
}

impl std::ops::DerefMut for Loaded<'_> {
    fn deref_mut(&mut self) -> &mut Index {
        self.0.get_or_insert_default()
    }
}

/// A file that is removed again unless it was renamed into place.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After the rename there is nothing of that name; what a failed removal leaves, the next start clears.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn file(objects: &Path, key: &str) -> PathBuf {
    objects.join(hex(&Sha256::digest(key)))
}
