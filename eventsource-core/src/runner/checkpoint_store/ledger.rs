//! The checkpoints of one consumer as a value: for stores that keep documents, and have no tables.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Advance, Beat, Bid, CheckpointError, Claim, Fence, Parked, Renewed, Slice, Slot, SlotState,
    Which, Wish,
};
use crate::environment::time::Timestamp;
use crate::store::stream::{Position, StreamName, Version};

/// Everything that a store keeps of the consumer with one name, but for the states that it holds in memory.
///
/// Each method is what [`CheckpointStore`](super::CheckpointStore) says of the one of its name. A store that keeps a ledger as a
/// document reads it, calls a method, and writes it back if nobody has changed it meanwhile; else it begins anew.
///
/// serde's form of it is what such a store keeps: later versions of this crate read it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ledger {
    active: Option<u32>,
    versions: BTreeMap<u32, OfVersion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct OfVersion {
    /// Into how many slices the work is cut; 0 where only what was parked is known.
    slices: u32,
    slots: BTreeMap<u32, OfSlice>,
    /// By their positions.
    parked: BTreeMap<u64, OfParked>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OfSlice {
    position: u64,
    incarnation: Uuid,
    owner: Option<Uuid>,
    waiter: Option<Uuid>,
    epoch: u64,
    beat: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OfParked {
    stream: String,
    version: u64,
    event: String,
    error: String,
    at: Timestamp,
    /// `true`: to be tried again; `false`: to be dropped.
    retry: Option<bool>,
}

impl OfSlice {
    fn beat(&self) -> Beat {
        let (epoch, count) = (self.epoch, self.beat);
        Beat { epoch, count }
    }
}

impl OfParked {
    fn of(parked: Parked) -> Self {
        Self {
            stream: parked.stream.to_string(),
            version: parked.version.0,
            event: parked.event,
            error: parked.error,
            at: parked.at,
            retry: parked.wish.map(|wish| wish == Wish::Retry),
        }
    }

    /// `None` if it was not written by a ledger: no stream has such a name.
    fn at(&self, position: u64) -> Option<Parked> {
        Some(Parked {
            position: Position(position),
            stream: StreamName::parse(&self.stream).ok()?,
            version: Version(self.version),
            event: self.event.clone(),
            error: self.error.clone(),
            at: self.at,
            wish: self.retry.map(|retry| match retry {
                true => Wish::Retry,
                false => Wish::Drop,
            }),
        })
    }
}

impl Ledger {
    /// Makes the bidder the owner, or tells the owner that somebody waits. `incarnation` is the store's.
    pub fn claim(
        &mut self,
        slot: &Slot,
        bid: Bid,
        incarnation: Uuid,
    ) -> Result<Claim, CheckpointError> {
        let active = self.active;
        let version = self.versions.entry(slot.version).or_default();
        let asked = slot.slice.count;
        match version.slices {
            0 => version.slices = asked,
            stored if stored != asked => return Err(CheckpointError::Slices { stored, asked }),
            _ => {}
        }
        let state = version.slots.entry(slot.slice.index);
        let state = state.or_insert_with(|| OfSlice {
            position: bid.start.0,
            incarnation,
            owner: None,
            waiter: None,
            epoch: 0,
            beat: 0,
        });
        let is_free = state.owner.is_none_or(|owner| owner == bid.owner);
        if !is_free && bid.seen != Some(state.beat()) {
            state.waiter = Some(bid.owner);
            return Ok(Claim::Theirs(state.beat()));
        }
        state.owner = Some(bid.owner);
        state.waiter = None;
        state.epoch += 1;
        Ok(Claim::Owned {
            fence: Fence {
                epoch: state.epoch,
                position: Position(state.position),
            },
            incarnation: state.incarnation,
            active,
        })
    }

    /// The slice, if it is owned in this epoch.
    fn owned(&mut self, slot: &Slot, epoch: u64) -> Result<&mut OfSlice, CheckpointError> {
        let version = self.versions.get_mut(&slot.version);
        let state = version.and_then(|version| version.slots.get_mut(&slot.slice.index));
        let owned = state.filter(|state| state.owner.is_some() && state.epoch == epoch);
        owned.ok_or(CheckpointError::Fenced)
    }

    /// Counts the beat up, and says what the owner should know.
    pub fn renew(&mut self, slot: &Slot, epoch: u64) -> Result<Renewed, CheckpointError> {
        let state = self.owned(slot, epoch)?;
        state.beat += 1;
        let awaited = state.waiter.is_some();
        let parked = self.versions.get(&slot.version);
        let mut parked = parked
            .into_iter()
            .flat_map(|version| version.parked.values());
        Ok(Renewed {
            active: self.active,
            awaited,
            wished: parked.any(|one| one.retry.is_some()),
        })
    }

    /// Gives the slice back, if it is owned in this epoch still.
    pub fn release(&mut self, slot: &Slot, epoch: u64) {
        if let Ok(state) = self.owned(slot, epoch) {
            state.owner = None;
        }
    }

    /// Saves how far the owner has come. `incarnation` is the store's.
    pub fn advance(
        &mut self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
        incarnation: Uuid,
    ) -> Result<(), CheckpointError> {
        let state = self.owned(slot, fence.epoch)?;
        if state.position != fence.position.0 {
            return Err(CheckpointError::Fenced);
        }
        state.position = advance.to.0;
        state.incarnation = incarnation;
        state.beat += 1;
        let parked = &mut self.versions.entry(slot.version).or_default().parked;
        for position in advance.settle {
            parked.remove(&position.0);
        }
        let new = advance.park.into_iter();
        parked.extend(new.map(|one| (one.position.0, OfParked::of(one))));
        Ok(())
    }

    /// Every slice, in the order of version and slice. `name` is the consumer's.
    #[must_use]
    pub fn slots(&self, name: &str) -> Vec<SlotState> {
        let mut states = Vec::new();
        for (&number, version) in &self.versions {
            for (&index, state) in &version.slots {
                states.push(SlotState {
                    slot: Slot {
                        name: name.into(),
                        version: number,
                        slice: Slice {
                            index,
                            count: version.slices,
                        },
                    },
                    position: Position(state.position),
                    incarnation: state.incarnation,
                    owner: state.owner,
                    waiter: state.waiter,
                    beat: state.beat(),
                });
            }
        }
        states
    }

    /// What a version has parked, in the order of positions.
    #[must_use]
    pub fn parked(&self, version: u32) -> Vec<Parked> {
        let parked = self.versions.get(&version);
        let parked = parked.into_iter().flat_map(|version| &version.parked);
        parked
            .filter_map(|(&position, one)| one.at(position))
            .collect()
    }

    /// Notes what is to be done with parked events, and says with how many.
    pub fn wish(&mut self, version: u32, which: &Which, wish: Wish) -> u64 {
        let mut count = 0;
        let parked = self.versions.get_mut(&version);
        for (&position, one) in parked.into_iter().flat_map(|version| &mut version.parked) {
            if one.at(position).is_some_and(|one| which.has(&one)) {
                one.retry = Some(wish == Wish::Retry);
                count += 1;
            }
        }
        count
    }

    /// The version that readers see.
    #[must_use]
    pub fn active(&self) -> Option<u32> {
        self.active
    }

    /// Makes a version the one that readers see, if it is newer, and says which it is then.
    pub fn activate(&mut self, version: u32) -> u32 {
        let active = self.active.map_or(version, |active| active.max(version));
        *self.active.insert(active)
    }

    /// Sets every slice of a version back to the beginning, and forgets what is parked.
    pub fn set_back(&mut self, version: u32) {
        if let Some(version) = self.versions.get_mut(&version) {
            for state in version.slots.values_mut() {
                state.position = Position::START.0;
                state.owner = None;
                state.epoch += 1;
            }
            version.parked.clear();
        }
    }

    /// Forgets everything of a version, unless readers see it: `false`.
    pub fn forget(&mut self, version: u32) -> bool {
        if self.active == Some(version) {
            return false;
        }
        self.versions.remove(&version);
        true
    }
}
