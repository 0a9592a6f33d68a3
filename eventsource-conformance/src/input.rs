//! Bad input is refused, and harms nobody; what is merely odd comes back as it went in.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Checkpoint, EVENT_NAME_LIMIT, LogScan, NewEvent, Position, Store,
    StoreError, StoreIdentity, StreamName, StreamScan, TAG_LIMIT, Tag, Uuid,
};

use crate::broken::{Kept, ensure, ensure_eq};
use crate::sample::{event, fill, some, stream, tagged};

/// Events that no store takes.
pub(crate) fn bad_events() -> Vec<(&'static str, NewEvent)> {
    let named = |name: String| NewEvent {
        name: name.into(),
        ..event("", 1)
    };
    let tagged = |tag: &str| tagged("sample.made", 1, &[Tag::from_stored(tag)]);
    let good = || event("sample.made", 1);
    vec![
        (
            "a huge payload",
            NewEvent {
                payload: vec![b'x'; 64 << 20],
                ..good()
            },
        ),
        (
            "huge metadata",
            NewEvent {
                metadata: vec![b'x'; 64 << 20].into(),
                ..good()
            },
        ),
        ("an empty name", named(String::new())),
        ("a NUL in the name", named("sample\0made".into())),
        ("a line break in the name", named("sample\nmade".into())),
        ("a long name", named("n".repeat(EVENT_NAME_LIMIT + 1))),
        (
            "an empty format",
            NewEvent {
                format: "".into(),
                ..good()
            },
        ),
        ("a NUL in a tag", tagged("course:\0")),
        ("an escape in a tag", tagged("course:\u{1b}[2J")),
        ("a long tag", tagged(&"t".repeat(TAG_LIMIT + 1))),
        ("an empty tag", tagged("")),
        (
            "10,000 tags",
            NewEvent {
                tags: (0..10_000).map(|n| Tag::new("n", n)).collect(),
                ..good()
            },
        ),
    ]
}

/// Each is refused with an error that names the event, and leaves nothing behind.
pub async fn g8_bad_input_is_refused<S: Store>(store: S) -> Kept {
    for (what, bad) in bad_events() {
        let name: String = bad.name.chars().take(80).collect();
        let append = Append::to(stream(1))
            .event(event("sample.made", 1))
            .event(bad);
        match store.append(Arc::new(append)).await {
            Err(AppendError::Rejected(rejected)) => {
                ensure_eq(
                    &(rejected.index, rejected.name),
                    &(1, name),
                    &format!("the event that is named for {what}"),
                )?;
            }
            other => ensure(false, || format!("{what} is answered with {other:?}"))?,
        }
    }
    ensure_eq(
        &store.head().await?,
        &Position::START,
        "the head after nothing but refusals",
    )
}

/// Good appends beside bad ones are all made.
pub async fn g8_bad_input_harms_nobody_else<S: Store>(store: S) -> Kept {
    let mut tasks = Vec::new();
    for (id, (_, bad)) in (0..).zip(bad_events()) {
        for append in [
            some(stream(id), 1),
            Append::to(stream(100)).event(bad),
            some(stream(id), 2),
        ] {
            let store = store.clone();
            tasks.push(tokio::spawn(
                async move { store.append(Arc::new(append)).await },
            ));
        }
    }
    let (mut made, mut refused) = (0, 0);
    for task in tasks {
        match task.await? {
            Ok(_) => made += 1,
            Err(AppendError::Rejected(_)) => refused += 1,
            Err(error) => return Err(error.into()),
        }
    }
    ensure_eq(&made, &(2 * refused), "good appends that were made")?;
    let stored = store.read_all(LogScan::default()).await?.len() as u64;
    ensure_eq(&stored, &(3 * refused), "events that were stored")
}

