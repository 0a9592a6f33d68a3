//! Clients that ask a store for anything at random, at the same time, and record what they were answered.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    EventRef, LogScan, Position, Store, StoreError, StoredEvent, StreamScan, Version, Visit,
};
use tokio::time::{sleep, timeout};

use crate::broken::Kept;
use crate::clock::Clock;
use crate::history::{Answer, Asked, Call, Recorder, Seen};
use crate::request::{Asks, Must, Reach, Request, Written, key};
use crate::sample::stream;
use crate::seed::Random;

/// How many streams, types and tags there are: few, so that the clients meet.
const STREAMS: u64 = 5;
const TYPES: u64 = 4;
const TAGS: u64 = 6;
/// The ids of requests under keys begin here: anybody may send them.
const UNDER_KEYS: u64 = 1 << 40;

/// Lets clients with these numbers run, each with so many calls, and returns what they have recorded.
pub(crate) async fn run<R: Reach<S>, S: Store>(
    store: &S,
    clock: &Arc<Clock>,
    numbers: Range<u64>,
    calls: u64,
) -> Kept<Vec<Call>> {
    let clients = numbers.map(|number| Client::<S>::new(store.clone(), clock, number));
    let tasks: Vec<_> = clients
        .map(|client| tokio::spawn(client.run::<R>(calls)))
        .collect();
    let mut history = Vec::new();
    for task in tasks {
        history.extend(task.await?);
    }
    Ok(history)
}

struct Client<S> {
    store: S,
    number: u64,
    random: Random,
    recorder: Recorder,
    /// How many calls it has made.
    made: u64,
    /// The versions of streams, as it has seen them last.
    versions: HashMap<u64, u64>,
    /// How far it has read the log.
    position: u64,
}

impl<S: Store> Client<S> {
    fn new(store: S, clock: &Arc<Clock>, number: u64) -> Self {
        Self {
            store,
            number,
            random: Random::of(1_000 + number),
            recorder: Recorder::new(clock, number),
            made: 0,
            versions: HashMap::new(),
            position: 0,
        }
    }

    async fn run<R: Reach<S>>(mut self, calls: u64) -> Vec<Call> {
        // Every fourth one only follows the log, each at its own speed.
        let follows = self.number % 4 == 3;
        while self.made < calls {
            self.made += 1;
            if follows {
                let limit = Some(1 + usize::try_from(self.number).unwrap_or(0) % 11);
                self.scan(Asks::default(), limit).await;
            } else {
                self.anything::<R>().await;
            }
            if self.random.once_in(if follows { 2 } else { 6 }) {
                sleep(Duration::from_micros(self.random.below(400))).await;
            }
        }
        self.recorder.into_calls()
    }

    async fn anything<R: Reach<S>>(&mut self) {
        match self.random.below(20) {
            0..=10 => {
                let request = self.request::<R>();
                self.append::<R>(request).await;
            }
            11 | 12 => {
                let request = self.under_key::<R>();
                self.append::<R>(request).await;
            }
            13 => {
                let key = self.made / 6 + self.random.below(3);
                self.outcome(key).await;
            }
            14..=16 => self.load().await,
            17 | 18 => {
                let limit = self
                    .random
                    .once_in(2)
                    .then(|| usize::try_from(1 + self.random.below(9)).unwrap_or(1));
                let query = query(&mut self.random);
                self.scan(query, limit).await;
            }
            _ => self.head().await,
        }
    }

    /// An append of any kind that rests on what the client has seen.
    fn request<R: Reach<S>>(&mut self) -> Request {
        let id = (self.number << 20) | self.made;
        let random = &mut self.random;
        let streams: Vec<_> = (0..R::STREAMS).map(|_| random.below(STREAMS)).collect();
        let records = if random.once_in(20) {
            0
        } else {
            1 + random.below(3)
        };
        let records: Vec<_> = (0..records).map(|_| record(random, &streams)).collect();
        let mut request = Request::new(id, records);
        request.bad = !request.records.is_empty() && random.once_in(25);
        // Beside the streams that it writes to, an append may rest on another one, and on queries.
        let target = |random: &mut Random| {
            if R::STREAMS > 1 {
                random.below(STREAMS)
            } else {
                streams[0]
            }
        };
        for _ in 0..random.below(3) {
            let stream = target(random);
            let known = self.versions.get(&stream).copied().unwrap_or_default();
            request = request.only_if(match random.below(12) {
                0 => Must::BeNew(stream),
                1 | 2 => Must::Exist(stream),
                _ => Must::BeAt(stream, known),
            });
        }
        if R::QUERIES && random.once_in(2) {
            request = request.only_if(Must::MatchNothing(query(random), self.position));
        }
        if request.records.is_empty() && request.checks.is_empty() {
            request = request.only_if(Must::Exist(streams[0]));
        }
        request
    }

    /// One of the requests that everybody knows: it follows from its number alone, and those who are about as far as this
    /// client send it at about the same time. Sometimes it is another request under the same key.
    fn under_key<R: Reach<S>>(&mut self) -> Request {
        let key = self.made / 6 + self.random.below(3);
        let id = under_key(key)[usize::from(self.random.once_in(6))];
        let mut random = Random::of(id);
        let streams: Vec<_> = (0..R::STREAMS).map(|_| random.below(STREAMS)).collect();
        let records: Vec<_> = (0..=random.below(3))
            .map(|_| record(&mut random, &streams))
            .collect();
        let request = Request::new(id, records).under(key);
        match random.below(8) {
            0 => request.only_if(Must::Exist(streams[0])),
            1 => request.only_if(Must::BeNew(streams[0])),
            2 if R::QUERIES => request.only_if(Must::MatchNothing(query(&mut random), 0)),
            _ => request,
        }
    }

