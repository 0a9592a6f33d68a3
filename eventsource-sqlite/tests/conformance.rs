//! The store keeps every promise.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use eventsource_sqlite::SqliteStore;

async fn fresh() -> SqliteStore {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("conformance-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    SqliteStore::open(folder.join(format!("{number}.db")))
        .await
        .expect("a new store")
}

eventsource_conformance::boundary_store_tests!(fresh);
eventsource_conformance::dense_positions_tests!(fresh);
eventsource_conformance::snapshot_store_tests!(fresh);
eventsource_conformance::checkpoint_store_tests!(fresh);
