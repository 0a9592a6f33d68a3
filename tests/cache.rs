//! A repository with states in memory: what it saves, and that nothing stale is ever told.

mod scripted_store;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};

use eventsource_core::message::MessageSet;
use eventsource_core::prelude::*;
use eventsource_core::{
    Append, ExecuteError, LoadError, MemoryStore, NewEvent, StreamName, Timestamp, Version,
};
use scripted_store::{Next, ScriptedStore};

#[event(name = "purse.filled")]
pub struct Filled {
    pub amount: u64,
    /// Not stored, so that nobody may count on it.
    #[serde(skip)]
    pub note: u64,
}

#[event(name = "purse.emptied")]
pub struct Emptied;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PurseError {
    #[error("there is nothing in it")]
    Empty,
}

#[aggregate(name = "purse", id = u32, error = PurseError, events(Filled, Emptied), commands(Fill, Empty, Keep))]
#[derive(Default, Clone)]
pub struct Purse {
    amount: u64,
    notes: u64,
}

#[apply]
impl Purse {
    fn filled(&mut self, event: &Filled) {
        assert!(event.amount != 13, "thirteen");
        self.amount += event.amount;
        self.notes += event.note;
    }

    fn emptied(&mut self, _: &Emptied) {
        self.amount = 0;
    }
}

#[handle]
impl Purse {
    #[command]
    pub fn fill(&self, amount: u64) -> Filled {
        Filled { amount, note: 1 }
    }

    #[command]
    pub fn empty(&self) -> Result<Emptied, PurseError> {
        ensure!(self.amount > 0, PurseError::Empty);
        Ok(Emptied)
    }

    /// Fills it, unless there is something in it.
    #[command]
    pub fn keep(&self, amount: u64) -> Option<Filled> {
        (self.amount == 0).then_some(Filled { amount, note: 1 })
    }
}

fn cached(store: &ScriptedStore) -> Repository<Purse, ScriptedStore> {
    Repository::new(store.clone()).cache(100)
}

fn scans(store: &ScriptedStore) -> usize {
    store.scans.swap(0, Ordering::SeqCst)
}

#[tokio::test]
async fn a_known_state_is_not_read_again() -> Result<(), Box<dyn std::error::Error>> {
    let store = ScriptedStore::new([]);
    let purses = cached(&store);
    for amount in 1..=9 {
        let filled = purses.execute(&1, Fill { amount }).await?;
        assert_eq!(filled.version, Version(amount));
    }
    purses.execute(&1, Empty).idempotency_key("once").await?;
    assert_eq!(
        scans(&store),
        1,
        "the first command reads, and the others know"
    );
    Ok(())
}

#[tokio::test]
async fn what_appends_nothing_is_confirmed_by_what_came_since()
-> Result<(), Box<dyn std::error::Error>> {
    let store = ScriptedStore::new([]);
    let (purses, underneath) = (cached(&store), Repository::<Purse, _>::new(store.clone()));
    purses.execute(&1, Fill { amount: 5 }).await?;
    underneath.execute(&1, Empty).await?;

    let refused = purses.execute(&1, Empty).await;
    assert!(
        matches!(refused, Err(ExecuteError::Refused(PurseError::Empty))),
        "{refused:?}"
    );

    underneath.execute(&1, Fill { amount: 7 }).await?;
    let kept = purses.execute(&1, Keep { amount: 1 }).await?;
    assert_eq!((kept.events.len(), kept.version), (0, Version(3)));

    underneath.execute(&1, Empty).await?;
    let emptied = purses.load(&1).await?;
    assert_eq!((emptied.amount, emptied.version()), (0, Version(4)));
    underneath.execute(&1, Fill { amount: 7 }).await?;
    // Refused on the stale state, executed on what came since.
    assert_eq!(purses.execute(&1, Empty).await?.version, Version(6));
    Ok(())
}

#[tokio::test]
async fn a_stale_append_is_decided_anew_on_what_the_conflict_brings()
-> Result<(), Box<dyn std::error::Error>> {
    let store = ScriptedStore::new([]);
    let (purses, underneath) = (cached(&store), Repository::<Purse, _>::new(store.clone()));
    purses.execute(&1, Fill { amount: 5 }).await?;
    underneath.execute(&1, Fill { amount: 6 }).await?;
    scans(&store);
    assert_eq!(purses.execute(&1, Empty).await?.version, Version(3));
    assert_eq!(scans(&store), 0);
    assert_eq!(purses.load(&1).await?.amount, 0);
    Ok(())
}

