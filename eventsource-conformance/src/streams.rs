//! Appends to streams: whole or absent, and only if their checks hold.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Conflict, MISSED_LIMIT, ManyStreams, MultiStreamStore, Store, StreamCheck,
    StreamScan, Version,
};
use tokio::sync::Barrier;

use crate::broken::{Kept, Problem, conflict, ensure, ensure_eq};
use crate::sample::{Positions, event, fill, some, stream, version};
use crate::seed::Random;

/// Appends of many events, some of whose callers stop waiting: each is there with all of its events, or with none.
pub async fn g2_an_append_is_whole_or_absent<S: Store>(store: S) -> Kept {
    const EVENTS: u64 = 20;
    let mut tasks = Vec::new();
    for id in 0..60 {
        let store = store.clone();
        let append = async move { fill(&store, stream(id), EVENTS).await };
        tasks.push(tokio::spawn(append));
        if id % 3 == 0 {
            tokio::task::yield_now().await;
            tasks.last().inspect(|task| task.abort());
        }
    }
    let mut answered = Vec::new();
    for task in tasks {
        answered.push(task.await.ok().transpose()?.is_some());
    }
    // An append that nobody waits for may still be made, but only once.
    fill(&store, stream(1_000), 1).await?;
    for (id, answered) in (0..).zip(answered) {
        let events = store.read_stream(StreamScan::of(stream(id))).await?.len() as u64;
        ensure(events == EVENTS || (events == 0 && !answered), || {
            format!("an append of {EVENTS} events (answered: {answered}) left {events} of them")
        })?;
    }
    Ok(())
}

/// `At` holds at exactly one version.
pub async fn g3_a_check_at_a_version<S: Store>(store: S) -> Kept {
    let append = |version| store.append(Arc::new(some(stream(1), 2).at(Version(version))));
    append(0).await?;
    append(2).await?;
    for wrong in [0, 1, 3, 5, u64::MAX] {
        let Conflict::Stream { actual, .. } =
            conflict(append(wrong).await, "a check at another version")?
        else {
            return Err(Problem("the conflict is about a boundary".into()));
        };
        ensure_eq(&actual, &Version(4), "the version in the conflict")?;
    }
    ensure_eq(
        &version(&store, stream(1)).await?,
        &Version(4),
        "the version after the conflicts",
    )
}

/// `New` holds as long as a stream has no event.
pub async fn g3_a_check_for_a_new_stream<S: Store>(store: S) -> Kept {
    let append = || store.append(Arc::new(some(stream(1), 1).if_new()));
    append().await?;
    conflict(append().await, "a check that a stream is new")?;
    ensure_eq(
        &version(&store, stream(1)).await?,
        &Version(1),
        "the version after the conflict",
    )
}

/// `Exists` holds from the first event on.
pub async fn g3_a_check_for_a_stream_that_exists<S: Store>(store: S) -> Kept {
    let append = || store.append(Arc::new(some(stream(1), 1).if_exists()));
    conflict(append().await, "a check that a stream exists")?;
    fill(&store, stream(1), 1).await?;
    append().await?;
    ensure_eq(
        &version(&store, stream(1)).await?,
        &Version(2),
        "the version in the end",
    )
}

/// A conflict brings the events that the caller has not seen, if they are not too many.
pub async fn g3_a_conflict_brings_what_was_missed<S: Store>(store: S) -> Kept {
    let limit = MISSED_LIMIT as u64;
    fill(&store, stream(2), 3).await?;
    fill(&store, stream(1), limit + 1).await?;
    for (check, expected) in [
        (some(stream(1), 1).at(Version(1)), limit),
        (some(stream(1), 1).if_new(), 0),
    ] {
        let found = conflict(
            store.append(Arc::new(check)).await,
            "a check that does not hold",
        )?;
        let Conflict::Stream { actual, missed, .. } = found else {
            return Err(Problem("the conflict is about a boundary".into()));
        };
        ensure_eq(&actual, &Version(limit + 1), "the version in the conflict")?;
        let all = store
            .read_stream(StreamScan::of(stream(1)).after(Version(1)))
            .await?;
        let expected = if expected == 0 { Vec::new() } else { all };
        ensure_eq(&missed, &expected, "the events that the conflict brings")?;
    }
    Ok(())
}

