//! Checkpoints: a slice has one owner, and what one who is no owner any more would save is not saved.

use std::sync::Arc;

use eventsource_core::{
    Advance, Beat, Bid, Checkpoint, CheckpointError, CheckpointStore, Claim, Fence, KeptState,
    Parked, Position, Slice, Slot, SlotState, StreamName, Timestamp, Uuid, Version, Which, Wish,
};

use crate::broken::{Kept, Problem, ensure, ensure_eq};
use crate::sample::stream;

const TASKS: u64 = 16;

fn slot(index: u32, count: u32) -> Slot {
    Slot {
        name: "sample".into(),
        version: 1,
        slice: Slice { index, count },
    }
}

fn bid(owner: u128, seen: Option<Beat>) -> Bid {
    Bid {
        owner: Uuid::from_u128(owner),
        seen,
        start: Position::START,
    }
}

async fn owned<S: CheckpointStore>(store: &S, slot: &Slot, bid: Bid) -> Kept<Fence> {
    match store.claim(slot, bid).await? {
        Claim::Owned { fence, .. } => Ok(fence),
        Claim::Theirs(beat) => Err(Problem(format!(
            "a slice that is free is not given: {beat:?}"
        ))),
    }
}

async fn theirs<S: CheckpointStore>(store: &S, slot: &Slot, bid: Bid) -> Kept<Beat> {
    match store.claim(slot, bid).await? {
        Claim::Theirs(beat) => Ok(beat),
        Claim::Owned { .. } => Err(Problem("a slice that is owned is given to another".into())),
    }
}

fn is_fenced<T: std::fmt::Debug>(answer: &Result<T, CheckpointError>, what: &str) -> Kept {
    ensure(matches!(answer, Err(CheckpointError::Fenced)), || {
        format!("{what}: {answer:?}")
    })
}

async fn state<S: CheckpointStore>(store: &S, slot: &Slot) -> Kept<SlotState> {
    let slots = store.slots(&slot.name).await?;
    let found = slots.into_iter().find(|state| state.slot == *slot);
    found.ok_or_else(|| Problem("a slice that was claimed is not listed".into()))
}

impl From<CheckpointError> for Problem {
    fn from(error: CheckpointError) -> Self {
        Self(format!("a checkpoint that must succeed failed: {error}"))
    }
}

/// A slice is taken over only by who has seen the owner's last beat; no time, and so no clock, is looked at.
pub async fn g6_a_slice_has_one_owner<S: CheckpointStore>(store: S) -> Kept {
    let slot = slot(0, 1);
    let first = owned(&store, &slot, bid(1, None)).await?;
    let seen = theirs(&store, &slot, bid(2, None)).await?;
    let renewed = store.renew(&slot, first.epoch).await?;
    ensure(renewed.awaited, || {
        "the owner is not told that somebody waits".into()
    })?;
    let seen_later = theirs(&store, &slot, bid(2, Some(seen))).await?;
    ensure(seen != seen_later, || {
        "the beat of an owner that lives stands still".into()
    })?;
    // To save is a sign of life as well.
    store
        .advance(&slot, first, Advance::to(Position(3)))
        .await?;
    let seen = theirs(&store, &slot, bid(2, Some(seen_later))).await?;
    let second = owned(&store, &slot, bid(2, Some(seen))).await?;
    ensure(second.epoch > first.epoch, || {
        "a new owner has the epoch of the old one".into()
    })?;
    ensure_eq(&second.position, &Position(3), "where the new owner begins")?;

    let old = Fence {
        position: Position(3),
        ..first
    };
    is_fenced(
        &store.renew(&slot, first.epoch).await,
        "the old owner lives on",
    )?;
    let saved = store.advance(&slot, old, Advance::to(Position(4))).await;
    is_fenced(&saved, "the old owner saves")?;
    store.release(&slot, first.epoch).await?;
    let state_now = state(&store, &slot).await?;
    ensure_eq(
        &state_now.owner,
        &Some(Uuid::from_u128(2)),
        "the owner, after the old one has let go",
    )?;
    ensure_eq(
        &state_now.position,
        &Position(3),
        "the position, after the old one has tried to save",
    )?;
    store.release(&slot, second.epoch).await?;
    owned(&store, &slot, bid(3, None)).await.map(|_| ())
}

/// Of many that save from one position, one does.
pub async fn g6_a_position_is_left_once<S: CheckpointStore>(store: S) -> Kept {
    let slot = slot(0, 1);
    let mut fence = owned(&store, &slot, bid(1, None)).await?;
    for round in 1..=20 {
        let to = Position(round * 100);
        let tasks = (0..TASKS).map(|task| {
            let (store, slot) = (store.clone(), slot.clone());
            let mut advance = Advance::to(to);
            advance.park.push(parked(round * 100 + task, &stream(1)));
            tokio::spawn(async move { store.advance(&slot, fence, advance).await })
        });
        let mut saved = 0;
        for task in tasks.collect::<Vec<_>>() {
            match task.await? {
                Ok(()) => saved += 1,
                refused => is_fenced(&refused, "saving from a position that was left")?,
            }
        }
        ensure_eq(&saved, &1, "how many have saved from one position")?;
        let kept = store.parked("sample", 1).await?.len() as u64;
        ensure_eq(&kept, &round, "what was parked by those who have saved")?;
        fence.position = to;
    }
    Ok(())
}

