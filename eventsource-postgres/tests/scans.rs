//! Scans of a log in which some names are frequent in one part and rare in another: whichever way a page is read, each
//! event that matches is shown once and in order, and where the scan says it has looked, it has.

mod scratch;

use std::ops::ControlFlow;

use eventsource_core::{EventRef, LogScan, Position, Query, Record, Store, Tag, Visit};
use scratch::{Schema, event, open, stream};

const EVENTS: u64 = 6_000;

/// Frequent, then rare, then frequent again; with a third name here and there.
fn name(number: u64) -> &'static str {
    match (number / 1_500, number) {
        (_, number) if number.is_multiple_of(97) => "rare",
        (1, number) if !number.is_multiple_of(400) => "other",
        (2, number) if number.is_multiple_of(3) => "other",
        _ => "frequent",
    }
}

struct Seen(Vec<u64>);

impl Visit for Seen {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.0.push(event.position.0);
        ControlFlow::Continue(())
    }
}

#[tokio::test]
async fn each_event_that_matches_is_shown_once_and_in_order() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    let records = (0..EVENTS).map(|number| {
        let mut event = event(name(number));
        event.tags = vec![Tag::new("number", number % 5)];
        Record {
            stream: stream(number % 11),
            event,
        }
    });
    store.import(records).await.unwrap();
    let tag = Tag::new("number", 3);
    let queries = [
        Query::types(["frequent"]),
        Query::types(["rare"]),
        Query::types(["frequent", "rare"]),
        Query::types(["rare", "nowhere"]),
        Query::types(["frequent"]).or(Query::tag(tag)),
        Query::all(),
    ];
    for query in &queries {
        for after in [0, 700, 1_490, 3_000, EVENTS - 3] {
            let expected: Vec<u64> = (after..EVENTS)
                .filter(|number| query.matches(name(*number), &[Tag::new("number", number % 5)]))
                .map(|number| number + 1)
                .collect();
            for limit in [None, Some(1), Some(60), Some(512), Some(2_000)] {
                let mut scan = LogScan::after(Position(after)).matching(query.clone());
                scan.limit = limit;
                let (seen, to) = store.scan_all(scan, Seen(Vec::new())).await.unwrap();
                let wanted = limit.map_or(expected.len(), |limit| limit.min(expected.len()));
                assert_eq!(
                    seen.0,
                    expected[..wanted],
                    "{query:?} after {after}, {limit:?}"
                );
                // Everything up to there was looked at, and nothing that was left out stands before it.
                let next = expected.get(wanted).copied().unwrap_or(EVENTS + 1);
                let last = seen.0.last().copied().unwrap_or(after);
                assert!(
                    last <= to.0 && to.0 < next,
                    "{query:?} after {after}, {limit:?}: at {to}"
                );
                if wanted == expected.len() && limit != Some(wanted) {
                    assert_eq!(to.0, EVENTS);
                }
            }
        }
    }
    store.close().await;
}
