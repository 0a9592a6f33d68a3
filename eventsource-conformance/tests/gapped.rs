//! A store whose positions have gaps keeps every promise but that of dense positions.

use std::ops::ControlFlow;
use std::sync::Arc;

use eventsource_conformance::check_dense_positions;
use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Check, Conflict, DensePositions,
    EventRef, Key, LogScan, ManyStreams, MemoryStore, MultiStreamStore, Outcome, Placed, Position,
    Record, Store, StoreError, StoreIdentity, StreamScan, Visit,
};

/// A store in memory that gives other positions out than it uses.
#[derive(Clone)]
struct Gapped(MemoryStore);

/// The position that is given out: gaps of 6 to 12.
fn outer(Position(inner): Position) -> Position {
    Position(if inner == 0 { 0 } else { 9 * inner + inner % 4 })
}

/// The last position within that is given out as this one or an earlier one.
fn inner(given: Position) -> Position {
    let near = given.0 / 9;
    let last = (near.saturating_sub(1)..=near)
        .rev()
        .find(|inner| outer(Position(*inner)) <= given);
    Position(last.unwrap_or(0))
}

fn placed(placed: Vec<Placed>) -> Vec<Placed> {
    let shown = |placed: Placed| Placed {
        position: outer(placed.position),
        ..placed
    };
    placed.into_iter().map(shown).collect()
}

/// Shows the events under the positions that are given out.
struct Outer<V>(V);

impl<V: Visit> Visit for Outer<V> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.0.visit(EventRef {
            position: outer(event.position),
            ..event
        })
    }
}

impl Gapped {
    /// A position beyond the head is one also within.
    async fn within(&self, given: Position) -> Result<Position, StoreError> {
        let head = outer(self.0.head().await?);
        match given > head {
            true => Err(StoreError::BeyondHead { asked: given, head }),
            false => Ok(inner(given)),
        }
    }

    async fn send(&self, append: Append<Boundary>) -> Result<Appended, AppendError> {
        let mut sent = Append::within();
        for check in append.checks() {
            sent = match check.clone() {
                Check::Stream(check) => sent.if_stream(check),
                Check::NothingMatches { query, after } => {
                    sent.nothing_matches(query, self.within(after).await?)
                }
            };
        }
        for Record { stream, event } in append.records() {
            sent = sent.record(stream.clone(), event.clone());
        }
        if let Some(key) = append.idempotency_key() {
            sent = sent.key(*key);
        }
        if let Some(life) = append.expected_incarnation() {
            sent = sent.incarnation(life);
        }
        match self.0.append_within(Arc::new(sent)).await {
            Ok(made) => Ok(Appended {
                placed: placed(made.placed),
                ..made
            }),
            Err(AppendError::Conflict(mut conflict)) => {
                match &mut *conflict {
                    Conflict::Stream { missed, .. } => {
                        for event in missed {
                            event.position = outer(event.position);
                        }
                    }
                    Conflict::Boundary { position, .. } => *position = outer(*position),
                    _ => unreachable!("there are two kinds of conflicts"),
                }
                Err(AppendError::Conflict(conflict))
            }
            Err(error) => Err(error),
        }
    }
}

impl Store for Gapped {
    fn identity(&self) -> StoreIdentity {
        self.0.identity()
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.send((*append).clone().into()).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        let outcome = self.0.outcome(key).await?;
        Ok(outcome.map(|outcome| Outcome {
            placed: placed(outcome.placed),
            ..outcome
        }))
    }

    async fn scan_stream<V: Visit>(&self, scan: StreamScan, visitor: V) -> Result<V, StoreError> {
        Ok(self.0.scan_stream(scan, Outer(visitor)).await?.0)
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        let within = LogScan {
            after: self.within(scan.after).await?,
            ..scan
        };
        let (visitor, looked_at) = self.0.scan_all(within, Outer(visitor)).await?;
        Ok((visitor.0, outer(looked_at).max(scan.after)))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(outer(self.0.head().await?))
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        self.0.wait_beyond(inner(position)).await
    }
}

impl MultiStreamStore for Gapped {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.send((*append).clone().into()).await
    }
}

impl BoundaryStore for Gapped {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.send((*append).clone()).await
    }
}

/// It says so, and it is not true.
impl DensePositions for Gapped {}

async fn fresh() -> Gapped {
    Gapped(MemoryStore::new())
}

eventsource_conformance::boundary_store_tests!(fresh);

#[test]
fn positions_within_and_without_belong_together() {
    for given in 0..1_000 {
        let found = inner(Position(given));
        assert!(
            outer(found).0 <= given && given < outer(Position(found.0 + 1)).0,
            "{given}: {found}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn gaps_are_found_where_none_are_promised() {
    let broken = check_dense_positions(fresh).await;
    let found: Vec<_> = broken.iter().map(|broken| broken.promise).collect();
    assert_eq!(
        found,
        [
            "g4_positions_are_dense",
            "g4_positions_are_dense_while_many_write"
        ]
    );
}
