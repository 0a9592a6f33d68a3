//! The store in memory keeps every promise.

use eventsource_conformance::Account;
use eventsource_core::{AnySnapshotStore, MemoryStore, Repository, Retry};

async fn fresh() -> MemoryStore {
    MemoryStore::new()
}

/// A repository that gives up soon.
fn impatient(store: MemoryStore) -> Repository<Account, MemoryStore> {
    let retry = Retry {
        attempts: 2,
        ..Retry::default()
    };
    Repository::new(store).retry(retry)
}

eventsource_conformance::boundary_store_tests!(fresh);
eventsource_conformance::dense_positions_tests!(fresh);
eventsource_conformance::snapshot_store_tests!(fresh);
eventsource_conformance::checkpoint_store_tests!(fresh);
eventsource_conformance::repository_tests!(fresh, repository: impatient);

/// And so does one whose type is forgotten.
mod erased {
    use super::*;

    async fn fresh() -> AnySnapshotStore {
        AnySnapshotStore::new(MemoryStore::new())
    }

    eventsource_conformance::snapshot_store_tests!(fresh);
}
