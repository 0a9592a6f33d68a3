//! A disk with one folder: names, files, power, and a log of what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use crate::file::{Fate, File};
use crate::lock::{Locks, Shm};

/// A disk that can lose its power. It takes the place of one folder.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

/// What was done on a disk, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The name of the file; empty for what was [said](Disk::say).
    pub file: String,
    /// What was done.
    pub doing: Doing,
}

/// One entry of a disk's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// Bytes were written.
    Write {
        /// Where they begin.
        offset: usize,
        /// What was written.
        bytes: Vec<u8>,
    },
    /// The file was made durable.
    Sync,
    /// A test has said something.
    Said(String),
}

/// The disk has no power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoPower;

pub(crate) type Powered<T = ()> = Result<T, NoPower>;

#[derive(Debug, Default)]
pub(crate) struct State {
    /// How often it was started. A connection belongs to one boot.
    pub(crate) boot: u64,
    off: bool,
    operations: u64,
    all_syncs: u64,
    cut: Option<Cut>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    /// The names that were made or deleted since the folder was synced.
    pending_names: BTreeSet<String>,
    nodes: BTreeMap<u64, Node>,
    last_node: u64,
    syncs: BTreeMap<String, u64>,
    log: Option<Vec<Done>>,
}

/// When the power is cut.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// At the operation with this number, or one after it.
    Operation(u64),
    /// At the sync with this number, or one after it.
    Sync(u64),
}

/// A file, with what the processes that have it open share.
#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) file: File,
    pub(crate) locks: Locks,
    pub(crate) shm: Option<Weak<Shm>>,
}

impl Node {
    /// The shared memory that other connections have, or a new one.
    pub(crate) fn shm(&mut self) -> Arc<Shm> {
        if let Some(shm) = self.shm.as_ref().and_then(Weak::upgrade) {
            return shm;
        }
        let shm = Shm::new();
        self.shm = Some(Arc::downgrade(&shm));
        shm
    }
}

/// Where the disks are.
static DISKS: RwLock<BTreeMap<PathBuf, Arc<Disk>>> = RwLock::new(BTreeMap::new());

impl Disk {
    /// Puts an empty disk in the place of this folder, in the place of one that was there.
    pub fn insert(folder: &Path) -> Arc<Self> {
        let disk = Arc::new(Self::empty(folder));
        let mut disks = DISKS.write().unwrap_or_else(PoisonError::into_inner);
        disks.insert(folder.to_owned(), Arc::clone(&disk));
        disk
    }

