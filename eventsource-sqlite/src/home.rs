//! What tells one file from another: a copy of a store's file has the same content, but is not the same file.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What a file keeps when it is moved within its filesystem, and a copy does not have: its inode, and when it was born.
///
/// The inode alone would not do, as a file that is made after another one was deleted is often given its inode. The
/// device is left out, as some filesystems have another number after each start of the machine. `None` where the file
/// is not one of the operating system, or where nothing is known of it.
pub(crate) fn home(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    let born = metadata.created().ok();
    let born = born.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    match (inode(&metadata), born) {
        (None, None) => None,
        (inode, born) => Some(format!(
            "inode {} born {}",
            inode.map_or(0, |(_, inode)| inode),
            born.map_or(0, |born| born.as_nanos())
        )),
    }
}

/// The device and the inode.
#[cfg(unix)]
fn inode(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// The files that an open store writes to, as they were found at their paths.
///
/// Who has a file open goes on writing to it after it was deleted or replaced, and what is written then is gone with
/// the last one who has it open. So before each commit the store looks whether they are still there.
#[derive(Debug)]
pub(crate) struct Anchor(Vec<(PathBuf, Option<(u64, u64)>)>);

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

/// The path of a file that lies beside the database.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
