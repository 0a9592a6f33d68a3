//! Snapshots: what is kept is given back while it may be used, and never when it may not; and a repository that uses them
//! answers as one that does not.

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, AsOf, Fingerprint, Position, Repository, SNAPSHOT_LIMIT, Snapshot, SnapshotStore,
    Snapshots, Snapshotted, Store, StreamName, StreamScan, Timestamp, Uuid, Version,
};
use tokio::time::{sleep, timeout};

use crate::account::{Account, Close, Deposit, Limit, Open, Withdraw};
use crate::accounts;
use crate::broken::{Kept, Problem, ensure, ensure_eq};
use crate::sample::{event, fill, some, stream};
use crate::seed::Random;

const CODE: Fingerprint = Fingerprint(0xfedc_ba98_7654_3210);

/// A snapshot of a stream at a version, as it would be taken now.
async fn taken<S: Store>(store: &S, of: StreamName, version: u64) -> Kept<Snapshot> {
    let scan = StreamScan::of(of.clone()).until(Version(version));
    let events = store.read_stream(scan.backwards().limit(1)).await?;
    Ok(Snapshot {
        stream: of,
        version: Version(version),
        position: events.first().map_or(Position::START, |last| last.position),
        latest: Timestamp::from_micros(1_700_000_000_000_000),
        incarnation: store.identity().incarnation,
        fingerprint: CODE,
        format: "json".into(),
        state: version.to_string().into_bytes(),
    })
}

async fn version_given<S: SnapshotStore>(
    store: &S,
    of: StreamName,
    fingerprint: Fingerprint,
) -> Kept<Option<u64>> {
    let found = store.snapshot(of, fingerprint).await?;
    Ok(found.map(|snapshot| snapshot.version.0))
}

/// Every part of it, and for no other stream.
pub async fn g9_a_snapshot_is_read_as_it_was_written<S: SnapshotStore>(store: S) -> Kept {
    for id in 1..4 {
        fill(&store, stream(id), 5).await?;
    }
    let mut kept = taken(&store, stream(2), 4).await?;
    kept.latest = Timestamp::from_micros(-7);
    kept.state = (0..=255).cycle().take(70_000).collect();
    store.keep_snapshot(kept.clone()).await?;
    ensure_eq(
        &store.snapshot(stream(2), CODE).await?,
        &Some(kept),
        "the snapshot",
    )?;
    for id in [1, 3, 9] {
        let given = version_given(&store, stream(id), CODE).await?;
        ensure_eq(&given, &None, "the snapshot of another stream")?;
    }
    let other = version_given(&store, stream(2), Fingerprint(!CODE.0)).await?;
    ensure_eq(&other, &None, "the snapshot of other code")
}

/// One that comes late does not take the place of a newer one, also where many come at once.
pub async fn g9_the_newest_snapshot_is_given<S: SnapshotStore>(store: S) -> Kept {
    fill(&store, stream(1), 60).await?;
    for (version, newest) in [(3, 3), (2, 3), (3, 3), (5, 5), (4, 5)] {
        let snapshot = taken(&store, stream(1), version).await?;
        store.keep_snapshot(snapshot).await?;
        let given = version_given(&store, stream(1), CODE).await?;
        ensure_eq(&given, &Some(newest), "the version that is given")?;
    }
    let mut tasks = Vec::new();
    let mut versions: Vec<u64> = (6..=60).collect();
    let mut random = Random::of(6);
    for last in (1..versions.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap_or(0);
        versions.swap(last, other);
    }
    for version in versions {
        let (store, snapshot) = (store.clone(), taken(&store, stream(1), version).await?);
        tasks.push(tokio::spawn(async move {
            // A store may refuse what is too much at once.
            while store.keep_snapshot(snapshot.clone()).await.is_err() {
                sleep(Duration::from_millis(1)).await;
            }
        }));
    }
    for task in tasks {
        task.await?;
    }
    let given = store.snapshot(stream(1), CODE).await?;
    let given = given.map(|snapshot| (snapshot.version.0, snapshot.state));
    ensure_eq(
        &given,
        &Some((60, b"60".to_vec())),
        "the newest of many, and its state",
    )
}

async fn keep<S: SnapshotStore>(store: &S, id: u64, code: u64, version: u64) -> Kept {
    let snapshot = Snapshot {
        fingerprint: Fingerprint(code),
        ..taken(store, stream(id), version).await?
    };
    Ok(store.keep_snapshot(snapshot).await?)
}

