//! Whatever takes part in a decision, once it is opened: a state that is read from the store.

use std::any::Any;
use std::future::{Future, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use crate::codec::Codec;
use crate::decide::attempt::Attempt;
use crate::decide::model::{DecisionModel, ModelEvent};
use crate::event::EventMeta;
use crate::repository::load::{Corrupt, CorruptCause, corrupt, said};
use crate::store::StoreIdentity;
use crate::store::query::Query;
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::tag::Tags;

/// A state that a decision rests on, and that follows the store.
pub trait Part: Any + Send {
    /// What it is made of.
    fn source(&self) -> Source<'_>;

    /// What it is, in a form that stays the same: for the digest of a decision with a key.
    fn identity(&self) -> String;

    /// Begins with a snapshot that is of no later position, if nothing was read yet and there is one; says whether.
    fn recall(&mut self, store: StoreIdentity, until: Position) -> Recalling<'_> {
        let _ = (store, until);
        Box::pin(ready(false))
    }

    /// Offers what was read to be kept as a snapshot, if one is due.
    fn offer(&mut self, store: StoreIdentity, since: Instant) {
        let _ = (store, since);
    }

    /// Applies the next event.
    fn see(&mut self, event: &EventRef<'_>) -> Result<(), Box<Corrupt>>;

    /// Makes ready for the closure.
    fn begin(&mut self, attempt: &Arc<Attempt>);

    /// Forgets what was only tried.
    fn settle(&mut self);

    /// Forgets everything that was read.
    fn restart(&mut self);
}

/// Whether a part has begun with a snapshot.
pub type Recalling<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// What a part of a decision is made of.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// The events that match a query.
    Matching(&'a Query),
    /// The events of one stream, of which so many were read.
    Stream(&'a StreamName, Version),
}

/// A decision model and the query that makes it.
pub struct ModelPart<M, C> {
    start: M,
    pub(crate) model: M,
    query: Query,
    codec: C,
}

impl<M: DecisionModel, C: Codec> ModelPart<M, C> {
    pub(crate) fn new(start: M, codec: C) -> Self {
        Self {
            model: start.clone(),
            query: start.query(),
            start,
            codec,
        }
    }
}

impl<M: DecisionModel, C: Codec> Part for ModelPart<M, C> {
    fn source(&self) -> Source<'_> {
        Source::Matching(&self.query)
    }

    fn identity(&self) -> String {
        // Not the types: a model may list one more tomorrow, and a key is to be known then all the same.
        let mut tags = Tags::default();
        self.start.tags(&mut tags);
        let tags = tags.into_vec();
        tags.iter()
            .fold(M::NAME.to_owned(), |text, tag| format!("{text}\n{tag}"))
    }

    fn see(&mut self, event: &EventRef<'_>) -> Result<(), Box<Corrupt>> {
        let model = &mut self.model;
        let seen = M::Event::read(&self.codec, event, |decoded, part| {
            let meta = EventMeta::of(event, part);
            // A panic here would come back at every reading, on a thread of the store at that.
            catch_unwind(AssertUnwindSafe(|| model.apply_event(&decoded, &meta)))
                .map_err(|panic| CorruptCause::Panicked(said(&*panic)))
        });
        seen.map_err(|cause| corrupt(event, cause))
    }

    fn begin(&mut self, _: &Arc<Attempt>) {}

    /// A closure sees it, and cannot change it.
    fn settle(&mut self) {}

    fn restart(&mut self) {
        self.model = self.start.clone();
    }
}
