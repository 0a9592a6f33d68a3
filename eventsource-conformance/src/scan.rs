//! Reading: ranges, limits, visitors, and queries against a model.

use std::ops::ControlFlow;
use std::sync::Arc;

use eventsource_core::{
    Append, EventRef, LogScan, NewEvent, Position, Query, Store, StoredEvent, StreamScan, Tag,
    TagList, Timestamp, Version, Visit,
};

use crate::broken::{Kept, ensure, ensure_eq};
use crate::sample::{Positions, fill, stream, tagged};
use crate::seed::Random;

/// After, until, backwards and limit, each with each.
pub async fn g4_ranges_of_a_stream<S: Store>(store: S) -> Kept {
    for _ in 0..5 {
        fill(&store, stream(1), 2).await?;
        fill(&store, stream(2), 1).await?;
    }
    for after in [0, 1, 5, 10, 11, u64::MAX] {
        for until in [None, Some(0), Some(1), Some(7), Some(10), Some(u64::MAX)] {
            for (backwards, limit) in [
                (false, None),
                (true, None),
                (false, Some(3)),
                (true, Some(3)),
                (false, Some(0)),
            ] {
                let until_version = until.map(Version);
                let scan = StreamScan {
                    stream: stream(1),
                    after: Version(after),
                    until: until_version,
                    backwards,
                    limit,
                    may_lag: false,
                };
                let mut expected: Vec<u64> = (1..=10)
                    .filter(|version| {
                        *version > after && until.is_none_or(|until| *version <= until)
                    })
                    .collect();
                if backwards {
                    expected.reverse();
                }
                expected.truncate(limit.unwrap_or(usize::MAX));
                let found = store.read_stream(scan.clone()).await?;
                let versions: Vec<_> = found.iter().map(|event| event.version.0).collect();
                ensure_eq(&versions, &expected, &format!("the versions in {scan:?}"))?;
                ensure(found.iter().all(|event| event.stream == stream(1)), || {
                    "an event of another stream".into()
                })?;
            }
        }
    }
    ensure_eq(
        &store.read_stream(StreamScan::of(stream(3))).await?.len(),
        &0,
        "events of a stream that does not exist",
    )
}

/// After and limit, and how far everything has been looked at.
pub async fn g4_ranges_of_the_log<S: Store>(store: S) -> Kept {
    fill(&store, stream(1), 10).await?;
    let positions = Positions::of(&store).await?;
    for (after, limit, expected, looked_at) in [
        (0, None, 1..=10, 10),
        (4, None, 5..=10, 10),
        (4, Some(3), 5..=7, 7),
        (4, Some(6), 5..=10, 10),
        (4, Some(100), 5..=10, 10),
        // Nothing was looked at, so nothing may be skipped.
        #[expect(clippy::reversed_empty_ranges, reason = "no event is expected")]
        (4, Some(0), 5..=4, 4),
    ] {
        let scan = LogScan {
            after: positions.at(after),
            limit,
            ..LogScan::default()
        };
        let (seen, position) = store.scan_all(scan.clone(), Seen::default()).await?;
        ensure_eq(
            &seen.positions,
            &positions.all(expected),
            &format!("the positions in {scan:?}"),
        )?;
        ensure_eq(
            &position,
            &positions.at(looked_at),
            &format!("how far {scan:?} has looked"),
        )?;
    }
    let nothing = LogScan::default().matching(Query::types(["nothing.like.it"]));
    let (seen, position) = store.scan_all(nothing, Seen::default()).await?;
    ensure_eq(
        &(seen.positions.len(), position),
        &(0, positions.at(10)),
        "a scan that matches nothing",
    )
}

#[derive(Default)]
struct Seen {
    positions: Vec<u64>,
    stop_after: Option<usize>,
    panic_after: Option<usize>,
}

impl Visit for Seen {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.positions.push(event.position.0);
        assert!(
            self.panic_after != Some(self.positions.len()),
            "the visitor panics, as the test wants it"
        );
        if self.stop_after == Some(self.positions.len()) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// A visitor that has seen enough is shown nothing more.
pub async fn g4_a_visitor_that_stops<S: Store>(store: S) -> Kept {
    fill(&store, stream(1), 10).await?;
    let stops = || Seen {
        stop_after: Some(4),
        ..Seen::default()
    };
    let positions = Positions::of(&store).await?;
    let seen = store
        .scan_stream(StreamScan::of(stream(1)), stops())
        .await?;
    ensure_eq(
        &seen.positions,
        &positions.all(1..=4),
        "what a visitor of a stream was shown",
    )?;
    let seen = store
        .scan_stream(StreamScan::of(stream(1)).backwards(), stops())
        .await?;
    ensure_eq(
        &seen.positions,
        &positions.all((7..=10).rev()),
        "what a visitor that goes backwards was shown",
    )?;
    for query in [Query::all(), Query::types(["sample.made"])] {
        let (seen, position) = store
            .scan_all(LogScan::after(positions.at(2)).matching(query), stops())
            .await?;
        ensure_eq(
            &seen.positions,
            &positions.all(3..=6),
            "what a visitor of the log was shown",
        )?;
        ensure_eq(&position, &positions.at(6), "how far it has looked")?;
    }
    Ok(())
}

/// A panic in a visitor goes on in the caller, and the store lives on.
pub async fn g4_a_visitor_that_panics<S: Store>(store: S) -> Kept {
    fill(&store, stream(1), 10).await?;
    for _ in 0..20 {
        let panics = || Seen {
            panic_after: Some(2),
            ..Seen::default()
        };
        let (one, all) = (store.clone(), store.clone());
        let one = tokio::spawn(async move {
            one.scan_stream(StreamScan::of(stream(1)), panics())
                .await
                .is_ok()
        });
        let all =
            tokio::spawn(async move { all.scan_all(LogScan::default(), panics()).await.is_ok() });
        ensure(one.await.is_err_and(|error| error.is_panic()), || {
            "a visitor's panic in a stream is lost".into()
        })?;
        ensure(all.await.is_err_and(|error| error.is_panic()), || {
            "a visitor's panic in the log is lost".into()
        })?;
    }
    fill(&store, stream(1), 1).await?;
    ensure_eq(
        &store.read_all(LogScan::default()).await?.len(),
        &11,
        "events after the panics",
    )
}

/// The events of a model: every combination of a few types and tags, at random.
pub(crate) struct Model {
    pub(crate) events: Vec<(String, Vec<Tag>)>,
    random: Random,
}

const TYPES: u64 = 4;
const TAGS: u64 = 5;

impl Model {
    pub(crate) fn new(purpose: u64) -> Self {
        Self {
            events: Vec::new(),
            random: Random::of(purpose),
        }
    }

