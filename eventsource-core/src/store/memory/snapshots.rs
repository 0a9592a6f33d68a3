//! Snapshots in memory.

use std::future::{Future, ready};

use crate::snapshot::{Fingerprint, Snapshot, SnapshotStore};
use crate::store::error::StoreError;
use crate::store::memory::{Log, MemoryStore, index};
use crate::store::stream::StreamName;

impl SnapshotStore for MemoryStore {
    async fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, StoreError> {
        let log = self.log();
        let kept = log.snapshots.get(&stream).map_or(&[][..], Vec::as_slice);
        // A store in memory has one life, and no event of it is ever gone: what was kept can be used.
        let found = kept.iter().find(|kept| kept.fingerprint == fingerprint);
        Ok(found.cloned())
    }

    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let checked = snapshot.check_size();
        if checked.is_ok() && snapshot.incarnation == self.shared.identity.incarnation {
            self.log().keep(snapshot);
        }
        ready(checked)
    }

    async fn forget_snapshots(&self, stream: Option<StreamName>) -> Result<u64, StoreError> {
        let mut log = self.log();
        let forgotten = match stream {
            Some(stream) => log.snapshots.remove(&stream).map_or(0, |kept| kept.len()),
            None => std::mem::take(&mut log.snapshots)
                .values()
                .map(Vec::len)
                .sum(),
        };
        Ok(forgotten as u64)
    }
}

impl Log {
    /// Whether the last event of a snapshot is where it says.
    fn has(&self, snapshot: &Snapshot) -> bool {
        let last = snapshot.version.0.checked_sub(1);
        let event = last.and_then(|last| self.stream(&snapshot.stream).get(index(last)));
        event.is_some_and(|entry| entry.event.position == snapshot.position)
    }

    /// The one that was kept last stands last.
    fn keep(&mut self, snapshot: Snapshot) {
        if !self.has(&snapshot) {
            return;
        }
        let kept = self.snapshots.entry(snapshot.stream.clone()).or_default();
        let same = |other: &Snapshot| other.fingerprint == snapshot.fingerprint;
        let known = kept.iter().position(same);
        let earlier = known.map(|known| kept.remove(known));
        let newest = match earlier {
            Some(earlier) if earlier.version > snapshot.version => earlier,
            _ => snapshot,
        };
        kept.push(newest);
        if kept.len() > 2 {
            kept.remove(0);
        }
    }
}
