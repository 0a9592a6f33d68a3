//! Followers: readers at several speeds, in this process and another one, while sixteen tasks in two processes write,
//! give up, and are killed. None may lose an event, see one twice, or see two change places.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::time::Duration;

use eventsource_core::{BoundaryStore, EventRef, LogScan, Position, Store, Visit};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::audit::{Audit, Found};
use crate::process::{Others, PATIENCE, number, say, told};
use crate::write;

pub(crate) const ROLE: &str = "follow";

/// What a run of followers has come to. An event lost, repeated or out of order would have been a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Followed {
    /// What the writers' audit has found.
    pub found: Found,
    /// How many readers have followed.
    pub readers: u64,
    /// How many events they saw together.
    pub seen: u64,
    /// How often a writing process was killed.
    pub kills: u64,
}

impl fmt::Display for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} readers saw {} events, none lost, repeated or out of order, beside {} kills; {}",
            self.readers, self.seen, self.kills, self.found
        )
    }
}

/// An event as a reader sees it: its position, and a digest of what and where it is.
type Seen = (Position, u64);

fn seen(event: EventRef<'_>) -> Seen {
    let mut hasher = DefaultHasher::new();
    event.stream.hash(&mut hasher);
    event.version.hash(&mut hasher);
    event.name.hash(&mut hasher);
    event.payload.hash(&mut hasher);
    (event.position, hasher.finish())
}

/// How a reader reads.
#[derive(Debug, Clone, Copy)]
enum Speed {
    /// A subscription with pages of this size, and so many microseconds of work after each of its events.
    Subscription { page: usize, work: u64 },
    /// Scans from the last position, at most so many events each, with a pause in microseconds between them.
    Scans { limit: usize, pause: u64 },
}

const SPEEDS: [Speed; 5] = [
    Speed::Subscription { page: 512, work: 0 },
    Speed::Subscription { page: 7, work: 0 },
    Speed::Subscription { page: 64, work: 20 },
    Speed::Scans {
        limit: 1_000,
        pause: 300,
    },
    Speed::Scans {
        limit: 100_000,
        pause: 40_000,
    },
];

/// The readers of one process.
struct Readers {
    running: Vec<JoinHandle<Vec<Seen>>>,
    /// Where they end, once it is known.
    end: watch::Sender<Option<Position>>,
}

impl Readers {
    fn start<S: Store>(store: &S) -> Self {
        let (end, until) = watch::channel(None);
        let running = SPEEDS
            .map(|speed| tokio::spawn(read(store.clone(), speed, until.clone())))
            .into();
        Self { running, end }
    }

    /// Lets them read up to this position, and compares what they saw with what is there.
    async fn judge<S: Store>(self, store: &S, end: Position) -> u64 {
        self.end.send(Some(end)).expect("readers that still read");
        let scan = LogScan::default();
        let (All(all), _) = store.scan_all(scan, All::default()).await.expect("a scan");
        let upto = all.partition_point(|(position, _)| *position <= end);
        let mut count = 0;
        for (running, speed) in self.running.into_iter().zip(SPEEDS) {
            let seen = running.await.expect("a reader that does not panic");
            let differs = seen
                .iter()
                .zip(&all)
                .position(|(seen, there)| seen != there);
            assert!(
                differs.is_none() && seen.len() == upto,
                "{speed:?} saw {} of {upto} events, and the first that is not as it is stored is {:?}",
                seen.len(),
                differs.map(|index| (seen[index], all[index]))
            );
            count += seen.len() as u64;
        }
        count
    }
}

/// Counts events.
struct Count(u64);

impl Visit for Count {
    fn visit(&mut self, _: EventRef<'_>) -> ControlFlow<()> {
        self.0 += 1;
        ControlFlow::Continue(())
    }
}

/// Reads on and on until the end is known and reached.
async fn read<S: Store>(
    store: S,
    speed: Speed,
    mut until: watch::Receiver<Option<Position>>,
) -> Vec<Seen> {
    let mut all = Vec::new();
    let mut last = Position::START;
    let reached = |last, until: &watch::Receiver<Option<Position>>| {
        (*until.borrow()).is_some_and(|end| last >= end)
    };
    match speed {
        Speed::Subscription { page, work } => {
            let mut events = store.subscribe(Position::START).page(page);
            while !reached(last, &until) {
                let event = tokio::select! {
                    event = events.next() => event,
                    // The end may be where this reader is already.
                    _ = until.changed() => continue,
                };
                let event = event
                    .expect("a subscription that goes on")
                    .expect("an event");
                last = event.position;
                all.push(seen(event.as_ref()));
                if work > 0 && all.len().is_multiple_of(50) {
                    sleep(Duration::from_micros(work * 50)).await;
                }
            }
        }
        Speed::Scans { limit, pause } => {
            while !reached(last, &until) {
                let scan = LogScan::after(last).limit(limit);
                let (All(page), looked_at) =
                    store.scan_all(scan, All::default()).await.expect("a scan");
                last = looked_at;
                all.extend(page);
                sleep(Duration::from_micros(pause)).await;
            }
        }
    }
    // A scan may have gone on beyond the end while it was announced.
    let end = until.borrow().expect("an end");
    all.retain(|(position, _)| *position <= end);
    all
}

