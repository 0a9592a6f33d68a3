//! Which tests there are, and how they are run.

use std::future::Future;
use std::time::Duration;

use eventsource_core::{
    BoundaryStore, CheckpointStore, DensePositions, MultiStreamStore, SnapshotStore, Store,
};

use crate::broken::{Broken, Kept, Problem};
use crate::seed::times;

/// No test of a store that works takes this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longer histories take longer.
fn patience() -> Duration {
    PATIENCE.saturating_mul(u32::try_from(times()).unwrap_or(u32::MAX))
}

/// Runs one test on a new store, in a runtime of its own, and panics if the promise is broken.
///
/// # Panics
///
/// If the promise is broken: that is how a `#[test]` fails.
pub fn hold<S, F, T>(promise: &'static str, fresh: impl FnOnce() -> F, test: impl FnOnce(S) -> T)
where
    F: Future<Output = S>,
    T: Future<Output = Kept> + Send + 'static,
{
    if let Err(broken) = runtime().block_on(async { verdict(promise, test(fresh().await)).await }) {
        panic!("{broken}");
    }
}

/// A runtime for one test.
///
/// # Panics
///
/// If there can be none: no test can be run then.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build();
    runtime.unwrap_or_else(|error| panic!("no runtime: {error}"))
}

pub(crate) async fn verdict(
    promise: &'static str,
    test: impl Future<Output = Kept> + Send + 'static,
) -> Result<(), Broken> {
    // A task of its own, so that a panic is a verdict too.
    let patience = patience();
    let kept = match tokio::time::timeout(patience, tokio::spawn(test)).await {
        Ok(Ok(kept)) => kept,
        Ok(Err(panicked)) => Err(panicked.into()),
        Err(_) => Err(Problem(format!("it has not ended after {patience:?}"))),
    };
    kept.map_err(|problem| Broken::new(promise, problem))
}

/// Makes the tests that a trait adds: as `#[test]`s, and as a function that returns what is broken.
macro_rules! suite {
    ($dollar:tt $tests:ident, $check:ident, $trait:ident, $($module:ident :: $test:ident,)*) => {
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $tests {
            ($dollar fresh:path) => {
                $(
                    #[test]
                    fn $test() {
                        $crate::hold(stringify!($test), $dollar fresh, $crate::$module::$test);
                    }
                )*
            };
        }

        async fn $check<S: $trait, F: Future<Output = S>>(fresh: &mut impl FnMut() -> F, wanted: Wanted<'_>) -> Vec<Broken> {
            let mut broken = Vec::new();
            $(
                if wanted.is_none_or(|names| names.contains(&stringify!($test))) {
                    let store = fresh().await;
                    broken.extend(verdict(stringify!($test), crate::$module::$test(store)).await.err());
                }
            )*
            broken
        }
    };
}