/// The versions that are given for three fingerprints.
async fn given<S: SnapshotStore>(store: &S, id: u64) -> Kept<Vec<Option<u64>>> {
    let mut versions = Vec::new();
    for code in [1, 2, u64::MAX] {
        versions.push(version_given(store, stream(id), Fingerprint(code)).await?);
    }
    Ok(versions)
}

/// Two versions of a program do not take each other's away; a third one takes that of the one which kept least lately.
pub async fn g9_fingerprints_are_apart_and_few<S: SnapshotStore>(store: S) -> Kept {
    fill(&store, stream(1), 9).await?;
    fill(&store, stream(2), 9).await?;
    keep(&store, 1, 1, 3).await?;
    keep(&store, 1, 2, 4).await?;
    keep(&store, 1, 1, 5).await?;
    keep(&store, 2, 1, 7).await?;
    ensure_eq(
        &given(&store, 1).await?,
        &vec![Some(5), Some(4), None],
        "the versions of two fingerprints",
    )?;
    keep(&store, 1, u64::MAX, 2).await?;
    ensure_eq(
        &given(&store, 1).await?,
        &vec![Some(5), None, Some(2)],
        "the versions after a third fingerprint",
    )?;
    ensure_eq(
        &given(&store, 2).await?,
        &vec![Some(7), None, None],
        "the versions of another stream",
    )
}

/// A snapshot that was taken in another life.
async fn elsewhere<S: Store>(store: &S, version: u64) -> Kept<Snapshot> {
    Ok(Snapshot {
        incarnation: Uuid::from_u128(1),
        ..taken(store, stream(1), version).await?
    })
}

/// One that was taken in another life of the store is not kept, and takes no other's place.
pub async fn g9_a_snapshot_of_another_life_is_not_given<S: SnapshotStore>(store: S) -> Kept {
    fill(&store, stream(1), 9).await?;
    store.keep_snapshot(elsewhere(&store, 5).await?).await?;
    let given = version_given(&store, stream(1), CODE).await?;
    ensure_eq(&given, &None, "the snapshot of another life")?;
    store
        .keep_snapshot(taken(&store, stream(1), 3).await?)
        .await?;
    store.keep_snapshot(elsewhere(&store, 7).await?).await?;
    let given = version_given(&store, stream(1), CODE).await?;
    ensure_eq(&given, &Some(3), "the snapshot of this life")
}

/// One whose last event the stream does not have, or has elsewhere, is not given, and takes no other's place.
pub async fn g9_a_snapshot_of_other_events_is_not_given<S: SnapshotStore>(store: S) -> Kept {
    fill(&store, stream(1), 5).await?;
    fill(&store, stream(2), 5).await?;
    let good = taken(&store, stream(1), 3).await?;
    store.keep_snapshot(good.clone()).await?;
    let other = taken(&store, stream(2), 3).await?;
    for wrong in [
        Snapshot {
            version: Version(6),
            position: Position(6),
            ..good.clone()
        },
        Snapshot {
            version: Version(u64::MAX),
            position: Position(u64::MAX),
            ..good.clone()
        },
        Snapshot {
            version: Version::NONE,
            position: Position::START,
            ..good.clone()
        },
        Snapshot {
            position: other.position,
            ..good.clone()
        },
        Snapshot {
            stream: stream(7),
            ..good.clone()
        },
    ] {
        let of = wrong.stream.clone();
        let shown = format!("version {} at position {}", wrong.version, wrong.position);
        // It may be refused, or be left alone.
        let _ = store.keep_snapshot(wrong).await;
        let given = store.snapshot(of.clone(), CODE).await?;
        let expected = (of == good.stream).then(|| good.clone());
        ensure_eq(&given, &expected, &format!("what is given after {shown}"))?;
    }
    Ok(())
}

/// Those of one stream, or all of them; the store can keep others afterwards.
pub async fn g9_snapshots_are_forgotten<S: SnapshotStore>(store: S) -> Kept {
    for id in 1..5 {
        fill(&store, stream(id), 3).await?;
        store
            .keep_snapshot(taken(&store, stream(id), 3).await?)
            .await?;
    }
    let forgotten = store.forget_snapshots(Some(stream(1))).await?;
    ensure_eq(&forgotten, &1, "snapshots of one stream")?;
    let forgotten = store.forget_snapshots(Some(stream(77))).await?;
    ensure_eq(&forgotten, &0, "snapshots of a stream without any")?;
    let given = version_given(&store, stream(1), CODE).await?;
    ensure_eq(&given, &None, "a snapshot that was forgotten")?;
    let given = version_given(&store, stream(2), CODE).await?;
    ensure_eq(&given, &Some(3), "one that was not")?;
    ensure_eq(&store.forget_snapshots(None).await?, &3, "all others")?;
    let given = version_given(&store, stream(2), CODE).await?;
    ensure_eq(&given, &None, "a snapshot after all were forgotten")?;
    store
        .keep_snapshot(taken(&store, stream(2), 2).await?)
        .await?;
    let given = version_given(&store, stream(2), CODE).await?;
    ensure_eq(&given, &Some(2), "one that was kept afterwards")
}

