//! How far a store had come, noted beside its file: a file that was overwritten by an older copy of itself does not
//! know.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use eventsource_core::{Position, StoreIdentity};
use uuid::Uuid;

use crate::home::beside;
use crate::life::Life;

/// How often it is noted while events are stored. A backup that was taken within this time before a crash and then
/// copied over the file is not told apart from it.
const EVERY: Duration = Duration::from_millis(20);

/// A note of a store, of one of its lives, and of a position that it had reached in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) id: Uuid,
    pub(crate) life: i64,
    pub(crate) head: u64,
}

impl Noted {
    /// What is noted beside this database; `None` where nothing is, or nothing that can be read.
    pub(crate) fn read(database: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(beside(database, SUFFIX)).ok()?;
        let mut words = text.lines().next()?.split_ascii_whitespace();
        Some(Self {
            id: words.next()?.parse().ok()?,
            life: words.next()?.parse().ok()?,
            head: words.next()?.parse().ok()?,
        })
    }
}

/// The file on which processes also take turns.
pub(crate) const SUFFIX: &str = "-turn";

/// Notes how far the store has come. It is never synced: after a power cut it may be behind, and never ahead of what
/// was durable.
#[derive(Debug)]
pub(crate) struct Mark {
    file: File,
    noted: Option<(Noted, Instant)>,
    /// What the last commit reached.
    last: Option<(Life, Position)>,
}

impl Mark {
    pub(crate) fn open(database: &Path) -> std::io::Result<Self> {
        let file = File::options()
            .create(true)
            .write(true)
            .truncate(false)
            .open(beside(database, SUFFIX))?;
        Ok(Self {
            file,
            noted: None,
            last: None,
        })
    }

    /// To be called after a commit: notes it, unless that was done a moment ago.
    pub(crate) fn reached(&mut self, life: &Life, head: Position) {
        let recently = |(noted, time): (Noted, Instant)| {
            noted.life == life.number && (noted.head >= head.0 || time.elapsed() < EVERY)
        };
        if !self.noted.is_some_and(recently) {
            self.note(life, head);
        }
        self.last = Some((*life, head));
    }

    /// To be called after the last commit.
    pub(crate) fn finish(mut self) {
        if let Some((life, head)) = self.last {
            self.note(&life, head);
        }
    }

    /// Notes it now. What cannot be noted is only not known later.
    pub(crate) fn note(&mut self, life: &Life, head: Position) {
        let Life {
            identity: StoreIdentity { id, .. },
            number,
        } = *life;
        // Of one length, and in one call, so that a reader sees one note or the other.
        let text = format!("{id} {number:020} {:020}\n", head.0);
        let written = self
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.file.write_all(text.as_bytes()));
        if let Err(error) = written {
            tracing::debug!(%error, "could not note how far the store has come");
        }
        let noted = Noted {
            id,
            life: number,
            head: head.0,
        };
        self.noted = Some((noted, Instant::now()));
    }
}
