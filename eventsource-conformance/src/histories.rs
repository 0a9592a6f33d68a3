//! Whatever many clients ask at the same time, their answers are those of a store that does one thing after the other.

use std::sync::Arc;

use eventsource_core::{Boundary, BoundaryStore, ManyStreams, MultiStreamStore, OneStream, Store};

use crate::broken::Kept;
use crate::check_history::check;
use crate::clients;
use crate::clock::Clock;
use crate::log::Log;
use crate::request::Reach;
use crate::seed::times;

const CLIENTS: u64 = 8;
const CALLS: u64 = 120;

async fn history<R: Reach<S>, S: Store>(store: S) -> Kept {
    let clock = Arc::new(Clock::own());
    let history = clients::run::<R, S>(&store, &clock, 0..CLIENTS, CALLS * times()).await?;
    check(&Log::read(&store).await?, &history)
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
