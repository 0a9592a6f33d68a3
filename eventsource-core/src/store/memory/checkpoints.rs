//! Checkpoints in memory: the same promises as those of a database, for as long as the process lives.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use crate::runner::checkpoint_store::{
    Advance, Bid, CheckpointError, CheckpointStore, Claim, Fence, KeptState, Ledger, Parked,
    Renewed, Slice, Slot, SlotState, Which, Wish,
};
use crate::store::Store as _;
use crate::store::error::StoreError;
use crate::store::memory::MemoryStore;

#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    ledgers: BTreeMap<Arc<str>, Ledger>,
    kept: BTreeMap<(Arc<str>, u32), KeptState>,
}

impl MemoryStore {
    fn with_checkpoints<T>(&self, work: impl FnOnce(&mut Checkpoints) -> T) -> T {
        // Nothing in a critical section can panic half-way.
        let checkpoints = self.shared.checkpoints.lock();
        work(&mut checkpoints.unwrap_or_else(PoisonError::into_inner))
    }

    fn with_ledger<T>(&self, name: &str, work: impl FnOnce(&mut Ledger) -> T) -> T {
        self.with_checkpoints(|all| work(all.ledgers.entry(name.into()).or_default()))
    }
}

impl CheckpointStore for MemoryStore {
    async fn claim(&self, slot: &Slot, bid: Bid) -> Result<Claim, CheckpointError> {
        let incarnation = self.identity().incarnation;
        self.with_ledger(&slot.name, |ledger| ledger.claim(slot, bid, incarnation))
    }

    async fn renew(&self, slot: &Slot, epoch: u64) -> Result<Renewed, CheckpointError> {
        self.with_ledger(&slot.name, |ledger| ledger.renew(slot, epoch))
    }

    async fn release(&self, slot: &Slot, epoch: u64) -> Result<(), StoreError> {
        self.with_ledger(&slot.name, |ledger| ledger.release(slot, epoch));
        Ok(())
    }

    async fn advance(
        &self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
    ) -> Result<(), CheckpointError> {
        let incarnation = self.identity().incarnation;
        self.with_ledger(&slot.name, |ledger| {
            ledger.advance(slot, fence, advance, incarnation)
        })
    }

    async fn slots(&self, name: &str) -> Result<Vec<SlotState>, StoreError> {
        Ok(self.with_ledger(name, |ledger| ledger.slots(name)))
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<Parked>, StoreError> {
        Ok(self.with_ledger(name, |ledger| ledger.parked(version)))
    }

    async fn wish(
        &self,
        name: &str,
        version: u32,
        which: Which,
        wish: Wish,
    ) -> Result<u64, StoreError> {
        Ok(self.with_ledger(name, |ledger| ledger.wish(version, &which, wish)))
    }

    async fn active(&self, name: &str) -> Result<Option<u32>, StoreError> {
        Ok(self.with_ledger(name, |ledger| ledger.active()))
    }

    async fn activate(&self, name: &str, version: u32) -> Result<u32, StoreError> {
        Ok(self.with_ledger(name, |ledger| ledger.activate(version)))
    }

    async fn set_back(&self, name: &str, version: u32) -> Result<(), StoreError> {
        self.with_ledger(name, |ledger| ledger.set_back(version));
        Ok(())
    }

    async fn forget(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        Ok(self.with_checkpoints(|all| {
            let is_forgotten = all.ledgers.entry(name.into()).or_default().forget(version);
            if is_forgotten {
                all.kept.remove(&(name.into(), version));
            }
            is_forgotten
        }))
    }

    async fn keep_state(
        &self,
        name: &str,
        version: u32,
        state: KeptState,
    ) -> Result<(), StoreError> {
        self.with_checkpoints(|all| {
            let kept = all.kept.entry((name.into(), version));
            let kept = kept.or_insert_with(|| state.clone());
            if state.replaces(kept) {
                *kept = state;
            }
        });
        Ok(())
    }

    async fn kept_state(&self, name: &str, version: u32) -> Result<Option<KeptState>, StoreError> {
        Ok(self.with_checkpoints(|all| all.kept.get(&(name.into(), version)).cloned()))
    }
}

impl Slice {
    /// All slices of this many.
    pub(crate) fn all(count: u32) -> impl Iterator<Item = Self> {
        let count = count.max(1);
        (0..count).map(move |index| Self { index, count })
    }
}