#[derive(Default)]
struct All(Vec<Seen>);

impl Visit for All {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.0.push(seen(event));
        ControlFlow::Continue(())
    }
}

/// Follows from another process: reads until it is told where the end is, and says how many events its readers saw.
pub(crate) async fn role<S: Store>(store: S) {
    let readers = Readers::start(&store);
    let end = told().recv().await.expect("the position of the end");
    let seen = readers.judge(&store, Position(number(&end))).await;
    say(format_args!("seen {seen}"));
}

/// The tasks of each of the two processes that write, and of the one that is killed.
const TASKS: u64 = 8;

/// Lets two processes write with eight tasks each, a third one too that is killed again and again, and readers follow in
/// this process and in another one, until there are so many events; then judges everything.
///
/// # Panics
///
/// If a reader lost an event, saw one twice or out of order; if an acknowledged append is lost or one is doubled.
pub async fn while_processes_write<S: BoundaryStore>(
    store: &S,
    others: &Others,
    events: u64,
) -> Followed {
    let mut audit = Audit::default();
    let readers = Readers::start(store);
    let mut follower = others.start(ROLE).await;
    let mut writers = [
        others.start(&write::process(0, TASKS)).await,
        others.start(&write::process(1, TASKS)).await,
    ];
    let mut upto = store.head().await.expect("the head");
    let (mut written, mut kills) = (0, 0);
    let begin = tokio::time::Instant::now();
    loop {
        // Positions may have gaps, so the events are counted.
        let new = store.scan_all(LogScan::after(upto), Count(0)).await;
        let (Count(new), seen) = new.expect("the events");
        written += new;
        upto = seen;
        if written >= events {
            break;
        }
        assert!(
            begin.elapsed() < PATIENCE + Duration::from_millis(events),
            "after {:?} there are {written} of {events} events",
            begin.elapsed(),
        );
        let who = 2 + kills;
        let mut killed = others.start(&write::process(who, TASKS)).await;
        sleep(Duration::from_millis(40 + kills * 73 % 300)).await;
        killed.kill();
        kills += 1;
        audit.hear_out(&mut killed).await;
        audit.resolve(store, who, TASKS).await;
        for writer in &mut writers {
            audit.hear(writer);
        }
    }
    for writer in &mut writers {
        writer.tell("stop");
        audit.hear_out(writer).await;
    }
    let end = store.head().await.expect("the head");
    follower.tell(&end.to_string());
    let mut seen = readers.judge(store, end).await;
    let line = timeout(PATIENCE, follower.line()).await;
    let line = line.ok().flatten().expect("a verdict of the other process");
    seen += number::<u64>(line.strip_prefix("seen ").expect("a verdict"));
    Followed {
        found: audit.check(store).await,
        readers: 2 * SPEEDS.len() as u64,
        seen,
        kills,
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::sync::Arc;

    use eventsource_core::{
        Append, AppendError, Appended, EventRef, Key, LogScan, MemoryStore, Outcome, Position,
        Store, StoreError, StoreIdentity, StreamScan, Visit,
    };

    use super::Readers;
    use crate::write::Id;

    /// A store in memory whose reads miss an event once they are beyond a position, as a log does that gives out
    /// positions before they can be seen.
    #[derive(Clone)]
    struct Lossy(MemoryStore, Position);

    struct Without<V>(V, Position);

    impl<V: Visit> Visit for Without<V> {
        fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
            match event.position == self.1 {
                true => ControlFlow::Continue(()),
                false => self.0.visit(event),
            }
        }
    }

    impl Store for Lossy {
        fn identity(&self) -> StoreIdentity {
            self.0.identity()
        }
        async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
            self.0.append(append).await
        }
        async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
            self.0.outcome(key).await
        }
        async fn scan_stream<V: Visit>(
            &self,
            scan: StreamScan,
            visitor: V,
        ) -> Result<V, StoreError> {
            self.0.scan_stream(scan, visitor).await
        }
        async fn scan_all<V: Visit>(
            &self,
            scan: LogScan,
            visitor: V,
        ) -> Result<(V, Position), StoreError> {
            // A whole read finds the event; one that goes on from somewhere misses it.
            let missed = match scan.after {
                Position::START => Position::START,
                _ => self.1,
            };
            let (visitor, position) = self.0.scan_all(scan, Without(visitor, missed)).await?;
            Ok((visitor.0, position))
        }
        async fn head(&self) -> Result<Position, StoreError> {
            self.0.head().await
        }
        async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
            self.0.wait_beyond(position).await
        }
    }

    async fn followed(missed: Position) -> bool {
        let memory = MemoryStore::new();
        let write = async |numbers: std::ops::Range<u64>| {
            for number in numbers {
                let (who, task) = (0, 0);
                Id { who, task, number }.resolve(&memory).await;
            }
        };
        write(0..100).await;
        let store = Lossy(memory.clone(), missed);
        let readers = Readers::start(&store);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        write(100..200).await;
        let end = memory.head().await.unwrap();
        tokio::spawn(async move { readers.judge(&store, end).await })
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn a_lost_event_is_found() {
        assert!(followed(Position::START).await);
        assert!(!followed(Position(250)).await);
    }
}
