//! Projections: read models that are made of events, one method for each.
//!
//! `#[projection]` on an impl block implements [`Projection`], and with it one of four traits, by what its methods take:
//! a transaction by reference, the same asynchronously, `&mut self` alone, or nothing beside the event. The type of the
//! transaction says which store's it is; [`Target`] is what a store implements for it, so that this crate knows no driver.

pub(crate) mod incoming;
mod outside;
mod own_names;
pub(crate) mod view;

use std::future::Future;
use std::sync::Arc;

use crate::codec::{Codec, Json};
use crate::consumer::{Batch, BoxError, Consumer, Failure};
use crate::message::{Place, Row};
use crate::runner::checkpoint_store::CheckpointStore;
use crate::store::query::Query;
use crate::store::stream::StreamName;

pub use incoming::{Incoming, Parts};
pub use outside::Outside;
pub use own_names::OwnNames;

/// A read model: what it is called, and which events it is made of. `#[projection]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "this type has no `Projection`",
    note = "write `#[projection(name = \"…\")]` on an impl block of it, with a method for each event"
)]
pub trait Projection: Sized + Send + Sync + 'static {
    /// The name under which its checkpoint is kept. It is no other projection's and no reactor's: two consumers of one name
    /// would share a checkpoint.
    const NAME: &'static str;

    /// Its version: a higher one is built beside the lower one, and takes its place when it has caught up.
    const VERSION: u32 = 1;

    /// For each method the stored names and versions of its event.
    const EVENTS: &'static [&'static [Row]];

    /// Where its block stands.
    const PLACE: Place = Place::UNKNOWN;

    /// The documentation of its block.
    const DOCS: &'static str = "";

    /// Where it writes to: the type of the transaction that its methods take, or [`Outside`].
    type Into: 'static;

    /// Which events it is made of.
    #[must_use]
    fn query() -> Query {
        Query::types(incoming::stored_names(Self::EVENTS))
    }
}

/// A projection whose methods write into a transaction at once: `fn opened(&self, event: &Recorded<Opened>, tx: &SqliteTx)`.
pub trait ProjectWithin: Projection {
    /// Makes what it writes into, before the first event.
    fn create(&self, tx: &Self::Into) -> Result<(), BoxError> {
        let _ = tx;
        Ok(())
    }

    /// Removes what came of the events of a stream: see [`Replay`].
    fn forget(&self, stream: &StreamName, tx: &Self::Into) -> Result<(), BoxError> {
        let _ = tx;
        Err(NoForget::of(stream))
    }

    /// Calls the method for an event.
    fn project<C: Codec>(&self, event: &Incoming<'_, C>, tx: &Self::Into) -> Result<(), BoxError>;
}

/// A projection whose methods write into a transaction on a server: `async fn opened(&self, event: &Recorded<Opened>, tx:
/// &mut PgTx)`.
pub trait ProjectThrough: Projection {
    /// Makes what it writes into, before the first event.
    fn create(&self, tx: &mut Self::Into) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = tx;
        async { Ok(()) }
    }

    /// Removes what came of the events of a stream: see [`Replay`].
    fn forget(
        &self,
        stream: &StreamName,
        tx: &mut Self::Into,
    ) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = tx;
        let error = NoForget::of(stream);
        async { Err(error) }
    }

    /// Calls the method for an event.
    fn project<C: Codec>(
        &self,
        event: &Incoming<'_, C>,
        tx: &mut Self::Into,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// A projection that can make one stream anew, by [`Runner::replay`](crate::Runner::replay): one that writes into a
/// transaction, and has a method that removes what came of a stream. `#[projection]` implements it where there is
/// `#[forget] fn forget(&self, stream: &StreamName, tx: &SqliteTx)`, or the `async` like of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot make one stream anew",
    label = "it has no `#[forget]` method",
    note = "write a method that removes what came of a stream: `#[forget] fn forget(&self, stream: &StreamName, tx: &SqliteTx)`, with the transaction that its other methods take"
)]
pub trait Replay: Projection {}

/// A projection was to forget a stream, and does not say how.
#[derive(Debug, thiserror::Error)]
#[error(
    "the projection has no `#[forget]` method, which would remove what came of the stream `{stream}`"
)]
struct NoForget {
    stream: StreamName,
}

impl NoForget {
    fn of(stream: &StreamName) -> BoxError {
        let stream = stream.clone();
        Box::new(Self { stream })
    }
}

/// A projection whose methods write into anything else: `async fn opened(&self, event: &Recorded<Opened>)`.
pub trait ProjectOutside: Projection {
    /// Calls the method for an event.
    fn project<C: Codec>(
        &self,
        event: &Incoming<'_, C>,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// A projection whose methods change its own fields: `fn opened(&mut self, event: &Recorded<Opened>)`. It is held in memory,
/// by a [`View`](crate::View).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection in memory",
    label = "its methods do not change its own fields",
    note = "write its methods as `fn opened(&mut self, event: &Recorded<Opened>)`; one that writes elsewhere is run by `store.project(…)`"
)]
pub trait ProjectState: Projection {
    /// Calls the method for an event.
    fn project<C: Codec>(&mut self, event: &Incoming<'_, C>) -> Result<(), BoxError>;
}

/// The memory of the process, where a projection changes its own fields.
#[derive(Debug)]
pub enum Memory {}

/// Where a projection writes to: implemented for the type of a transaction, for the stores that have it.
#[diagnostic::on_unimplemented(
    message = "`{S}` cannot run `{P}`, which writes into `{Self}`",
    label = "the store has no such transaction",
    note = "run it with the store whose transaction its methods take; methods without a transaction run with every store"
)]
pub trait Target<S: CheckpointStore, P: Projection>: 'static {
    /// Whether what is written is restored together with the store.
    const RESTORED_WITH_THE_STORE: bool;

    /// Makes what the projection writes into, once for its version.
    fn prepare(store: &S, projection: &Arc<P>)
    -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Removes it.
    fn clear(store: &S, projection: &Arc<P>) -> impl Future<Output = Result<(), BoxError>> + Send;

    /// Writes what comes of the events of a batch, and saves the checkpoint.
    fn commit<C: Codec>(
        store: &S,
        projection: &Arc<P>,
        codec: &C,
        batch: Arc<Batch>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A projection as a runner takes it: with the codec that reads its events.
#[derive(Debug)]
pub struct Projected<P, C = Json> {
    projection: Arc<P>,
    codec: C,
}

impl<P: Projection, C: Codec> Projected<P, C> {
    pub(crate) fn new(projection: P, codec: C) -> Self {
        Self::shared(Arc::new(projection), codec)
    }

    /// A projection that somebody else holds as well.
    pub fn shared(projection: Arc<P>, codec: C) -> Self {
        Self { projection, codec }
    }
}

impl<S, P, C> Consumer<S> for Projected<P, C>
where
    S: CheckpointStore,
    P: Projection,
    P::Into: Target<S, P>,
    C: Codec,
{
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> u32 {
        P::VERSION
    }

    fn query(&self) -> Query {
        P::query()
    }

    fn is_restored_with_the_store(&self) -> bool {
        P::Into::RESTORED_WITH_THE_STORE
    }

    async fn prepare(&self, store: &S) -> Result<(), BoxError> {
        P::Into::prepare(store, &self.projection).await
    }

    async fn clear(&self, store: &S) -> Result<(), BoxError> {
        P::Into::clear(store, &self.projection).await
    }

    async fn commit(&self, store: &S, batch: Arc<Batch>) -> Result<(), Failure> {
        P::Into::commit(store, &self.projection, &self.codec, batch).await
    }
}
