//! A disk that loses power at any moment, for tests of what SQLite keeps.
//!
//! [`Disk::insert`] makes a disk for one folder, and [`install`] makes SQLite use such disks in this process. The files
//! are in memory. The model is as strict as what SQLite asks of a disk, and stricter than most of them:
//!
//! - **A write** changes what every process sees, and nothing else. Until the file is synced, each sector of 512 bytes
//!   that was written may or may not be on the disk after a power cut, in the form that any of the writes since the last
//!   sync has given it, whatever became of other sectors: so writes are lost, reordered, and torn. A sector itself may
//!   be torn once, its beginning new and its end old. Bytes outside of what was written stay as they are.
//! - **The size** of a file after a power cut is the old or the new one, or, where it has grown, one in between. What lies
//!   beyond the old size and was not kept is zeros or garbage. That a file is made shorter as a whole or not at all is
//!   what SQLite relies on, and what filesystems with a journal do.
//! - **A sync** makes one file durable, and is the only thing that does.
//! - **A name** that was made or deleted is durable once its folder is synced; until then each of them may be undone.
//!   As SQLite does on Unix, the first sync of a journal or log that was made new also syncs the folder, and so does a
//!   deletion with which SQLite asks for it.
//! - **A power cut** happens at an operation that is given by its number. That operation may have been carried out in
//!   part; it and all later ones fail until [`Disk::restart`]. Locks and shared memory are gone with the power.
//!
//! A disk that says that it has synced and has not is not part of the model: nothing could be promised on it.

mod disk;
mod file;
mod lock;
mod vfs;

pub use disk::{Disk, Doing, Done};
pub use vfs::install;
