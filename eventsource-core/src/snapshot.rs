//! Snapshots: states that are kept in the store, so that a load need not begin with the first event.
//!
//! A snapshot is never more than a shortcut. Whatever is wrong with one, that it was made by other code, in another life
//! of the store, of events that are gone, or that it does not decode: it is left alone, `tracing` is told why, and the
//! state is made from the events.

mod fingerprint;
pub(crate) mod keep;
mod policy;
mod trail;

use std::borrow::Cow;
use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::environment::time::Timestamp;
use crate::message::Never;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::stream::{Position, StreamName, Version};

pub use fingerprint::Fingerprint;
pub use policy::Snapshots;
pub(crate) use trail::Trail;

/// The largest state that is kept, encoded, in bytes: 16 MiB.
pub const SNAPSHOT_LIMIT: usize = 16 << 20;

/// A state that is kept: what it is made of, by which code, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream whose events made the state.
    pub stream: StreamName,
    /// The version of the last of them.
    pub version: Version,
    /// The position of the last of them.
    pub position: Position,
    /// The latest time at which one of them was recorded, which need not be that of the last.
    pub latest: Timestamp,
    /// The life of the store in which they were read.
    pub incarnation: Uuid,
    /// The code that made the state.
    pub fingerprint: Fingerprint,
    /// The name of the format in which the state is encoded.
    pub format: Cow<'static, str>,
    /// The encoded state.
    pub state: Vec<u8>,
}

/// A store that keeps snapshots beside its events.
///
/// For each stream it keeps the newest snapshot of each fingerprint, and of no more than the two fingerprints that were
/// kept last: two versions of a program that use a store side by side do not take each other's away, and what older
/// ones have left does not pile up.
#[diagnostic::on_unimplemented(
    message = "`{Self}` keeps no snapshots",
    label = "this store has no `SnapshotStore`",
    note = "leave `.snapshots(…)` out, or use a store that keeps them"
)]
pub trait SnapshotStore: Store {
    /// The newest snapshot of a stream with this fingerprint, if it may be used: it was taken in the life that the store
    /// is in, and the stream has an event of its version at its position.
    fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + Send;

    /// Keeps a snapshot, unless a newer one of its stream and fingerprint is there.
    ///
    /// It is begun when this is called, by a thread or task of the store that ends with it, and goes on where the future
    /// is dropped, so that a command need not wait for it; it may be lost when the process ends. Awaited, it is done: a
    /// later read finds it. What cannot be kept is an error that concerns nobody else.
    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets the snapshots of a stream, or, with `None`, all that there are; says how many. To be called after events
    /// were deleted or changed by hand.
    fn forget_snapshots(
        &self,
        stream: Option<StreamName>,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

impl Snapshot {
    /// Whether it is no larger than [`SNAPSHOT_LIMIT`]. Every store asks before it keeps one.
    pub fn check_size(&self) -> Result<(), StoreError> {
        match self.state.len() {
            ..=SNAPSHOT_LIMIT => Ok(()),
            bytes => Err(StoreError::Backend {
                doing: format!("keeping a snapshot of {}", self.stream),
                source: format!("the state has {bytes} bytes, and {SNAPSHOT_LIMIT} is the most")
                    .into(),
            }),
        }
    }
}

/// An aggregate whose states can be kept: `snapshot(…)` in its `#[aggregate(…)]` implements it.
///
/// The state needs serde's two, which `#[aggregate(…, snapshot(…))]` derives; `#[derive(Aggregate)]` leaves them to you.
///
/// ```
/// use eventsource_core::prelude::*;
/// use eventsource_core::{MemoryStore, Snapshots};
/// # #[event(name = "counted")] pub struct Counted;
/// # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
///
/// #[aggregate(id = String, error = Never, events(Counted), commands(Count), snapshot(every = 100, version = 1))]
/// #[derive(Default)]
/// pub struct Counter {
///     count: u64,
/// }
/// # #[apply] impl Counter { fn counted(&mut self, _: &Counted) { self.count += 1 } }
/// # #[handle] impl Counter { #[command] pub fn count(&self) -> Result<Counted, Never> { Ok(Counted) } }
///
/// let counters = Repository::<Counter, _>::new(MemoryStore::new()).snapshots(Snapshots::declared());
/// # let _ = counters;
/// ```
///
/// # When a snapshot is used
///
/// Only by code that makes the same state of the same events. The [`FINGERPRINT`](Self::FINGERPRINT) says which code that
/// is: it changes with the names and types of the state's fields, as they are written; with the names and versions of
/// the events and of all that becomes them, `retired` ones included; with any token of an `#[apply]` method; and with `version` in `snapshot(…)`. Comments and white space do
/// not change it. A snapshot with another fingerprint is not used, and the next load makes a new one.
///
/// What the fingerprint cannot see: the functions that an `#[apply]` method calls, the insides of the types of fields and
/// events, an upcast, implementations of `Apply` or of serde's traits that were written by hand. Whoever changes one of
/// these so that another state comes of the same events raises `version`. The schema lock (`eventsource-schema`) sees it where the
/// stored examples make another state, and says so.
#[diagnostic::on_unimplemented(
    message = "no snapshots are taken of `{Self}`",
    label = "its `#[aggregate(…)]` does not say `snapshot(…)`",
    note = "write `#[aggregate(…, snapshot(every = 100))]`"
)]
pub trait Snapshotted: Aggregate + SnapshotState {
    /// The code that makes the states.
    const FINGERPRINT: Fingerprint;

    /// After how many events a snapshot is due, if the repository does not say otherwise.
    const EVERY: u64 = 100;
}

/// What serde can write and read again: a state, and each of its fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a snapshot",
    label = "it lacks serde's `Serialize` or `Deserialize`",
    note = "write `#[value]` on the type of a field; on a state `#[aggregate(…)]` in place of `#[derive(Aggregate)]`, or \
            serde's two beside it"
)]
pub trait SnapshotState: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> SnapshotState for T {}

// Never holds: as with `Storable`, so that what is missing is told in our words, once.
#[diagnostic::do_not_recommend]
impl<T> SnapshotState for T
where
    for<'a> (): Never<'a>,
    T: SnapshotState,
{
}