/// What is too large is refused; appends and other snapshots beside it are made.
pub async fn g8_a_snapshot_that_cannot_be_kept_harms_nobody<S: SnapshotStore>(store: S) -> Kept {
    fill(&store, stream(1), 3).await?;
    let small = taken(&store, stream(1), 2).await?;
    let huge = Snapshot {
        state: vec![b'1'; SNAPSHOT_LIMIT + 1],
        ..taken(&store, stream(1), 3).await?
    };
    let refused = store.keep_snapshot(huge);
    let (kept, appended) = (
        store.keep_snapshot(small),
        store.append(Arc::new(some(stream(1), 1))),
    );
    let refused = refused.await;
    ensure(refused.is_err(), || {
        "a state beyond the limit is taken".into()
    })?;
    kept.await?;
    appended.await?;
    let given = version_given(&store, stream(1), CODE).await?;
    ensure_eq(&given, &Some(2), "the snapshot beside it")
}

/// Empty states, any format, and every fingerprint.
pub async fn g8_odd_snapshots_that_are_allowed<S: SnapshotStore>(store: S) -> Kept {
    let odd = StreamName::new("sample", &"o'clock %_\u{1f980}".to_owned())
        .map_err(|error| Problem(error.to_string()))?;
    let made = Append::to(odd.clone()).event(event("sample.made", 1));
    store.append(Arc::new(made)).await?;
    for (fingerprint, format) in [(0, "日本"), (1, "%"), (u64::MAX, "x;y'z")] {
        let kept = Snapshot {
            fingerprint: Fingerprint(fingerprint),
            format: format.into(),
            state: Vec::new(),
            latest: Timestamp::from_micros(i64::MIN),
            ..taken(&store, odd.clone(), 1).await?
        };
        store.keep_snapshot(kept.clone()).await?;
        let given = store.snapshot(odd.clone(), kept.fingerprint).await?;
        ensure_eq(&given, &Some(kept), "an odd snapshot")?;
    }
    Ok(())
}

/// A future that is dropped at once has begun what it stands for.
pub async fn g9_keeping_goes_on_when_nobody_waits<S: SnapshotStore>(store: S) -> Kept {
    fill(&store, stream(1), 3).await?;
    let snapshot = taken(&store, stream(1), 3).await?;
    drop(store.keep_snapshot(snapshot));
    eventually(&store, stream(1), CODE, 3).await
}

