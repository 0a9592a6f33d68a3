//! Many appends that wait at the same moment: a store that commits them together still judges each by itself, as if they
//! had come one after the other.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Boundary, BoundaryStore, LogScan, ManyStreams, MultiStreamStore,
    OneStream, Store,
};
use futures_util::future::join_all;

use crate::broken::{Kept, ensure, ensure_eq};
use crate::check_history::judge;
use crate::clock::Clock;
use crate::history::{Answer, Asked, Call, Recorder};
use crate::input::bad_events;
use crate::request::{Asks, Must, Reach, Request, Written};
use crate::sample::{some, stream};
use crate::seed::{Random, times};

const ROUNDS: u64 = 12;
/// Streams, types and tags of the decisions begin here, and are used once.
const FRESH: u64 = 1_000;

/// Sends requests in this order from one task, before any of them can be answered to it. The first few have nothing to do
/// with the others: while a store is busy with them, the others gather.
async fn together<R: Reach<S>, S: Store>(
    store: &S,
    clock: &Arc<Clock>,
    requests: Vec<Request>,
) -> Vec<Call> {
    let send = async |request: Request| {
        let mut recorder = Recorder::new(clock, request.id);
        let asked = Asked::Append(request.clone());
        let sent = async { Answer::to_append(&request, R::send(store, &request).await) };
        recorder.record(asked, sent).await;
        recorder.into_calls()
    };
    join_all(requests.into_iter().map(send))
        .await
        .into_iter()
        .flatten()
        .collect()
}

/// Appends without a check, to streams of their own.
fn busy(ids: &mut Ids) -> Vec<Request> {
    let request = |number| Request::new(ids.next(), [written(number, 0, [])]);
    (0..4).map(request).collect()
}

fn written<const N: usize>(stream: u64, kind: u64, tags: [u64; N]) -> Written {
    Written {
        stream,
        kind,
        tags: tags.to_vec(),
    }
}

/// Numbers that are used once.
struct Ids(u64);

