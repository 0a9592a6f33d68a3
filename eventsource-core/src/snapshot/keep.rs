//! What a repository does with snapshots: it begins a load with one, and offers one after a load that was long.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::aggregate::Root;
use crate::codec::Codec;
use crate::repository::load::{check, said};
use crate::snapshot::policy::Policy;
use crate::snapshot::{Snapshot, SnapshotStore, Snapshots, Snapshotted, Trail};
use crate::store::StoreIdentity;
use crate::store::stream::StreamName;
use crate::trace;

/// The snapshots of one kind of aggregate in one store, whose type is forgotten.
pub(crate) trait Keep<A>: Send + Sync {
    /// The newest snapshot that can be used in this life of this store.
    fn recall<'a>(&'a self, stream: &'a StreamName, store: StoreIdentity) -> Recalling<'a, A>;

    /// Offers a state to the store, if a snapshot is due, and waits for nothing. `took` is how long it took to load.
    fn offer(
        &self,
        stream: &StreamName,
        store: StoreIdentity,
        root: &Root<A>,
        trail: &mut Trail,
        took: Duration,
    );

    /// Where a load begins without a snapshot.
    fn trail(&self) -> Trail;
}

type Recalling<'a, A> = Pin<Box<dyn Future<Output = Option<(Root<A>, Trail)>> + Send + 'a>>;

pub(crate) struct Keeper<S, C> {
    store: S,
    codec: C,
    policy: Policy,
    after: Arc<[&'static str]>,
}

impl<S: SnapshotStore, C: Codec> Keeper<S, C> {
    pub(crate) fn new(store: S, Snapshots { policy, codec }: Snapshots<C>) -> Self {
        Self {
            store,
            codec,
            after: policy.after.as_slice().into(),
            policy,
        }
    }

    /// The state of a snapshot, or why it is not used.
    fn read<A: Snapshotted>(
        &self,
        snapshot: &Snapshot,
        store: StoreIdentity,
    ) -> Result<Root<A>, String> {
        if snapshot.incarnation != store.incarnation {
            return Err("it is of another life of the store".into());
        }
        let decode = || self.codec.decode::<A>(&snapshot.format, &snapshot.state);
        let state = catch_unwind(AssertUnwindSafe(decode))
            .map_err(|panic| said(&*panic))?
            .map_err(|error| error.to_string())?;
        let root = Root::restored(state, snapshot.version);
        catch_unwind(AssertUnwindSafe(|| check(&root))).map_err(|panic| said(&*panic))??;
        Ok(root)
    }

    fn write<A: Snapshotted>(
        &self,
        stream: &StreamName,
        store: StoreIdentity,
        root: &Root<A>,
        trail: &Trail,
    ) -> Result<Option<Snapshot>, String> {
        let Some(state) = root.state() else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let encode = || self.codec.encode(state, &mut bytes);
        catch_unwind(AssertUnwindSafe(encode))
            .map_err(|panic| said(&*panic))?
            .map_err(|error| error.to_string())?;
        let snapshot = Snapshot {
            stream: stream.clone(),
            version: root.version(),
            position: trail.position,
            latest: trail.latest,
            incarnation: store.incarnation,
            fingerprint: A::FINGERPRINT,
            format: self.codec.format().into(),
            state: bytes,
        };
        snapshot.check_size().map_err(|error| error.to_string())?;
        Ok(Some(snapshot))
    }
}

impl<A: Snapshotted, S: SnapshotStore, C: Codec> Keep<A> for Keeper<S, C> {
    fn recall<'a>(&'a self, stream: &'a StreamName, store: StoreIdentity) -> Recalling<'a, A> {
        Box::pin(async move {
            // A decision may be made in another store than the repository's.
            if self.store.identity() != store {
                return None;
            }
            let found = self.store.snapshot(stream.clone(), A::FINGERPRINT).await;
            let snapshot = match found {
                Ok(found) => found?,
                Err(error) => {
                    trace::snapshot_unused(stream, &error);
                    return None;
                }
            };
            match self.read(&snapshot, store) {
                Ok(root) => Some((root, self.trail_of(&snapshot))),
                Err(reason) => {
                    trace::snapshot_unused(stream, &reason);
                    None
                }
            }
        })
    }

    fn offer(
        &self,
        stream: &StreamName,
        store: StoreIdentity,
        root: &Root<A>,
        trail: &mut Trail,
        took: Duration,
    ) {
        let events = root.version().0.saturating_sub(trail.begun.0);
        let due = self.policy.is_due(A::EVERY, events, took, trail.marked);
        // What was read while the store began another life is perhaps not of this one.
        if !due || self.store.identity() != store {
            return;
        }
        let written = self.write(stream, store, root, trail);
        // Also where it cannot be written: it is not tried again at each event.
        trail.begin(root.version());
        match written {
            // The store goes on with it by itself.
            Ok(Some(snapshot)) => {
                trace::snapshot_taken(stream, snapshot.version.0);
                drop(self.store.keep_snapshot(snapshot));
            }
            Ok(None) => {}
            Err(reason) => trace::snapshot_not_taken(stream, &reason),
        }
    }

    fn trail(&self) -> Trail {
        Trail::looking_for(Arc::clone(&self.after))
    }
}

impl<S, C> Keeper<S, C> {
    fn trail_of(&self, snapshot: &Snapshot) -> Trail {
        let mut trail = Trail::looking_for(Arc::clone(&self.after));
        (trail.begun, trail.position, trail.latest) =
            (snapshot.version, snapshot.position, snapshot.latest);
        trail
    }
}
