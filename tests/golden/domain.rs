//! What the golden files are about: a small domain that stores something of every kind.

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, BoundaryStore, BoxError, Clock as _, Json, ManualClock, MultiStreamStore, NewEvent,
    SnapshotStore, Snapshots, StreamName, Timestamp,
};
use eventsource_messagepack::MessagePack;

#[event(version = 1, of = Opened)]
pub struct OpenedV1 {
    pub name: String,
}

#[event(name = "golden.opened", version = 2, from = OpenedV1)]
pub struct Opened {
    pub owner: String,
    #[tag]
    pub branch: u32,
}

impl From<OpenedV1> for Opened {
    fn from(old: OpenedV1) -> Self {
        let (owner, branch) = (old.name, 0);
        Self { owner, branch }
    }
}

#[event(name = "golden.deposited")]
pub struct Deposited {
    #[tag]
    pub reference: String,
    pub amount: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("there is nothing to deposit")]
pub struct Nothing;

#[aggregate(
    name = "account",
    id = u32,
    error = Nothing,
    events(Opened, Deposited),
    commands(Open, Deposit),
    snapshot(every = 2)
)]
#[derive(Default, Clone, Debug, PartialEq)]
pub struct Account {
    pub owner: String,
    pub branch: u32,
    pub balance: u64,
}

#[handle]
impl Account {
    #[command]
    pub fn open(&self, owner: String, branch: u32) -> Opened {
        Opened { owner, branch }
    }

    #[command]
    pub fn deposit(&self, reference: String, amount: u64) -> Result<Deposited, Nothing> {
        ensure!(amount > 0, Nothing);
        Ok(Deposited { reference, amount })
    }
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
        self.branch = event.branch;
    }

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
}

/// What was paid under a reference, whoever it was paid to.
#[decision_model(events(Deposited))]
pub struct Paid {
    #[tag]
    pub reference: String,
    pub total: u64,
}

#[apply]
impl Paid {
    fn deposited(&mut self, event: &Deposited) {
        self.total += event.amount;
    }
}

/// Stored as MessagePack.
#[event(name = "golden.noted")]
pub struct Noted {
    pub text: String,
    pub labels: Vec<String>,
    pub weight: Option<f64>,
}

#[aggregate(name = "note", id = String, error = Nothing, events(Noted), commands(Note))]
#[derive(Default)]
pub struct Notes {
    pub all: Vec<Noted>,
}

#[handle]
impl Notes {
    #[command]
    pub fn note(&self, text: String, labels: Vec<String>, weight: Option<f64>) -> Noted {
        Noted {
            text,
            labels,
            weight,
        }
    }
}

#[apply]
impl Notes {
    fn noted(&mut self, event: &Noted) {
        self.all.push(event.clone());
    }
}

#[event(name = "golden.greeted")]
pub struct Greeted {
    pub owner: String,
}

#[event(name = "golden.remembered")]
pub struct Remembered {
    pub what: String,
}

#[timer(name = "golden.birthday")]
pub struct Birthday {
    pub owner: String,
}

/// A process with a command that is refused, and a timer that is set still.
#[aggregate(name = "greeting", id = u32, error = Nothing, events(Greeted, Remembered), commands())]
#[derive(Default)]
pub struct Greeting {
    pub remembered: Vec<String>,
}

#[apply]
impl Greeting {
    fn greeted(&mut self, event: &Greeted) {
        self.remembered.push(event.owner.clone());
    }

    fn remembered(&mut self, event: &Remembered) {
        self.remembered.push(event.what.clone());
    }
}

pub const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[process(from = start)]
impl Greeting {
    #[key((it.event.branch > 0).then_some(it.event.branch))]
    fn opened(&self, it: &Recorded<Opened>) -> Next<Self> {
        let (owner, gift) = (&it.event.owner, "gift".to_owned());
        let gift = Deposit {
            reference: gift,
            amount: 0,
        };
        Next::record(Greeted {
            owner: owner.clone(),
        })
        .command::<Account>(it.event.branch, gift)
        .timer_after(
            YEAR,
            Birthday {
                owner: owner.clone(),
            },
        )
    }

    fn refused(&self, refused: &Refused<Deposit>) -> Next<Self> {
        let what = refused.reason.clone();
        Next::record(Remembered { what })
    }

    fn birthday(&self, timer: &Birthday) -> Next<Self> {
        let what = timer.owner.clone();
        Next::record(Remembered { what })
    }
}

/// What a store must be able to do to hold all of it.
pub trait Whole: BoundaryStore + CheckpointStore + MultiStreamStore + SnapshotStore {}
impl<S: BoundaryStore + CheckpointStore + MultiStreamStore + SnapshotStore> Whole for S {}

/// 2026-11-26, a second later at each step.
pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_micros(
        1_795_651_200_000_000,
    )))
}

pub fn accounts<S: Whole>(store: &S, clock: &Arc<ManualClock>) -> Repository<Account, S> {
    Repository::new(store.clone()).clock(Arc::clone(clock))
}

