//! A store whose type is forgotten, for code that must not name it: a dispatcher, a plug-in, a test over all stores. There
//! is one for each set of capabilities, so that no check of the compiler is lost with the type.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::snapshot::{Fingerprint, Snapshot, SnapshotStore};
use crate::store::append::{Append, AppendError, Appended, Boundary, ManyStreams, Outcome};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName};
use crate::store::{
    BoundaryStore, LogScan, MultiStreamStore, Store, StoreIdentity, StreamScan, Visit,
};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A store whose type is forgotten: what it is around, what it can do, and the trait of which it is an object.
macro_rules! any_store {
    ($(#[$doc:meta])* $name:ident: $can:ident as $object:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(Arc<dyn $object>);

        impl $name {
            /// Forgets the type of a store.
            pub fn new(store: impl $can) -> Self {
                Self(Arc::new(store))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut debug = f.debug_tuple(stringify!($name));
                debug.field(&self.0.identity()).finish()
            }
        }

        impl Store for $name {
            fn identity(&self) -> StoreIdentity {
                self.0.identity()
            }

            async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
                self.0.append(append).await
            }

            fn reads_may_lag(&self) -> bool {
                self.0.reads_may_lag()
            }

            async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
                self.0.outcome(key).await
            }

            async fn scan_stream<V: Visit>(
                &self,
                scan: StreamScan,
                visitor: V,
            ) -> Result<V, StoreError> {
                let (visitor, ()) = lend(visitor, |lent| self.0.scan_stream(scan, lent)).await?;
                Ok(visitor)
            }

            async fn scan_all<V: Visit>(
                &self,
                scan: LogScan,
                visitor: V,
            ) -> Result<(V, Position), StoreError> {
                lend(visitor, |lent| self.0.scan_all(scan, lent)).await
            }

            async fn head(&self) -> Result<Position, StoreError> {
                self.0.head().await
            }

            async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
                self.0.wait_beyond(position).await
            }
        }
    };
}

any_store! {
    /// Any [`Store`], its type forgotten. It can do what every store can, and no more.
    ///
    /// ```
    /// use eventsource_core::{AnyStore, MemoryStore, Store};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eventsource_core::StoreError> {
    /// let store = AnyStore::new(MemoryStore::new());
    /// assert_eq!(store.head().await?.0, 0);
    /// # Ok(()) }
    /// ```
    AnyStore: Store as ErasedStore
}

any_store! {
    /// Any [`MultiStreamStore`], its type forgotten.
    AnyMultiStreamStore: MultiStreamStore as ErasedMultiStreamStore
}

any_store! {
    /// Any [`BoundaryStore`], its type forgotten.
    ///
    /// ```
    /// use eventsource_core::{AnyBoundaryStore, AnyStore, MemoryStore};
    ///
    /// let store = AnyBoundaryStore::new(MemoryStore::new());
    /// let less: AnyStore = store.into();
    /// # let _ = less;
    /// ```
    AnyBoundaryStore: BoundaryStore as ErasedBoundaryStore
}

any_store! {
    /// Any [`SnapshotStore`], its type forgotten: for repositories with snapshots.
    ///
    /// ```
    /// use eventsource_core::{AnySnapshotStore, MemoryStore, SnapshotStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eventsource_core::StoreError> {
    /// let store = AnySnapshotStore::new(MemoryStore::new());
    /// assert_eq!(store.forget_snapshots(None).await?, 0);
    /// # Ok(()) }
    /// ```
    AnySnapshotStore: SnapshotStore as ErasedSnapshotStore
}

impl SnapshotStore for AnySnapshotStore {
    async fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.0.snapshot(stream, fingerprint).await
    }

    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.0.keep_snapshot(snapshot)
    }

    async fn forget_snapshots(&self, stream: Option<StreamName>) -> Result<u64, StoreError> {
        self.0.forget_snapshots(stream).await
    }
}

impl From<AnySnapshotStore> for AnyStore {
    fn from(store: AnySnapshotStore) -> Self {
        Self(store.0)
    }
}

impl MultiStreamStore for AnyMultiStreamStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.0.append_across(append).await
    }
}

impl MultiStreamStore for AnyBoundaryStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.0.append_across(append).await
    }
}

impl BoundaryStore for AnyBoundaryStore {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.0.append_within(append).await
    }
}

impl From<AnyBoundaryStore> for AnyMultiStreamStore {
    fn from(store: AnyBoundaryStore) -> Self {
        Self(store.0)
    }
}

impl From<AnyBoundaryStore> for AnyStore {
    fn from(store: AnyBoundaryStore) -> Self {
        Self(store.0)
    }
}

impl From<AnyMultiStreamStore> for AnyStore {
    fn from(store: AnyMultiStreamStore) -> Self {
        Self(store.0)
    }
}

