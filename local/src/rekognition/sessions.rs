//! All sessions: in memory and, where there is a data folder, one file each, written beside and renamed into place so that a crash
//! leaves the old one or the new one. Nothing is flushed to the disk by force: a session matters for three minutes.

use super::session::Session;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// More than so many sessions are not remembered: the oldest go first.
const MOST: usize = 10_000;

/// Sweeping looks at every session, so it is not done more often than this.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// The sessions by id and by the token that they were created with.
#[derive(Debug)]
pub(super) struct Sessions {
    by_id: HashMap<String, Session>,
    id_by_token: HashMap<String, String>,
    folder: Option<PathBuf>,
    swept_at: Timestamp,
}

impl Sessions {
    /// Opens the folder, or keeps everything in memory alone. A file that cannot be read is an error that names it.
    pub(super) fn open(folder: Option<&Path>) -> io::Result<Self> {
        let mut sessions =
            Self { by_id: HashMap::new(), id_by_token: HashMap::new(), folder: folder.map(Path::to_owned), swept_at: Timestamp::MIN };
        let Some(folder) = folder else { return Ok(sessions) };
        fs::create_dir_all(folder)?;
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                fs::remove_file(&path)?;
                continue;
            }
            let session = serde_json::from_slice(&fs::read(&path)?)
                .map_err(|error| io::Error::new(ErrorKind::InvalidData, format!("{}: {error}", path.display())))?;
            sessions.remember(session);
        }
        Ok(sessions)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Session> {
        self.by_id.get(id)
    }

    /// The latest session that was created with `token`.
    pub(super) fn with_token(&self, token: &str) -> Option<&Session> {
        self.id_by_token.get(token).and_then(|id| self.by_id.get(id))
    }

    /// Adds or replaces a session: on disk first, so that what was answered is never lost.
    pub(super) fn put(&mut self, session: Session) -> io::Result<()> {
        if let Some(path) = self.path(&session.id) {
            let beside = path.with_extension("new");
            fs::write(&beside, serde_json::to_vec(&session)?)?;
            fs::rename(beside, path)?;
        }
        self.remember(session);
        Ok(())
    }

    /// Removes the data of sessions whose time is over at `now`, and the sessions that are to be forgotten.
    pub(super) fn sweep(&mut self, now: Timestamp) -> io::Result<()> {
        if now.duration_since(self.swept_at) < SWEEP_EVERY {
            return Ok(());
        }
        self.swept_at = now;
        let aged: Vec<Session> = self.by_id.values().filter_map(|session| session.aged(now)).collect();
        for session in aged {
            self.put(session)?;
        }
        let mut forgotten: Vec<(Timestamp, String)> = self
            .by_id
            .values()
            .filter(|session| session.is_forgotten(now))
            .map(|session| (session.created_at, session.id.clone()))
            .collect();
        let excess = self.by_id.len().saturating_sub(forgotten.len()).saturating_sub(MOST);
        if excess > 0 {
            let kept = self.by_id.values().filter(|session| !session.is_forgotten(now));
            let mut by_age: Vec<_> = kept.map(|session| (session.created_at, session.id.clone())).collect();
            by_age.sort_unstable();
            forgotten.extend(by_age.into_iter().take(excess));
        }
        for (_, id) in forgotten {
            self.forget(&id)?;
        }
        Ok(())
    }

    fn remember(&mut self, session: Session) {
        if let Some(token) = &session.client_request_token {
            let newer = self.with_token(token).is_none_or(|known| known.created_at <= session.created_at);
            if newer {
                self.id_by_token.insert(token.clone(), session.id.clone());
            }
        }
        self.by_id.insert(session.id.clone(), session);
    }

    fn forget(&mut self, id: &str) -> io::Result<()> {
        if let Some(path) = self.path(id) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        if let Some(session) = self.by_id.remove(id)
            && let Some(token) = session.client_request_token
            && self.id_by_token.get(&token).is_some_and(|latest| latest == id)
        {
            self.id_by_token.remove(&token);
        }
        Ok(())
    }

    fn path(&self, id: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(format!("{id}.json")))
    }
}