/// Quotes, wildcards and other scripts are text like any other.
pub async fn g8_odd_input_that_is_allowed<S: Store>(store: S) -> Kept {
    let odd = [
        "o'clock",
        "a\"b",
        "%",
        "_",
        "*",
        "x;DROP TABLE events;--",
        "é",
        "日本語",
        "\u{1f980}",
        "a/b",
        " ",
    ];
    for (number, odd) in (0..).zip(odd) {
        let Ok(stream) = StreamName::new("sample", &odd.to_owned()) else {
            continue;
        };
        let written = NewEvent {
            payload: Vec::new(),
            ..tagged(odd, number, &[Tag::new("odd", odd)])
        };
        store
            .append(Arc::new(Append::to(stream.clone()).if_new().event(written)))
            .await?;
        let read = store.read_stream(StreamScan::of(stream.clone())).await?;
        let names: Vec<_> = read
            .iter()
            .map(|event| (&*event.name, event.stream.clone()))
            .collect();
        ensure_eq(&names, &vec![(odd, stream)], "the event under an odd name")?;
        let query = eventsource_core::Query::types([odd]).tagged(Tag::new("odd", odd));
        let found = store
            .read_all(LogScan::default().matching(query))
            .await?
            .len();
        ensure_eq(&found, &1, "how many events a query with odd texts finds")?;
    }
    Ok(())
}

/// Reading after a position that the store has not reached is an error, not an empty answer.
pub async fn g9_a_position_beyond_the_head_is_an_error<S: Store>(store: S) -> Kept {
    fill(&store, stream(1), 2).await?;
    let last = store.head().await?;
    for beyond in [last.0 + 1, last.0 + 1_000, u64::MAX].map(Position) {
        let answer = store.read_all(LogScan::after(beyond)).await;
        let right = matches!(answer, Err(StoreError::BeyondHead { asked, head }) if (asked, head) == (beyond, last));
        ensure(right, || {
            format!("reading after {beyond}, beyond the head {last}, is answered with {answer:?}")
        })?;
    }
    ensure_eq(
        &store.read_all(LogScan::after(last)).await?.len(),
        &0,
        "events after the head",
    )
}

/// Every handle has the same identity, and it is not empty.
pub async fn g9_the_identity_is_stable<S: Store>(store: S) -> Kept {
    let before = store.identity();
    fill(&store, stream(1), 1).await?;
    ensure_eq(
        &store.clone().identity(),
        &before,
        "the identity of another handle",
    )?;
    ensure(!before.id.is_nil() && !before.incarnation.is_nil(), || {
        format!("the identity is empty: {before:?}")
    })
}

/// A checkpoint of another store or of an earlier life, and an append that was decided in one, are refused.
pub async fn g9_another_life_is_refused<S: Store>(store: S) -> Kept {
    let this = store.identity();
    let here = Checkpoint {
        store: this,
        position: Position::START,
    };
    store.resume(here)?;
    let other = Uuid::from_u128(1);
    let earlier = StoreIdentity {
        incarnation: other,
        ..this
    };
    let resumed = store
        .resume(Checkpoint {
            store: earlier,
            ..here
        })
        .map(|_| ());
    ensure(
        matches!(resumed, Err(StoreError::OtherIncarnation { .. })),
        || format!("a checkpoint of an earlier life is taken: {resumed:?}"),
    )?;
    let foreign = StoreIdentity { id: other, ..this };
    let resumed = store
        .resume(Checkpoint {
            store: foreign,
            ..here
        })
        .map(|_| ());
    ensure(
        matches!(resumed, Err(StoreError::OtherStore { .. })),
        || format!("a checkpoint of another store is taken: {resumed:?}"),
    )?;
    let append = |life| Arc::new(some(stream(1), 1).incarnation(life));
    let refused = store.append(append(other)).await;
    ensure(
        matches!(
            refused,
            Err(AppendError::Store(StoreError::OtherIncarnation { .. }))
        ),
        || format!("an append that was decided in another life is taken: {refused:?}"),
    )?;
    store.append(append(this.incarnation)).await?;
    ensure_eq(
        &store.read_all(LogScan::default()).await?.len(),
        &1,
        "events that were stored",
    )
}
