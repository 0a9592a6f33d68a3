//! Two processes on one file keep every promise together.

use eventsource_sqlite::SqliteStore;
use tempfile::TempDir;

async fn open(path: &str) -> SqliteStore {
    SqliteStore::open(path).await.expect("the store opens")
}

async fn fresh() -> (String, TempDir) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the test");
    (
        folder.path().join("events.db").display().to_string(),
        folder,
    )
}

eventsource_conformance::two_process_tests!(open: open, fresh: fresh);
