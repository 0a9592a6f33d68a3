//! `PostgresStore` against the same work written by hand with tokio-postgres: appends with keys, tags and checks,
//! appends within a boundary, reading a stream, catching up, and the delay of a subscriber. The sides run in turns; the
//! tables show medians and their ratio.
//!
//! `scripts/with-servers cargo bench --bench postgres [PART]`, and with `FSYNC=off` before it for a server that does not
//! sync. Parts: appends, boundaries, reads, catch-up, delay.

mod by_hand;
mod delay;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eventsource_core::{
    Append, BoundaryStore, EventRef, IdSource as _, Key, LogScan, NewEvent, Position, Query,
    RandomIds, Store, StreamName, StreamScan, Tag, Timestamp, Version, Visit,
};
use eventsource_postgres::{PostgresStore, UnsafeServer};
use futures_util::future::BoxFuture;
use tokio::runtime::{Builder, Runtime};

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

const ROUNDS: usize = 7;

fn main() -> Result<()> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    if let Some(url) = delay::follower_of() {
        return runtime.block_on(delay::follow(&url));
    }
    let server = std::env::var("EVENTSOURCE_POSTGRES")
        .map_err(|_| "EVENTSOURCE_POSTGRES is not set: run this with scripts/with-servers")?;
    let only = std::env::args().nth(1);
    let wanted = |part: &str| {
        only.as_deref()
            .is_none_or(|only| only == part || only.starts_with('-'))
    };
    let url = runtime.block_on(database(&server, ""))?;
    runtime.block_on(by_hand::prepare(&url))?;
    let store = runtime.block_on(open(&url))?;
    let bench = Bench {
        runtime,
        url,
        store,
    };
    if wanted("appends") {
        heading("appends: keys, tags, checks", "store /s", "other /s");
        // Long enough for the scheduler to settle on which core each side runs.
        for (tasks, appends) in [(1, 4_000), (16, 3_200), (64, 9_600)] {
            bench.appends(tasks, appends)?;
        }
    }
    if wanted("boundaries") {
        heading(
            "within a boundary, and to a stream",
            "boundary /s",
            "stream /s",
        );
        for (tasks, appends) in [(1, 4_000), (16, 3_200), (64, 9_600)] {
            bench.boundaries(tasks, appends)?;
        }
    }
    if wanted("reads") || wanted("catch-up") {
        heading("reading whole events, decoded", "store /s", "by hand /s");
        bench.reads(wanted("reads"), wanted("catch-up"))?;
    }
    if wanted("delay") {
        bench
            .runtime
            .block_on(delay::measure(&bench.store, &bench.url))?;
    }
    bench.runtime.block_on(async {
        bench.store.close().await;
        let client = by_hand::connect(&server).await?;
        for of in ["", READS] {
            let name = name(of);
            let dropping = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            client.batch_execute(&dropping).await?;
        }
        Ok(())
    })
}

struct Bench {
    runtime: Runtime,
    url: String,
    store: PostgresStore,
}

/// What the database that is read adds to the other's name.
const READS: &str = "_reads";

fn name(of: &str) -> String {
    format!("bench_{}{of}", std::process::id())
}

/// A database of this run's own.
async fn database(server: &str, of: &str) -> Result<String> {
    let (client, name) = (by_hand::connect(server).await?, name(of));
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await?;
    if of.is_empty() {
        let fsync: String = client.query_one("SHOW fsync", &[]).await?.get(0);
        println!("the server's fsync is {fsync}");
    }
    let (address, _) = server.rsplit_once('/').ok_or("a URL with a database")?;
    Ok(format!("{address}/{name}"))
}

async fn open(url: &str) -> Result<PostgresStore> {
    // A server without fsync is what FSYNC=off asks for.
    let allowed = UnsafeServer {
        fsync_off: true,
        ..UnsafeServer::default()
    };
    Ok(PostgresStore::options()
        .allow_unsafe_server(allowed)
        .open(url)
        .await?)
}

fn heading(what: &str, ours: &str, theirs: &str) {
    println!("\n{what:<44} {ours:>12} {theirs:>12} {:>7}", "ratio");
}

fn report(what: &str, count: usize, ours: Vec<Duration>, theirs: Vec<Duration>) {
    let rate = |mut times: Vec<Duration>| {
        times.sort();
        count as f64 / times[times.len() / 2].as_secs_f64()
    };
    let (ours, theirs) = (rate(ours), rate(theirs));
    println!(
        "{what:<44} {ours:>12.0} {theirs:>12.0} {:>7.2}",
        ours / theirs
    );
}

fn stream(category: &str, number: usize) -> StreamName {
    StreamName::new(category, &(number as u64)).expect("a good name")
}

