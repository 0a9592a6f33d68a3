//! A bounded queue between tasks, which never block, and the store's threads, which sleep while it is empty.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    /// The length, readable without the lock.
    length: AtomicUsize,
    limit: usize,
}

#[derive(Debug)]
struct State<T> {
    waiting: VecDeque<T>,
    sleepers: usize,
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
            sleepers: 0,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            filled: Condvar::new(),
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
        self.push_below(item, self.limit)
    }

    /// For what can be left out: takes it only while half of the room is free.
    pub(crate) fn push_below_half(&self, item: T) -> Result<(), Refused> {
        self.push_below(item, self.limit / 2)
    }

    fn push_below(&self, item: T, limit: usize) -> Result<(), Refused> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.waiting.len() >= limit {
            return Err(Refused::Full {
                waiting: state.waiting.len(),
            });
        }
        state.waiting.push_back(item);
        self.length.store(state.waiting.len(), Ordering::Relaxed);
        let asleep = state.sleepers > 0;
        drop(state);
        // Waking is a system call, so only who sleeps is woken.
        if asleep {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Sleeps until something is there; `false` once the queue is closed and empty. Looks again and again for as long
    /// as `spin` before it sleeps, which saves the time to fall asleep and to wake up.
    pub(crate) fn wait(&self, spin: Duration) -> bool {
        if !spin.is_zero() {
            let begin = Instant::now();
            while self.len() == 0 && begin.elapsed() < spin {
                std::hint::spin_loop();
            }
        }
        let mut state = self.state();
        while state.waiting.is_empty() && !state.closed {
            state.sleepers += 1;
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.sleepers -= 1;
        }
        !state.waiting.is_empty()
    }

    /// Takes the first item; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        while self.wait(Duration::ZERO) {
            let mut state = self.state();
            if let Some(item) = state.waiting.pop_front() {
                self.length.store(state.waiting.len(), Ordering::Relaxed);
                return Some(item);
            }
        }
        None
    }

    /// Takes what is there: at most `count` items, and no more once they weigh `weight` together.
    pub(crate) fn take(&self, count: usize, weight: usize, weigh: impl Fn(&T) -> usize) -> Vec<T> {
        let mut state = self.state();
        let mut total = 0;
        let fits = |item: &&T| {
            let fits = total < weight;
            total += weigh(item);
            fits
        };
        let taken = state.waiting.iter().take(count).take_while(fits).count();
        let items = state.waiting.drain(..taken).collect();
        self.length.store(state.waiting.len(), Ordering::Relaxed);
        items
    }

    /// Takes no more items, and wakes everyone who sleeps.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
    }

    /// Closes the queue and drops what is in it.
    pub(crate) fn abandon(&self) {
        self.close();
        let abandoned = std::mem::take(&mut self.state().waiting);
        self.length.store(0, Ordering::Relaxed);
        drop(abandoned);
    }
}
