//! A writing process that is killed at random moments, again and again: what it was told is there, once.

use std::time::Duration;

use eventsource_core::BoundaryStore;
use tokio::time::sleep;

use crate::audit::{Audit, Found};
use crate::process::Others;
use crate::write;

const TASKS: u64 = 8;

/// Starts a writing process and kills it, so many times. After each kill the appends that were on their way are sent
/// again under their keys, and in the end everything is judged.
///
/// # Panics
///
/// If an acknowledged append is lost, or an append is doubled or there in part.
pub async fn the_writer<S: BoundaryStore>(store: &S, others: &Others, kills: u64) -> Found {
    let mut audit = Audit::default();
    for kill in 0..kills {
        let mut writer = others.start(&write::process(kill, TASKS)).await;
        // Not before it writes: a kill in an empty moment shows nothing.
        let first = writer.line().await.expect("a writer that writes");
        audit.hear_line(&first);
        sleep(Duration::from_micros(kill * 7_919 % 50_000)).await;
        writer.kill();
        audit.hear_out(&mut writer).await;
        audit.resolve(store, kill, TASKS).await;
    }
    audit.check(store).await
}