#[tokio::test]
async fn a_repeated_command_is_answered_as_the_first_time() -> Result<(), Box<dyn std::error::Error>>
{
    let store = ScriptedStore::new([]);
    let purses = cached(&store);
    purses.execute(&1, Fill { amount: 5 }).await?;
    for repeated in [false, true, true] {
        let emptied = purses.execute(&1, Empty).idempotency_key("k").await?;
        assert_eq!((emptied.version, emptied.repeated), (Version(2), repeated));
    }
    let reused = purses
        .execute(&1, Fill { amount: 1 })
        .idempotency_key("k")
        .await;
    assert!(
        matches!(reused, Err(ExecuteError::KeyReused { .. })),
        "{reused:?}"
    );
    assert_eq!(purses.load(&1).await?.version(), Version(2));
    Ok(())
}

#[tokio::test]
async fn an_unknown_outcome_leaves_no_wrong_state_behind() -> Result<(), Box<dyn std::error::Error>>
{
    let store = ScriptedStore::new([]);
    let purses = cached(&store);
    purses.execute(&1, Fill { amount: 5 }).await?;
    store.then(Next::LostRequest);
    store.then(Next::LostAnswer);
    let filled = purses.execute(&1, Fill { amount: 6 }).await?;
    assert_eq!((filled.version, filled.repeated), (Version(2), false));
    store.then(Next::Overloaded);
    assert!(purses.execute(&1, Fill { amount: 7 }).await.is_err());
    let purse = purses.load(&1).await?;
    assert_eq!((purse.amount, purse.version()), (11, Version(2)));
    Ok(())
}

#[tokio::test]
async fn a_command_that_is_given_up_leaves_no_wrong_state_behind()
-> Result<(), Box<dyn std::error::Error>> {
    let store = ScriptedStore::new([]);
    let purses = cached(&store);
    purses.execute(&1, Fill { amount: 5 }).await?;
    let waiting = Arc::new(Append::to(StreamName::new("purse", &1_u32)?).event(raw(6)));
    store.then(Next::Overtaken(waiting));
    {
        let mut given_up = pin!(purses.execute(&1, Fill { amount: 7 }).into_future());
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(done) = given_up.as_mut().poll(&mut context) {
            done?;
        }
    }
    let (cached, read) = (
        purses.load(&1).await?,
        Repository::<Purse, _>::new(store).load(&1).await?,
    );
    assert_eq!(
        (cached.amount, cached.version()),
        (read.amount, read.version())
    );
    Ok(())
}

#[tokio::test]
async fn a_state_is_made_of_what_is_stored() -> Result<(), Box<dyn std::error::Error>> {
    let purses = Repository::<Purse, _>::new(MemoryStore::new()).cache(10);
    let filled = purses.execute(&1, Fill { amount: 5 }).await?;
    let recorded: Option<Filled> = filled.events[0].event.get();
    assert_eq!(recorded.map(|event| event.note), Some(0));
    assert_eq!(purses.load(&1).await?.notes, 0);
    Ok(())
}

#[tokio::test]
async fn an_event_that_cannot_be_applied_is_reported_by_the_next_load()
-> Result<(), Box<dyn std::error::Error>> {
    let purses = Repository::<Purse, _>::new(MemoryStore::new()).cache(10);
    purses.execute(&1, Fill { amount: 5 }).await?;
    purses.execute(&1, Fill { amount: 13 }).await?;
    let corrupt = purses.load(&1).await.err();
    assert!(
        matches!(corrupt, Some(LoadError::Corrupt(_))),
        "{corrupt:?}"
    );
    let corrupt = purses.execute(&1, Empty).await.err();
    assert!(
        matches!(corrupt, Some(ExecuteError::Load(_))),
        "{corrupt:?}"
    );
    Ok(())
}

#[tokio::test]
async fn commands_for_one_aggregate_wait_for_each_other() -> Result<(), Box<dyn std::error::Error>>
{
    let store = ScriptedStore::new([]);
    let purses = cached(&store);
    let callers = (0..100).map(|_| {
        let purses = purses.clone();
        tokio::spawn(async move { purses.execute(&1, Fill { amount: 1 }).await.map(|_| ()) })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await??;
    }
    assert_eq!(
        store.appends.load(Ordering::SeqCst),
        100,
        "nobody met a conflict"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_evicted_is_read_again() -> Result<(), Box<dyn std::error::Error>> {
    let purses = Repository::<Purse, _>::new(MemoryStore::new()).cache(8);
    for round in 1..=3 {
        for id in 0..500 {
            assert_eq!(
                purses.execute(&id, Fill { amount: 2 }).await?.version,
                Version(round)
            );
        }
    }
    for id in 0..500 {
        assert_eq!(purses.load(&id).await?.amount, 6);
    }
    assert!(matches!(
        purses.load(&500).await,
        Err(LoadError::NotFound { .. })
    ));
    assert!(purses.find(&501).await?.is_none());
    Ok(())
}

fn raw(amount: u64) -> NewEvent {
    NewEvent {
        name: Filled::NAME.into(),
        schema: 1,
        format: "json".into(),
        payload: format!("{{\"amount\":{amount}}}").into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![],
    }
}
