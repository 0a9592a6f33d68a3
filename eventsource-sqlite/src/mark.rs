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
        let noted = Self {
            id: words.next()?.parse().ok()?,
            life: words.next()?.parse().ok()?,
            head: words.next()?.parse().ok()?,
        };
        let again: u64 = words.next()?.parse().ok()?;
        (again == noted.head).then_some(noted)
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
        // Of one length, and in one call, so that a reader sees one note or the other. After a power cut there may be a part
        // of each: so the position comes twice.
        let text = format!("{id} {number:020} {head:020} {head:020}\n", head = head.0);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_half_a_note_is_none() {
        let name = format!("eventsource-mark-{}", std::process::id());
        let database = std::env::temp_dir().join(name);
        let file = beside(&database, SUFFIX);
        assert_eq!(Noted::read(&database), None);
        let life = Life {
            identity: StoreIdentity::fresh(),
            number: 3,
        };
        let mut mark = Mark::open(&database).unwrap();
        mark.note(&life, Position(99));
        let old = std::fs::read(&file).unwrap();
        mark.reached(&life, Position(100));
        let noted = |head| {
            Some(Noted {
                id: life.identity.id,
                life: 3,
                head,
            })
        };
        assert_eq!(Noted::read(&database), noted(99), "it was noted just now");
        mark.finish();
        assert_eq!(Noted::read(&database), noted(100));
        let new = std::fs::read(&file).unwrap();
        for cut in 0..new.len() {
            let torn = [&new[..cut], &old[cut..]].concat();
            std::fs::write(&file, torn).unwrap();
            let read = Noted::read(&database);
            assert!([None, noted(99), noted(100)].contains(&read), "{read:?}");
        }
        std::fs::remove_file(file).unwrap();
    }
}
