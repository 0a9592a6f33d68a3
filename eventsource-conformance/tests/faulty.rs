//! The tests of the promises can fail: stores with one fault each are found out.

mod faulty_store;
mod groups;

use eventsource_conformance::{check_boundary_store, check_promises};
use eventsource_core::MemoryStore;
use faulty_store::{Fault, Faulty};

/// A store with this fault breaks this promise. Chance may hide a fault, the more the busier the machine is; one that is there ends this.
async fn found_out(fault: Fault, promise: &'static str) {
    for _ in 0..40 {
        let broken = check_promises(&[promise], || async { Faulty::new(fault) }).await;
        if let [broken] = &*broken {
            assert_eq!(broken.promise, promise);
            println!("{broken}");
            return;
        }
    }
    panic!("{fault:?} must break {promise}");
}

macro_rules! found_out {
    ($($fault_name:ident: $fault:ident breaks $($promise:ident)*;)*) => {$(
        mod $fault_name {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $promise() {
                    found_out(Fault::$fault, stringify!($promise)).await;
                }
            )*
        }
    )*};
}

found_out! {
    ignored_checks: IgnoresChecks breaks
        g3_a_check_at_a_version g3_a_check_for_a_new_stream g3_a_check_for_a_stream_that_exists g3_a_conflict_brings_what_was_missed g3_of_two_appends_at_one_version_one_wins g3_write_skew_across_streams g3_checks_of_streams_that_are_not_written g3_nothing_matches_by_type g3_nothing_matches_by_tag g3_nothing_matches_by_type_and_tag g3_only_what_is_after_the_position g3_write_skew_within_a_boundary g3_of_two_in_one_boundary_one_wins g3_boundary_checks_agree_with_the_model g5_a_refused_append_does_not_use_its_key g2_several_streams_whole_or_absent g9_a_boundary_beyond_the_head_is_an_error g3_a_history_of_streams g3_a_history_across_streams g3_a_history_within_boundaries;
    early_checks: ChecksEarlier breaks
        g3_of_two_appends_at_one_version_one_wins g3_write_skew_across_streams g3_write_skew_within_a_boundary g3_of_two_in_one_boundary_one_wins g3_a_history_across_streams g3_a_history_within_boundaries;
    ignored_queries: IgnoresQueries breaks
        g3_nothing_matches_by_type g3_disjoint_boundaries_do_not_conflict g3_boundary_checks_agree_with_the_model g3_a_history_within_boundaries g3_disjoint_boundaries_in_one_call;
    forgotten_keys: ForgetsKeys breaks
        g5_the_same_request_is_stored_once g5_another_request_under_a_key g5_the_same_key_from_many_tasks g5_a_key_answers_before_the_checks g5_a_key_across_streams g3_a_history_of_streams g5_equal_keys_in_one_call g5_a_key_of_its_own_is_stored_once g5_a_key_of_its_own_from_many_tasks g5_a_key_of_its_own_is_nobody_elses g5_a_key_of_its_own_across_streams g5_a_key_of_its_own_within_a_boundary;
    confused_keys: TakesOthersForItself breaks
        g5_a_key_of_its_own_is_nobody_elses g5_a_key_of_its_own_within_a_boundary;
    forgotten_digests: ForgetsDigests breaks
        g5_another_request_under_a_key g5_the_same_request_is_stored_once g3_a_history_of_streams g5_equal_keys_in_one_call;
    split_appends: SplitsAppends breaks
        g2_an_append_is_whole_or_absent g2_several_streams_whole_or_absent g3_a_history_of_streams;
    everything_taken: TakesEverything breaks
        g8_bad_input_is_refused g8_bad_input_harms_nobody_else g8_one_bad_request_among_64;
    skipped_events: SkipsEvents breaks
        g4_readers_see_a_prefix_while_many_write g4_a_subscription_goes_live_without_a_gap g4_queries_agree_with_the_model g3_a_history_of_streams;
    repeated_events: RepeatsEvents breaks
        g4_readers_see_a_prefix_while_many_write g4_a_subscription_goes_live_without_a_gap g4_queries_agree_with_the_model g3_a_history_of_streams;
    too_far: LooksTooFar breaks
        g4_ranges_of_the_log g4_a_visitor_that_stops;
    any_position: AcceptsAnyPosition breaks
        g9_a_position_beyond_the_head_is_an_error;
    no_waiting: DoesNotWait breaks
        g4_waiting_ends_when_there_is_an_event;
    no_waking: DoesNotWake breaks
        g4_waiting_ends_when_there_is_an_event g4_a_subscription_goes_live_without_a_gap;
    changing_identity: ChangesIdentity breaks
        g9_the_identity_is_stable;
    stale_loads: StaleLoads breaks g3_a_history_of_a_repository g4_a_scan_that_may_lag_shows_a_prefix
        g3_a_history_of_streams;
    stale_head: StaleHead breaks
        g3_a_history_of_streams;
    stale_refusals: StaleRefusals breaks
        g3_a_history_of_streams;
    late_keys: LateKeys breaks
        g3_a_history_of_streams;
    late_events: LateEvents breaks
        g4_readers_see_a_prefix_while_many_write g3_a_history_of_streams;
    lost_appends: LosesAppends breaks
        g3_a_history_of_streams g3_a_history_across_streams g3_a_history_within_boundaries;
    doubled_resends: DoublesResends breaks
        g5_the_same_key_from_many_tasks g3_a_history_of_streams;
    too_little_brought: BringsTooLittle breaks
        g3_a_conflict_brings_what_was_missed g3_a_history_of_streams;
    groups_judged_at_once: JudgesGroupsAtOnce breaks
        g3_of_two_appends_at_one_version_one_wins g3_write_skew_across_streams g3_write_skew_within_a_boundary g3_a_history_of_streams g3_a_history_across_streams g3_a_history_within_boundaries g3_write_skew_of_streams_in_one_call g3_write_skew_in_one_call g3_checks_of_everything_in_one_call;
    groups_shared_by_tags: SharesByTags breaks
        g3_write_skew_in_one_call;
}

/// Without a fault nothing is found: the wrapper itself is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_that_works_breaks_nothing() {
    assert_eq!(
        check_boundary_store(|| async { MemoryStore::new() }).await,
        Vec::new()
    );
    assert_eq!(
        check_boundary_store(|| async { Faulty::new(Fault::None) }).await,
        Vec::new()
    );
}
