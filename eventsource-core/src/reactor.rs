//! Reactors: side effects of events, one method for each. At least once, with a key that stays the same, and never again
//! for what is past.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use uuid::Uuid;

use crate::codec::{Codec, Json};
use crate::consumer::{Batch, BoxError, Consumer, Failure, OneByOne};
use crate::message::{Place, Row};
use crate::projection::Incoming;
use crate::projection::incoming::stored_names;
use crate::runner::checkpoint_store::CheckpointStore;
use crate::runner::{OnError, Runner, Start};
use crate::store::StoreIdentity;
use crate::store::query::Query;
use crate::store::stored_event::EventRef;

/// What reacts to events with a side effect. `#[reactor]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reactor",
    label = "this type has no `Reactor`",
    note = "write `#[reactor(name = \"…\")]` on an impl block of it, with a method for each event"
)]
pub trait Reactor: Sized + Send + Sync + 'static {
    /// The name under which its checkpoint is kept, and from which its keys follow. It is no projection's: two consumers of
    /// one name would share a checkpoint.
    const NAME: &'static str;

    /// Where it begins when it is run for the first time: after the last event that there is, unless it says
    /// `from = start`.
    const FROM: Start = Start::Now;

    /// For each method the stored names and versions of its event.
    const EVENTS: &'static [&'static [Row]];

    /// Where its block stands.
    const PLACE: Place = Place::UNKNOWN;

    /// The documentation of its block.
    const DOCS: &'static str = "";

    /// Calls the method for an event.
    fn react<C: Codec>(
        &self,
        event: &Incoming<'_, C>,
        key: &ReactionKey,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Which events it reacts to.
    #[must_use]
    fn query() -> Query {
        Query::types(stored_names(Self::EVENTS))
    }
}

/// What one reaction of one reactor to one event is called: the same at each try, after each restart, on each node. Give
/// it to what does the side effect, as its idempotency key.
///
/// It follows from the reactor's name, the store's identity, and the event's position, stream, version, name and time: so
/// that an event which takes the place of another one, after the store was restored from a copy, has another key.
///
/// `Display` writes it as a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReactionKey(Uuid);

/// The namespace under which keys are hashed; changing it would have everything done once more.
const KEYS: Uuid = Uuid::from_u128(0x3a5e_77c1_94f4_4f0e_8d29_5d0d_06b1_fb5e);

impl ReactionKey {
    /// The key of a reactor's reaction to an event.
    #[must_use]
    pub fn of(reactor: &str, store: StoreIdentity, event: &EventRef<'_>) -> Self {
        let scope = Uuid::new_v5(&KEYS, reactor.as_bytes());
        let scope = Uuid::new_v5(&scope, store.id.as_bytes());
        let (position, version) = (event.position.0, event.version.0);
        let (time, stream, name) = (event.recorded_at.as_micros(), event.stream, event.name);
        let event = format!("{position}\n{version}\n{time}\n{name}\n{stream}");
        Self(Uuid::new_v5(&scope, event.as_bytes()))
    }

    /// The key for one part of an event that was split.
    #[must_use]
    pub fn part(&self, part: u16) -> Self {
        match part {
            0 => *self,
            part => Self(Uuid::new_v5(&self.0, &part.to_be_bytes())),
        }
    }

    /// The key as a UUID of version 5.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for ReactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A reactor as a runner takes it: with the codec that reads its events.
#[derive(Debug)]
pub struct Reacting<R, C = Json> {
    reactor: R,
    codec: C,
}

impl<R: Reactor, C: Codec> Reacting<R, C> {
    /// A runner of a reactor. An event that it fails at is parked, with those after it in its stream, once it was tried
    /// again five times: a mail that cannot be sent does not keep the others waiting.
    pub(crate) fn runner<S: CheckpointStore>(store: S, codec: C, reactor: R) -> Runner<S, Self> {
        Runner::new(store, Self { reactor, codec })
            .start(R::FROM)
            .on_error(OnError::park())
    }
}

impl<S: CheckpointStore, R: Reactor, C: Codec> Consumer<S> for Reacting<R, C> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn query(&self) -> Query {
        R::query()
    }

    fn may_begin_anew(&self) -> bool {
        false
    }

    /// The checkpoint is saved after each event: whenever it is killed, one reaction at most is repeated.
    async fn commit(&self, store: &S, batch: Arc<Batch>) -> Result<(), Failure> {
        let mut done = OneByOne::new(store, &batch);
        for event in &batch.events {
            let key = ReactionKey::of(R::NAME, store.identity(), &event.as_ref());
            let incoming = Incoming::new(event.as_ref(), &self.codec);
            if let Err(error) = self.reactor.react(&incoming, &key).await {
                return Err(done.failed(event.position, error).await);
            }
            done.save(event).await?;
        }
        done.finish().await
    }
}
