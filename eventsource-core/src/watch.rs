//! A value that can be waited for, on any executor: the head of a store, the end of a subscription.
//!
//! A crate for this costs more time to compile than the rest of what the core depends on for it; see
//! `docs/decisions`.

use std::future::{Future, poll_fn};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// A value, and those who wait for it to change.
#[derive(Debug)]
pub(crate) struct Watch<T>(Mutex<Watched<T>>);

#[derive(Debug)]
struct Watched<T> {
    value: T,
    waiting: Vec<Waker>,
}

impl<T: Copy> Watch<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(Watched {
            value,
            waiting: Vec::new(),
        }))
    }

    /// Sets the value and wakes everybody who waits.
    pub(crate) fn set(&self, value: T) {
        let mut watched = self.lock();
        watched.value = value;
        let waiting = std::mem::take(&mut watched.waiting);
        drop(watched);
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn get(&self) -> T {
        self.lock().value
    }

    /// Waits until the value is so.
    pub(crate) fn wait_until(&self, so: impl Fn(T) -> bool) -> impl Future<Output = ()> {
        poll_fn(move |context| {
            let mut watched = self.lock();
            if so(watched.value) {
                return Poll::Ready(());
            }
            // One that waits already is not entered again, so the list is no longer than those who wait.
            if !watched
                .waiting
                .iter()
                .any(|waker| waker.will_wake(context.waker()))
            {
                watched.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
    }

    fn lock(&self) -> MutexGuard<'_, Watched<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
