//! The order of events: no reader, however fast or slow, skips one, repeats one, or sees two change places.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource_core::{LogScan, Position, Store, StoredEvent, StreamScan, Version};
use tokio::time::{sleep, timeout};

use crate::broken::{Kept, Problem, ensure, ensure_eq};
use crate::sample::{Positions, fill, some, stream};
use crate::seed::Random;

const PATIENCE: Duration = Duration::from_secs(10);

/// Each position is after all earlier ones, and the versions of a stream are 1, 2, 3 …
pub async fn g4_positions_increase_and_versions_are_dense<S: Store>(store: S) -> Kept {
    let (mut last, mut versions) = (Position::START, [0; 3]);
    for round in 0..30 {
        let (id, count) = (round % 3, 1 + round % 4);
        let placed = fill(&store, stream(id as u64), count as u64).await?.placed;
        ensure_eq(&placed.len(), &count, "the number of places in an answer")?;
        for place in placed {
            versions[id] += 1;
            ensure(place.position > last, || {
                format!("position {} comes after {last}", place.position)
            })?;
            ensure_eq(
                &place.version,
                &Version(versions[id]),
                "a version in a stream",
            )?;
            last = place.position;
        }
        ensure_eq(&store.head().await?, &last, "the head")?;
    }
    Ok(())
}

/// Sixteen writers, some of whom give up half-way; readers of different speeds each see exactly the prefix of what is
/// there in the end, in the same order.
pub async fn g4_readers_see_a_prefix_while_many_write<S: Store>(store: S) -> Kept {
    let done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..16)
        .map(|id| tokio::spawn(write(store.clone(), id)))
        .collect();
    let readers: Vec<_> = (0..6)
        .map(|speed| tokio::spawn(read(store.clone(), speed, Arc::clone(&done))))
        .collect();
    for writer in writers {
        writer.await??;
    }
    // An append that was given up may still be made after this: it is seen by all that read on, or by none yet.
    let head = store.head().await?;
    done.store(true, Ordering::SeqCst);
    let mut views = Vec::new();
    for reader in readers {
        views.push(reader.await??);
    }
    let all = places(&store.read_all(LogScan::default()).await?);
    ensure(all.is_sorted_by(|one, next| one.0 < next.0), || {
        "positions do not increase in a whole read".into()
    })?;
    for (speed, seen) in views.into_iter().enumerate() {
        let differs = seen
            .iter()
            .zip(&all)
            .position(|(seen, there)| seen != there);
        let reached = seen.last().map_or(0, |last| last.0);
        ensure(all.starts_with(&seen) && reached >= head.0, || {
            format!(
                "reader {speed} has seen {} events, up to {reached}, of {} with {head} acknowledged; the first \
                 difference is at {differs:?}",
                seen.len(),
                all.len()
            )
        })?;
    }
    for id in 0..16 {
        let versions: Vec<_> = store
            .read_stream(StreamScan::of(stream(id)))
            .await?
            .iter()
            .map(|event| event.version.0)
            .collect();
        let dense: Vec<_> = (1..=versions.len() as u64).collect();
        ensure_eq(&versions, &dense, "the versions of a stream")?;
    }
    Ok(())
}

/// A scan that may lag shows a stream whole up to some event, and all of it a moment later; where the store says that none
/// lags, at once.
pub async fn g4_a_scan_that_may_lag_shows_a_prefix<S: Store>(store: S) -> Kept {
    let scan = || StreamScan::of(stream(1)).may_lag();
    let mut acknowledged = 0;
    for count in 1..=40 {
        fill(&store, stream(1), 1 + count % 3).await?;
        acknowledged += 1 + count % 3;
        let seen = store.read_stream(scan()).await?;
        let versions: Vec<_> = seen.iter().map(|event| event.version.0).collect();
        let dense: Vec<_> = (1..=versions.len() as u64).collect();
        ensure_eq(&versions, &dense, "the versions in a scan that may lag")?;
        let missing = acknowledged - versions.len() as u64;
        ensure(missing == 0 || store.reads_may_lag(), || {
            format!("{missing} events are missing, and the store says that its reads do not lag")
        })?;
    }
    let all = timeout(PATIENCE, async {
        while (store.read_stream(scan()).await?.len() as u64) < acknowledged {
            sleep(Duration::from_millis(1)).await;
        }
        Ok::<_, Problem>(())
    });
    let all = all.await;
    all.unwrap_or_else(|_| Err(Problem("a scan that may lag never shows the latest".into())))
}