/// Of two appends at the same version, sent at the same time, exactly one is made.
pub async fn g3_of_two_appends_at_one_version_one_wins<S: Store>(store: S) -> Kept {
    const ROUNDS: u64 = 200;
    for round in 0..ROUNDS {
        let barrier = Arc::new(Barrier::new(3));
        let race = |_| {
            let (store, barrier) = (store.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                store
                    .append(Arc::new(some(stream(1), 1).at(Version(round))))
                    .await
            })
        };
        let mut winners = 0;
        for task in [0, 1, 2].map(race) {
            match task.await? {
                Ok(_) => winners += 1,
                Err(AppendError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure(winners == 1, || {
            format!("in round {round}, {winners} of 3 appends at one version were made")
        })?;
    }
    ensure_eq(
        &version(&store, stream(1)).await?,
        &Version(ROUNDS),
        "the version in the end",
    )
}

/// Of an append to several streams, all records are there or none; those of one stream in order.
pub async fn g2_several_streams_whole_or_absent<S: MultiStreamStore>(store: S) -> Kept {
    let records = |number| {
        (0..6).fold(Append::across(), |append, id| {
            append.record(stream(id % 3), event("sample.made", number))
        })
    };
    let good = store.append_across(Arc::new(records(1))).await?;
    let placed: Vec<_> = good
        .placed
        .iter()
        .map(|placed| (placed.position, placed.version.0))
        .collect();
    let positions = Positions::of(&store).await?;
    let expected = (1..).zip([1, 1, 1, 2, 2, 2]);
    let expected = expected.map(|(number, version)| (positions.at(number), version));
    ensure_eq(&placed, &expected.collect(), "where the records are")?;
    let bad = records(2).if_stream(StreamCheck::New(stream(2)));
    conflict(
        store.append_across(Arc::new(bad)).await,
        "a check of the last stream",
    )?;
    let mut too_large = event("sample.made", 3);
    too_large.payload = vec![b'x'; 64 << 20];
    let refused = store
        .append_across(Arc::new(records(3).record(stream(9), too_large)))
        .await;
    ensure(matches!(refused, Err(AppendError::Rejected(_))), || {
        format!("64 MiB were not refused: {refused:?}")
    })?;
    ensure_eq(
        &store.head().await?,
        &positions.at(6),
        "the head after two refused appends",
    )
}

/// Checks are judged also of streams that nothing is written to; all must hold.
pub async fn g3_checks_of_streams_that_are_not_written<S: MultiStreamStore>(store: S) -> Kept {
    fill(&store, stream(1), 2).await?;
    let append = |checks: Vec<StreamCheck>| {
        let append = Append::across().record(stream(9), event("sample.made", 1));
        store.append_across(Arc::new(
            checks
                .into_iter()
                .fold(append, Append::<ManyStreams>::if_stream),
        ))
    };
    let (good, bad) = (
        StreamCheck::At(stream(1), Version(2)),
        StreamCheck::Exists(stream(2)),
    );
    append(vec![good.clone(), StreamCheck::New(stream(2))]).await?;
    let Conflict::Stream { check, actual, .. } =
        conflict(append(vec![good, bad.clone()]).await, "the second check")?
    else {
        return Err(Problem("the conflict is about a boundary".into()));
    };
    ensure_eq(
        &(check, actual),
        &(bad, Version::NONE),
        "the check in the conflict",
    )?;
    ensure_eq(
        &version(&store, stream(9)).await?,
        &Version(1),
        "the version in the end",
    )
}

/// Two appends, each of which checks what the other one writes: one is made.
pub async fn g3_write_skew_across_streams<S: MultiStreamStore>(store: S) -> Kept {
    let mut random = Random::of(3);
    for round in 0..200 {
        let (left, right) = (stream(1_000 + 2 * round), stream(1_001 + 2 * round));
        let barrier = Arc::new(Barrier::new(2));
        let race = |(checked, written)| {
            let (store, barrier) = (store.clone(), Arc::clone(&barrier));
            let append = Append::across().if_stream(StreamCheck::New(checked));
            tokio::spawn(async move {
                barrier.wait().await;
                store
                    .append_across(Arc::new(append.record(written, event("sample.made", 1))))
                    .await
            })
        };
        let mut pairs = [(left.clone(), right.clone()), (right, left)];
        if random.once_in(2) {
            pairs.reverse();
        }
        let mut winners = 0;
        for task in pairs.map(race) {
            match task.await? {
                Ok(_) => winners += 1,
                Err(AppendError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure(winners == 1, || {
            format!("in round {round}, {winners} of 2 appends that exclude each other were made")
        })?;
    }
    Ok(())
}
