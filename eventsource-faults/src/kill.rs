//! A writing process that is killed at random moments, again and again: what it was told is there, once.

use std::fmt;
use std::time::Duration;

use eventsource_core::BoundaryStore;
use tokio::time::sleep;

use crate::audit::{Audit, Found};
use crate::process::Others;
use crate::write;

const TASKS: u64 = 8;

/// What a run of kills has come to. A lost or doubled append would have been a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Killed {
    /// How often the writer was killed.
    pub kills: u64,
    /// The appends that may have been on their way then, one of each task.
    pub on_their_way: u64,
    /// How many of these had been stored, though nobody was told.
    pub of_these_stored: usize,
    /// What the audit has found.
    pub found: Found,
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} kills, {} appends on their way of which {} had been stored; {}",
            self.kills, self.on_their_way, self.of_these_stored, self.found
        )
    }
}

/// Starts a writing process and kills it, so many times. After each kill the appends that were on their way are sent
/// again under their keys, and in the end everything is judged.
///
/// # Panics
///
/// If an acknowledged append is lost, or an append is doubled or there in part.
pub async fn the_writer<S: BoundaryStore>(store: &S, others: &Others, kills: u64) -> Killed {
    let mut stored = 0;
    let mut audit = Audit::default();
    for kill in 0..kills {
        let mut writer = others.start(&write::process(kill, TASKS)).await;
        // Not before it writes: a kill in an empty moment shows nothing.
        let first = writer.line().await.expect("a writer that writes");
        audit.hear_line(&first);
        sleep(Duration::from_micros(kill * 7_919 % 50_000)).await;
        writer.kill();
        audit.hear_out(&mut writer).await;
        stored += audit.resolve(store, kill, TASKS).await;
    }
    Killed {
        kills,
        on_their_way: kills * TASKS,
        of_these_stored: stored,
        found: audit.check(store).await,
    }
}