async fn write<S: Store>(store: S, id: u64) -> Kept {
    let mut random = Random::of(id);
    for _ in 0..60 {
        let append = Arc::new(some(stream(id), 1 + random.below(3)));
        if random.once_in(5) {
            // Given up after a moment: dropped before it was sent, while it waits, or after it was made.
            let patience = Duration::from_micros(random.below(300));
            let _ = timeout(patience, store.append(append)).await;
        } else {
            store.append(append).await?;
        }
    }
    Ok(())
}

/// Reads on and on from the last position; whoever is slower reads larger pages less often.
async fn read<S: Store>(
    store: S,
    speed: u64,
    done: Arc<AtomicBool>,
) -> Kept<Vec<(u64, String, u64)>> {
    let (mut seen, mut after) = (Vec::new(), Position::START);
    loop {
        let last_round = done.load(Ordering::SeqCst);
        let scan = LogScan {
            after,
            limit: speed
                .is_multiple_of(2)
                .then_some(1 + 7 * usize::from(speed > 2)),
            ..LogScan::default()
        };
        let events = store.read_all(scan).await?;
        seen.extend(places(&events));
        after = events.last().map_or(after, |event| event.position);
        if events.is_empty() && last_round {
            return Ok(seen);
        }
        sleep(Duration::from_micros(speed * speed * 40)).await;
    }
}

fn places(events: &[StoredEvent]) -> Vec<(u64, String, u64)> {
    events
        .iter()
        .map(|event| (event.position.0, event.stream.to_string(), event.version.0))
        .collect()
}

/// A subscription begins in the past and goes on with what comes, each event once.
pub async fn g4_a_subscription_goes_live_without_a_gap<S: Store>(store: S) -> Kept {
    const WRITERS: u64 = 4;
    const EACH: u64 = 100;
    fill(&store, stream(100), 30).await?;
    let begin = Positions::of(&store).await?.at(10);
    let mut events = store.subscribe(begin).page(7);
    let write = |id| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                fill(&store, stream(id), 1).await?;
                tokio::task::yield_now().await;
            }
            Ok::<_, Problem>(())
        })
    };
    let writers: Vec<_> = (0..WRITERS).map(write).collect();
    let (mut seen, expected) = (Vec::new(), 20 + WRITERS * EACH);
    while (seen.len() as u64) < expected {
        let next = timeout(PATIENCE, events.next()).await;
        let next = next.map_err(|_| {
            Problem(format!(
                "after {} of {expected} events no more come",
                seen.len()
            ))
        })?;
        let Some(event) = next else {
            return Err(Problem("the subscription ended by itself".into()));
        };
        seen.push(event?);
    }
    for writer in writers {
        writer.await??;
    }
    let all = store.read_all(LogScan::after(begin)).await?;
    ensure(seen == all, || {
        format!(
            "the subscription's events differ from those that are there: {:?}, {:?}",
            places(&seen),
            places(&all)
        )
    })
}

/// A subscription that is stopped ends, also while it waits.
pub async fn g4_a_subscription_stops<S: Store>(store: S) -> Kept {
    fill(&store, stream(1), 1).await?;
    let mut events = store.subscribe(Position::START);
    let stopper = events.stopper();
    timeout(PATIENCE, events.next()).await?;
    let waits = tokio::spawn(async move { events.next().await.is_none() });
    sleep(Duration::from_millis(20)).await;
    stopper.stop();
    ensure(timeout(PATIENCE, waits).await??, || {
        "there is an event after the stop".into()
    })
}

/// Waiting ends when there is an event after the position, and not before.
pub async fn g4_waiting_ends_when_there_is_an_event<S: Store>(store: S) -> Kept {
    fill(&store, stream(1), 2).await?;
    let [first, last] = [1, 2].map({
        let positions = Positions::of(&store).await?;
        move |number| positions.at(number)
    });
    timeout(PATIENCE, store.wait_beyond(first)).await??;
    let waits = tokio::spawn({
        let store = store.clone();
        async move { store.wait_beyond(last).await }
    });
    sleep(Duration::from_millis(50)).await;
    ensure(!waits.is_finished(), || {
        "waiting for an event ended before there was one".into()
    })?;
    fill(&store, stream(1), 1).await?;
    timeout(PATIENCE, waits).await???;
    Ok(())
}
