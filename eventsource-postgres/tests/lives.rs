//! A store's lives: a standby that is promoted, a dump that is restored. Whatever was read in the earlier life is refused
//! with an error that says so; it is never taken for something else.

mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{
    Append, AppendError, Appended, Checkpoint, LogScan, NewEvent, Position, Store, StoreError,
    StreamName, Timestamp, Version,
};
use eventsource_faults::Audit;
use eventsource_faults::write::Fate;
use eventsource_faults::write::Id;
use eventsource_postgres::PostgresStore;
use server::Cluster;
use tokio::time::sleep;

fn stream() -> StreamName {
    StreamName::parse("life/1").unwrap()
}

fn event() -> NewEvent {
    NewEvent {
        name: "life.lived".into(),
        schema: 1,
        format: "json".into(),
        payload: b"1".to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: Vec::new(),
    }
}

async fn live(store: &PostgresStore, version: u64) -> Appended {
    let append = Append::to(stream()).at(Version(version)).event(event());
    store.append(Arc::new(append)).await.unwrap()
}

/// An address that leads to whichever of the two takes writes.
fn either(one: &Cluster, other: &Cluster) -> String {
    format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/events?target_session_attrs=read-write",
        one.port(),
        other.port()
    )
}

/// The answer to a request that nobody minds repeating, once the store is there again.
async fn once_there<T, F: Future<Output = Result<T, StoreError>>>(ask: impl Fn() -> F) -> T {
    let begin = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => assert!(
                begin.elapsed() < Duration::from_secs(60),
                "for a minute: {error:?}"
            ),
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// What was known in an earlier life is refused in this one: a checkpoint, a decision, a subscription that is still open.
async fn is_another_life(
    store: &PostgresStore,
    checkpoint: Checkpoint,
    mut open: eventsource_core::Subscription<PostgresStore>,
) {
    let life = store.identity();
    let earlier = checkpoint.store;
    assert_eq!(life.id, earlier.id, "it is the same store");
    assert_ne!(life.incarnation, earlier.incarnation, "in another life");
    let refused = store.resume(checkpoint).err();
    assert!(
        matches!(refused, Some(StoreError::OtherIncarnation { asked, .. }) if asked == earlier.incarnation),
        "a checkpoint of the earlier life: {refused:?}"
    );
    let decided = Append::to(stream())
        .incarnation(earlier.incarnation)
        .event(event());
    let refused = store.append(Arc::new(decided)).await;
    assert!(
        matches!(
            refused,
            Err(AppendError::Store(StoreError::OtherIncarnation { .. }))
        ),
        "a decision of the earlier life: {refused:?}"
    );
    // While the server was away there were other errors.
    let begin = Instant::now();
    loop {
        match open.next().await {
            Some(Err(StoreError::OtherIncarnation { .. })) => break,
            Some(Err(error)) => assert!(
                begin.elapsed() < Duration::from_secs(60),
                "for a minute: {error:?}"
            ),
            other => panic!("a subscription of the earlier life goes on with {other:?}"),
        }
    }
    let decided = Append::to(stream())
        .incarnation(life.incarnation)
        .event(event());
    store.append(Arc::new(decided)).await.unwrap();
    let checkpoint = store.subscribe(Position::START).checkpoint();
    assert!(store.resume(checkpoint).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g9_a_synchronous_standby_is_promoted() {
    let mut primary = Cluster::start("primary", &[]);
    primary.database("events");
    let standby = primary.standby("standby");
    primary.set("synchronous_standby_names", "'*'");
    let store = PostgresStore::open(&either(&primary, &standby))
        .await
        .unwrap();
    live(&store, 0).await;
    let mut open = store.subscribe(Position::START);
    open.next().await.unwrap().unwrap();
    let checkpoint = open.checkpoint();

    // Eight tasks append all the while; what has no answer is sent again, until there is one.
    let writers: Vec<_> = (0..8)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut told = Vec::new();
                for number in 0..150 {
                    let id = Id {
                        who: 0,
                        task,
                        number,
                    };
                    let placed = id.resolve(&store).await.placed;
                    told.push((id, Fate::Acknowledged(placed[0].position)));
                }
                told
            })
        })
        .collect();
    while store.head().await.unwrap() < Position(100) {
        sleep(Duration::from_millis(5)).await;
    }
    primary.kill();
    assert!(writers.iter().any(|writer| !writer.is_finished()));
    standby.promote();
    let mut audit = Audit::default();
    for writer in writers {
        for (id, fate) in writer.await.unwrap() {
            audit.note(id, fate);
        }
    }
    println!("{}", audit.check(&store).await);
    is_another_life(&store, checkpoint, open).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g9_a_standby_that_was_behind_is_promoted() {
    let mut primary = Cluster::start("ahead", &[]);
    primary.database("events");
    let mut standby = primary.standby("behind");
    let store = PostgresStore::open(&either(&primary, &standby))
        .await
        .unwrap();
    live(&store, 0).await;
    let replayed = "SELECT replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication";
    server::wait("a standby that has everything", || {
        primary.sql("postgres", replayed) == "t"
    });
    // From here on the standby misses what is acknowledged.
    standby.stop();
    for version in 1..40 {
        live(&store, version).await;
    }
    let mut open = store.subscribe(Position(39));
    open.next().await.unwrap().unwrap();
    let checkpoint = open.checkpoint();
    assert_eq!(checkpoint.position, Position(40));
    primary.kill();
    standby.run();
    standby.promote();

    let head = once_there(|| store.head()).await;
    assert_eq!(head, Position(1));
    let beyond = store.read_all(LogScan::after(checkpoint.position)).await;
    assert!(
        matches!(beyond, Err(StoreError::BeyondHead { asked, head }) if asked.0 == 40 && head.0 == 1),
        "{beyond:?}"
    );
    is_another_life(&store, checkpoint, open).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g9_a_dump_of_yesterday_is_restored() {
    let cluster = Cluster::start("dump", &[]);
    let store = PostgresStore::open(&cluster.database("events"))
        .await
        .unwrap();
    for version in 0..3 {
        live(&store, version).await;
    }
    let dump = cluster.dump("events");
    for version in 3..9 {
        live(&store, version).await;
    }
    let mut open = store.subscribe(Position(8));
    open.next().await.unwrap().unwrap();
    let checkpoint = open.checkpoint();
    cluster.restore("events", &dump);

    // The store that is open, and one that is opened now.
    let opened = PostgresStore::open(&cluster.url("events")).await.unwrap();
    let head = once_there(|| store.head()).await;
    assert_eq!(head, Position(3));
    for store in [&opened, &store] {
        let beyond = store.read_all(LogScan::after(checkpoint.position)).await;
        assert!(
            matches!(beyond, Err(StoreError::BeyondHead { asked, head }) if asked.0 == 9 && head.0 == 3),
            "{beyond:?}"
        );
    }
    assert_eq!(opened.identity(), store.identity(), "both see one life");
    is_another_life(&store, checkpoint, open).await;
    // An earlier position that exists in both lives is refused as well: it may mean another event.
    let early = Checkpoint {
        position: Position(2),
        ..checkpoint
    };
    let refused = opened.resume(early).err();
    assert!(
        matches!(refused, Some(StoreError::OtherIncarnation { .. })),
        "{refused:?}"
    );
    opened.close().await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g9_a_restart_is_no_other_life() {
    let mut cluster = Cluster::start("restart", &[]);
    let store = PostgresStore::open(&cluster.database("events"))
        .await
        .unwrap();
    live(&store, 0).await;
    let mut open = store.subscribe(Position::START);
    open.next().await.unwrap().unwrap();
    let checkpoint = open.checkpoint();
    for kill in [false, true] {
        match kill {
            true => cluster.kill(),
            false => cluster.stop(),
        }
        cluster.run();
        once_there(|| store.head()).await;
        assert!(store.resume(checkpoint).is_ok());
    }
    live(&store, 1).await;
    let opened = PostgresStore::open(&cluster.url("events")).await.unwrap();
    assert!(opened.resume(checkpoint).is_ok());
    opened.close().await;
    store.close().await;
}
