//! A store in memory whose n-th operation fails, or is the last thing that its program does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use eventsource_core::{
    Advance, Append, AppendError, Appended, Bid, CheckpointError, CheckpointStore, Claim, Fence,
    KeptState, Key, LogScan, ManyStreams, MemoryStore, MultiStreamStore, Outcome, Parked, Position,
    Renewed, Slot, SlotState, Store, StoreError, StoreIdentity, StreamScan, Visit, Which, Wish,
};
use tokio::sync::Notify;

/// What happens at the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not done, and fails.
    FailsBefore,
    /// It is done, and the answer is lost.
    FailsAfter,
    /// It is not done, and the program is killed.
    KilledBefore,
    /// It is done, and the program is killed before it hears of it.
    KilledAfter,
}

impl Fault {
    pub const ALL: [Self; 4] = [
        Self::FailsBefore,
        Self::FailsAfter,
        Self::KilledBefore,
        Self::KilledAfter,
    ];
}

#[derive(Clone)]
pub struct FailingStore {
    pub inner: MemoryStore,
    fault: Fault,
    /// How many operations are left, with the one that fails.
    left: Arc<AtomicUsize>,
    /// Told when the program is to be killed.
    pub killed: Arc<Notify>,
}

impl FailingStore {
    /// A store whose operation of this number, counted from 1, fails.
    pub fn at(inner: MemoryStore, number: usize, fault: Fault) -> Self {
        Self {
            inner,
            fault,
            left: Arc::new(AtomicUsize::new(number)),
            killed: Arc::default(),
        }
    }

    /// Whether it has come to the operation.
    pub fn has_failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    async fn operation<T, E>(
        &self,
        effect: impl Future<Output = Result<T, E>>,
        before: impl FnOnce() -> E,
        after: impl FnOnce() -> E,
    ) -> Result<T, E> {
        let count = |left: usize| left.checked_sub(1);
        if self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count)
            != Ok(1)
        {
            return effect.await;
        }
        let is_done = matches!(self.fault, Fault::FailsAfter | Fault::KilledAfter);
        if is_done {
            let _ = effect.await;
        }
        if matches!(self.fault, Fault::KilledBefore | Fault::KilledAfter) {
            self.killed.notify_one();
            std::future::pending::<()>().await;
        }
        Err(if is_done { after() } else { before() })
    }

    async fn usual<T, E: From<StoreError>>(
        &self,
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.operation(effect, || down().into(), || down().into())
            .await
    }
}

fn down() -> StoreError {
    StoreError::Backend {
        doing: "asking".into(),
        source: "the network is down".into(),
    }
}

fn lost() -> AppendError {
    AppendError::Unknown {
        reason: "the answer is lost".into(),
    }
}

impl MultiStreamStore for FailingStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        let effect = self.inner.append_across(append);
        self.operation(effect, || down().into(), lost).await
    }
}

impl Store for FailingStore {
    fn identity(&self) -> StoreIdentity {
        self.inner.identity()
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.operation(self.inner.append(append), || down().into(), lost)
            .await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        self.usual(self.inner.outcome(key)).await
    }

    async fn scan_stream<V: Visit>(&self, scan: StreamScan, visitor: V) -> Result<V, StoreError> {
        self.usual(self.inner.scan_stream(scan, visitor)).await
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        self.usual(self.inner.scan_all(scan, visitor)).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.usual(self.inner.head()).await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        self.inner.wait_beyond(position).await
    }
}

impl CheckpointStore for FailingStore {
    async fn claim(&self, slot: &Slot, bid: Bid) -> Result<Claim, CheckpointError> {
        self.usual(self.inner.claim(slot, bid)).await
    }

    // Not counted: it happens whenever the timer says so.
    async fn renew(&self, slot: &Slot, epoch: u64) -> Result<Renewed, CheckpointError> {
        self.inner.renew(slot, epoch).await
    }

    async fn release(&self, slot: &Slot, epoch: u64) -> Result<(), StoreError> {
        self.usual(self.inner.release(slot, epoch)).await
    }

    async fn advance(
        &self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
    ) -> Result<(), CheckpointError> {
        self.usual(self.inner.advance(slot, fence, advance)).await
    }

    async fn slots(&self, name: &str) -> Result<Vec<SlotState>, StoreError> {
        self.usual(self.inner.slots(name)).await
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<Parked>, StoreError> {
        self.usual(self.inner.parked(name, version)).await
    }

    async fn wish(
        &self,
        name: &str,
        version: u32,
        which: Which,
        wish: Wish,
    ) -> Result<u64, StoreError> {
        self.usual(self.inner.wish(name, version, which, wish))
            .await
    }

    async fn active(&self, name: &str) -> Result<Option<u32>, StoreError> {
        self.usual(self.inner.active(name)).await
    }

    async fn activate(&self, name: &str, version: u32) -> Result<u32, StoreError> {
        self.usual(self.inner.activate(name, version)).await
    }

    async fn set_back(&self, name: &str, version: u32) -> Result<(), StoreError> {
        self.usual(self.inner.set_back(name, version)).await
    }

    async fn forget(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        self.usual(self.inner.forget(name, version)).await
    }

    async fn keep_state(
        &self,
        name: &str,
        version: u32,
        state: KeptState,
    ) -> Result<(), StoreError> {
        self.usual(self.inner.keep_state(name, version, state))
            .await
    }

    async fn kept_state(&self, name: &str, version: u32) -> Result<Option<KeptState>, StoreError> {
        self.usual(self.inner.kept_state(name, version)).await
    }
}