    pub(crate) fn event(&mut self) -> NewEvent {
        let name = format!("type.{}", self.random.below(TYPES));
        let tags: Vec<_> = (0..TAGS)
            .filter(|_| self.random.once_in(3))
            .map(|tag| Tag::new("t", tag))
            .collect();
        let event = tagged(&name, self.events.len() as u64, &tags);
        self.events.push((name, tags));
        event
    }

    /// A query of up to three alternatives; types and tags that no event has are among them.
    pub(crate) fn query(&mut self) -> Query {
        let mut query: Option<Query> = None;
        for _ in 0..=self.random.below(3) {
            let types: Vec<_> = (0..=TYPES)
                .filter(|_| self.random.once_in(4))
                .map(|n| format!("type.{n}"))
                .collect();
            let tags = (0..=TAGS)
                .filter(|_| self.random.once_in(5))
                .map(|tag| Tag::new("t", tag));
            let item = tags.fold(Query::types(types), Query::tagged);
            query = Some(query.map_or(item.clone(), |query| query.or(item)));
        }
        query.unwrap_or_default()
    }

    /// The numbers after `after` that match.
    pub(crate) fn matching(&self, query: &Query, after: u64) -> Vec<u64> {
        let numbered = (1..)
            .zip(&self.events)
            .filter(|(number, _)| *number > after);
        numbered
            .filter(|(_, (name, tags))| query.matches(name, tags))
            .map(|(number, _)| number)
            .collect()
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.random.below(limit)
    }
}

/// Queries of types and tags find what the model says.
pub async fn g4_queries_agree_with_the_model<S: Store>(store: S) -> Kept {
    let mut model = Model::new(11);
    for id in 0..30 {
        let append = (0..8).fold(Append::to(stream(id)), |append, _| {
            append.event(model.event())
        });
        store.append(Arc::new(append)).await?;
    }
    let positions = Positions::of(&store).await?;
    for _ in 0..400 {
        let (query, after) = (model.query(), model.below(300).min(240));
        let limit =
            (model.below(2) == 0).then(|| 1 + usize::try_from(model.below(20)).unwrap_or(0));
        let mut expected = model.matching(&query, after);
        expected.truncate(limit.unwrap_or(usize::MAX));
        let scan = LogScan {
            after: positions.at(after),
            query,
            limit,
        };
        let (seen, _) = store.scan_all(scan.clone(), Seen::default()).await?;
        ensure_eq(
            &seen.positions,
            &positions.all(expected),
            &format!("the positions in {scan:?}"),
        )?;
    }
    Ok(())
}

/// Everything that was written comes back.
pub async fn g4_an_event_is_read_as_it_was_written<S: Store>(store: S) -> Kept {
    let mut expected = Vec::new();
    for (number, size) in (1..).zip([0, 1, 100, 5_000, 300_000]) {
        let event = NewEvent {
            name: format!("name.{number}").into(),
            schema: u32::MAX - u32::try_from(number).unwrap_or(0),
            format: if number % 2 == 0 {
                "json".into()
            } else {
                "postcard".into()
            },
            payload: (0..size)
                .map(|byte| u8::try_from(byte % 256).unwrap_or(0))
                .collect(),
            metadata: (0..size / 10).map(|_| b'm').collect::<Vec<_>>().into(),
            recorded_at: Timestamp::from_micros(if number % 2 == 0 { -1 } else { i64::MAX }),
            tags: (1..number)
                .map(|tag| Tag::new("tag \u{1F3F7}", tag))
                .collect(),
        };
        let append = Append::to(stream(1)).event(event.clone());
        let placed = store.append(Arc::new(append)).await?.placed;
        expected.push(StoredEvent {
            position: placed
                .first()
                .map_or(Position::START, |placed| placed.position),
            stream: stream(1),
            version: Version(number),
            name: event.name.as_ref().into(),
            schema: event.schema,
            format: event.format.as_ref().into(),
            payload: event.payload.clone().into(),
            metadata: event.metadata.as_ref().into(),
            recorded_at: event.recorded_at,
            tags: TagList::store(&event.tags).into(),
        });
    }
    for (found, from) in [
        (
            store.read_stream(StreamScan::of(stream(1))).await?,
            "the stream",
        ),
        (store.read_all(LogScan::default()).await?, "the log"),
    ] {
        ensure(found == expected, || {
            format!("events read from {from} differ from what was written: {found:?}")
        })?;
    }
    Ok(())
}
