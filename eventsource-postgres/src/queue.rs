//! A bounded queue of appends between those who ask and the task that sends.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Notify,
    /// How many wait, those included that were drained and are not yet sent.
    length: AtomicUsize,
    limit: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

/// Why a queue does not take something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Full { waiting: usize },
    Closed,
}

impl<T> Queue<T> {
    pub(crate) fn new(limit: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            filled: Notify::new(),
            length: AtomicUsize::new(0),
            limit,
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // No critical section here can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn len(&self) -> usize {
        self.length.load(Ordering::Relaxed)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub(crate) fn push(&self, item: T) -> Result<(), Refused> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        let waiting = self.len();
        if waiting >= self.limit {
            return Err(Refused::Full { waiting });
        }
        state.waiting.push_back(item);
        self.length.fetch_add(1, Ordering::Relaxed);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits until something is there; `false` once the queue is closed and empty.
    pub(crate) async fn wait(&self) -> bool {
        loop {
            {
                let state = self.state();
                if !state.waiting.is_empty() {
                    return true;
                }
                if state.closed {
                    return false;
                }
            }
            // One who is told between the look and the wait has left a permit.
            self.filled.notified().await;
        }
    }

    /// Moves everything to `backlog`; it counts as waiting until it is [`done`](Self::done).
    pub(crate) fn drain(&self, backlog: &mut VecDeque<T>) {
        backlog.append(&mut self.state().waiting);
    }

    /// So many do not wait any more.
    pub(crate) fn done(&self, count: usize) {
        self.length.fetch_sub(count, Ordering::Relaxed);
    }

    /// Takes no more items, and wakes the one who waits.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_one();
    }
}