    /// A disk that nobody can find, for files without a name.
    pub(crate) fn empty(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            state: Mutex::default(),
        }
    }

    /// The disk that holds this file.
    pub(crate) fn of(file: &Path) -> Option<Arc<Self>> {
        let disks = DISKS.read().unwrap_or_else(PoisonError::into_inner);
        disks.get(file.parent()?).cloned()
    }

    /// Takes the disk out.
    pub fn remove(&self) {
        let mut disks = DISKS.write().unwrap_or_else(PoisonError::into_inner);
        disks.remove(&self.folder);
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the power at the operation that comes after so many more: a write, a sync, a change of a size, a name that
    /// is made or deleted.
    pub fn cut_after(&self, operations: u64) {
        let mut state = self.state();
        state.cut = Some(Cut::Operation(state.operations + operations));
    }

    /// Cuts the power at the sync that comes after so many more: everything is written, nothing is certain.
    pub fn cut_at_sync_after(&self, syncs: u64) {
        let mut state = self.state();
        state.cut = Some(Cut::Sync(state.all_syncs + syncs));
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        self.state().off
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// How often files with such an end of their name were synced (`.db`, `-wal`).
    pub fn syncs(&self, end: &str) -> u64 {
        let state = self.state();
        let named = state.syncs.iter().filter(|(name, _)| name.ends_with(end));
        named.map(|(_, count)| count).sum()
    }

    /// Starts the machine again, after a power cut if it was on: what was not synced survives or does not, as the seed
    /// has it. Whoever had a file open has lost it.
    pub fn restart(&self, seed: u64) {
        let mut fate = Fate::new(seed);
        let mut state = self.state();
        let mut names = state.durable_names.clone();
        for name in &state.pending_names {
            if !fate.survives() {
                continue;
            }
            match state.names.get(name) {
                Some(node) => names.insert(name.clone(), *node),
                None => names.remove(name),
            };
        }
        let kept: BTreeSet<u64> = names.values().copied().collect();
        let mut nodes = BTreeMap::new();
        for (number, node) in &state.nodes {
            if kept.contains(number) {
                let file = node.file.after_power_cut(&mut fate);
                let node = Node {
                    file,
                    ..Node::default()
                };
                nodes.insert(*number, node);
            }
        }
        *state = State {
            boot: state.boot + 1,
            off: false,
            cut: None,
            durable_names: names.clone(),
            names,
            pending_names: BTreeSet::new(),
            nodes,
            operations: state.operations,
            all_syncs: state.all_syncs,
            last_node: state.last_node,
            syncs: std::mem::take(&mut state.syncs),
            log: state.log.take(),
        };
    }

    /// Begins to keep a log.
    pub fn keep_log(&self) {
        self.state().log = Some(Vec::new());
    }

    /// Adds something to the log.
    pub fn say(&self, text: String) {
        self.state().note("", || Doing::Said(text));
    }

    /// What was done since [`keep_log`](Self::keep_log) was called.
    pub fn log(&self) -> Vec<Done> {
        self.state().log.clone().unwrap_or_default()
    }
}

impl State {
    /// To be called with a connection's boot before anything else: an error if it has lost its power.
    pub(crate) fn powered(&self, boot: u64) -> Powered {
        match self.off || boot != self.boot {
            true => Err(NoPower),
            false => Ok(()),
        }
    }

    /// Counts an operation that changes something, and tells it whether the power is cut at it: what is written then may
    /// survive in part.
    fn operate(&mut self, boot: u64, change: impl FnOnce(&mut Self, bool)) -> Powered {
        self.powered(boot)?;
        let cut = match self.cut {
            Some(Cut::Operation(number)) => self.operations >= number,
            Some(Cut::Sync(number)) => self.all_syncs > number,
            None => false,
        };
        self.operations += 1;
        change(self, cut);
        self.off = cut;
        match cut {
            true => Err(NoPower),
            false => Ok(()),
        }
    }

    fn note(&mut self, file: &str, doing: impl FnOnce() -> Doing) {
        if let Some(log) = &mut self.log {
            log.push(Done {
                file: file.to_owned(),
                doing: doing(),
            });
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<u64> {
        self.names.get(name).copied()
    }

    pub(crate) fn make(&mut self, boot: u64, name: &str) -> Powered<u64> {
        let number = self.last_node + 1;
        self.operate(boot, |state, _| {
            state.last_node = number;
            state.nodes.insert(number, Node::default());
            state.names.insert(name.to_owned(), number);
            state.pending_names.insert(name.to_owned());
        })?;
        Ok(number)
    }

    pub(crate) fn delete(&mut self, boot: u64, name: &str, sync_folder: bool) -> Powered {
        self.operate(boot, |state, cut| {
            state.names.remove(name);
            state.pending_names.insert(name.to_owned());
            if sync_folder && !cut {
                state.sync_folder();
            }
        })
    }

    fn sync_folder(&mut self) {
        self.durable_names = self.names.clone();
        self.pending_names.clear();
    }

    /// The file with this number, which was found or made during this boot.
    pub(crate) fn node(&mut self, number: u64) -> Powered<&mut Node> {
        self.nodes.get_mut(&number).ok_or(NoPower)
    }

    pub(crate) fn write(
        &mut self,
        boot: u64,
        (number, name): (u64, &str),
        offset: usize,
        bytes: &[u8],
    ) -> Powered {
        self.operate(boot, |state, _| {
            if let Ok(node) = state.node(number) {
                node.file.write(offset, bytes);
            }
            state.note(name, || Doing::Write {
                offset,
                bytes: bytes.to_vec(),
            });
        })
    }

    pub(crate) fn truncate(&mut self, boot: u64, number: u64, size: usize) -> Powered {
        self.operate(boot, |state, _| {
            if let Ok(node) = state.node(number) {
                node.file.truncate(size);
            }
        })
    }

    pub(crate) fn sync(
        &mut self,
        boot: u64,
        (number, name): (u64, &str),
        folder_too: bool,
    ) -> Powered {
        // A sync at which the power is cut has perhaps written something: what was not synced may survive anyway.
        // It is counted before, so that the power is cut at the sync itself.
        self.all_syncs += 1;
        self.operate(boot, |state, cut| {
            if cut {
                return;
            }
            if let Ok(node) = state.node(number) {
                node.file.sync();
            }
            if folder_too {
                state.sync_folder();
            }
            *state.syncs.entry(name.to_owned()).or_default() += 1;
            state.note(name, || Doing::Sync);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_durable_after_its_folder_was_synced() {
        let disk = Disk::empty(Path::new("/nowhere"));
        let number = disk.state().make(0, "a").unwrap();
        disk.state().write(0, (number, "a"), 0, b"text").unwrap();
        disk.state().sync(0, (number, "a"), false).unwrap();
        let survives = |seed: u64| {
            let other = Disk::empty(Path::new("/nowhere"));
            let number = other.state().make(0, "a").unwrap();
            other.state().sync(0, (number, "a"), false).unwrap();
            other.restart(seed);
            other.state().find("a").is_some()
        };
        let count = (0..50).filter(|seed| survives(*seed)).count();
        assert!((1..50).contains(&count), "{count} of 50");
        disk.state().sync(0, (number, "a"), true).unwrap();
        for seed in 0..50 {
            disk.restart(seed);
            assert_eq!(disk.state().find("a"), Some(number));
        }
    }

    #[test]
    fn after_the_cut_nothing_works_until_the_restart() {
        let disk = Disk::empty(Path::new("/nowhere"));
        let number = disk.state().make(0, "a").unwrap();
        disk.cut_after(1);
        disk.state().write(0, (number, "a"), 0, b"1").unwrap();
        assert_eq!(disk.state().write(0, (number, "a"), 0, b"2"), Err(NoPower));
        assert!(disk.is_off());
        assert_eq!(disk.state().sync(0, (number, "a"), true), Err(NoPower));
        disk.restart(1);
        assert_eq!(disk.state().powered(0), Err(NoPower), "of an earlier boot");
        assert_eq!(disk.state().powered(1), Ok(()));
    }
}
