//! Two processes run one projection, and are killed at random moments, or stopped in the midst of a transaction for longer
//! than their lease: each event counts once.
//!
//! The projection is the test's own, as it writes with its store's transaction. It says [`WRITING`] in some of its methods,
//! after it has written, and pauses there: a process that is stopped then is one between its writes and its commit.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{
    Append, CheckpointStore, MultiStreamStore, NewEvent, StreamName, Timestamp,
};
use tokio::time::sleep;

use crate::process::{OtherProcess, Others, PATIENCE, Signal, rounds, say};

/// What a method says before it pauses.
pub const WRITING: &str = "writing";

/// The stored name of the events.
pub const EVENT: &str = "turnover.made";

/// The lease that the processes ask for.
pub const LEASE: Duration = Duration::from_millis(200);

/// For how many milliseconds a process is stopped, unless `STOP_MILLIS` says otherwise: longer than a lease, and shorter
/// than anybody's patience. A server that ends the transactions of clients which say nothing wants longer.
const STOPPED: u64 = 700;

/// How many streams there are, and the most events of one append.
const STREAMS: u64 = 97;
const APPEND: u64 = 500;

/// Whether the method for the event at a position is to say that it has written, and to pause.
#[must_use]
pub fn pauses_at(position: u64) -> bool {
    position.is_multiple_of(4_001)
}

/// To be called where [`pauses_at`] says so, before a pause of [`PAUSE`].
pub fn has_written() {
    say(WRITING);
}

/// How long a method pauses.
pub const PAUSE: Duration = Duration::from_millis(20);

/// What a run has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Projected {
    /// How often a process was killed.
    pub kills: u64,
    /// How often one was stopped between its writes and its commit.
    pub stops: u64,
    /// How many events there are.
    pub events: u64,
    /// The sum and the number of the amounts in each stream, as they must be.
    pub sums: BTreeMap<String, (i64, i64)>,
    /// How long it took.
    pub time: Duration,
}

impl fmt::Display for Projected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events projected by two processes in {:?}: {} kills, {} stops between write and commit",
            self.events, self.time, self.kills, self.stops
        )
    }
}

/// Appends events, so many for each kill, while two processes project them; kills one of them each time, and stops some
/// in the midst of a transaction. Then waits until everything is projected.
///
/// # Panics
///
/// If the projection does not come to the end.
pub async fn while_runners_are_killed<S: CheckpointStore + MultiStreamStore>(
    store: &S,
    others: &Others,
    consumer: &str,
    kills: u64,
    events: u64,
) -> Projected {
    let begin = Instant::now();
    let (mut sums, mut made, mut stops) = (BTreeMap::new(), 0, 0);
    let mut runners = [others.start("one").await, others.start("two").await];
    for kill in 0..kills {
        let goal = events * (kill + 1) / kills;
        while made < goal {
            let count = APPEND.min(goal - made);
            append(store, &mut sums, made, count).await;
            made += count;
        }
        let index = usize::from((kill * 7_919).is_multiple_of(3));
        if kill % 5 == 2 {
            stops += u64::from(stop_between_write_and_commit(&mut runners).await);
        }
        sleep(Duration::from_micros(kill * 104_729 % 150_000)).await;
        runners[index].kill();
        runners[index] = others.start("again").await;
    }
    let handle = store.consumer(consumer);
    handle
        .wait_for(None, PATIENCE)
        .await
        .expect("everything is projected");
    for mut runner in runners {
        runner.kill();
    }
    Projected {
        kills,
        stops,
        events: made,
        sums,
        time: begin.elapsed(),
    }
}

/// Waits a moment for one of them to say that it has written, and stops it there for longer than its lease.
async fn stop_between_write_and_commit(runners: &mut [OtherProcess; 2]) -> bool {
    let begin = Instant::now();
    // What was said before is over.
    for runner in &mut *runners {
        while runner.said().is_some() {}
    }
    while begin.elapsed() < Duration::from_secs(1) {
        for runner in &mut *runners {
            if runner.said().is_some() {
                runner.signal(Signal::Stop);
                sleep(Duration::from_millis(rounds("STOP_MILLIS", STOPPED))).await;
                runner.signal(Signal::Continue);
                return true;
            }
        }
        sleep(Duration::from_millis(1)).await;
    }
    false
}

async fn append<S: MultiStreamStore>(
    store: &S,
    sums: &mut BTreeMap<String, (i64, i64)>,
    from: u64,
    count: u64,
) {
    let mut append = Append::across();
    for number in from..from + count {
        let stream = format!("turnover/{}", number * 31 % STREAMS);
        let amount = i64::try_from(number % 1_000).unwrap_or_default() - 300;
        let sum = sums.entry(stream.clone()).or_insert((0, 0));
        *sum = (sum.0 + amount, sum.1 + 1);
        let stream = StreamName::parse(&stream).expect("a good name");
        append = append.record(stream, event(amount));
    }
    let append = Arc::new(append);
    let begin = Instant::now();
    // A process that is stopped in a transaction holds others up.
    while let Err(error) = store.append_across(Arc::clone(&append)).await {
        let unwritten = matches!(error, eventsource_core::AppendError::Store(_));
        assert!(unwritten && begin.elapsed() < PATIENCE, "{error}");
    }
}

fn event(amount: i64) -> NewEvent {
    NewEvent {
        name: EVENT.into(),
        schema: 1,
        format: "json".into(),
        payload: format!(r#"{{"amount":{amount}}}"#).into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(0),
        tags: Vec::new(),
    }
}
