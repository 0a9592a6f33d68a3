//! Whatever many clients ask at the same time, their answers are those of a store that does one thing after the other.

use std::sync::Arc;

use eventsource_core::{Boundary, BoundaryStore, ManyStreams, MultiStreamStore, OneStream, Store};

use crate::broken::Kept;
use crate::check_history::judge;
use crate::clients;
use crate::clock::Clock;
use crate::request::Reach;
use crate::seed::times;

const CLIENTS: u64 = 8;
const CALLS: u64 = 120;

async fn history<R: Reach<S>, S: Store>(store: S) -> Kept {
    let clock = Arc::new(Clock::own());
    let history = clients::run::<R, S>(&store, &clock, 0..CLIENTS, CALLS * times()).await?;
    judge(&store, &history).await
}

/// Appends to single streams, under keys and without, given up, sent again and refused; loads, scans, heads, outcomes.
pub async fn g3_a_history_of_streams<S: Store>(store: S) -> Kept {
    history::<OneStream, S>(store).await
}

/// The same with appends to several streams and checks of others.
pub async fn g3_a_history_across_streams<S: MultiStreamStore>(store: S) -> Kept {
    history::<ManyStreams, S>(store).await
}

/// The same with queries of types and tags as checks.
pub async fn g3_a_history_within_boundaries<S: BoundaryStore>(store: S) -> Kept {
    history::<Boundary, S>(store).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use eventsource_core::MemoryStore;

    use super::*;
    use crate::accounts;
    use crate::history::Answer;

    fn missing<'a>(counts: &BTreeMap<&str, usize>, kinds: &[&'a str]) -> Vec<&'a str> {
        println!("{counts:?}");
        kinds
            .iter()
            .copied()
            .filter(|kind| !counts.contains_key(kind))
            .collect()
    }

    /// A history in which nothing is refused or repeated would prove little.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_clients_meet_every_kind_of_answer() {
        let clock = Arc::new(Clock::own());
        let store = MemoryStore::new();
        let history = clients::run::<Boundary, _>(&store, &clock, 0..CLIENTS, 3 * CALLS)
            .await
            .unwrap();
        let mut counts = BTreeMap::new();
        for call in &history {
            let kind = match &call.answer {
                Answer::Made { placed, .. } if placed.is_empty() => "judged only",
                Answer::Made {
                    repeated: false, ..
                } => "made",
                Answer::Made { repeated: true, .. } => "repeated",
                Answer::StreamConflict { missed, .. } if missed.is_empty() => {
                    "conflict, nothing missed"
                }
                Answer::StreamConflict { .. } => "conflict",
                Answer::Matched { .. } => "matched",
                Answer::KeyReused => "key reused",
                Answer::Rejected => "rejected",
                Answer::Outcome(None) => "no outcome",
                Answer::Outcome(Some(_)) => "outcome",
                Answer::Events {
                    looked_at: None, ..
                } => "load",
                Answer::Events { .. } => "scan",
                Answer::Head(_) => "head",
                Answer::Overloaded | Answer::Unknown | Answer::Wrong(_) => "other",
            };
            *counts.entry(kind).or_insert(0) += 1;
        }
        let kinds = [
            "judged only",
            "made",
            "repeated",
            "conflict, nothing missed",
            "conflict",
            "matched",
            "key reused",
            "rejected",
            "no outcome",
            "outcome",
            "load",
            "scan",
            "head",
        ];
        assert_eq!(missing(&counts, &kinds), Vec::<&str>::new());
    }

    /// The same of a repository's answers.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn the_clients_meet_every_kind_of_decision() {
        use accounts::Answer;

        let clock = Arc::new(Clock::own());
        let repository = eventsource_core::Repository::new(MemoryStore::new());
        let history = accounts::run(&repository, &clock, 0..CLIENTS, 3 * CALLS)
            .await
            .unwrap();
        let mut counts = BTreeMap::new();
        for call in &history {
            let kind = match &call.answer {
                Answer::Executed {
                    repeated: false, ..
                } => "executed",
                Answer::Executed { repeated: true, .. } => "repeated",
                Answer::Nothing { .. } => "nothing",
                Answer::Refused(_) => "refused",
                Answer::WrongVersion { .. } => "wrong version",
                Answer::KeyReused => "key reused",
                Answer::Loaded(None) => "not found",
                Answer::Loaded(Some(_)) => "loaded",
                Answer::NotTried | Answer::Unknown | Answer::Wrong(_) => "other",
            };
            *counts.entry(kind).or_insert(0) += 1;
        }
        let kinds = [
            "executed",
            "repeated",
            "nothing",
            "refused",
            "wrong version",
            "key reused",
            "loaded",
        ];
        assert_eq!(missing(&counts, &kinds), Vec::<&str>::new());
    }
}