/// Of many that claim a free slice, one gets it; and each slice is by itself.
pub async fn g6_of_many_that_claim_a_slice_one_gets_it<S: CheckpointStore>(store: S) -> Kept {
    for index in 0..3 {
        let tasks = (0..TASKS).map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .claim(&slot(index, 3), bid(u128::from(task) + 1, None))
                    .await
            })
        });
        let mut owners = 0;
        for task in tasks.collect::<Vec<_>>() {
            owners += u64::from(matches!(task.await??, Claim::Owned { .. }));
        }
        ensure_eq(&owners, &1, "how many own a slice")?;
    }
    let slots = store.slots("sample").await?;
    let listed: Vec<_> = slots.iter().map(|state| state.slot.slice.index).collect();
    ensure_eq(&listed, &vec![0, 1, 2], "the slices")?;
    let other = store.claim(&slot(0, 4), bid(1, None)).await;
    ensure(
        matches!(
            other,
            Err(CheckpointError::Slices {
                stored: 3,
                asked: 4
            })
        ),
        || format!("another number of slices: {other:?}"),
    )
}

/// A slice begins where its first owner says, and then where the last one has ended.
pub async fn g6_a_slice_begins_where_it_was_left<S: CheckpointStore>(store: S) -> Kept {
    let slot = slot(0, 1);
    let at = |position| Bid {
        start: Position(position),
        ..bid(1, None)
    };
    let fence = owned(&store, &slot, at(5)).await?;
    ensure_eq(&fence.position, &Position(5), "where a new slice begins")?;
    store
        .advance(&slot, fence, Advance::to(Position(9)))
        .await?;
    let again = owned(&store, &slot, at(5)).await?;
    ensure_eq(&again.position, &Position(9), "where it goes on")?;
    ensure(again.epoch > fence.epoch, || {
        "an owner that begins again has its old epoch".into()
    })?;
    let found = state(&store, &slot).await?;
    ensure_eq(
        &found.incarnation,
        &store.identity().incarnation,
        "the store's life",
    )
}

fn parked(position: u64, stream: &StreamName) -> Parked {
    Parked {
        position: Position(position),
        stream: stream.clone(),
        version: Version(position),
        event: "sample.made".into(),
        error: format!("'{position}' \u{1f4a5}"),
        at: Timestamp::from_micros(-5),
        wish: None,
    }
}

/// What is parked is listed as it was given, in order; wishes reach what they are about, and nothing else.
pub async fn g6_parked_events_are_kept_until_they_are_settled<S: CheckpointStore>(
    store: S,
) -> Kept {
    let slot = slot(0, 1);
    let mut fence = owned(&store, &slot, bid(1, None)).await?;
    let list = [
        parked(2, &stream(1)),
        parked(3, &stream(2)),
        parked(5, &stream(1)),
    ];
    let mut advance = Advance::to(Position(5));
    advance.park = list.iter().rev().cloned().collect();
    store.advance(&slot, fence, advance).await?;
    fence.position = Position(5);
    ensure_eq(
        &store.parked("sample", 1).await?,
        &list.to_vec(),
        "what is parked",
    )?;
    ensure_eq(
        &store.parked("sample", 2).await?,
        &vec![],
        "what another version has parked",
    )?;
    ensure_eq(
        &store.renew(&slot, fence.epoch).await?.wished,
        &false,
        "whether something is wished",
    )?;

    let count = store
        .wish("sample", 1, Which::Stream(stream(1)), Wish::Retry)
        .await?;
    ensure_eq(&count, &2, "how many are to be retried")?;
    store
        .wish("sample", 1, Which::At(Position(3)), Wish::Drop)
        .await?;
    ensure_eq(
        &store.renew(&slot, fence.epoch).await?.wished,
        &true,
        "whether something is wished",
    )?;
    let wishes: Vec<_> = store
        .parked("sample", 1)
        .await?
        .iter()
        .map(|one| one.wish)
        .collect();
    let expected = vec![Some(Wish::Retry), Some(Wish::Drop), Some(Wish::Retry)];
    ensure_eq(&wishes, &expected, "what is wished")?;

    let mut advance = Advance::to(fence.position);
    advance.settle = vec![Position(2), Position(3)];
    advance.park = vec![parked(5, &stream(1))];
    store.advance(&slot, fence, advance).await?;
    ensure_eq(
        &store.parked("sample", 1).await?,
        &vec![parked(5, &stream(1))],
        "what is left",
    )?;
    ensure_eq(
        &store.wish("sample", 1, Which::All, Wish::Retry).await?,
        &1,
        "how many are left",
    )
}