fn event(number: usize) -> NewEvent {
    NewEvent {
        name: "account.deposited".into(),
        schema: 1,
        format: "json".into(),
        payload: format!(r#"{{"amount":{number},"note":"a gift"}}"#).into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: vec![Tag::new("owner", number % 1_000)],
    }
}

fn key(category: &str, caller: usize, number: usize) -> Key {
    Key::given(category, &format!("{caller}-{number}"), b"deposit")
}

/// Runs so many callers, each of which appends these numbers one after the other, and takes the time until the last has
/// ended.
fn timed<A, F>(
    runtime: &Runtime,
    callers: usize,
    numbers: &Range<usize>,
    append: A,
) -> Result<Duration>
where
    A: Fn(usize, usize) -> F + Clone + Send + 'static,
    F: Future<Output = Result<()>> + Send,
{
    let caller = |caller: usize| {
        let (append, numbers) = (append.clone(), numbers.clone());
        async move {
            for number in numbers {
                append(caller, number).await?;
            }
            Ok::<_, Failure>(())
        }
    };
    let begin = Instant::now();
    runtime.block_on(async {
        let running: Vec<_> = (0..callers)
            .map(|number| tokio::spawn(caller(number)))
            .collect();
        for running in running {
            running.await??;
        }
        Ok(begin.elapsed())
    })
}

impl Bench {
    /// Each caller appends to its own stream, one event after the other, and knows the stream's version.
    fn appends(&self, callers: usize, appends: usize) -> Result<()> {
        let (runtime, each) = (&self.runtime, appends / callers);
        let category: Arc<str> = format!("account{callers}").into();
        let singles = (0..callers).map(|_| runtime.block_on(by_hand::Single::open(&self.url)));
        let singles = Arc::new(singles.collect::<Result<Vec<_>>>()?);
        let group = runtime.block_on(by_hand::Group::open(&self.url))?;
        let own: Arc<str> = format!("own{callers}").into();
        let mut times = [const { Vec::new() }; 4];
        for round in 0..ROUNDS {
            let numbers = round * each..(round + 1) * each;
            let (store, to) = (self.store.clone(), Arc::clone(&category));
            times[0].push(timed(runtime, callers, &numbers, move |caller, number| {
                append_to(store.clone(), to_stream(&to, caller, number))
            })?);
            let (group, to) = (group.clone(), Arc::clone(&category));
            times[1].push(timed(runtime, callers, &numbers, move |caller, number| {
                let (group, append) = (group.clone(), by_hand_to(&to, caller, number));
                async move { group.append(append).await }
            })?);
            let (singles, to) = (Arc::clone(&singles), Arc::clone(&category));
            times[2].push(timed(runtime, callers, &numbers, move |caller, number| {
                let (singles, append) = (Arc::clone(&singles), by_hand_to(&to, caller, number));
                async move { singles[caller].append(&append).await }
            })?);
            let (store, to) = (self.store.clone(), Arc::clone(&own));
            times[3].push(timed(runtime, callers, &numbers, move |caller, number| {
                let key = Key::unique(RandomIds.fresh());
                append_to(store.clone(), to_stream(&to, caller, number).key(key))
            })?);
        }
        let [store, group, single, own] = times;
        let count = each * callers;
        let (of_single, of_group) = ("one INSERT per append", "group commit by hand");
        report(
            &format!("{callers} tasks, {of_single}"),
            count,
            store.clone(),
            single.clone(),
        );
        report(&format!("{callers} tasks, {of_group}"), count, store, group);
        report(
            &format!("{callers} tasks, the same, a key of its own"),
            count,
            own,
            single,
        );
        Ok(())
    }

    /// The same append, checked by a query of its tag and by its stream's version.
    fn boundaries(&self, callers: usize, appends: usize) -> Result<()> {
        let (runtime, each) = (&self.runtime, appends / callers);
        let category: Arc<str> = format!("member{callers}").into();
        let start = runtime.block_on(self.store.head())?;
        let lasts: Arc<[AtomicU64]> = (0..callers).map(|_| AtomicU64::new(start.0)).collect();
        let (mut within, mut to) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let numbers = round * each..(round + 1) * each;
            let (store, of, lasts) = (
                self.store.clone(),
                Arc::clone(&category),
                Arc::clone(&lasts),
            );
            within.push(timed(runtime, callers, &numbers, move |caller, number| {
                let last = Position(lasts[caller].load(Ordering::Relaxed));
                let append = Arc::new(within_boundary(&of, caller, number, last));
                let (store, lasts) = (store.clone(), Arc::clone(&lasts));
                async move {
                    let placed = store.append_within(append).await?.placed;
                    lasts[caller].store(placed[0].position.0, Ordering::Relaxed);
                    Ok(())
                }
            })?);
            let (store, of) = (self.store.clone(), Arc::clone(&category));
            to.push(timed(runtime, callers, &numbers, move |caller, number| {
                append_to(store.clone(), to_stream(&of, caller, number))
            })?);
        }
        report(&format!("{callers} tasks"), each * callers, within, to);
        Ok(())
    }

    /// A stream of 10,000 events, and a log of 100,000, each on both sides in tables that hold nothing else.
    fn reads(&self, one: bool, all: bool) -> Result<()> {
        const STREAM: usize = 10_000;
        const LOG: usize = 100_000;
        let url = self.runtime.block_on(database(&self.url, READS))?;
        let store = self.runtime.block_on(open(&url))?;
        let events: Vec<_> = (0..LOG)
            .map(|number| {
                let version = Version((number / 10) as u64 + 1);
                (stream("read", number % 10), version, event(number))
            })
            .collect();
        let runtime = &self.runtime;
        let reader = runtime.block_on(async {
            for chunk in events.chunks(5_000) {
                let append = chunk
                    .iter()
                    .fold(Append::across(), |append, (stream, _, event)| {
                        append.record(stream.clone(), event.clone())
                    });
                eventsource_core::MultiStreamStore::append_across(&store, Arc::new(append)).await?;
            }
            by_hand::connect(&url)
                .await?
                .batch_execute("VACUUM ANALYZE")
                .await?;
            by_hand::prepare(&url).await?;
            by_hand::fill(&url, &events).await?;
            by_hand::Reader::open(&url).await
        })?;
        let mut times = [const { Vec::new() }; 6];
        let mut sums = [0; 6];
        let mut read = |side: usize, work: BoxFuture<'static, Result<i64>>| -> Result<()> {
            let begin = Instant::now();
            // In a task of the runtime, as a program's own reads are: not on a thread beside it.
            sums[side] = runtime.block_on(runtime.spawn(work))??;
            times[side].push(begin.elapsed());
            Ok(())
        };
        let reader = Arc::new(reader);
        for _ in 0..if one { ROUNDS * 3 } else { 0 } {
            let of = stream("read", 3);
            let (of_ours, ours, theirs) = (of.clone(), store.clone(), Arc::clone(&reader));
            read(
                0,
                Box::pin(
                    async move { Ok(ours.scan_stream(StreamScan::of(of_ours), Sum(0)).await?.0) },
                ),
            )?;
            read(1, Box::pin(async move { theirs.stream(&of).await }))?;
        }
        for _ in 0..if all { ROUNDS * 3 } else { 0 } {
            let ours = store.clone();
            read(
                2,
                Box::pin(async move { Ok(ours.scan_all(LogScan::default(), Sum(0)).await?.0.0) }),
            )?;
            let theirs = Arc::clone(&reader);
            read(3, Box::pin(async move { theirs.all(None).await }))?;
            let ours = store.clone();
            read(
                4,
                Box::pin(async move {
                    let (mut sum, mut last) = (0, Position::START);
                    while last < Position(LOG as u64) {
                        let scan = LogScan::after(last).limit(512);
                        let (page, looked_at) = ours.scan_all(scan, Sum(0)).await?;
                        sum += page.0;
                        last = looked_at;
                    }
                    Ok(sum)
                }),
            )?;
            let theirs = Arc::clone(&reader);
            read(5, Box::pin(async move { theirs.all(Some(512)).await }))?;
        }
        for pair in sums.chunks(2) {
            assert_eq!(pair[0], pair[1], "both sides read the same");
        }
        let [
            stream,
            stream_by_hand,
            log,
            log_by_hand,
            pages,
            pages_by_hand,
        ] = times;
        if one {
            report("a stream of 10,000 events", STREAM, stream, stream_by_hand);
        }
        if all {
            report("all 100,000 events in one scan", LOG, log, log_by_hand);
            report(
                "all 100,000 events in pages of 512",
                LOG,
                pages,
                pages_by_hand,
            );
        }
        runtime.block_on(store.close());
        Ok(())
    }
}

