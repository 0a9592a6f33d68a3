//! Several run the transfers at once.

use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{Ended, MultiStreamStore};

use crate::bank::Bank;

/// How many transfers there are.
const TRANSFERS: u64 = 120;

/// Several run the processes at once, each through a store of its own.
pub async fn run_by_all<S: CheckpointStore + MultiStreamStore>(banks: Vec<Bank<S>>) {
    let first = &banks[0];
    first.deposit("ada", TRANSFERS).await;
    first.close("carl").await;
    let running: Vec<_> = banks
        .iter()
        .map(|bank| {
            let runner = bank.process().slices(3);
            (runner.handle(), tokio::spawn(runner.run()))
        })
        .collect();
    for id in 0..TRANSFERS {
        let to = if id % 5 == 0 { "carl" } else { "bob" };
        banks[usize::try_from(id).unwrap() % banks.len()]
            .request(id, "ada", to, 1)
            .await;
    }
    let limit = Duration::from_secs(180);
    let begin = Instant::now();
    while banks[0].ended().await < TRANSFERS {
        assert!(begin.elapsed() < limit, "it takes too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (handle, running) in running {
        assert!(handle.parked().await.unwrap().is_empty());
        handle.stop();
        assert_eq!(running.await.unwrap().unwrap(), Ended::Stopped);
    }
    let paid = usize::try_from(TRANSFERS / 5 * 4).unwrap();
    assert_eq!(first.moves("bob").await, vec![1; paid]);
    let moves = first.moves("ada").await;
    let of = |amount: i64| moves.iter().filter(|one| **one == amount).count();
    let all = usize::try_from(TRANSFERS).unwrap();
    assert_eq!((of(-1), of(1)), (all, all - paid));
}
