//! Keys that nobody else has, which a store need not keep where a stamp on the first event tells: a request is stored once all
//! the same.

use std::future::Future;
use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, BoundaryStore, Key, MultiStreamStore, Position, Query, Store,
    StreamCheck, Uuid, Version,
};

use crate::broken::{Kept, conflict, ensure, ensure_eq};
use crate::sample::{event, fill, some, stream, version};

fn own(number: u128) -> Key {
    Key::unique(Uuid::from_u128(number))
}

/// Sends a request four times, with more events of its streams in between: it is stored once, and answered alike. Whether an
/// answer calls it a repetition is left to the store: nobody else has the key, so it is the caller's own request either way.
async fn once<S: Store, F: Future<Output = Result<Appended, AppendError>>>(
    store: &S,
    streams: &[u64],
    send: impl Fn() -> F,
) -> Kept {
    let first = send().await?;
    ensure(!first.repeated, || {
        "a first append is called a repetition".into()
    })?;
    for _ in 0..3 {
        let mut before = Vec::new();
        for number in streams {
            before.push(version(store, stream(*number)).await?);
        }
        let second = send().await?;
        ensure_eq(
            &second.placed,
            &first.placed,
            "the places in the second answer",
        )?;
        for (number, before) in streams.iter().zip(before) {
            let after = version(store, stream(*number)).await?;
            ensure_eq(&after, &before, "the version after a repetition")?;
            fill(store, stream(*number), 1).await?;
        }
    }
    Ok(())
}

/// Whatever is checked of the stream.
pub async fn g5_a_key_of_its_own_is_stored_once<S: Store>(store: S) -> Kept {
    for number in 1..=3 {
        fill(&store, stream(number), 2).await?;
    }
    let requests = [
        (0, some(stream(0), 3).if_new()),
        (1, some(stream(1), 2).at(Version(2))),
        (2, some(stream(2), 1).if_exists()),
        (3, some(stream(3), 2)),
        (4, some(stream(4), 1).at(Version::NONE)),
    ];
    for (number, request) in requests {
        let request = Arc::new(request.key(own(number.into())));
        once(&store, &[number], || store.append(Arc::clone(&request))).await?;
    }
    Ok(())
}

/// From many tasks at once.
pub async fn g5_a_key_of_its_own_from_many_tasks<S: Store>(store: S) -> Kept {
    for round in 0..50 {
        let request = Arc::new(some(stream(round), 2).if_new().key(own(round.into())));
        let send = |_| {
            let (store, request) = (store.clone(), Arc::clone(&request));
            tokio::spawn(async move { store.append(request).await })
        };
        let mut answers = Vec::new();
        for task in (0..8).map(send).collect::<Vec<_>>() {
            answers.push(task.await??.placed);
        }
        answers.dedup();
        ensure(answers.len() == 1, || {
            format!("identical requests have different answers: {answers:?}")
        })?;
        let there = version(&store, stream(round)).await?;
        ensure_eq(&there, &Version(2), "the version in the end")?;
    }
    Ok(())
}

/// A request that was refused is not taken for an equal one of somebody else's, which stands where it would.
pub async fn g5_a_key_of_its_own_is_nobody_elses<S: Store>(store: S) -> Kept {
    let request = |key| Arc::new(some(stream(1), 1).if_new().key(own(key)));
    let first = store.append(request(1)).await?;
    for _ in 0..2 {
        let second = store.append(request(2)).await;
        conflict(second, "an equal request under another key")?;
        fill(&store, stream(1), 1).await?;
    }
    let again = store.append(request(1)).await?;
    ensure_eq(
        &again.placed,
        &first.placed,
        "the places of the one that was made",
    )
}

/// Where the records go to several streams, and where only another stream than the first is checked.
pub async fn g5_a_key_of_its_own_across_streams<S: MultiStreamStore>(store: S) -> Kept {
    for (round, checked) in [&[0, 1][..], &[1], &[0]].into_iter().enumerate() {
        let round = round as u64;
        let (one, other) = (10 * round, 10 * round + 1);
        fill(&store, stream(other), 2).await?;
        let mut request = Append::across()
            .record(stream(one), event("sample.made", 1))
            .record(stream(other), event("sample.made", 2))
            .record(stream(one), event("sample.made", 3))
            .key(own(round.into()));
        for check in checked {
            request = request.if_stream(match check {
                0 => StreamCheck::New(stream(one)),
                _ => StreamCheck::At(stream(other), Version(2)),
            });
        }
        let request = Arc::new(request);
        once(&store, &[one, other], || {
            store.append_across(Arc::clone(&request))
        })
        .await?;
    }
    Ok(())
}

/// With checks that the request's own events break, and with others beside them.
pub async fn g5_a_key_of_its_own_within_a_boundary<S: BoundaryStore>(store: S) -> Kept {
    let of = |number: u64| Query::types([format!("sample.{number}")]);
    let record = |number: u64, name: u64| {
        Append::within()
            .record(stream(number), event(&format!("sample.{name}"), 1))
            .key(own(number.into()))
    };
    let others = Query::types(["sample.made"]);
    let first = record(1, 1).nothing_matches(of(1), Position::START);
    let beside_a_stream = record(2, 2)
        .if_stream(StreamCheck::New(stream(2)))
        .nothing_matches(of(2), Position::START);
    let no_stream = record(3, 3)
        .if_stream(StreamCheck::New(stream(30)))
        .nothing_matches(of(3), Position::START);
    let by_the_second = record(4, 40)
        .record(stream(4), event("sample.4", 2))
        .nothing_matches(of(4), Position::START);
    for (number, request) in [
        (1, first),
        (2, beside_a_stream),
        (3, no_stream),
        (4, by_the_second),
    ] {
        let request = Arc::new(request);
        once(&store, &[number], || {
            store.append_within(Arc::clone(&request))
        })
        .await?;
    }
    // Others' events break the first check, its own the second.
    let beside = record(5, 5)
        .nothing_matches(others, store.head().await?)
        .nothing_matches(of(5), Position::START);
    let beside = Arc::new(beside);
    once(&store, &[5], || store.append_within(Arc::clone(&beside))).await?;

    let equal = record(6, 5).nothing_matches(of(5), Position::START);
    conflict(
        store.append_within(Arc::new(equal)).await,
        "an equal request under another key",
    )
    .map(|_| ())
}
