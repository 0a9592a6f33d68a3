//! Files that are deleted, replaced, or may not be written: clear errors, and nothing is lost.

mod scratch;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{Append, AppendError, LogScan, Position, Store, StoreError, StreamName};
use eventsource_sqlite::SqliteStore;
use scratch::{event, path};

fn one() -> Arc<Append> {
    Arc::new(Append::to(StreamName::parse("sample/1").unwrap()).event(event()))
}

/// An append that is refused because of what has become of a file: what the error says.
async fn refused(store: &SqliteStore) -> String {
    // The store looks every few milliseconds.
    tokio::time::sleep(Duration::from_millis(20)).await;
    match store.append(one()).await {
        Err(AppendError::Store(StoreError::Damaged { reason, .. })) => reason,
        other => panic!("the answer to the append is {other:?}"),
    }
}

/// The same of a read, within the time in which readers look.
async fn unreadable(store: &SqliteStore) -> String {
    for _ in 0..200 {
        match store.head().await {
            Err(StoreError::Damaged { reason, .. }) => return reason,
            Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(other) => panic!("the answer to the read is {other:?}"),
        }
    }
    panic!("what is read after two seconds is from a file that is not there");
}

#[tokio::test]
async fn a_file_that_is_moved_away_is_noticed_and_used_again_once_it_is_back() {
    let path = path("away");
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(one()).await.unwrap();
    let waits = tokio::spawn({
        let store = store.clone();
        async move { store.wait_beyond(Position(1)).await }
    });
    let elsewhere = path.with_file_name("elsewhere.db");
    fs::rename(&path, &elsewhere).unwrap();
    let reason = refused(&store).await;
    assert!(
        reason.contains("events.db") && reason.contains("deleted or moved"),
        "{reason}"
    );
    assert_eq!(unreadable(&store).await, reason);
    // Who waits for an event that nobody can store any more is sent to see for himself.
    let woken = tokio::time::timeout(Duration::from_secs(10), waits).await;
    woken.expect("it still waits").unwrap().unwrap();

    fs::rename(&elsewhere, &path).unwrap();
    store.append(one()).await.unwrap();
    assert_eq!(store.read_all(LogScan::default()).await.unwrap().len(), 2);
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(2));
    store.close().await;
}

#[tokio::test]
async fn a_file_that_is_replaced_is_noticed() {
    let path = path("replaced");
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(one()).await.unwrap();
    let copy = path.with_file_name("copy.db");
    store.backup_to(&copy).await.unwrap();
    let before = store.identity();
    fs::rename(&copy, &path).unwrap();
    let reason = refused(&store).await;
    assert!(reason.contains("replaced"), "{reason}");
    assert_eq!(unreadable(&store).await, reason);
    assert!(store.renew_incarnation().await.is_err());
    store.close().await;
    for left in ["-wal", "-shm"] {
        fs::remove_file(path.with_extension(format!("db{left}"))).ok();
    }
    let store = SqliteStore::open(&path).await.unwrap();
    assert_ne!(store.identity(), before);
    store.append(one()).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(2));
    store.close().await;
}

#[tokio::test]
async fn a_log_that_is_deleted_is_noticed() {
    for end in ["db-wal", "db-shm"] {
        let path = path(end);
        let store = SqliteStore::open(&path).await.unwrap();
        store.append(one()).await.unwrap();
        let (log, elsewhere) = (path.with_extension(end), path.with_file_name("elsewhere"));
        fs::rename(&log, &elsewhere).unwrap();
        let reason = refused(&store).await;
        assert!(reason.contains(end), "{reason}");
        fs::rename(&elsewhere, &log).unwrap();
        store.append(one()).await.unwrap();
        store.close().await;
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.head().await.unwrap(), Position(2));
        store.close().await;
    }
}

#[cfg(unix)]
mod not_writable {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    const CHILD: &str = "EVENTSOURCE_TEST_NOT_WRITABLE";
    /// A user whom files bind, unlike root: on most systems, nobody.
    const SOMEBODY: u32 = 65_534;

