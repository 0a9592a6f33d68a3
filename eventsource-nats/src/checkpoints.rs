//! Checkpoints on JetStream: of each consumer a ledger, and its states in memory, as documents that are changed only by who
//! has seen them last.

use bytes::Bytes;
use eventsource_core::{
    Advance, Bid, Checkpoint, CheckpointError, CheckpointStore, Claim, Fence, KeptState, Ledger,
    Parked, Position, Renewed, Slot, SlotState, Store, StoreError, StoreIdentity, Uuid, Which,
    Wish,
};

use crate::error::damaged;
use crate::store::NatsStore;

const LEDGER: &str = "c";
const STATE: &str = "m";

/// What stands in front of a kept state: the store's id, the incarnation, the position.
const HEAD: usize = 16 + 16 + 8;

impl NatsStore {
    /// Does something with the ledger of a consumer, and keeps it if it has changed.
    async fn with_ledger<T: Send, E: From<StoreError> + Send>(
        &self,
        name: &str,
        mut work: impl FnMut(&mut Ledger) -> Result<T, E> + Send,
    ) -> Result<T, E> {
        let shared = self.shared();
        shared.check_open()?;
        shared.look_at_life().await?;
        let subject = shared.documents.subject(LEDGER, &[name]);
        let place = &shared.wire.place;
        let change = |body: Option<&[u8]>| {
            let before = read_ledger(place, name, body)?;
            let mut ledger = before.clone();
            let answer = work(&mut ledger)?;
            let written = serde_json::to_vec(&ledger);
            let written = written.map_err(|error| {
                damaged(
                    place,
                    format!("the checkpoints of `{name}` cannot be written: {error}"),
                )
            })?;
            Ok((answer, (ledger != before).then(|| Bytes::from(written))))
        };
        shared
            .documents
            .change(&subject, shared.replicas(), change)
            .await
    }

    async fn ledger(&self, name: &str) -> Result<Ledger, StoreError> {
        let shared = self.shared();
        shared.check_open()?;
        let subject = shared.documents.subject(LEDGER, &[name]);
        let body = shared.documents.read(&subject, shared.replicas()).await?;
        read_ledger(&shared.wire.place, name, body.as_deref())
    }
}

fn read_ledger(place: &str, name: &str, body: Option<&[u8]>) -> Result<Ledger, StoreError> {
    let Some(body) = body else {
        return Ok(Ledger::default());
    };
    let ledger = serde_json::from_slice(body);
    ledger.map_err(|error| damaged(place, format!("the checkpoints of `{name}`: {error}")))
}

impl CheckpointStore for NatsStore {
    async fn claim(&self, slot: &Slot, bid: Bid) -> Result<Claim, CheckpointError> {
        self.within(self.with_ledger(&slot.name, |ledger| {
            ledger.claim(slot, bid, self.identity().incarnation)
        }))
        .await
    }

    async fn renew(&self, slot: &Slot, epoch: u64) -> Result<Renewed, CheckpointError> {
        self.within(self.with_ledger(&slot.name, |ledger| ledger.renew(slot, epoch)))
            .await
    }

    async fn release(&self, slot: &Slot, epoch: u64) -> Result<(), StoreError> {
        self.within(self.with_ledger(&slot.name, |ledger| {
            ledger.release(slot, epoch);
            Ok(())
        }))
        .await
    }

    async fn advance(
        &self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
    ) -> Result<(), CheckpointError> {
        self.within(self.with_ledger(&slot.name, |ledger| {
            let incarnation = self.identity().incarnation;
            ledger.advance(slot, fence, advance.clone(), incarnation)
        }))
        .await
    }

    async fn slots(&self, name: &str) -> Result<Vec<SlotState>, StoreError> {
        Ok(self.within(self.ledger(name)).await?.slots(name))
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<Parked>, StoreError> {
        Ok(self.within(self.ledger(name)).await?.parked(version))
    }

    async fn wish(
        &self,
        name: &str,
        version: u32,
        which: Which,
        wish: Wish,
    ) -> Result<u64, StoreError> {
        self.within(self.with_ledger(name, |ledger| Ok(ledger.wish(version, &which, wish))))
            .await
    }

    async fn active(&self, name: &str) -> Result<Option<u32>, StoreError> {
        Ok(self.within(self.ledger(name)).await?.active())
    }

    async fn activate(&self, name: &str, version: u32) -> Result<u32, StoreError> {
        self.within(self.with_ledger(name, |ledger| Ok(ledger.activate(version))))
            .await
    }

    async fn set_back(&self, name: &str, version: u32) -> Result<(), StoreError> {
        self.within(self.with_ledger(name, |ledger| {
            ledger.set_back(version);
            Ok(())
        }))
        .await
    }

    async fn forget(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        self.within(async {
            let is_forgotten = self
                .with_ledger(name, |ledger| Ok::<_, StoreError>(ledger.forget(version)))
                .await?;
            if is_forgotten {
                let shared = self.shared();
                let subject = state_subject(self, name, version);
                let nothing = |body: Option<&[u8]>| Ok(((), body.map(|_| Bytes::new())));
                shared
                    .documents
                    .change(&subject, shared.replicas(), nothing)
                    .await?;
            }
            Ok(is_forgotten)
        })
        .await
    }

    async fn keep_state(
        &self,
        name: &str,
        version: u32,
        state: KeptState,
    ) -> Result<(), StoreError> {
        let shared = self.shared();
        let subject = state_subject(self, name, version);
        self.within(
            shared
                .documents
                .change(&subject, shared.replicas(), |body| {
                    let before = body.map(|body| read_state(&shared.wire.place, name, body));
                    let replaces = match before {
                        None => true,
                        Some(before) => state.replaces(&before?),
                    };
                    Ok(((), replaces.then(|| written_state(&state))))
                }),
        )
        .await
    }

    async fn kept_state(&self, name: &str, version: u32) -> Result<Option<KeptState>, StoreError> {
        let shared = self.shared();
        let subject = state_subject(self, name, version);
        let body = self
            .within(shared.documents.read(&subject, shared.replicas()))
            .await?;
        body.map(|body| read_state(&shared.wire.place, name, &body))
            .transpose()
    }
}

fn state_subject(store: &NatsStore, name: &str, version: u32) -> String {
    let version = version.to_string();
    store.shared().documents.subject(STATE, &[name, &version])
}

fn written_state(state: &KeptState) -> Bytes {
    let StoreIdentity { id, incarnation } = state.checkpoint.store;
    let position = state.checkpoint.position.0.to_be_bytes();
    [
        id.as_bytes(),
        incarnation.as_bytes(),
        &position[..],
        &state.state,
    ]
    .concat()
    .into()
}

fn read_state(place: &str, name: &str, body: &[u8]) -> Result<KeptState, StoreError> {
    let read = || {
        let (head, state) = body.split_at_checked(HEAD)?;
        let position = head[32..].try_into().ok()?;
        Some(KeptState {
            checkpoint: Checkpoint {
                store: StoreIdentity {
                    id: Uuid::from_slice(&head[..16]).ok()?,
                    incarnation: Uuid::from_slice(&head[16..32]).ok()?,
                },
                position: Position(u64::from_be_bytes(position)),
            },
            state: state.into(),
        })
    };
    read().ok_or_else(|| damaged(place, format!("the state of `{name}` is too short")))
}