impl Ids {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

fn is_made(call: &Call) -> bool {
    matches!(call.answer, Answer::Made { .. })
}

/// Two decisions, each of which rests on the absence of what the other one writes.
type Pair = [(Must, Written); 2];

/// They rest on streams.
fn stream_pair(shape: u64, [a, b]: [u64; 2]) -> Pair {
    match shape % 2 {
        0 => [
            (Must::BeNew(a), written(b, 0, [])),
            (Must::BeNew(b), written(a, 0, [])),
        ],
        _ => [
            (Must::BeAt(a, 0), written(b, 0, [])),
            (Must::BeAt(b, 0), written(a, 0, [])),
        ],
    }
}

/// They rest on queries, or one of them on a query and the other one on a stream.
fn boundary_pair(shape: u64, [a, b]: [u64; 2], after: u64) -> Pair {
    let nothing = |asks| Must::MatchNothing(asks, after);
    let both = |kind: u64, tag: u64| nothing(Asks(vec![(vec![kind], vec![tag])]));
    match shape % 7 {
        // Types alone.
        0 => [
            (nothing(Asks::types([a])), written(a, b, [])),
            (nothing(Asks::types([b])), written(b, a, [])),
        ],
        // Tags alone.
        1 => [
            (nothing(Asks::tags([a])), written(a, 0, [b])),
            (nothing(Asks::tags([b])), written(b, 0, [a])),
        ],
        // Types and tags.
        2 => [
            (both(1, a), written(a, 2, [a])),
            (both(2, a), written(b, 1, [a])),
        ],
        // A type and a tag.
        3 => [
            (nothing(Asks::types([a])), written(a, 0, [b])),
            (nothing(Asks::tags([b])), written(b, a, [])),
        ],
        // A stream and a tag.
        4 => [
            (Must::BeNew(a), written(b, 0, [a])),
            (nothing(Asks::tags([a])), written(a, 0, [])),
        ],
        // A stream and a type.
        5 => [
            (Must::BeAt(a, 0), written(b, a, [])),
            (nothing(Asks::types([a])), written(a, 0, [])),
        ],
        // The last of some alternatives, the one of two tags.
        _ => {
            let asks = |kind, one, two| Asks(vec![(vec![kind], vec![]), (vec![], vec![one, two])]);
            [
                (nothing(asks(b, a, b)), written(a, a, [])),
                (nothing(asks(a, b, a)), written(b, 0, [b, a])),
            ]
        }
    }
}

/// Sends many pairs at once, in both orders: of each, one decision is made.
async fn pairs<R: Reach<S>, S: Store>(
    store: &S,
    pair: impl Fn(u64, [u64; 2], u64) -> Pair,
) -> Kept {
    let clock = Arc::new(Clock::own());
    let (mut ids, mut random, mut history) = (Ids(FRESH), Random::of(4), Vec::new());
    for _ in 0..ROUNDS * times() {
        let after = store.head().await?.0;
        let mut requests = busy(&mut ids);
        let first = requests.len();
        for shape in 0..28 {
            let mut pair = pair(shape, [ids.next(), ids.next()], after);
            if random.once_in(2) {
                pair.reverse();
            }
            let request = |(must, written)| Request::new(ids.next(), [written]).only_if(must);
            requests.extend(pair.map(request));
        }
        let calls = together::<R, S>(store, &clock, requests).await;
        for pair in calls[first..].chunks(2) {
            let made = pair.iter().filter(|call| is_made(call)).count();
            ensure(made == 1, || {
                format!("{made} of 2 decisions that exclude each other were made: {pair:?}")
            })?;
        }
        history.extend(calls);
    }
    judge(store, &history).await
}

/// Decisions that rest on streams.
pub async fn g3_write_skew_of_streams_in_one_call<S: MultiStreamStore>(store: S) -> Kept {
    pairs::<ManyStreams, S>(&store, |shape, ids, _| stream_pair(shape, ids)).await
}

/// Decisions that rest on types, tags, both, and streams, each with each.
pub async fn g3_write_skew_in_one_call<S: BoundaryStore>(store: S) -> Kept {
    pairs::<Boundary, S>(&store, boundary_pair).await
}

/// Decisions that rest on the whole log, among others: only one can be made that does not know of the others.
pub async fn g3_checks_of_everything_in_one_call<S: BoundaryStore>(store: S) -> Kept {
    let clock = Arc::new(Clock::own());
    let (mut ids, mut random, mut history) = (Ids(FRESH), Random::of(5), Vec::new());
    for _ in 0..ROUNDS * times() {
        let after = store.head().await?.0;
        let mut requests = Vec::new();
        for number in 0..24 {
            let request = Request::new(ids.next(), [written(number, number % 3, [number])]);
            requests.push(match random.below(4) {
                0 => request,
                1 => request.only_if(Must::MatchNothing(Asks::tags([100]), after)),
                _ => request.only_if(Must::MatchNothing(Asks::default(), after)),
            });
        }
        let calls = together::<Boundary, S>(&store, &clock, requests).await;
        let rests_on_all = |call: &&Call| {
            matches!(&call.asked, Asked::Append(Request { checks, .. })
                if checks.contains(&Must::MatchNothing(Asks::default(), after)))
        };
        let made = calls
            .iter()
            .filter(rests_on_all)
            .filter(|call| is_made(call))
            .count();
        ensure(made <= 1, || {
            format!("{made} decisions that rest on the whole log were made at once")
        })?;
        history.extend(calls);
    }
    judge(&store, &history).await
}

/// Decisions about different things, each of which knows its own and nothing of the others: all are made.
pub async fn g3_disjoint_boundaries_in_one_call<S: BoundaryStore>(store: S) -> Kept {
    let clock = Arc::new(Clock::own());
    let (mut ids, mut history, mut known) = (Ids(FRESH), Vec::new(), [0; 64]);
    for _ in 0..ROUNDS * times() {
        let decide = |(number, after): (u64, u64)| {
            let asks = match number % 3 {
                0 => Asks::types([FRESH + number]),
                1 => Asks::tags([number]),
                _ => Asks(vec![(vec![FRESH + number], vec![number])]),
            };
            let request = Request::new(ids.next(), [written(number, FRESH + number, [number])]);
            request.only_if(Must::MatchNothing(asks, after))
        };
        let calls =
            together::<Boundary, S>(&store, &clock, (0..).zip(known).map(decide).collect()).await;
        for (known, call) in known.iter_mut().zip(&calls) {
            let Answer::Made { placed, .. } = &call.answer else {
                return ensure(false, || {
                    format!("nothing speaks against it, and yet: {call:?}")
                });
            };
            *known = placed.last().map_or(*known, |(position, _)| *position);
        }
        history.extend(calls);
    }
    judge(&store, &history).await
}

/// The same request twice and another one under the same key, in any order: one of the two requests is stored, once.
pub async fn g5_equal_keys_in_one_call<S: Store>(store: S) -> Kept {
    let clock = Arc::new(Clock::own());
    let (mut ids, mut random, mut history) = (Ids(FRESH), Random::of(6), Vec::new());
    for _ in 0..ROUNDS * times() {
        let mut requests = busy(&mut ids);
        for key in 0..16 {
            let (key, stream) = (ids.next(), FRESH + key);
            let [one, other] =
                [0, 1].map(|kind| Request::new(ids.next(), [written(stream, kind, [])]).under(key));
            let mut sent = [one.clone(), one.clone(), other, one];
            sent.swap(usize::try_from(random.below(4)).unwrap_or(0), 2);
            requests.extend(sent);
        }
        history.extend(together::<OneStream, S>(&store, &clock, requests).await);
    }
    judge(&store, &history).await
}

/// One bad request among 64: the others are stored, and it alone has a clear error. So it is with one that is refused.
pub async fn g8_one_bad_request_among_64<S: Store>(store: S) -> Kept {
    let mut stored = 0;
    for (number, (what, bad)) in (1..).zip(bad_events()) {
        let place = usize::try_from(number * 5).unwrap_or(0) % 64;
        let name: String = bad.name.chars().take(80).collect();
        let mut appends: Vec<_> = (0..63).map(|id| some(stream(id), 1)).collect();
        appends.insert(place, Append::to(stream(64)).event(bad));
        appends[63 - place] = some(stream(65), 1).if_exists();
        let send = |append| store.append(Arc::new(append));
        for (index, answer) in join_all(appends.into_iter().map(send))
            .await
            .into_iter()
            .enumerate()
        {
            match answer {
                Err(AppendError::Rejected(rejected)) if index == place => {
                    ensure_eq(
                        &(rejected.index, rejected.name),
                        &(0, name.clone()),
                        "the event that is named",
                    )?;
                }
                Err(AppendError::Conflict(_)) if index == 63 - place => {}
                Ok(_) if index != place && index != 63 - place => stored += 1,
                answer => ensure(false, || {
                    format!("beside {what} at {place}, append {index} is answered with {answer:?}")
                })?,
            }
        }
        ensure_eq(&stored, &(number * 62), "appends that were stored")?;
    }
    let there = store.read_all(LogScan::default()).await?.len() as u64;
    ensure_eq(&there, &stored, "events that are there")
}
