//! Where queues are kept: a folder for each, with a file for its attributes and one for each message, written beside and renamed into
//! place. Nothing is flushed to the disk by force, and without a folder nothing is kept.

use super::queue::{Message, Queue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, ErrorKind, Result as IoResult};
use std::path::{Path, PathBuf};

/// The folder of all queues.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    attributes: BTreeMap<String, String>,
    created_at: Timestamp,
}

/// No message has this name: theirs are UUIDs.
const DEFINITION: &str = "queue";

impl Shelf {
    /// Opens the folder and reads what is in it. A file that cannot be read is an error that names it.
    pub(super) fn open(folder: Option<&Path>) -> IoResult<(Self, BTreeMap<String, Queue>)> {
        let shelf = Self { folder: folder.map(Path::to_owned) };
        let mut queues = BTreeMap::new();
        if let Some(folder) = folder {
            fs::create_dir_all(folder)?;
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let name = entry.file_name().into_string().map_err(|_| Error::new(ErrorKind::InvalidData, "the name of a queue"))?;
                queues.insert(name, read_queue(&entry.path())?);
            }
        }
        Ok((shelf, queues))
    }

    pub(super) fn keep_queue(&self, name: &str, queue: &Queue) -> IoResult<()> {
        let definition = Definition { attributes: queue.attributes.clone(), created_at: queue.created_at };
        if let Some(folder) = &self.folder {
            fs::create_dir_all(folder.join(name))?;
        }
        self.write(name, DEFINITION, &serde_json::to_vec(&definition)?)
    }

    pub(super) fn keep_message(&self, queue: &str, message: &Message) -> IoResult<()> {
        self.write(queue, &message.id, &serde_json::to_vec(message)?)
    }

    pub(super) fn drop_message(&self, queue: &str, id: &str) -> IoResult<()> {
        match self.path(queue, id).map(fs::remove_file) {
            Some(Err(error)) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn drop_queue(&self, name: &str) -> IoResult<()> {
        self.folder.as_ref().map_or(Ok(()), |folder| fs::remove_dir_all(folder.join(name)))
    }

    fn write(&self, queue: &str, name: &str, bytes: &[u8]) -> IoResult<()> {
        let Some(path) = self.path(queue, name) else { return Ok(()) };
        let beside = path.with_extension("new");
        fs::write(&beside, bytes)?;
        fs::rename(beside, path)
    }

    fn path(&self, queue: &str, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(queue).join(format!("{name}.json")))
    }
}

fn read_queue(folder: &Path) -> IoResult<Queue> {
    let mut queue = Queue::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "new") {
            fs::remove_file(&path)?;
            continue;
        }
        let unreadable = |error| Error::new(ErrorKind::InvalidData, format!("{}: {error}", path.display()));
        let bytes = fs::read(&path)?;
        if path.file_stem().is_some_and(|name| name == DEFINITION) {
            let definition: Definition = serde_json::from_slice(&bytes).map_err(unreadable)?;
            (queue.attributes, queue.created_at) = (definition.attributes, definition.created_at);
        } else {
            let message: Message = serde_json::from_slice(&bytes).map_err(unreadable)?;
            queue.messages.insert(message.id.clone(), message);
        }
    }
    Ok(queue)
}