/// The names of the tests that are to be run; `None` for all.
type Wanted<'a> = Option<&'a [&'static str]>;

/// Makes one `#[test]` for each promise of a [`Store`](eventsource_core::Store). See the crate's documentation.
#[macro_export]
macro_rules! store_tests {
    ($fresh:path) => {
        $crate::__store_tests!($fresh);
    };
}

/// Makes one `#[test]` for each promise of a [`MultiStreamStore`](eventsource_core::MultiStreamStore). See the crate's
/// documentation.
#[macro_export]
macro_rules! multi_stream_store_tests {
    ($fresh:path) => {
        $crate::__store_tests!($fresh);
        $crate::__multi_stream_tests!($fresh);
    };
}

/// Makes one `#[test]` for each promise of a [`BoundaryStore`](eventsource_core::BoundaryStore). See the crate's
/// documentation.
#[macro_export]
macro_rules! boundary_store_tests {
    ($fresh:path) => {
        $crate::__store_tests!($fresh);
        $crate::__multi_stream_tests!($fresh);
        $crate::__boundary_tests!($fresh);
    };
}

/// Makes a `#[test]` that holds a repository to its promises under concurrency, however it was built: `repository` makes
/// it from a store.
#[macro_export]
macro_rules! repository_tests {
    ($fresh:path, repository: $repository:path) => {
        #[test]
        fn g3_a_history_of_this_repository() {
            let promise = "g3_a_history_of_this_repository";
            $crate::hold(promise, $fresh, |store| {
                $crate::accounts::answers_truly(store, $repository)
            });
        }
    };
}

/// Makes one `#[test]` for each promise that [`DensePositions`](eventsource_core::DensePositions) adds, beside those of
/// the other macros.
#[macro_export]
macro_rules! dense_positions_tests {
    ($fresh:path) => {
        $crate::__dense_tests!($fresh);
    };
}

/// Makes one `#[test]` for each promise that [`SnapshotStore`](eventsource_core::SnapshotStore) adds, beside those of the
/// other macros.
#[macro_export]
macro_rules! snapshot_store_tests {
    ($fresh:path) => {
        $crate::__snapshot_tests!($fresh);
    };
}

/// Makes one `#[test]` for each promise of a [`CheckpointStore`](eventsource_core::CheckpointStore), beside those of the
/// other macros.
#[macro_export]
macro_rules! checkpoint_store_tests {
    ($fresh:path) => {
        $crate::__checkpoint_tests!($fresh);
    };
}

/// Tests each promise of a store on a new one, and returns those that are broken.
///
/// Must be called inside a tokio runtime with its timer on; one of several threads finds more.
pub async fn check_store<S: Store, F: Future<Output = S>>(
    mut fresh: impl FnMut() -> F,
) -> Vec<Broken> {
    check_streams(&mut fresh, None).await
}

/// The same as [`check_store`] for a store that can append to several streams.
pub async fn check_multi_stream_store<S: MultiStreamStore, F: Future<Output = S>>(
    mut fresh: impl FnMut() -> F,
) -> Vec<Broken> {
    let mut broken = check_streams(&mut fresh, None).await;
    broken.extend(check_several_streams(&mut fresh, None).await);
    broken
}

/// The same as [`check_store`] for a store with boundaries.
pub async fn check_boundary_store<S: BoundaryStore, F: Future<Output = S>>(
    fresh: impl FnMut() -> F,
) -> Vec<Broken> {
    check_all(fresh, None).await
}

/// The same as [`check_boundary_store`] for some of the tests: those with these names.
pub async fn check_promises<S: BoundaryStore, F: Future<Output = S>>(
    names: &[&'static str],
    fresh: impl FnMut() -> F,
) -> Vec<Broken> {
    check_all(fresh, Some(names)).await
}

async fn check_all<S: BoundaryStore, F: Future<Output = S>>(
    mut fresh: impl FnMut() -> F,
    wanted: Wanted<'_>,
) -> Vec<Broken> {
    let mut broken = check_streams(&mut fresh, wanted).await;
    broken.extend(check_several_streams(&mut fresh, wanted).await);
    broken.extend(check_boundaries(&mut fresh, wanted).await);
    broken
}

/// Tests on new stores what [`DensePositions`] adds to the promises, and returns what is broken.
pub async fn check_dense_positions<S: DensePositions, F: Future<Output = S>>(
    mut fresh: impl FnMut() -> F,
) -> Vec<Broken> {
    check_density(&mut fresh, None).await
}

/// Tests on new stores what [`SnapshotStore`] adds to the promises, and returns what is broken.
pub async fn check_snapshot_store<S: SnapshotStore, F: Future<Output = S>>(
    mut fresh: impl FnMut() -> F,
) -> Vec<Broken> {
    check_snapshots(&mut fresh, None).await
}

/// Tests on new stores what [`CheckpointStore`] adds to the promises, and returns what is broken.
pub async fn check_checkpoint_store<S: CheckpointStore, F: Future<Output = S>>(
    mut fresh: impl FnMut() -> F,
) -> Vec<Broken> {
    check_checkpoints(&mut fresh, None).await
}

suite! { $
    __store_tests, check_streams, Store,
    streams::g2_an_append_is_whole_or_absent,
    streams::g3_a_check_at_a_version,
    streams::g3_a_check_for_a_new_stream,
    streams::g3_a_check_for_a_stream_that_exists,
    streams::g3_a_conflict_brings_what_was_missed,
    streams::g3_of_two_appends_at_one_version_one_wins,
    order::g4_positions_increase_and_versions_are_dense,
    histories::g3_a_history_of_streams,
    accounts::g3_a_history_of_a_repository,
    accounts::g3_a_history_of_a_repository_with_a_cache,
    order::g4_readers_see_a_prefix_while_many_write,
    order::g4_a_scan_that_may_lag_shows_a_prefix,
    order::g4_a_subscription_goes_live_without_a_gap,
    order::g4_a_subscription_stops,
    order::g4_waiting_ends_when_there_is_an_event,
    scan::g4_ranges_of_a_stream,
    scan::g4_ranges_of_the_log,
    scan::g4_a_visitor_that_stops,
    scan::g4_a_visitor_that_panics,
    scan::g4_queries_agree_with_the_model,
    scan::g4_an_event_is_read_as_it_was_written,
    keys::g5_the_same_request_is_stored_once,
    keys::g5_another_request_under_a_key,
    keys::g5_the_same_key_from_many_tasks,
    keys::g5_a_refused_append_does_not_use_its_key,
    keys::g5_a_key_answers_before_the_checks,
    own_keys::g5_a_key_of_its_own_is_stored_once,
    own_keys::g5_a_key_of_its_own_from_many_tasks,
    own_keys::g5_a_key_of_its_own_is_nobody_elses,
    groups::g5_equal_keys_in_one_call,
    input::g8_bad_input_is_refused,
    groups::g8_one_bad_request_among_64,
    input::g8_bad_input_harms_nobody_else,
    input::g8_odd_input_that_is_allowed,
    input::g9_a_position_beyond_the_head_is_an_error,
    input::g9_the_identity_is_stable,
    input::g9_another_life_is_refused,
}

suite! { $
    __multi_stream_tests, check_several_streams, MultiStreamStore,
    streams::g2_several_streams_whole_or_absent,
    streams::g3_checks_of_streams_that_are_not_written,
    streams::g3_write_skew_across_streams,
    groups::g3_write_skew_of_streams_in_one_call,
    histories::g3_a_history_across_streams,
    keys::g5_a_key_across_streams,
    own_keys::g5_a_key_of_its_own_across_streams,
}

suite! { $
    __boundary_tests, check_boundaries, BoundaryStore,
    boundary::g3_nothing_matches_by_type,
    boundary::g3_nothing_matches_by_tag,
    boundary::g3_nothing_matches_by_type_and_tag,
    boundary::g3_only_what_is_after_the_position,
    boundary::g3_write_skew_within_a_boundary,
    boundary::g3_of_two_in_one_boundary_one_wins,
    boundary::g3_disjoint_boundaries_do_not_conflict,
    boundary::g3_boundary_checks_agree_with_the_model,
    groups::g3_write_skew_in_one_call,
    groups::g3_checks_of_everything_in_one_call,
    groups::g3_disjoint_boundaries_in_one_call,
    histories::g3_a_history_within_boundaries,
    own_keys::g5_a_key_of_its_own_within_a_boundary,
    boundary::g9_a_boundary_beyond_the_head_is_an_error,
}

suite! { $
    __dense_tests, check_density, DensePositions,
    dense::g4_positions_are_dense,
    dense::g4_positions_are_dense_while_many_write,
}

suite! { $
    __snapshot_tests, check_snapshots, SnapshotStore,
    snapshots::g9_a_snapshot_is_read_as_it_was_written,
    snapshots::g9_the_newest_snapshot_is_given,
    snapshots::g9_fingerprints_are_apart_and_few,
    snapshots::g9_a_snapshot_of_another_life_is_not_given,
    snapshots::g9_a_snapshot_of_other_events_is_not_given,
    snapshots::g9_snapshots_are_forgotten,
    snapshots::g8_a_snapshot_that_cannot_be_kept_harms_nobody,
    snapshots::g8_odd_snapshots_that_are_allowed,
    snapshots::g9_keeping_goes_on_when_nobody_waits,
    snapshots::g9_a_repository_uses_what_it_has_kept,
    snapshots::g9_what_is_wrong_with_a_snapshot_is_not_seen,
    snapshots::g3_a_history_with_snapshots,
    snapshots::g3_a_history_with_snapshots_and_a_cache,
}

suite! { $
    __checkpoint_tests, check_checkpoints, CheckpointStore,
    checkpoints::g6_a_slice_has_one_owner,
    checkpoints::g6_a_position_is_left_once,
    checkpoints::g6_of_many_that_claim_a_slice_one_gets_it,
    checkpoints::g6_a_slice_begins_where_it_was_left,
    checkpoints::g6_parked_events_are_kept_until_they_are_settled,
    checkpoints::g6_versions_stand_side_by_side,
    checkpoints::g6_a_state_is_kept,
    checkpoints::g6_each_step_counts_once_whoever_believes_to_own,
}