    #[tokio::test]
    #[ignore = "runs as another user, for the other tests"]
    async fn the_other_user() {
        let Ok(path) = std::env::var(CHILD) else {
            return;
        };
        match SqliteStore::open(path).await {
            Ok(store) => {
                let appended = store.append(one()).await;
                println!("\nopened, {appended:?}");
            }
            Err(error @ StoreError::Backend { .. }) => println!("\nfailed: {error}"),
            Err(other) => println!("\nanother error: {other}"),
        }
    }

    /// A folder of whoever opens the store, and what opens it there.
    struct Place {
        file: PathBuf,
        program: PathBuf,
        root: bool,
    }

    impl Place {
        async fn new(name: &str) -> Self {
            // Where every user can come.
            let name = format!("eventsource-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            fs::remove_dir_all(&folder).ok();
            fs::create_dir_all(&folder).unwrap();
            let (file, program) = (folder.join("events.db"), folder.join("program"));
            fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
            let store = SqliteStore::open(&file).await.unwrap();
            store.append(one()).await.unwrap();
            store.close().await;
            let root = fs::metadata(&folder).unwrap().uid() == 0;
            let place = Self {
                file,
                program,
                root,
            };
            if root {
                for path in [&folder, &place.file, &place.beside("-turn")] {
                    chown(path, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
                }
            }
            place
        }

        fn beside(&self, end: &str) -> PathBuf {
            self.file.with_extension(format!("db{end}"))
        }

        /// What the other user is told.
        fn told(&self) -> String {
            let mut command = Command::new(&self.program);
            command
                .args(["--exact", "not_writable::the_other_user", "--ignored"])
                .arg("--nocapture")
                .env(CHILD, &self.file)
                .current_dir(self.file.parent().unwrap());
            if self.root {
                command.uid(SOMEBODY).gid(SOMEBODY);
            }
            let output = command.output().unwrap();
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let told = printed.lines().find(|line| {
                ["opened", "failed", "another"]
                    .iter()
                    .any(|word| line.starts_with(word))
            });
            told.unwrap_or_else(|| panic!("it said nothing: {printed}"))
                .to_owned()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let folder = self.file.parent().unwrap();
            mode(folder, 0o700);
            fs::remove_dir_all(folder).ok();
        }
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[tokio::test]
    async fn a_read_only_file_is_an_error_and_is_not_changed() {
        let place = Place::new("read-only-file").await;
        let before = fs::read(&place.file).unwrap();
        mode(&place.file, 0o444);
        let told = place.told();
        assert!(
            told.starts_with("failed") && told.contains("read-only") && told.contains("events.db"),
            "{told}"
        );
        assert_eq!(fs::read(&place.file).unwrap(), before);
        mode(&place.file, 0o644);
        let told = place.told();
        assert!(
            told.contains("opened, Ok") && told.contains("Position(2)"),
            "{told}"
        );
    }

    #[tokio::test]
    async fn a_read_only_folder_is_an_error_and_nothing_is_changed() {
        let place = Place::new("read-only-folder").await;
        let before = fs::read(&place.file).unwrap();
        mode(place.file.parent().unwrap(), 0o555);
        let told = place.told();
        assert!(
            told.starts_with("failed") && told.contains("events.db"),
            "{told}"
        );
        assert_eq!(fs::read(&place.file).unwrap(), before);
        mode(place.file.parent().unwrap(), 0o755);
        let told = place.told();
        assert!(
            told.contains("opened, Ok") && told.contains("Position(2)"),
            "{told}"
        );
    }

    #[tokio::test]
    async fn a_file_that_may_not_be_read_is_an_error() {
        let place = Place::new("unreadable").await;
        mode(&place.file, 0o000);
        let told = place.told();
        assert!(
            told.starts_with("failed") && told.contains("events.db"),
            "{told}"
        );
        mode(&place.file, 0o644);
        assert!(place.told().contains("opened, Ok"));
    }
}
