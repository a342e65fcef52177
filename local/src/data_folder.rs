//! The data folder: what survives a restart, and the lock that keeps two instances out of one folder. Its files hold private keys and
//! pictures of people, so the folder is its owner's alone.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Result as IoResult, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A folder that this instance alone uses, for as long as the value lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The lock goes with the open file, also when the process is killed.
    _lock: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// It cannot be made or written to.
    #[error("the data folder {} cannot be used", .0.display())]
    Unusable(PathBuf, #[source] std::io::Error),
    /// Another instance has it.
    #[error("the data folder {} is in use by another prooflight-local; stop it, or choose another folder with --data-dir", .0.display())]
    InUse(PathBuf),
}

impl DataFolder {
    /// Makes the folder where it is missing, and locks it.
    pub fn open(path: &Path) -> Result<Self, DataFolderError> {
        let unusable = |error| DataFolderError::Unusable(path.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataFolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file's bytes; none where there is no such file.
    pub fn read(&self, name: &str) -> IoResult<Option<Vec<u8>>> {
        match std::fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a file that its owner alone may read, whole or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> IoResult<()> {
        write_whole(&self.path.join(name), bytes)
    }
}

/// What `folder` keeps under `name`, made when it is not there yet; without a folder it is made for this run only.
pub fn kept(folder: Option<&DataFolder>, name: &str, make: impl FnOnce() -> IoResult<Vec<u8>>) -> IoResult<Vec<u8>> {
    if let Some(bytes) = folder.map(|folder| folder.read(name)).transpose()?.flatten() {
        return Ok(bytes);
    }
    let bytes = make()?;
    folder.map_or(Ok(()), |folder| folder.write(name, &bytes))?;
    Ok(bytes)
}

/// Writes beside the file and renames, so that a reader never sees half of it. Mode 0600.
pub fn write_whole(path: &Path, bytes: &[u8]) -> IoResult<()> {
    let mut name = path.file_name().ok_or_else(|| std::io::Error::new(ErrorKind::InvalidInput, "not a file name"))?.to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    // Left behind by a crash; made anew, so that its mode is the one below.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let scratch = tempfile::tempdir().expect("a folder");
        let path = scratch.path().join("deep/data");
        let first = DataFolder::open(&path).expect("a new folder");
        assert!(matches!(DataFolder::open(&path), Err(DataFolderError::InUse(_))));
        drop(first);
        DataFolder::open(&path).expect("a free folder");
        assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_where_the_folder_should_be_is_a_clear_error() {
        let scratch = tempfile::NamedTempFile::new().expect("a file");
        let error = DataFolder::open(scratch.path()).expect_err("a file is no folder");
        assert!(matches!(error, DataFolderError::Unusable(..)), "{error}");
    }

    #[test]
    fn what_is_kept_is_made_once_and_private() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(scratch.path()).expect("a folder");
        std::fs::write(scratch.path().join("key.new"), "left by a crash").expect("a file");
        assert_eq!(kept(Some(&folder), "key", || Ok(b"one".to_vec())).expect("made"), b"one");
        assert_eq!(kept(Some(&folder), "key", || Ok(b"two".to_vec())).expect("kept"), b"one");
        assert_eq!(kept(None, "key", || Ok(b"two".to_vec())).expect("made"), b"two");
        let mode = std::fs::metadata(scratch.path().join("key")).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
