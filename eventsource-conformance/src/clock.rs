//! The clock of a recorded history: one counter for all clients, also for those in another process.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A counter that says in which order things happened: a tick that ended before another one began is smaller.
///
/// A clock of the machine would not do. Two processes read it with an uncertainty, and whatever tolerance is allowed
/// for hides just the stale answers that a history is to show.
#[derive(Debug)]
pub enum Clock {
    /// Of one process.
    Own(AtomicU64),
    /// Of all processes that have opened one file. A tick appends a byte, which the system does for one writer at a
    /// time and at the end of the file; the time is where the file then ends.
    Shared(Mutex<File>),
}

impl Clock {
    /// A clock for the clients of this process.
    #[must_use]
    pub fn own() -> Self {
        Self::Own(AtomicU64::new(1))
    }

    /// A clock for the clients of all processes that open this file.
    pub fn shared(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self::Shared(Mutex::new(file)))
    }

    /// The next number.
    ///
    /// # Panics
    ///
    /// If the clock's file cannot be written: then nothing can be said about the history.
    pub fn tick(&self) -> u64 {
        match self {
            Self::Own(next) => next.fetch_add(1, Ordering::SeqCst),
            Self::Shared(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                let ticked = file.write_all(&[0]).and_then(|()| file.stream_position());
                ticked.unwrap_or_else(|error| panic!("the clock has stopped: {error}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each number once, and each later one larger, through handles that do not know of each other.
    #[test]
    fn a_shared_clock_ticks_in_one_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        let count = |_| {
            let clock = Clock::shared(&path).unwrap();
            std::thread::spawn(move || (0..2_000).map(|_| clock.tick()).collect::<Vec<_>>())
        };
        let threads: Vec<_> = (0..4).map(count).collect();
        let mut all = Vec::new();
        for thread in threads {
            let own = thread.join().unwrap();
            assert!(own.is_sorted_by(|one, next| one < next));
            all.extend(own);
        }
        all.sort_unstable();
        assert!(all.into_iter().eq(1..=8_000));
    }
}
