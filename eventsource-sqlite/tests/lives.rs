//! G9: copies, backups and restored files begin a new life; a file that was only moved does not.

mod scratch;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, LogScan, Position, Store, StoreError, StoreIdentity, StreamName,
};
use eventsource_sqlite::{Durability, SqliteStore};
use scratch::{event, path};

fn some(count: usize) -> Append {
    let append = Append::to(StreamName::parse("sample/1").unwrap());
    (0..count).fold(append, |append, _| append.event(event()))
}

/// Opens the store, appends, closes it, and says who it was.
async fn used(path: &Path, events: usize) -> StoreIdentity {
    let store = SqliteStore::open(path).await.unwrap();
    if events > 0 {
        store.append(Arc::new(some(events))).await.unwrap();
    }
    let identity = store.identity();
    store.close().await;
    identity
}

fn renewed(now: StoreIdentity, before: StoreIdentity) -> bool {
    assert_eq!(now.id, before.id, "it is the same store");
    now.incarnation != before.incarnation
}

#[tokio::test]
async fn g9_a_file_that_stays_or_moves_keeps_its_life() {
    let path = path("moves");
    let first = used(&path, 3).await;
    assert_eq!(used(&path, 3).await, first);
    let elsewhere = path.with_file_name("elsewhere.db");
    fs::rename(&path, &elsewhere).unwrap();
    assert_eq!(used(&elsewhere, 1).await, first);
}

#[tokio::test]
async fn g9_a_copy_begins_a_new_life_once() {
    let path = path("copy");
    let first = used(&path, 3).await;
    let copy = path.with_file_name("copy.db");
    fs::copy(&path, &copy).unwrap();
    let second = used(&copy, 0).await;
    assert!(renewed(second, first));
    assert_eq!(used(&copy, 1).await, second);
    assert_eq!(used(&path, 1).await, first, "the original has not changed");
}

#[tokio::test]
async fn g9_a_copy_that_replaces_its_original_goes_on() {
    let path = path("replaces");
    let first = used(&path, 3).await;
    let copy = path.with_file_name("copy.db");
    fs::copy(&path, &copy).unwrap();
    let store = SqliteStore::options().moved().open(&copy).await.unwrap();
    assert_eq!(store.identity(), first);
    store.close().await;
    assert_eq!(used(&copy, 1).await, first, "the word is needed once");
}

/// The inode of a deleted file is often given to the next one.
#[tokio::test]
async fn g9_a_file_that_was_deleted_and_restored_begins_a_new_life() {
    let path = path("restored");
    let first = used(&path, 3).await;
    let copy = path.with_file_name("copy.db");
    fs::copy(&path, &copy).unwrap();
    used(&path, 3).await;
    fs::remove_file(&path).unwrap();
    fs::copy(&copy, &path).unwrap();
    assert!(renewed(used(&path, 0).await, first));
}

#[tokio::test]
async fn g9_a_file_that_was_overwritten_by_an_older_copy_begins_a_new_life() {
    let path = path("overwritten");
    let first = used(&path, 3).await;
    let copy = fs::read(&path).unwrap();
    used(&path, 1).await;
    // In place: the file stays the same, and its inode.
    fs::write(&path, &copy).unwrap();
    let second = used(&path, 0).await;
    assert!(renewed(second, first));
    assert_eq!(used(&path, 5).await, second);
    // The same copy once more. It knows nothing of the second life.
    fs::write(&path, &copy).unwrap();
    let third = used(&path, 0).await;
    assert!(renewed(third, first) && renewed(third, second));
}

#[tokio::test]
async fn g9_what_was_known_of_an_earlier_life_is_refused() {
    let path = path("refused");
    let first = used(&path, 3).await;
    let copy = fs::read(&path).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(Arc::new(some(1))).await.unwrap();
    let mut events = store.subscribe(Position(3));
    events.next().await.unwrap().unwrap();
    let checkpoint = events.checkpoint();
    drop(events);
    store.close().await;
    fs::write(&path, &copy).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(Arc::new(some(9))).await.unwrap();
    assert!(matches!(
        store.resume(checkpoint),
        Err(StoreError::OtherIncarnation { asked, .. }) if asked == first.incarnation
    ));
    let late = store
        .append(Arc::new(some(1).incarnation(first.incarnation)))
        .await;
    assert!(
        matches!(
            late,
            Err(AppendError::Store(StoreError::OtherIncarnation { .. }))
        ),
        "{late:?}"
    );
    store.close().await;
}