/// The version that readers see only goes up; what is set back begins again, and whoever was at work is fenced off.
pub async fn g6_versions_stand_side_by_side<S: CheckpointStore>(store: S) -> Kept {
    let (one, two) = (
        slot(0, 1),
        Slot {
            version: 2,
            ..slot(0, 1)
        },
    );
    ensure_eq(
        &store.active("sample").await?,
        &None,
        "what is active at first",
    )?;
    let first = owned(&store, &one, bid(1, None)).await?;
    ensure_eq(&store.activate("sample", 1).await?, &1, "what is active")?;
    let second = owned(&store, &two, bid(2, None)).await?;
    ensure_eq(
        &store.active("sample").await?,
        &Some(1),
        "what is active while the next is built",
    )?;
    store.advance(&one, first, Advance::to(Position(7))).await?;
    store
        .advance(&two, second, Advance::to(Position(4)))
        .await?;
    ensure_eq(
        &store.activate("sample", 2).await?,
        &2,
        "what is active then",
    )?;
    ensure_eq(
        &store.activate("sample", 1).await?,
        &2,
        "whether an older one can be active again",
    )?;
    ensure_eq(
        &store.renew(&one, first.epoch).await?.active,
        &Some(2),
        "what the owner of an older one learns",
    )?;

    store.set_back("sample", 2).await?;
    let found = state(&store, &two).await?;
    ensure_eq(
        &found.position,
        &Position::START,
        "where what was set back is",
    )?;
    let old = Fence {
        position: Position::START,
        ..second
    };
    is_fenced(
        &store.advance(&two, old, Advance::to(Position(9))).await,
        "who was at work saves",
    )?;
    ensure_eq(
        &state(&store, &one).await?.position,
        &Position(7),
        "where the other version is",
    )?;

    ensure_eq(
        &store.forget("sample", 2).await?,
        &false,
        "whether the active one is forgotten",
    )?;
    ensure_eq(
        &store.forget("sample", 1).await?,
        &true,
        "whether an older one is",
    )?;
    let listed: Vec<_> = store
        .slots("sample")
        .await?
        .into_iter()
        .map(|state| state.slot)
        .collect();
    ensure_eq(&listed, &vec![two], "what is left")
}

/// Owners that save, owners that take over and owners that think they still own: each step counts once.
pub async fn g6_each_step_counts_once_whoever_believes_to_own<S: CheckpointStore>(
    store: S,
) -> Kept {
    const STEPS: u64 = 200;
    let slot = Arc::new(slot(0, 1));
    let tasks = (0..4_u128).map(|owner| {
        let (store, slot) = (store.clone(), Arc::clone(&slot));
        tokio::spawn(async move {
            let (mut saved, mut seen) = (0_u64, None);
            loop {
                let (mut fence, mine) = match store.claim(&slot, bid(owner + 1, seen)).await? {
                    Claim::Owned { fence, .. } => (fence, true),
                    Claim::Theirs(beat) => {
                        seen = Some(beat);
                        tokio::task::yield_now().await;
                        let known = state(&store, &slot).await?;
                        // It guesses, and tries to save with what it has read.
                        (
                            Fence {
                                epoch: beat.epoch.saturating_sub(1),
                                position: known.position,
                            },
                            false,
                        )
                    }
                };
                loop {
                    if fence.position.0 >= STEPS {
                        return Ok::<u64, Problem>(saved);
                    }
                    let to = Position(fence.position.0 + 1);
                    match store.advance(&slot, fence, Advance::to(to)).await {
                        Ok(()) => saved += 1,
                        Err(CheckpointError::Fenced) => break,
                        Err(error) => return Err(error.into()),
                    }
                    ensure(mine, || "who does not own a slice has saved".into())?;
                    fence.position = to;
                }
            }
        })
    });
    let mut saved = 0;
    for task in tasks.collect::<Vec<_>>() {
        saved += task.await??;
    }
    ensure_eq(&saved, &STEPS, "how many steps were saved")
}

/// A state is kept until one that is further comes, or one of another life.
pub async fn g6_a_state_is_kept<S: CheckpointStore>(store: S) -> Kept {
    let kept = |position, state: &[u8]| KeptState {
        checkpoint: Checkpoint {
            store: store.identity(),
            position: Position(position),
        },
        state: state.into(),
    };
    ensure_eq(
        &store.kept_state("sample", 1).await?,
        &None,
        "what is kept at first",
    )?;
    for (position, state, expected) in [
        (5, b"five", b"five"),
        (4, b"four", b"five"),
        (6, b"a\0\xff\n", b"a\0\xff\n"),
    ] {
        store.keep_state("sample", 1, kept(position, state)).await?;
        let found = store
            .kept_state("sample", 1)
            .await?
            .map(|found| found.state);
        ensure_eq(&found.as_deref(), &Some(&expected[..]), "what is kept")?;
    }
    let mut other = kept(2, b"other");
    other.checkpoint.store.incarnation = Uuid::from_u128(7);
    store.keep_state("sample", 1, other.clone()).await?;
    ensure_eq(
        &store.kept_state("sample", 1).await?,
        &Some(other),
        "what is kept of another life",
    )?;
    ensure_eq(
        &store.kept_state("sample", 2).await?,
        &None,
        "what is kept of another version",
    )
}
