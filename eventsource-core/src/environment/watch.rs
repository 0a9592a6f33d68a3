//! A value that can be waited for, on any executor: the head of a store, the end of a subscription.
//!
//! Why this is not a crate's: `docs/decisions/0006-dependencies.md`.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A value, and those who wait for it to change.
#[derive(Debug)]
pub(crate) struct Watch<T>(Mutex<Watched<T>>);

#[derive(Debug)]
struct Watched<T> {
    value: T,
    /// Who waits, by a number of their own.
    waiting: Vec<(u64, Waker)>,
    next: u64,
}

impl<T: Copy> Watch<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(Watched {
            value,
            waiting: Vec::new(),
            next: 0,
        }))
    }

    /// Sets the value and wakes everybody who waits.
    pub(crate) fn set(&self, value: T) {
        self.set_if(value, |_| true);
    }

    /// The same, unless the earlier value says no: of two who set it at once the later one may come first.
    pub(crate) fn set_if(&self, value: T, may: impl FnOnce(T) -> bool) {
        let mut watched = self.lock();
        if !may(watched.value) {
            return;
        }
        watched.value = value;
        let waiting = std::mem::take(&mut watched.waiting);
        drop(watched);
        for (_, waker) in waiting {
            waker.wake();
        }
    }

    pub(crate) fn get(&self) -> T {
        self.lock().value
    }

    /// Waits until the value is so.
    pub(crate) fn wait_until<F: Fn(T) -> bool + Unpin>(&self, so: F) -> Waiting<'_, T, F> {
        Waiting {
            watch: self,
            so,
            number: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watched<T>> {
        // Nothing in a critical section can panic half-way: what the waiters run is run outside.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits; one that is dropped waits no more.
pub(crate) struct Waiting<'w, T: Copy, F> {
    watch: &'w Watch<T>,
    so: F,
    number: Option<u64>,
}

impl<T: Copy, F: Fn(T) -> bool + Unpin> Future for Waiting<'_, T, F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut watched = self.watch.lock();
        if (self.so)(watched.value) {
            return Poll::Ready(());
        }
        let number = self.number.unwrap_or(watched.next);
        if self.number.is_none() {
            watched.next += 1;
        }
        match watched.waiting.iter_mut().find(|(own, _)| *own == number) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => watched.waiting.push((number, context.waker().clone())),
        }
        drop(watched);
        self.number = Some(number);
        Poll::Pending
    }
}

impl<T: Copy, F> Drop for Waiting<'_, T, F> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.watch.lock().waiting.retain(|(own, _)| *own != number);
        }
    }
}
