//! Reactors and their runner, through the public interface: each event once where nothing fails, with one key whenever it is
//! repeated, and nothing of what is past.

#[path = "processes/failing_store.rs"]
mod failing_store;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, Checkpoint, Json, MemoryStore, NewEvent, OnError, Position, ReactionKey, RunError,
    Store, StreamName, Timestamp,
};
use failing_store::{FailingStore, Fault};

#[event(name = "account.opened")]
pub struct Opened {
    pub owner: String,
}

/// What was sent, by key: the outbox of a mail server that leaves out what it has.
#[derive(Clone, Default)]
struct Mails {
    sent: Arc<Mutex<BTreeMap<ReactionKey, String>>>,
    calls: Arc<AtomicUsize>,
    fails: Arc<AtomicUsize>,
}

impl Mails {
    fn send(&self, key: &ReactionKey, owner: &str) -> Result<(), Down> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.sent.lock().unwrap().insert(*key, owner.to_owned());
        let fails = self.fails.load(Ordering::SeqCst);
        if fails > 0 {
            self.fails.store(fails - 1, Ordering::SeqCst);
            return Err(Down);
        }
        Ok(())
    }

    fn owners(&self) -> Vec<String> {
        let mut owners: Vec<_> = self.sent.lock().unwrap().values().cloned().collect();
        owners.sort();
        owners
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the mail server is down")]
struct Down;

struct Mailer(Mails);

#[reactor(name = "welcome-mail")]
impl Mailer {
    async fn opened(&self, event: &Recorded<Opened>, key: &ReactionKey) -> Result<(), Down> {
        self.0.send(key, &event.event.owner)
    }
}

/// The same from the beginning, and under another name.
struct Archive(Mails);

#[reactor(name = "archive", from = start)]
impl Archive {
    async fn opened(&self, event: &Recorded<Opened>, key: &ReactionKey) -> Result<(), Down> {
        self.0.send(key, &event.event.owner)
    }
}

async fn open(store: &MemoryStore, owner: &str) -> Position {
    let event = NewEvent {
        name: Opened::NAME.into(),
        schema: 1,
        format: Json::FORMAT.into(),
        payload: format!(r#"{{"owner":"{owner}"}}"#).into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    };
    let stream = StreamName::parse(&format!("account/{owner}")).unwrap();
    let append = Append::to(stream).event(event);
    store.append(Arc::new(append)).await.unwrap().placed[0].position
}

const LONG: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_millis(30);

#[tokio::test]
async fn a_new_reactor_leaves_the_past_alone_and_an_older_one_goes_on_where_it_was() {
    let store = MemoryStore::new();
    open(&store, "past").await;
    let mails = Mails::default();
    store.react(Mailer(mails.clone())).catch_up().await.unwrap();
    assert!(mails.owners().is_empty());
    open(&store, "ada").await;
    open(&store, "bob").await;
    store.react(Mailer(mails.clone())).catch_up().await.unwrap();
    store.react(Mailer(mails.clone())).catch_up().await.unwrap();
    assert_eq!(mails.owners(), ["ada", "bob"]);
    assert_eq!(mails.calls.load(Ordering::SeqCst), 2);
    // Unless it says so.
    let all = Mails::default();
    store.react(Archive(all.clone())).catch_up().await.unwrap();
    assert_eq!(all.owners(), ["ada", "bob", "past"]);
    // The keys are each reactor's own.
    let keys = |mails: &Mails| {
        mails
            .sent
            .lock()
            .unwrap()
            .keys()
            .copied()
            .collect::<Vec<_>>()
    };
    assert!(keys(&all).iter().all(|key| !keys(&mails).contains(key)));
}

#[tokio::test]
async fn at_whichever_operation_the_store_fails_one_reaction_at_most_is_repeated() {
    for fault in Fault::ALL {
        for number in 1.. {
            let store = MemoryStore::new();
            for owner in ["ada", "bob", "eve", "joe"] {
                open(&store, owner).await;
            }
            let mails = Mails::default();
            let failing = FailingStore::at(store.clone(), number, fault);
            let caught_up = tokio::select! {
                ended = failing.react(Archive(mails.clone())).lease(LEASE).catch_up() => ended.is_ok(),
                () = failing.killed.notified() => false,
            };
            if !caught_up {
                let again = store.react(Archive(mails.clone())).lease(LEASE);
                again.catch_up().await.unwrap();
            }
            assert_eq!(mails.owners(), ["ada", "bob", "eve", "joe"]);
            let calls = mails.calls.load(Ordering::SeqCst);
            assert!(calls <= 5, "{fault:?} at {number}: {calls} calls");
            if !failing.has_failed() {
                assert!(number > 6);
                break;
            }
        }
    }
}

#[tokio::test]
async fn it_is_never_set_back() {
    let store = MemoryStore::new();
    let mails = Mails::default();
    let runner = store.react(Archive(mails.clone()));
    open(&store, "ada").await;
    runner.catch_up().await.unwrap();
    let reset = store.react(Archive(mails.clone())).reset().await;
    assert!(
        matches!(reset, Err(RunError::NeverAnew { name: "archive" })),
        "{reset:?}"
    );
    store
        .react(Archive(mails.clone()))
        .catch_up()
        .await
        .unwrap();
    assert_eq!(mails.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn it_is_tried_again_under_the_same_key() {
    let store = MemoryStore::new();
    let mails = Mails::default();
    mails.fails.store(3, Ordering::SeqCst);
    open(&store, "ada").await;
    open(&store, "bob").await;
    let policy = OnError::park().backoff(Duration::from_millis(1), Duration::from_millis(2));
    let runner = store.react(Archive(mails.clone())).on_error(policy);
    runner.catch_up().await.unwrap();
    assert_eq!(mails.calls.load(Ordering::SeqCst), 5);
    assert_eq!(mails.owners(), ["ada", "bob"]);
}

#[tokio::test]
async fn what_goes_on_failing_is_parked_and_keeps_nobody_waiting() {
    let store = MemoryStore::new();
    let mails = Mails::default();
    mails.fails.store(2, Ordering::SeqCst);
    open(&store, "ada").await;
    open(&store, "bob").await;
    let policy = OnError::park()
        .retries(1)
        .backoff(Duration::from_millis(1), Duration::from_millis(2));
    let runner = store.react(Archive(mails.clone())).on_error(policy);
    let handle = runner.handle();
    runner.catch_up().await.unwrap();
    assert_eq!(mails.owners(), ["ada", "bob"]);
    let parked = handle.parked().await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].stream.as_str(), "account/ada");
    assert_eq!(parked[0].error, "the mail server is down");
}

/// A caller that waits for the runner has the reaction done when it goes on.
#[tokio::test]
async fn a_caller_may_wait_for_it() {
    let store = MemoryStore::new();
    let mails = Mails::default();
    let runner = store.react(Archive(mails.clone()));
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    for owner in ["ada", "bob", "eve"] {
        let token = Checkpoint {
            store: store.identity(),
            position: open(&store, owner).await,
        };
        handle.wait_for(token, LONG).await.unwrap();
        assert!(mails.owners().contains(&owner.to_owned()));
    }
    handle.stop();
    running.await.unwrap().unwrap();
}

/// A reactor that is killed at its n-th event, after the mail was sent and before anybody has noted it.
struct Killed {
    mails: Mails,
    after: usize,
}

#[reactor(name = "archive", from = start)]
impl Killed {
    async fn opened(&self, event: &Recorded<Opened>, key: &ReactionKey) -> Result<(), Down> {
        self.mails.send(key, &event.event.owner)?;
        if self.mails.calls.load(Ordering::SeqCst) == self.after {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::test]
async fn killed_between_the_effect_and_its_checkpoint_it_repeats_one_event_under_its_key() {
    for after in 1..=4 {
        let store = MemoryStore::new();
        for owner in ["ada", "bob", "eve", "joe"] {
            open(&store, owner).await;
        }
        let mails = Mails::default();
        let killed = Killed {
            mails: mails.clone(),
            after,
        };
        let running = tokio::spawn(store.react(killed).lease(LEASE).run());
        while mails.calls.load(Ordering::SeqCst) < after {
            tokio::task::yield_now().await;
        }
        running.abort();
        let _ = running.await;
        let runner = store.react(Archive(mails.clone())).lease(LEASE);
        runner.catch_up().await.unwrap();
        assert_eq!(mails.owners(), ["ada", "bob", "eve", "joe"]);
        assert_eq!(mails.calls.load(Ordering::SeqCst), 5, "one was repeated");
    }
}

#[tokio::test]
async fn once_it_has_begun_it_sees_what_is_recorded_before_it_runs() {
    let store = MemoryStore::new();
    let mails = Mails::default();
    open(&store, "past").await;
    let runner = store.react(Mailer(mails.clone())).slices(3);
    runner.begin().await.unwrap();
    open(&store, "ada").await;
    // It has begun: to say it again moves nothing.
    runner.begin().await.unwrap();
    runner.catch_up().await.unwrap();
    assert_eq!(mails.owners(), ["ada"]);
}

/// Each task records, has the reaction done itself, and finds it done.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_react_to_what_they_have_recorded_at_once_and_once() {
    let (store, mails) = (MemoryStore::new(), Mails::default());
    store.react(Mailer(mails.clone())).begin().await.unwrap();
    let tasks = (0..16).map(|task| {
        let (store, mails) = (store.clone(), mails.clone());
        tokio::spawn(async move {
            for round in 0..10 {
                let owner = format!("{task}-{round}");
                open(&store, &owner).await;
                let reacted = store.react(Mailer(mails.clone())).catch_up();
                tokio::time::timeout(LONG, reacted).await.unwrap().unwrap();
                assert!(mails.owners().contains(&owner));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(mails.calls.load(Ordering::SeqCst), 160);
}

#[tokio::test]
async fn who_reacts_at_once_is_content_with_the_runner_that_does_it_already() {
    let (store, mails) = (MemoryStore::new(), Mails::default());
    let runner = store.react(Archive(mails.clone()));
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    open(&store, "first").await;
    handle.wait_for(None, LONG).await.unwrap();
    for owner in ["ada", "bob", "eve"] {
        open(&store, owner).await;
        let reacted = store.react(Archive(mails.clone())).catch_up();
        // Much less than a lease, which the one that runs would have to miss.
        let reacted = tokio::time::timeout(Duration::from_secs(5), reacted).await;
        reacted.unwrap().unwrap();
        assert!(mails.owners().contains(&owner.to_owned()));
    }
    assert_eq!(mails.calls.load(Ordering::SeqCst), 4);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_was_recorded_by_one_that_was_killed_before_it_reacted_is_made_up_for() {
    let (store, mails) = (MemoryStore::new(), Mails::default());
    store.react(Mailer(mails.clone())).begin().await.unwrap();
    // It records, owns the slice, and is killed: after its lease the next one goes on.
    open(&store, "ada").await;
    let stuck = Stuck;
    let killed = tokio::spawn(store.react(stuck).lease(LEASE).catch_up());
    while store.slots("welcome-mail").await.unwrap()[0]
        .owner
        .is_none()
    {
        tokio::task::yield_now().await;
    }
    killed.abort();
    let _ = killed.await;
    open(&store, "bob").await;
    let reacted = store.react(Mailer(mails.clone())).lease(LEASE).catch_up();
    tokio::time::timeout(LONG, reacted).await.unwrap().unwrap();
    assert_eq!(mails.owners(), ["ada", "bob"]);
    assert_eq!(mails.calls.load(Ordering::SeqCst), 2);
}

/// The mailer of a process that does not get to its mails.
struct Stuck;

#[reactor(name = "welcome-mail")]
impl Stuck {
    async fn opened(&self, _: &Recorded<Opened>) {
        std::future::pending::<()>().await;
    }
}
