//! The locks of one file, as SQLite asks for them: those of the database, and those of the log's shared memory.

use std::sync::{Arc, Mutex, PoisonError};

/// How far a connection has locked the database: SQLite's own numbers.
pub(crate) const NONE: i32 = 0;
pub(crate) const SHARED: i32 = 1;
pub(crate) const RESERVED: i32 = 2;
pub(crate) const PENDING: i32 = 3;
#[cfg(test)]
pub(crate) const EXCLUSIVE: i32 = 4;

/// Somebody else holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

/// Who holds which lock: pairs of a connection and its level, without those that hold none.
#[derive(Debug, Default)]
pub(crate) struct Locks(Vec<(u64, i32)>);

impl Locks {
    fn others(&self, who: u64) -> impl Iterator<Item = i32> {
        let others = self.0.iter().filter(move |(other, _)| *other != who);
        others.map(|(_, level)| *level)
    }

    fn set(&mut self, who: u64, level: i32) {
        self.0.retain(|(other, _)| *other != who);
        if level > NONE {
            self.0.push((who, level));
        }
    }

    fn level(&self, who: u64) -> i32 {
        let own = self.0.iter().find(|(other, _)| *other == who);
        own.map_or(NONE, |(_, level)| *level)
    }

    pub(crate) fn lock(&mut self, who: u64, level: i32) -> Result<(), Busy> {
        if self.level(who) >= level {
            return Ok(());
        }
        let highest = self.others(who).max().unwrap_or(NONE);
        let free = match level {
            SHARED => highest < PENDING,
            RESERVED => highest < RESERVED,
            _ => {
                // Nobody new comes in, while those who are there leave.
                if highest < RESERVED {
                    self.set(who, PENDING);
                }
                highest == NONE
            }
        };
        match free {
            true => {
                self.set(who, level);
                Ok(())
            }
            false => Err(Busy),
        }
    }

    pub(crate) fn unlock(&mut self, who: u64, level: i32) {
        if self.level(who) > level {
            self.set(who, level);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.0.iter().any(|(_, level)| *level >= RESERVED)
    }
}

/// How many locks the shared memory has.
pub(crate) const SHM_LOCKS: usize = 8;

/// The shared memory of a log, and its locks. It lives for as long as a connection has it.
#[derive(Debug, Default)]
pub(crate) struct Shm {
    /// Its regions; each stays where it is.
    pub(crate) regions: Mutex<Vec<Region>>,
    locks: Mutex<[Slot; SHM_LOCKS]>,
}

/// A piece of memory that connections share; SQLite itself sees to it that they do not disturb each other.
#[derive(Debug)]
pub(crate) struct Region(pub(crate) Box<[std::sync::atomic::AtomicU64]>);

#[derive(Debug, Default, Clone)]
struct Slot {
    shared: Vec<u64>,
    exclusive: Option<u64>,
}

impl Shm {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn lock(
        &self,
        who: u64,
        slots: std::ops::Range<usize>,
        exclusive: bool,
    ) -> Result<(), Busy> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        let locks = &mut locks[slots];
        let free = |slot: &Slot| {
            let alone = !exclusive || slot.shared.iter().all(|other| *other == who);
            slot.exclusive.is_none_or(|other| other == who) && alone
        };
        if !locks.iter().all(free) {
            return Err(Busy);
        }
        for slot in locks {
            match exclusive {
                true => slot.exclusive = Some(who),
                false if !slot.shared.contains(&who) => slot.shared.push(who),
                false => {}
            }
        }
        Ok(())
    }

    pub(crate) fn unlock(&self, who: u64, slots: std::ops::Range<usize>) {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in &mut locks[slots] {
            slot.shared.retain(|other| *other != who);
            slot.exclusive = slot.exclusive.filter(|other| *other != who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_waits_for_readers_and_lets_nobody_else_in() {
        let mut locks = Locks::default();
        for who in [1, 2] {
            locks.lock(who, SHARED).unwrap();
        }
        locks.lock(1, RESERVED).unwrap();
        assert_eq!(locks.lock(2, RESERVED), Err(Busy));
        locks.lock(3, SHARED).unwrap();
        assert_eq!(locks.lock(1, EXCLUSIVE), Err(Busy));
        assert_eq!(locks.lock(4, SHARED), Err(Busy));
        locks.unlock(2, NONE);
        locks.unlock(3, NONE);
        locks.lock(1, EXCLUSIVE).unwrap();
        assert!(locks.is_reserved());
        locks.unlock(1, SHARED);
        assert!(!locks.is_reserved());
        locks.lock(4, SHARED).unwrap();
    }

    #[test]
    fn shared_memory_has_one_writer_or_many_readers() {
        let shm = Shm::new();
        shm.lock(1, 3..4, false).unwrap();
        shm.lock(2, 3..4, false).unwrap();
        assert_eq!(shm.lock(1, 3..4, true), Err(Busy));
        shm.lock(1, 0..3, true).unwrap();
        assert_eq!(shm.lock(2, 2..3, false), Err(Busy));
        shm.unlock(1, 0..3);
        shm.lock(2, 0..3, true).unwrap();
    }
}
