//! The tests of the promises can fail: stores with one fault each are found out.

use std::ops::ControlFlow;
use std::sync::Arc;

use eventsource_conformance::check_boundary_store;
use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Check, EventRef, Key, Limits, LogScan,
    ManyStreams, MemoryStore, MultiStreamStore, Outcome, Position, Query, Store, StoreError,
    StoreIdentity, StreamScan, Visit,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// Checks are not judged.
    IgnoresChecks,
    /// Checks are judged, but not together with the append.
    ChecksEarlier,
    /// Of a boundary check only the position counts.
    IgnoresQueries,
    /// Keys are not kept.
    ForgetsKeys,
    /// Keys are kept, but not what was asked under them.
    ForgetsDigests,
    /// The records of an append become visible one after the other.
    SplitsAppends,
    /// Nothing is refused.
    TakesEverything,
    /// Readers of the log do not see each event.
    SkipsEvents,
    /// Readers of the log see some events twice.
    RepeatsEvents,
    /// A page ends where the whole log ends.
    LooksTooFar,
    /// A position beyond the head is taken for the head.
    AcceptsAnyPosition,
    /// Waiting ends at once.
    DoesNotWait,
    /// Waiting never ends.
    DoesNotWake,
    /// Each handle has its own identity.
    ChangesIdentity,
}

#[derive(Clone)]
struct Faulty {
    store: MemoryStore,
    fault: Fault,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        let huge = usize::MAX;
        let limits = Limits {
            payload: huge,
            metadata: huge,
            append: huge,
            records: huge,
            tags: huge,
        };
        let limits = if fault == Fault::TakesEverything {
            limits
        } else {
            Limits::default()
        };
        Self {
            store: MemoryStore::with_limits(limits),
            fault,
        }
    }

    async fn send(&self, append: Append<Boundary>) -> Result<Appended, AppendError> {
        let (checks, records) = (append.checks(), append.records());
        let key = append.idempotency_key().copied();
        match self.fault {
            Fault::IgnoresChecks => self.rebuilt(&[], records, key).await,
            Fault::ChecksEarlier => {
                self.rebuilt(checks, &[], key).await?;
                tokio::task::yield_now().await;
                self.rebuilt(&[], records, key).await
            }
            Fault::IgnoresQueries => {
                let blind = |check: &Check| match check {
                    Check::NothingMatches { after, .. } => Check::NothingMatches {
                        query: Query::all(),
                        after: *after,
                    },
                    check @ Check::Stream(_) => check.clone(),
                };
                self.rebuilt(&checks.iter().map(blind).collect::<Vec<_>>(), records, key)
                    .await
            }
            Fault::ForgetsKeys => self.rebuilt(checks, records, None).await,
            Fault::ForgetsDigests => {
                self.rebuilt(checks, records, key.map(|key| Key::unique(key.id)))
                    .await
            }
            Fault::SplitsAppends if records.len() > 1 => {
                let mut answer = self.rebuilt(checks, &records[..1], key).await?;
                for record in &records[1..] {
                    tokio::task::yield_now().await;
                    let next = self
                        .rebuilt(&[], std::slice::from_ref(record), None)
                        .await?;
                    answer.placed.extend(next.placed);
                }
                Ok(answer)
            }
            _ => self.store.append_within(Arc::new(append)).await,
        }
    }

    async fn rebuilt(
        &self,
        checks: &[Check],
        records: &[eventsource_core::Record],
        key: Option<Key>,
    ) -> Result<Appended, AppendError> {
        let mut append = Append::within();
        for check in checks.iter().cloned() {
            append = match check {
                Check::Stream(check) => append.if_stream(check),
                Check::NothingMatches { query, after } => append.nothing_matches(query, after),
            };
        }
        for record in records {
            append = append.record(record.stream.clone(), record.event.clone());
        }
        if let Some(key) = key {
            append = append.key(key);
        }
        self.store.append_within(Arc::new(append)).await
    }
}

/// Shows another visitor less, or more.
struct Bent<V> {
    visitor: V,
    fault: Fault,
}

impl<V: Visit> Visit for Bent<V> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        let chosen = event.position.0 % 50 == 49;
        match self.fault {
            Fault::SkipsEvents if chosen => ControlFlow::Continue(()),
            Fault::RepeatsEvents if chosen => {
                self.visitor.visit(event)?;
                self.visitor.visit(event)
            }
            _ => self.visitor.visit(event),
        }
    }
}

impl Store for Faulty {
    fn identity(&self) -> StoreIdentity {
        if self.fault == Fault::ChangesIdentity {
            StoreIdentity::fresh()
        } else {
            self.store.identity()
        }
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.send((*append).clone().into()).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        self.store.outcome(key).await
    }

