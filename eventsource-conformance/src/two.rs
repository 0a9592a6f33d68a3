//! What holds of two processes that use one store.

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    AppendError, Appended, Boundary, BoundaryStore, Key, ManyStreams, MultiStreamStore, OneStream,
    Placed, Position, Repository, Store, StoredEvent,
};
use tokio::time::{sleep, timeout};

use crate::account::Account;
use crate::accounts;
use crate::broken::{Kept, Problem, ensure, ensure_eq};
use crate::check_accounts::{self, AccountLog};
use crate::check_history::judge;
use crate::clients;
use crate::history::{Answer, Asked, Call, Recorder};
use crate::processes::Side;
use crate::request::{Asks, Must, Reach, Request, Written};
use crate::sample::{fill, some, stream};
use crate::seed::times;

const CALLS: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(10);

/// The clients of this side: half of them.
fn own<S>(side: &Side<S>) -> std::ops::Range<u64> {
    if side.is_first() { 0..4 } else { 4..8 }
}

async fn history<R: Reach<S>, S: Store>(mut side: Side<S>) -> Kept {
    side.meet().await?;
    let history =
        clients::run::<R, S>(&side.store, &side.clock, own(&side), CALLS * times()).await?;
    match side.gather(history).await? {
        Some(history) => judge(&side.store, &history).await,
        None => Ok(()),
    }
}

/// Anything at random from both: the answers are those of one store that does one thing after the other.
pub async fn g3_two_processes_make_one_history<S: Store>(side: Side<S>) -> Kept {
    history::<OneStream, S>(side).await
}

/// The same with appends to several streams.
pub async fn g3_two_processes_make_one_history_across_streams<S: MultiStreamStore>(
    side: Side<S>,
) -> Kept {
    history::<ManyStreams, S>(side).await
}

/// The same with queries as checks.
pub async fn g3_two_processes_make_one_history_within_boundaries<S: BoundaryStore>(
    side: Side<S>,
) -> Kept {
    history::<Boundary, S>(side).await
}

/// Commands and loads of both, through a repository each.
pub async fn g3_two_processes_make_one_history_of_a_repository<S: Store>(side: Side<S>) -> Kept {
    history_of(side, Repository::new).await
}

/// The same with states in memory, each side's own.
pub async fn g3_two_processes_make_one_history_of_a_repository_with_a_cache<S: Store>(
    side: Side<S>,
) -> Kept {
    history_of(side, |store| {
        Repository::new(store).cache(accounts::SOME_ACCOUNTS)
    })
    .await
}

async fn history_of<S: Store>(
    mut side: Side<S>,
    build: impl FnOnce(S) -> Repository<Account, S>,
) -> Kept {
    let repository = build(side.store.clone());
    side.meet().await?;
    let history = accounts::run(&repository, &side.clock, own(&side), CALLS * times()).await?;
    match side.gather(history).await? {
        Some(history) => check_accounts::check(&AccountLog::read(&side.store).await?, &history),
        None => Ok(()),
    }
}

/// Sends the same request from several tasks of both processes at the same moment, again and again: one wins.
async fn race<R: Reach<S>, S: Store>(
    mut side: Side<S>,
    request: impl Fn(u64, u64) -> Request,
) -> Kept {
    const ROUNDS: u64 = 60;
    let mut history: Vec<Call> = Vec::new();
    for round in 0..ROUNDS * times() {
        side.meet().await?;
        let racers = own(&side).map(|number| {
            let (store, request) = (side.store.clone(), request((number << 20) | round, round));
            let mut recorder = Recorder::new(&side.clock, number);
            tokio::spawn(async move {
                let sent = async { Answer::to_append(&request, R::send(&store, &request).await) };
                recorder.record(Asked::Append(request.clone()), sent).await;
                recorder.into_calls()
            })
        });
        for racer in racers.collect::<Vec<_>>() {
            history.extend(racer.await?);
        }
    }
    // That one of each round was made need not be counted: two of them cannot stand in the log, and if none did, the
    // refusals would not be true.
    match side.gather(history).await? {
        Some(history) => judge(&side.store, &history).await,
        None => Ok(()),
    }
}

