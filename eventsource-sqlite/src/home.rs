//! What tells one file from another: a copy of a store's file has the same content, but is not the same file.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// What a file keeps when it is moved within its filesystem, and a copy does not have: its inode, and when it was born.
///
/// The inode alone would not do, as a file that is made after another one was deleted is often given its inode. The
/// device is left out, as some filesystems have another number after each start of the machine. `None` where the file
/// is not one of the operating system, or where nothing is known of it.
pub(crate) fn home(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    let (_, inode) = inode(&metadata);
    let born = metadata.created().ok();
    let born = born.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let born = born.map_or(0, |born| born.as_nanos());
    ((inode, born) != (0, 0)).then(|| format!("inode {inode} born {born}"))
}

/// The device and the inode; zeros where there are none.
#[cfg(unix)]
fn inode(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// The files that an open store writes to, as they were found at their paths.
///
/// Who has a file open goes on writing to it after it was deleted or replaced, and what is written then is gone with
/// the last one who has it open. So the store looks again and again whether they are still there.
#[derive(Debug)]
pub(crate) struct Anchor(Vec<(PathBuf, (u64, u64))>);

impl Anchor {
    /// The database, its log, and the index of the log, where they are files of the operating system.
    pub(crate) fn of(database: &Path) -> Self {
        let found = ["", "-wal", "-shm"].into_iter().filter_map(|suffix| {
            let path = beside(database, suffix);
            let metadata = std::fs::metadata(&path).ok()?;
            Some((path, inode(&metadata)))
        });
        Self(found.collect())
    }

    /// What has become of a file that is no longer where it was.
    pub(crate) fn lost(&self) -> Option<String> {
        self.0
            .iter()
            .find_map(|(path, known)| match std::fs::metadata(path) {
                Ok(metadata) if inode(&metadata) == *known => None,
                Ok(_) => Some(format!(
                    "`{}` was replaced by another file while the store was open",
                    path.display()
                )),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(format!(
                    "`{}` was deleted or moved away while the store was open",
                    path.display()
                )),
                // Nothing is known, so nothing is wrong.
                Err(_) => None,
            })
    }
}

/// When somebody has looked for the files last. What was written a moment after a file was moved away might as well have
/// been written a moment before, so nobody needs to look each time.
#[derive(Debug)]
pub(crate) struct Lookout {
    last: Instant,
    every: Duration,
}

impl Lookout {
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            last: Instant::now(),
            every,
        }
    }

    /// What has become of a file, if it is time to look, and one is not where it was.
    pub(crate) fn lost(&mut self, anchor: &Anchor) -> Option<String> {
        if self.last.elapsed() < self.every {
            return None;
        }
        let lost = anchor.lost();
        if lost.is_none() {
            self.last = Instant::now();
        }
        lost
    }
}

/// The path of a file that lies beside the database.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