/// Waits for a snapshot of this version or a later one, of which nobody is told.
async fn eventually<S: SnapshotStore>(
    store: &S,
    of: StreamName,
    fingerprint: Fingerprint,
    version: u64,
) -> Kept {
    let wait = async {
        while version_given(store, of.clone(), fingerprint).await? < Some(version) {
            sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    };
    timeout(Duration::from_secs(20), wait).await?
}

fn account(id: u64) -> Kept<StreamName> {
    StreamName::new("conformance.account", &id).map_err(|error| Problem(error.to_string()))
}

fn with_snapshots<S: SnapshotStore>(store: S) -> Repository<Account, S> {
    Repository::new(store).snapshots(Snapshots::declared())
}

/// After enough events there is a snapshot; loads of now and of then show what a repository without snapshots shows.
pub async fn g9_a_repository_uses_what_it_has_kept<S: SnapshotStore>(store: S) -> Kept {
    let (plain, kept) = (
        Repository::<Account, _>::new(store.clone()),
        with_snapshots(store.clone()),
    );
    let failed = |what: String| Problem(format!("a repository fails: {what}"));
    let mut random = Random::of(7);
    kept.execute(&1, Open)
        .await
        .map_err(|error| failed(error.to_string()))?;
    for round in 1..40_u64 {
        let amount = random.below(90) + 1;
        let done = match round % 7 {
            // Never the limit that it is already: each command has an event, so that a snapshot is due after the last.
            5 => kept.execute(&1, Limit { limit: 100 + round }).await,
            6 => kept.execute(&1, Withdraw { amount: 1 }).await,
            _ => kept.execute(&1, Deposit { amount }).await,
        };
        done.map_err(|error| failed(error.to_string()))?;
    }
    // A store that has much to do may leave one out; then the next load takes it.
    let taken = async {
        while version_given(&store, account(1)?, Account::FINGERPRINT).await? < Some(38) {
            kept.load(&1)
                .await
                .map_err(|error| failed(error.to_string()))?;
            sleep(Duration::from_millis(2)).await;
        }
        Kept::Ok(())
    };
    timeout(Duration::from_secs(20), taken).await??;
    for version in 1..=40 {
        let as_of = AsOf::Version(Version(version));
        let (expected, found) = (
            plain.load_at(&1, as_of).await,
            kept.load_at(&1, as_of).await,
        );
        ensure_eq(
            &found.ok(),
            &expected.ok(),
            &format!("the state at version {version}"),
        )?;
    }
    for recorded in plain
        .history(&1)
        .await
        .map_err(|error| failed(error.to_string()))?
    {
        let as_of = AsOf::Time(recorded.recorded_at);
        let (expected, found) = (
            plain.load_at(&1, as_of).await,
            kept.load_at(&1, as_of).await,
        );
        ensure_eq(
            &found.ok(),
            &expected.ok(),
            &format!("the state at {}", recorded.recorded_at),
        )?;
    }
    Ok(())
}

/// Whatever a snapshot holds that does not decode, or is of another code, life or stream, the state is that of the events.
pub async fn g9_what_is_wrong_with_a_snapshot_is_not_seen<S: SnapshotStore>(store: S) -> Kept {
    let (plain, kept) = (
        Repository::<Account, _>::new(store.clone()),
        with_snapshots(store.clone()),
    );
    let failed = |what: String| Problem(format!("a repository fails: {what}"));
    for amount in 0..9 {
        let done = match amount {
            0 => plain.execute(&1, Open).await,
            amount => plain.execute(&1, Deposit { amount }).await,
        };
        done.map_err(|error| failed(error.to_string()))?;
    }
    let expected = plain
        .load(&1)
        .await
        .map_err(|error| failed(error.to_string()))?;
    let good = Snapshot {
        fingerprint: Account::FINGERPRINT,
        ..taken(&store, account(1)?, 9).await?
    };
    let other = br#"{"open":true,"balance":999,"limit":0}"#.to_vec();
    for wrong in [
        Snapshot {
            state: b"{\"open\":".to_vec(),
            ..good.clone()
        },
        Snapshot {
            state: Vec::new(),
            ..good.clone()
        },
        Snapshot {
            state: other.clone(),
            format: "other".into(),
            ..good.clone()
        },
        Snapshot {
            state: other.clone(),
            fingerprint: Fingerprint(!good.fingerprint.0),
            ..good.clone()
        },
        Snapshot {
            state: other.clone(),
            incarnation: Uuid::from_u128(5),
            ..good.clone()
        },
        Snapshot {
            state: other.clone(),
            version: Version(12),
            position: Position(12),
            ..good.clone()
        },
    ] {
        store.forget_snapshots(None).await?;
        let _ = store.keep_snapshot(wrong.clone()).await;
        let found = kept
            .load(&1)
            .await
            .map_err(|error| failed(error.to_string()))?;
        ensure_eq(&found, &expected, &format!("the state beside {wrong:?}"))?;
    }
    // That one is used at all is seen by one that decodes and is wrong.
    store.forget_snapshots(None).await?;
    store
        .keep_snapshot(Snapshot {
            state: other,
            ..good
        })
        .await?;
    let found = kept
        .load(&1)
        .await
        .map_err(|error| failed(error.to_string()))?;
    ensure_eq(&found.balance, &999, "the balance that a snapshot says")?;
    kept.execute(&1, Close)
        .await
        .map_err(|error| failed(error.to_string()))?;
    Ok(())
}

/// A repository with snapshots answers as truly as one without, whoever else is writing.
pub async fn g3_a_history_with_snapshots<S: SnapshotStore>(store: S) -> Kept {
    accounts::answers_truly(store, with_snapshots).await
}

/// The same with the states of recent aggregates in memory, which are kept when others are read no more.
pub async fn g3_a_history_with_snapshots_and_a_cache<S: SnapshotStore>(store: S) -> Kept {
    accounts::answers_truly(store, |store| with_snapshots(store).cache(2)).await
}
