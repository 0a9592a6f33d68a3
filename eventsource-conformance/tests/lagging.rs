//! A store whose reads lag, where they may, keeps every promise; and a repository on it answers as on any other.

use std::sync::Arc;

use eventsource_conformance::Account;
use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, IdSource as _, Key, LogScan,
    ManyStreams, MemoryStore, MultiStreamStore, Outcome, Position, RandomIds, Repository, Store,
    StoreError, StoreIdentity, StreamScan, Version, Visit,
};

/// A store in memory whose scans lack the latest events every other time, as one of several servers may.
#[derive(Clone)]
struct Lagging(MemoryStore);

impl Store for Lagging {
    fn identity(&self) -> StoreIdentity {
        self.0.identity()
    }

    fn reads_may_lag(&self) -> bool {
        true
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.0.append(append).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        self.0.outcome(key).await
    }

    async fn scan_stream<V: Visit>(
        &self,
        mut scan: StreamScan,
        visitor: V,
    ) -> Result<V, StoreError> {
        let dice = u64::from(RandomIds.fresh().as_bytes()[0]);
        if scan.may_lag && dice % 2 == 0 {
            let last = StreamScan::of(scan.stream.clone()).backwards().limit(1);
            let last = self.0.read_stream(last).await?;
            let last = last.first().map_or(0, |last| last.version.0);
            let seen = Version(last.saturating_sub(1 + dice / 2 % 4));
            scan.until = Some(scan.until.map_or(seen, |until| until.min(seen)));
        }
        self.0.scan_stream(scan, visitor).await
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        self.0.scan_all(scan, visitor).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.0.head().await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        self.0.wait_beyond(position).await
    }
}

impl MultiStreamStore for Lagging {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.0.append_across(append).await
    }
}

impl BoundaryStore for Lagging {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.0.append_within(append).await
    }
}

async fn fresh() -> Lagging {
    Lagging(MemoryStore::new())
}

fn cached(store: Lagging) -> Repository<Account, Lagging> {
    Repository::new(store).cache(8)
}

eventsource_conformance::boundary_store_tests!(fresh);
eventsource_conformance::repository_tests!(fresh, repository: cached);