/// Of appends at one version from two processes one is made.
pub async fn g3_of_two_processes_at_one_version_one_wins<S: Store>(side: Side<S>) -> Kept {
    race::<OneStream, S>(side, |id, round| {
        let record = Written {
            stream: 0,
            kind: 0,
            tags: Vec::new(),
        };
        Request::new(id, [record]).only_if(Must::BeAt(0, round))
    })
    .await
}

/// Of appends to different streams within one boundary, by type, by tag or by both, one is made.
pub async fn g3_of_two_processes_in_one_boundary_one_wins<S: BoundaryStore>(side: Side<S>) -> Kept {
    race::<Boundary, S>(side, |id, round| {
        let record = Written {
            stream: id,
            kind: round,
            tags: vec![round],
        };
        let asks = match round % 3 {
            0 => Asks::types([round]),
            1 => Asks::tags([round]),
            _ => Asks(vec![(vec![round], vec![round])]),
        };
        Request::new(id, [record]).only_if(Must::MatchNothing(asks, 0))
    })
    .await
}

/// A subscription gives out what another process writes, in order and without a gap, without being asked twice.
pub async fn g4_a_subscription_follows_another_process<S: Store>(mut side: Side<S>) -> Kept {
    const EVENTS: usize = 200;
    side.meet().await?;
    if !side.is_first() {
        for number in 0..EVENTS as u64 {
            fill(&side.store, stream(number % 3), 1).await?;
            // Also after a pause that is longer than any haste lasts.
            sleep(Duration::from_millis(if number % 50 == 49 {
                150
            } else {
                0
            }))
            .await;
        }
        return side.meet().await;
    }
    let mut events = side.store.subscribe(Position::START).page(16);
    let mut seen: Vec<StoredEvent> = Vec::new();
    while seen.len() < EVENTS {
        let next = timeout(PATIENCE, events.next()).await;
        let next = next.map_err(|_| {
            Problem(format!(
                "after {} of {EVENTS} events no more come",
                seen.len()
            ))
        })?;
        seen.push(next.ok_or_else(|| Problem("the subscription ended by itself".into()))??);
    }
    let all = side
        .store
        .read_all(eventsource_core::LogScan::default())
        .await?;
    ensure(seen == all, || {
        format!("it gave out {seen:?}, and there is {all:?}")
    })?;
    side.meet().await
}

/// A request that was stored by one process is known to the other one.
pub async fn g5_a_key_is_known_to_another_process<S: Store>(mut side: Side<S>) -> Kept {
    let key = |asked: &str| Key::given("sample", "shared", asked.as_bytes());
    let request = || Arc::new(some(stream(1), 2).if_new().key(key("one")));
    let places = |appended: &Appended| -> Vec<_> {
        let place = |placed: &Placed| (placed.position.0, placed.version.0);
        appended.placed.iter().map(place).collect()
    };
    if side.is_first() {
        let stored = side.store.append(request()).await?;
        side.say(&places(&stored))?;
        return side.meet().await;
    }
    let expected: Vec<(u64, u64)> = side.hear().await?;
    let outcome = side.store.outcome(key("one")).await?;
    let answer = side.store.append(request()).await?;
    ensure(
        answer.repeated && outcome.is_some_and(|outcome| outcome.placed == answer.placed),
        || format!("the other process has stored it, and the answer here is {answer:?}"),
    )?;
    ensure_eq(
        &places(&answer),
        &expected,
        "the places in the second answer",
    )?;
    let other = side
        .store
        .append(Arc::new(some(stream(1), 1).key(key("two"))))
        .await;
    ensure(matches!(other, Err(AppendError::KeyReused)), || {
        format!("another request under the key is answered with {other:?}")
    })?;
    side.meet().await
}

/// Both see the same store, in the same life.
pub async fn g9_two_processes_see_one_identity<S: Store>(mut side: Side<S>) -> Kept {
    let identity = side.store.identity();
    let own = (
        identity.id.as_u128().to_string(),
        identity.incarnation.as_u128().to_string(),
    );
    side.say(&own)?;
    let other: (String, String) = side.hear().await?;
    ensure_eq(&own, &other, "the identity in the two processes")
}