    async fn append<R: Reach<S>>(&mut self, request: Request) {
        let key = request.key.filter(|_| self.random.once_in(2));
        let patience = match self.random.once_in(6) {
            true => Duration::from_micros(self.random.below(400)),
            false => Duration::from_secs(60),
        };
        let store = &self.store;
        let asked = Asked::Append(request.clone());
        let sent = async {
            match timeout(patience, R::send(store, &request)).await {
                Ok(answer) => Answer::to_append(&request, answer),
                // Dropped before it was sent, while it waited, or after it was made.
                Err(_) => Answer::Unknown,
            }
        };
        match self.recorder.record(asked, sent).await {
            Answer::Made { placed, .. } => {
                for (written, (_, version)) in request.records.iter().zip(placed) {
                    self.versions.insert(written.stream, *version);
                }
            }
            Answer::StreamConflict { check, actual, .. } => {
                if let Must::BeAt(stream, _) = &request.checks[*check] {
                    self.versions.insert(*stream, *actual);
                }
            }
            // A decision that is made again reads again.
            Answer::Matched { .. } => self.scan(Asks::default(), None).await,
            _ => {}
        }
        if let Some(key) = key {
            self.outcome(key).await;
        }
    }

    /// Asks for a key, perhaps just after something was sent under it.
    async fn outcome(&mut self, number: u64) {
        let store = &self.store;
        let asked = async {
            match store.outcome(key(number, 0)).await {
                Ok(outcome) => Answer::to_outcome(number, &under_key(number), outcome),
                Err(error) => failed(&error),
            }
        };
        self.recorder.record(Asked::Outcome(number), asked).await;
    }

    async fn load(&mut self) {
        let random = &mut self.random;
        let id = random.below(STREAMS + 1);
        let known = self.versions.get(&id).copied().unwrap_or_default();
        let after = if random.once_in(2) {
            0
        } else {
            random.below(known + 2)
        };
        let until = random.once_in(4).then(|| random.below(known + 3));
        let backwards = random.once_in(4);
        let limit = random
            .once_in(4)
            .then(|| usize::try_from(random.below(8)).unwrap_or(0));
        let scan = StreamScan {
            stream: stream(id),
            after: Version(after),
            until: until.map(Version),
            backwards,
            limit,
            may_lag: false,
        };
        let store = &self.store;
        let read = async {
            match store.read_stream(scan).await {
                Ok(events) => seen(&events, None),
                Err(error) => failed(&error),
            }
        };
        let whole = until.is_none() && !backwards && limit.is_none();
        let asked = Asked::Load {
            stream: id,
            after,
            until,
            backwards,
            limit,
        };
        if let Answer::Events { seen, .. } = self.recorder.record(asked, read).await
            && whole
        {
            let version = seen.last().map_or(after.min(known), |last| last.version);
            self.versions.insert(id, version);
        }
    }

    async fn scan(&mut self, query: Asks, limit: Option<usize>) {
        let after = self.position;
        let scan = LogScan {
            after: Position(after),
            query: query.to_query(),
            limit,
        };
        let store = &self.store;
        let read = async {
            match store.scan_all(scan, Copies::default()).await {
                Ok((copies, position)) => seen(&copies.0, Some(position.0)),
                Err(error) => failed(&error),
            }
        };
        let everything = query == Asks::default();
        let asked = Asked::Scan {
            after,
            query,
            limit,
        };
        if let Answer::Events {
            looked_at: Some(looked_at),
            ..
        } = self.recorder.record(asked, read).await
            && everything
        {
            self.position = *looked_at;
        }
    }

    async fn head(&mut self) {
        let store = &self.store;
        let read = async {
            match store.head().await {
                Ok(position) => Answer::Head(position.0),
                Err(error) => failed(&error),
            }
        };
        self.recorder.record(Asked::Head, read).await;
    }
}

fn failed(error: &StoreError) -> Answer {
    match error {
        StoreError::Overloaded { .. } => Answer::Overloaded,
        error => Answer::Wrong(error.to_string()),
    }
}

fn seen(events: &[StoredEvent], looked_at: Option<u64>) -> Answer {
    match Seen::all(events) {
        Ok(seen) => Answer::Events { seen, looked_at },
        Err(wrong) => wrong,
    }
}

/// The requests that may be sent under a key.
fn under_key(key: u64) -> [u64; 2] {
    [UNDER_KEYS + 2 * key, UNDER_KEYS + 2 * key + 1]
}

fn record(random: &mut Random, streams: &[u64]) -> Written {
    let stream = random.choose(streams).copied().unwrap_or_default();
    let kind = random.below(TYPES);
    let tags = (0..TAGS).filter(|_| random.once_in(4)).collect();
    Written { stream, kind, tags }
}

/// Types alone, tags alone, both, alternatives, and now and then everything.
fn query(random: &mut Random) -> Asks {
    let mut alternatives = Vec::new();
    for _ in 0..random.below(3) + u64::from(!random.once_in(8)) {
        let types = (0..TYPES).filter(|_| random.once_in(4)).collect();
        let tags = (0..TAGS).filter(|_| random.once_in(4)).collect();
        alternatives.push((types, tags));
    }
    Asks(alternatives)
}

#[derive(Default)]
struct Copies(Vec<StoredEvent>);

impl Visit for Copies {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.0.push(event.to_stored());
        ControlFlow::Continue(())
    }
}