/// Stores something of every kind.
pub async fn write<S: Whole>(store: &S) -> Result<(), BoxError> {
    let clock = clock();
    let accounts = accounts(store, &clock);
    let step = || clock.advance(Duration::from_secs(1));

    // As the version before has stored it.
    let old = NewEvent {
        name: Opened::NAME.into(),
        schema: 1,
        format: Json::FORMAT.into(),
        payload: br#"{"name":"ada"}"#.to_vec(),
        metadata: [].into(),
        recorded_at: clock.now(),
        tags: Vec::new(),
    };
    let append = Append::to(StreamName::parse("account/1")?).event(old);
    store.append(Arc::new(append)).await?;
    step();

    let open = Open {
        owner: "bob".into(),
        branch: 2,
    };
    accounts.execute(&2, open).await?;
    step();
    for amount in [5, 13, 7] {
        let deposit = Deposit {
            reference: "r-1".into(),
            amount,
        };
        accounts
            .execute(&1, deposit)
            .idempotency_key(format!("key-{amount}"))
            .correlation("visit")
            .causation("mail")
            .actor("clerk")
            .metadata("till", "3 \u{1f4b6}")
            .await?;
        step();
    }
    let paid = store.decide(Paid::of("r-1".to_owned()), |paid| {
        (paid.total == 25).then_some(Noted {
            text: "decided".into(),
            labels: Vec::new(),
            weight: None,
        })
    });
    paid.await?;
    let notes = Repository::<Notes, _>::new(store.clone())
        .clock(Arc::clone(&clock))
        .codec(MessagePack);
    let note = Note {
        text: "naïve ☂".into(),
        labels: vec!["a".into(), String::new()],
        weight: Some(0.5),
    };
    notes.execute(&"n".to_owned(), note).await?;
    accounts.snapshots(Snapshots::every(2)).load(&1).await?;

    let greetings = Repository::<Greeting, _>::new(store.clone()).clock(Arc::clone(&clock));
    greetings.process().settle().await?;
    Ok(())
}

/// That all of it is read as it was meant, and that it goes on.
pub async fn check<S: Whole>(store: &S) -> Result<(), BoxError> {
    let clock = clock();
    clock.advance(Duration::from_secs(60 * 60));
    let accounts = accounts(store, &clock).snapshots(Snapshots::declared());
    let account = accounts.load(&1).await?;
    let expected = Account {
        owner: "ada".into(),
        branch: 0,
        balance: 25,
    };
    assert_eq!((&*account, account.version().0), (&expected, 4));
    let account = accounts.load(&2).await?;
    assert_eq!((account.owner.as_str(), account.branch), ("bob", 2));

    let history = accounts.history(&1).await?;
    let deposited = &history[1];
    let metadata = &deposited.metadata;
    assert_eq!(metadata.correlation.as_deref(), Some("visit"));
    assert_eq!(metadata.causation.as_deref(), Some("mail"));
    assert_eq!(metadata.actor.as_deref(), Some("clerk"));
    assert_eq!(metadata.own["till"], "3 \u{1f4b6}");
    assert_eq!(
        deposited.recorded_at.to_string(),
        "2026-11-26T00:00:02.000000Z"
    );

    // A retried request is answered as it was then.
    let again = Deposit {
        reference: "r-1".into(),
        amount: 5,
    };
    let again = accounts.execute(&1, again).idempotency_key("key-5").await?;
    assert_eq!((again.version.0, again.repeated), (2, true));

    let paid = store.decide(Paid::of("r-1".to_owned()), |paid| {
        assert_eq!(paid.total, 25);
    });
    paid.await?;
    let notes = Repository::<Notes, _>::new(store.clone()).codec(MessagePack);
    let notes = notes.load(&"n".to_owned()).await?;
    let expected = Noted {
        text: "naïve ☂".into(),
        labels: vec!["a".into(), String::new()],
        weight: Some(0.5),
    };
    assert_eq!(notes.all, [expected]);
    let deposit = Deposit {
        reference: "r-2".into(),
        amount: 1,
    };
    assert_eq!(accounts.execute(&1, deposit).await?.version.0, 5);
    Ok(())
}

/// That the process goes on: it was told of the refusal, and its timer is due a year later.
pub async fn check_process<S: Whole>(store: &S) -> Result<(), BoxError> {
    let clock = clock();
    let greetings = Repository::<Greeting, _>::new(store.clone()).clock(Arc::clone(&clock));
    let told = greetings.load(&2).await?.remembered.clone();
    assert_eq!(told, ["bob", "there is nothing to deposit"]);
    clock.advance(YEAR + Duration::from_secs(60 * 60));
    greetings.clone().process().settle().await?;
    let told = greetings.load(&2).await?.remembered.clone();
    assert_eq!(told, ["bob", "there is nothing to deposit", "bob"]);
    Ok(())
}
