//! All collections: in memory and, where there is a data folder, a folder for each with one file for every face. A face is there when its file
//! is, and gone with it; what a crash left half made or half removed is cleared when the folder is opened.

use super::super::outcome::BoundingBox;
use crate::data_folder::write_whole;
use jiff::Timestamp;
use prooflight_vision::Embedding;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The collections by id.
pub(super) struct Collections {
    by_id: BTreeMap<String, Collection>,
    folder: Option<PathBuf>,
}

/// One collection.
pub(super) struct Collection {
    pub(super) created_at: Timestamp,
    /// By face id.
    pub(super) faces: BTreeMap<String, StoredFace>,
}

/// A face in a collection. The picture that it was seen in is not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredFace {
    pub(super) face_id: String,
    pub(super) image_id: String,
    pub(super) external_image_id: Option<String>,
    pub(super) bounding_box: BoundingBox,
    pub(super) confidence: f32,
    pub(super) embedding: Vec<f32>,
}

/// A face that a search found.
pub(super) struct Hit<'a> {
    pub(super) similarity: f32,
    pub(super) face: &'a StoredFace,
}

/// What a collection's own file says; with it a collection begins and ends.
#[derive(Serialize, Deserialize)]
struct About {
    id: String,
    created_at: Timestamp,
}

const ABOUT: &str = "collection.json";

impl Collections {
    /// Opens the folder, or keeps everything in memory alone. A file that cannot be read is an error that names it.
    pub(super) fn open(folder: Option<&Path>) -> io::Result<Self> {
        let mut collections = Self { by_id: BTreeMap::new(), folder: folder.map(Path::to_owned) };
        let Some(folder) = folder else { return Ok(collections) };
        private_folder(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if !path.join(ABOUT).exists() {
                fs::remove_dir_all(&path)?;
                continue;
            }
            let About { id, created_at } = read(&path.join(ABOUT))?;
            collections.by_id.insert(id, Collection { created_at, faces: faces_in(&path)? });
        }
        Ok(collections)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Collection> {
        self.by_id.get(id)
    }

    /// The ids, in their order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        self.by_id.keys()
    }

    /// Makes a collection, and says whether it was not there before.
    pub(super) fn create(&mut self, id: &str, now: Timestamp) -> io::Result<bool> {
        if self.by_id.contains_key(id) {
            return Ok(false);
        }
        if let Some(folder) = self.folder_of(id) {
            private_folder(&folder)?;
            write_whole(&folder.join(ABOUT), &serde_json::to_vec(&About { id: id.to_owned(), created_at: now })?)?;
        }
        self.by_id.insert(id.to_owned(), Collection { created_at: now, faces: BTreeMap::new() });
        Ok(true)
    }

    /// Removes a collection with its faces, and says whether it was there.
    pub(super) fn remove(&mut self, id: &str) -> io::Result<bool> {
        if !self.by_id.contains_key(id) {
            return Ok(false);
        }
        if let Some(folder) = self.folder_of(id) {
            remove_file(&folder.join(ABOUT))?;
            self.by_id.remove(id);
            fs::remove_dir_all(folder)?;
        }
        self.by_id.remove(id);
        Ok(true)
    }

    /// Adds faces, on disk first; none when there is no such collection.
    pub(super) fn add(&mut self, id: &str, faces: Vec<StoredFace>) -> io::Result<Option<()>> {
        let folder = self.folder_of(id);
        let Some(collection) = self.by_id.get_mut(id) else { return Ok(None) };
        for face in faces {
            if let Some(folder) = &folder {
                write_whole(&face_file(folder, &face.face_id), &serde_json::to_vec(&face)?)?;
            }
            collection.faces.insert(face.face_id.clone(), face);
        }
        Ok(Some(()))
    }

    /// Removes a face, on disk first, and says whether it was there.
    pub(super) fn remove_face(&mut self, id: &str, face_id: &str) -> io::Result<bool> {
        let folder = self.folder_of(id);
        let Some(collection) = self.by_id.get_mut(id) else { return Ok(false) };
        if !collection.faces.contains_key(face_id) {
            return Ok(false);
        }
        if let Some(folder) = folder {
            remove_file(&face_file(&folder, face_id))?;
        }
        collection.faces.remove(face_id);
        Ok(true)
    }

    /// A collection may be called `..`: its folder may not.
    fn folder_of(&self, id: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("collection-{id}")))
    }
}

impl Collection {
    /// The faces that are at least so much alike, the most alike first.
    pub(super) fn search(&self, wanted: &Embedding, threshold: f32) -> Vec<Hit<'_>> {
        let similarity = |face: &StoredFace| Embedding::from_values(face.embedding.clone()).map(|stored| stored.similarity(wanted));
        let hits = self.faces.values().filter_map(|face| Some(Hit { similarity: similarity(face)?, face }));
        let mut hits: Vec<Hit<'_>> = hits.filter(|hit| hit.similarity >= threshold).collect();
        hits.sort_by(|one, other| other.similarity.total_cmp(&one.similarity));
        hits
    }
}

fn faces_in(folder: &Path) -> io::Result<BTreeMap<String, StoredFace>> {
    let mut faces = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "new") {
            fs::remove_file(&path)?;
        } else if path.file_name().is_none_or(|name| name != ABOUT) {
            let face: StoredFace = read(&path)?;
            faces.insert(face.face_id.clone(), face);
        }
    }
    Ok(faces)
}

fn face_file(folder: &Path, face_id: &str) -> PathBuf {
    folder.join(format!("{face_id}.json"))
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| io::Error::new(ErrorKind::InvalidData, format!("{}: {error}", path.display())))
}

fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
