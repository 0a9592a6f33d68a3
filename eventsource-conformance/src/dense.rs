//! Positions without gaps, where a store promises them.

use eventsource_core::{DensePositions, LogScan, Position};

use crate::broken::{Kept, ensure_eq};
use crate::sample::{event, fill, some, stream};
use crate::seed::Random;
use std::sync::Arc;
use std::time::Duration;

/// One after the other, the positions are 1, 2, 3 …, and refused appends do not use any up.
pub async fn g4_positions_are_dense<S: DensePositions>(store: S) -> Kept {
    let mut next = 1;
    for round in 0..30 {
        let count = 1 + round % 4;
        let placed = fill(&store, stream(round % 3), count).await?.placed;
        let positions: Vec<_> = placed.iter().map(|placed| placed.position.0).collect();
        ensure_eq(
            &positions,
            &(next..next + count).collect(),
            "the positions of an append",
        )?;
        next += count;
        let mut unnamed = event("", 1);
        unnamed.payload.clear();
        let refused = [
            some(stream(0), 2).if_new(),
            some(stream(9), 1).if_exists(),
            some(stream(0), 1).event(unnamed),
        ];
        for refused in refused {
            let _ = store.append(Arc::new(refused)).await;
        }
        ensure_eq(&store.head().await?, &Position(next - 1), "the head")?;
    }
    Ok(())
}

/// Also when many write at once, and some of them are refused or give up.
pub async fn g4_positions_are_dense_while_many_write<S: DensePositions>(store: S) -> Kept {
    let write = |id| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut random = Random::of(id);
            for _ in 0..40 {
                let append = some(stream(random.below(4)), 1 + random.below(3));
                let append = if random.once_in(3) {
                    append.if_new()
                } else {
                    append
                };
                let patience = Duration::from_micros(match random.once_in(5) {
                    true => random.below(300),
                    false => 10_000_000,
                });
                let _ = tokio::time::timeout(patience, store.append(Arc::new(append))).await;
            }
        })
    };
    let writers: Vec<_> = (0..8).map(write).collect();
    for writer in writers {
        writer.await?;
    }
    let events = store.read_all(LogScan::default()).await?;
    let positions: Vec<_> = events.iter().map(|event| event.position.0).collect();
    ensure_eq(
        &positions,
        &(1..=positions.len() as u64).collect(),
        "the positions in the end",
    )
}