trait ErasedStore: Send + Sync {
    fn identity(&self) -> StoreIdentity;
    fn reads_may_lag(&self) -> bool;
    fn append(&self, append: Arc<Append>) -> Boxed<'_, Result<Appended, AppendError>>;
    fn outcome(&self, key: Key) -> Boxed<'_, Result<Option<Outcome>, StoreError>>;
    fn scan_stream(
        &self,
        scan: StreamScan,
        visitor: Box<dyn Visit>,
    ) -> Boxed<'_, Result<(), StoreError>>;
    fn scan_all(
        &self,
        scan: LogScan,
        visitor: Box<dyn Visit>,
    ) -> Boxed<'_, Result<Position, StoreError>>;
    fn head(&self) -> Boxed<'_, Result<Position, StoreError>>;
    fn wait_beyond(&self, position: Position) -> Boxed<'_, Result<(), StoreError>>;
}

impl<S: Store> ErasedStore for S {
    fn identity(&self) -> StoreIdentity {
        Store::identity(self)
    }

    fn reads_may_lag(&self) -> bool {
        Store::reads_may_lag(self)
    }

    fn append(&self, append: Arc<Append>) -> Boxed<'_, Result<Appended, AppendError>> {
        Box::pin(Store::append(self, append))
    }

    fn outcome(&self, key: Key) -> Boxed<'_, Result<Option<Outcome>, StoreError>> {
        Box::pin(Store::outcome(self, key))
    }

    fn scan_stream(
        &self,
        scan: StreamScan,
        visitor: Box<dyn Visit>,
    ) -> Boxed<'_, Result<(), StoreError>> {
        Box::pin(async move { Store::scan_stream(self, scan, visitor).await.map(drop) })
    }

    fn scan_all(
        &self,
        scan: LogScan,
        visitor: Box<dyn Visit>,
    ) -> Boxed<'_, Result<Position, StoreError>> {
        Box::pin(async move { Ok(Store::scan_all(self, scan, visitor).await?.1) })
    }

    fn head(&self) -> Boxed<'_, Result<Position, StoreError>> {
        Box::pin(Store::head(self))
    }

    fn wait_beyond(&self, position: Position) -> Boxed<'_, Result<(), StoreError>> {
        Box::pin(Store::wait_beyond(self, position))
    }
}

trait ErasedMultiStreamStore: ErasedStore {
    fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Boxed<'_, Result<Appended, AppendError>>;
}

impl<S: MultiStreamStore> ErasedMultiStreamStore for S {
    fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Boxed<'_, Result<Appended, AppendError>> {
        Box::pin(MultiStreamStore::append_across(self, append))
    }
}

trait ErasedSnapshotStore: ErasedStore {
    fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Boxed<'_, Result<Option<Snapshot>, StoreError>>;
    fn keep_snapshot(&self, snapshot: Snapshot) -> Boxed<'_, Result<(), StoreError>>;
    fn forget_snapshots(&self, stream: Option<StreamName>) -> Boxed<'_, Result<u64, StoreError>>;
}

impl<S: SnapshotStore> ErasedSnapshotStore for S {
    fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Boxed<'_, Result<Option<Snapshot>, StoreError>> {
        Box::pin(SnapshotStore::snapshot(self, stream, fingerprint))
    }

    fn keep_snapshot(&self, snapshot: Snapshot) -> Boxed<'_, Result<(), StoreError>> {
        Box::pin(SnapshotStore::keep_snapshot(self, snapshot))
    }

    fn forget_snapshots(&self, stream: Option<StreamName>) -> Boxed<'_, Result<u64, StoreError>> {
        Box::pin(SnapshotStore::forget_snapshots(self, stream))
    }
}

trait ErasedBoundaryStore: ErasedMultiStreamStore {
    fn append_within(
        &self,
        append: Arc<Append<Boundary>>,
    ) -> Boxed<'_, Result<Appended, AppendError>>;
}

impl<S: BoundaryStore> ErasedBoundaryStore for S {
    fn append_within(
        &self,
        append: Arc<Append<Boundary>>,
    ) -> Boxed<'_, Result<Appended, AppendError>> {
        Box::pin(BoundaryStore::append_within(self, append))
    }
}

impl Visit for Box<dyn Visit> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        (**self).visit(event)
    }
}

/// A visitor that is lent to a store which cannot give it back by its type.
struct Lent<V>(Arc<Mutex<Option<V>>>);

impl<V: Visit> Visit for Lent<V> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(visitor) => visitor.visit(event),
            None => ControlFlow::Break(()),
        }
    }
}

/// Lends a visitor to `scan`, and takes it back.
async fn lend<'a, V: Visit, T>(
    visitor: V,
    scan: impl FnOnce(Box<dyn Visit>) -> Boxed<'a, Result<T, StoreError>>,
) -> Result<(V, T), StoreError> {
    let slot = Arc::new(Mutex::new(Some(visitor)));
    let scanned = scan(Box::new(Lent(Arc::clone(&slot)))).await?;
    let visitor = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    // Only this function takes it, and it does so once.
    visitor
        .map(|visitor| (visitor, scanned))
        .ok_or(StoreError::Closed)
}