#[tokio::test]
async fn g9_a_life_that_another_process_began_is_seen() {
    let path = path("another");
    // Two stores on one file are to each other as two processes are.
    let one = SqliteStore::open(&path).await.unwrap();
    let two = SqliteStore::open(&path).await.unwrap();
    let first = one.identity();
    let mut events = two.subscribe(Position::START);
    one.append(Arc::new(some(1))).await.unwrap();
    events.next().await.unwrap().unwrap();
    let second = one.renew_incarnation().await.unwrap();
    assert!(renewed(second, first));
    assert_eq!(one.identity(), second);
    let decided = Arc::new(some(1).incarnation(first.incarnation));
    let late = two.append(decided).await;
    assert!(
        matches!(late, Err(AppendError::Store(StoreError::OtherIncarnation { this, .. })) if this == second.incarnation)
    );
    let next = two.append(Arc::new(some(1).incarnation(second.incarnation)));
    next.await.unwrap();
    assert_eq!(two.identity(), second);
    assert!(
        matches!(
            events.next().await,
            Some(Err(StoreError::OtherIncarnation { .. }))
        ),
        "a subscription does not go on into another life"
    );
    one.close().await;
    two.close().await;
    assert_eq!(used(&path, 0).await, second);
}

#[tokio::test]
async fn g9_commits_that_a_power_cut_took_are_noticed() {
    let path = path("took");
    let store = SqliteStore::options()
        .durability(Durability::Process)
        .open(&path)
        .await
        .unwrap();
    let first = store.identity();
    store.append(Arc::new(some(2))).await.unwrap();
    let [file, log] = ["events.db", "events.db-wal"].map(|name| path.with_file_name(name));
    let then = (fs::read(&file).unwrap(), fs::read(&log).unwrap());
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    store.append(Arc::new(some(2))).await.unwrap();
    store.close().await;
    // What the disk might have after a power cut: the log without its end.
    fs::write(&file, then.0).unwrap();
    fs::write(&log, then.1).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(2));
    assert!(renewed(store.identity(), first));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_others_write() {
    let path = path("backup");
    let store = SqliteStore::open(&path).await.unwrap();
    let first = store.identity();
    store.append(Arc::new(some(2_000))).await.unwrap();
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for _ in 0..200 {
                store.append(Arc::new(some(3))).await.unwrap();
            }
        }
    });
    let target = path.with_file_name("backup.db");
    let head = store.backup_to(&target).await.unwrap();
    writing.await.unwrap();
    let again = store.backup_to(&target).await.unwrap_err();
    assert!(again.to_string().contains("exists"), "{again}");
    assert!(!target.with_file_name("backup.db-partial").exists());
    let until = LogScan::default().limit(usize::try_from(head.0).unwrap());
    let expected = store.read_all(until).await.unwrap();
    store.close().await;

    // A backup is used where it is copied to, any number of times.
    let copies = ["restored-1.db", "restored-2.db"].map(|name| path.with_file_name(name));
    let mut lives = vec![first.incarnation];
    for copy in copies {
        fs::copy(&target, &copy).unwrap();
        let store = SqliteStore::options().open(&copy).await.unwrap();
        assert_eq!(store.read_all(LogScan::default()).await.unwrap(), expected);
        assert!(renewed(store.identity(), first));
        lives.push(store.identity().incarnation);
        store.append(Arc::new(some(1))).await.unwrap();
        assert_eq!(store.head().await.unwrap().0, head.0 + 1);
        store.close().await;
    }
    lives.sort();
    lives.dedup();
    assert_eq!(lives.len(), 3, "each copy has a life of its own");
}

#[tokio::test]
async fn a_backup_into_a_folder_that_is_not_there_is_an_error() {
    let path = path("backup-nowhere");
    let store = SqliteStore::open(&path).await.unwrap();
    let target = path.with_file_name("nowhere").join("backup.db");
    let error = store.backup_to(&target).await.unwrap_err();
    assert!(
        error.to_string().contains("nowhere/backup.db"),
        "the error names the file: {error}"
    );
    store.append(Arc::new(some(1))).await.unwrap();
    store.close().await;
}