    async fn scan_stream<V: Visit>(&self, scan: StreamScan, visitor: V) -> Result<V, StoreError> {
        self.store.scan_stream(scan, visitor).await
    }

    async fn scan_all<V: Visit>(
        &self,
        mut scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        let head = self.store.head().await?;
        if self.fault == Fault::AcceptsAnyPosition {
            scan.after = scan.after.min(head);
        }
        let (bent, position) = self
            .store
            .scan_all(
                scan,
                Bent {
                    visitor,
                    fault: self.fault,
                },
            )
            .await?;
        let position = if self.fault == Fault::LooksTooFar {
            head
        } else {
            position
        };
        Ok((bent.visitor, position))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        match self.fault {
            Fault::DoesNotWait => {
                tokio::task::yield_now().await;
                Ok(())
            }
            Fault::DoesNotWake => std::future::pending().await,
            _ => self.store.wait_beyond(position).await,
        }
    }
}

impl MultiStreamStore for Faulty {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.send((*append).clone().into()).await
    }
}

impl BoundaryStore for Faulty {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.send((*append).clone()).await
    }
}

/// The store with this fault breaks these promises, at least.
async fn found_out(fault: Fault, expected: &[&str]) {
    let broken = check_boundary_store(|| async { Faulty::new(fault) }).await;
    let found: Vec<_> = broken.iter().map(|broken| broken.promise).collect();
    for expected in expected {
        assert!(
            found.contains(expected),
            "{fault:?} must break {expected}, but breaks {found:#?}"
        );
    }
}

macro_rules! found_out {
    ($($test:ident: $fault:ident breaks $($promise:ident),*;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $test() {
            found_out(Fault::$fault, &[$(stringify!($promise)),*]).await;
        }
    )*};
}

found_out! {
    ignored_checks: IgnoresChecks breaks
        g3_a_check_at_a_version, g3_a_check_for_a_new_stream, g3_a_check_for_a_stream_that_exists,
        g3_a_conflict_brings_what_was_missed, g3_of_two_appends_at_one_version_one_wins,
        g3_write_skew_across_streams, g3_checks_of_streams_that_are_not_written, g3_nothing_matches_by_type,
        g3_nothing_matches_by_tag, g3_nothing_matches_by_type_and_tag, g3_only_what_is_after_the_position,
        g3_write_skew_within_a_boundary, g3_of_two_in_one_boundary_one_wins,
        g3_boundary_checks_agree_with_the_model, g5_a_refused_append_does_not_use_its_key,
        g2_several_streams_whole_or_absent, g9_a_boundary_beyond_the_head_is_an_error;
    early_checks: ChecksEarlier breaks
        g3_of_two_appends_at_one_version_one_wins, g3_write_skew_across_streams, g3_write_skew_within_a_boundary,
        g3_of_two_in_one_boundary_one_wins;
    ignored_queries: IgnoresQueries breaks
        g3_nothing_matches_by_type, g3_disjoint_boundaries_do_not_conflict, g3_boundary_checks_agree_with_the_model;
    forgotten_keys: ForgetsKeys breaks
        g5_the_same_request_is_stored_once, g5_another_request_under_a_key, g5_the_same_key_from_many_tasks,
        g5_a_key_answers_before_the_checks, g5_a_key_across_streams;
    forgotten_digests: ForgetsDigests breaks g5_another_request_under_a_key, g5_the_same_request_is_stored_once;
    split_appends: SplitsAppends breaks g2_an_append_is_whole_or_absent, g2_several_streams_whole_or_absent;
    everything_taken: TakesEverything breaks g8_bad_input_is_refused, g8_bad_input_harms_nobody_else;
    skipped_events: SkipsEvents breaks
        g4_readers_see_a_prefix_while_many_write, g4_a_subscription_goes_live_without_a_gap,
        g4_queries_agree_with_the_model;
    repeated_events: RepeatsEvents breaks
        g4_readers_see_a_prefix_while_many_write, g4_a_subscription_goes_live_without_a_gap,
        g4_queries_agree_with_the_model;
    too_far: LooksTooFar breaks g4_ranges_of_the_log, g4_a_visitor_that_stops;
    any_position: AcceptsAnyPosition breaks g9_a_position_beyond_the_head_is_an_error;
    no_waiting: DoesNotWait breaks g4_waiting_ends_when_there_is_an_event;
    no_waking: DoesNotWake breaks g4_waiting_ends_when_there_is_an_event, g4_a_subscription_goes_live_without_a_gap;
    changing_identity: ChangesIdentity breaks g9_the_identity_is_stable;
}

/// Without a fault nothing is found: the wrapper itself is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_works_breaks_nothing() {
    assert_eq!(
        check_boundary_store(|| async { MemoryStore::new() }).await,
        Vec::new()
    );
}
