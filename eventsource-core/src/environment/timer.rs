//! Waiting without a runtime: one thread that lives only while somebody waits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Longer than any process runs.
const AGES: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// A future that ends after `duration`.
pub(crate) fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
    Sleeping {
        until: Instant::now()
            .checked_add(duration)
            .unwrap_or_else(|| Instant::now() + AGES),
        slot: None,
    }
}

struct Sleeping {
    until: Instant,
    slot: Option<Arc<Mutex<Waker>>>,
}

impl Future for Sleeping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.until {
            return Poll::Ready(());
        }
        if let Some(slot) = &self.slot {
            lock(slot).clone_from(context.waker());
            return Poll::Pending;
        }
        let slot = Arc::new(Mutex::new(context.waker().clone()));
        if !enqueue(Sleeper {
            until: self.until,
            slot: Arc::clone(&slot),
        }) {
            return Poll::Ready(());
        }
        self.slot = Some(slot);
        Poll::Pending
    }
}

struct Sleeper {
    until: Instant,
    slot: Arc<Mutex<Waker>>,
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        self.until == other.until
    }
}
impl Eq for Sleeper {}
impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Sleeper {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.until.cmp(&other.until)
    }
}

struct Queue {
    sleepers: BinaryHeap<Reverse<Sleeper>>,
    running: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    sleepers: BinaryHeap::new(),
    running: false,
});
static CHANGED: Condvar = Condvar::new();

/// Puts a sleeper in the queue and sees that the thread runs. Says no if there can be no thread: the caller then
/// goes on at once, which is early but never stuck.
fn enqueue(sleeper: Sleeper) -> bool {
    let mut queue = lock(&QUEUE);
    if !queue.running {
        let started = std::thread::Builder::new()
            .name("eventsource-timer".into())
            .spawn(wake_sleepers);
        if started.is_err() {
            return false;
        }
        queue.running = true;
    }
    queue.sleepers.push(Reverse(sleeper));
    CHANGED.notify_one();
    true
}

fn wake_sleepers() {
    let mut queue = lock(&QUEUE);
    while let Some(Reverse(next)) = queue.sleepers.peek() {
        let now = Instant::now();
        if next.until > now {
            let wait = next.until - now;
            queue = CHANGED
                .wait_timeout(queue, wait)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            continue;
        }
        let due = queue.sleepers.pop();
        drop(queue);
        if let Some(Reverse(due)) = due {
            let waker = lock(&due.slot).clone();
            // What an executor does when it is woken is its own affair: should it panic, the others are woken all the same.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
        queue = lock(&QUEUE);
    }
    queue.running = false;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