async fn append_to(store: PostgresStore, append: Append) -> Result<()> {
    store.append(Arc::new(append)).await?;
    Ok(())
}

fn by_hand_to(category: &str, caller: usize, number: usize) -> by_hand::Append {
    by_hand::Append {
        stream: stream(category, caller),
        at: Version(number as u64),
        key: key(category, caller, number),
        event: event(number),
    }
}

fn to_stream(category: &str, caller: usize, number: usize) -> Append {
    Append::to(stream(category, caller))
        .at(Version(number as u64))
        .event(event(number))
        .key(key(category, caller, number))
}

fn within_boundary(
    category: &str,
    caller: usize,
    number: usize,
    last: Position,
) -> Append<eventsource_core::Boundary> {
    // As many tags as the append to the stream has: one.
    let tag = Tag::new(category, caller);
    let event = NewEvent {
        tags: vec![tag.clone()],
        ..event(number)
    };
    let own = format!("{category}-within");
    Append::within()
        .record(stream(&own, caller), event)
        .nothing_matches(Query::types(["account.deposited"]).tagged(tag), last)
        .key(key(&own, caller, number))
}

#[derive(serde::Deserialize)]
struct Deposited<'a> {
    amount: i64,
    note: &'a str,
}

impl Deposited<'_> {
    fn sum(&self) -> i64 {
        self.amount + i64::from(self.note.is_empty())
    }
}

struct Sum(i64);

impl Visit for Sum {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        match serde_json::from_slice::<Deposited<'_>>(event.payload) {
            Ok(deposited) => self.0 += deposited.sum(),
            Err(_) => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }
}
