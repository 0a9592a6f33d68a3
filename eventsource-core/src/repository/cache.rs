//! The states of recent aggregates, decoded, in memory: where a decision begins, never where it ends.
//!
//! Whoever works on an aggregate takes its state out and holds its place meanwhile, so that commands for one aggregate
//! are put in order within the process before they conflict in the store. What is dropped half-way leaves the place
//! empty, and the next one reads.

#[cfg(feature = "cache")]
mod kept {
    use std::convert::Infallible;
    use std::sync::Arc;

    use quick_cache::sync::Cache as Slots;
    use tokio::sync::{Mutex, OwnedMutexGuard};

    use crate::repository::baseline::Remembered;
    use crate::store::stream::StreamName;

    /// The states of a repository.
    pub(crate) struct Cache<A> {
        slots: Slots<StreamName, Arc<Mutex<Option<Remembered<A>>>>>,
        copy: fn(&A) -> A,
    }

    impl<A: Clone> Cache<A> {
        pub(crate) fn of(aggregates: usize) -> Self {
            Self {
                slots: Slots::new(aggregates),
                copy: A::clone,
            }
        }
    }

    impl<A> Cache<A> {
        /// The place of an aggregate, once it is free.
        pub(crate) async fn hold(&self, stream: &StreamName) -> Held<A> {
            let empty = || Ok::<_, Infallible>(Arc::default());
            let Ok(slot) = self.slots.get_or_insert_with(stream, empty);
            Held(slot.lock_owned().await)
        }

        pub(crate) fn copy(&self, state: &A) -> A {
            (self.copy)(state)
        }
    }

    /// The place of an aggregate, for as long as somebody works on it.
    pub(crate) struct Held<A>(OwnedMutexGuard<Option<Remembered<A>>>);

    impl<A> Held<A> {
        pub(crate) fn take(&mut self) -> Option<Remembered<A>> {
            self.0.take()
        }

        pub(crate) fn put(mut self, state: Option<Remembered<A>>) {
            *self.0 = state;
        }
    }
}

#[cfg(not(feature = "cache"))]
mod kept {
    use std::convert::Infallible;
    use std::marker::PhantomData;

    use crate::repository::baseline::Remembered;
    use crate::store::stream::StreamName;

    /// Never there.
    pub(crate) struct Cache<A>(Infallible, PhantomData<fn() -> A>);

    impl<A> Cache<A> {
        #[expect(clippy::unused_async, reason = "as with the feature")]
        pub(crate) async fn hold(&self, _: &StreamName) -> Held<A> {
            match self.0 {}
        }

        pub(crate) fn copy(&self, _: &A) -> A {
            match self.0 {}
        }
    }

    pub(crate) struct Held<A>(Infallible, PhantomData<fn() -> A>);

    impl<A> Held<A> {
        pub(crate) fn take(&mut self) -> Option<Remembered<A>> {
            match self.0 {}
        }

        pub(crate) fn put(self, _: Option<Remembered<A>>) {
            match self.0 {}
        }
    }
}

pub(crate) use kept::*;
