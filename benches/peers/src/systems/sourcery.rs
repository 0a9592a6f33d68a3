//! sourcery: a repository with optimistic concurrency and without snapshots, its usual setting.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sourcery::store::postgres::Store;
use sourcery::{Apply, DomainEvent, Handle, Repository};
use tokio::runtime::Handle as Runtime;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use uuid::Uuid;

use crate::account::{Account as State, AccountError};
use crate::server::pool;
use crate::system::{Failure, Result, System};

/// How often a command is tried again after a conflict.
const RETRIES: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub owner: String,
}

impl DomainEvent for Opened {
    const KIND: &'static str = "account.opened";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposited {
    pub amount: i64,
}

impl DomainEvent for Deposited {
    const KIND: &'static str = "account.deposited";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub amount: i64,
}

impl DomainEvent for Withdrawn {
    const KIND: &'static str = "account.withdrawn";
}

#[derive(Default, Serialize, Deserialize, sourcery::Aggregate)]
#[aggregate(id = Uuid, error = AccountError, events(Opened, Deposited, Withdrawn))]
pub struct Account {
    state: State,
}

impl Apply<Opened> for Account {
    fn apply(&mut self, _: &Opened) {
        self.state.open = true;
    }
}

impl Apply<Deposited> for Account {
    fn apply(&mut self, event: &Deposited) {
        self.state.balance += event.amount;
    }
}

impl Apply<Withdrawn> for Account {
    fn apply(&mut self, event: &Withdrawn) {
        self.state.balance -= event.amount;
    }
}

struct Open {
    owner: String,
}

impl Handle<Open> for Account {
    fn handle(&self, command: &Open) -> Result<Vec<Self::Event>, AccountError> {
        self.state.may_open()?;
        let owner = command.owner.clone();
        Ok(vec![Opened { owner }.into()])
    }
}

struct Post {
    amounts: Vec<i64>,
}

impl Handle<Post> for Account {
    fn handle(&self, command: &Post) -> Result<Vec<Self::Event>, AccountError> {
        self.state.movements(
            &command.amounts,
            |amount| Deposited { amount }.into(),
            |amount| Withdrawn { amount }.into(),
        )
    }
}

/// A command that is begun on the thread that it is sent to.
type Work = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

pub struct Sourcery {
    repository: Arc<Repository<Store<()>>>,
    threads: Vec<UnboundedSender<Work>>,
    next: AtomicUsize,
}

impl Sourcery {
    pub async fn new(url: &str) -> Result<Self> {
        let store = Store::new(pool(url).await?);
        store.migrate().await?;
        let threads = thread::available_parallelism()?.get();
        let threads = (0..threads).map(|_| thread_of_commands(Runtime::current()));
        Ok(Self {
            repository: Arc::new(Repository::new(store)),
            threads: threads.collect(),
            next: AtomicUsize::new(0),
        })
    }
}

/// A thread that carries commands until nobody sends any more.
fn thread_of_commands(runtime: Runtime) -> UnboundedSender<Work> {
    let (sender, mut waiting) = mpsc::unbounded_channel::<Work>();
    thread::spawn(move || {
        let tasks = LocalSet::new();
        runtime.block_on(tasks.run_until(async move {
            while let Some(work) = waiting.recv().await {
                tokio::task::spawn_local(work());
            }
        }));
    });
    sender
}

impl Sourcery {
    /// In a task of one thread: the compiler does not see that the future of a command may change threads.
    async fn execute<C: Send + Sync + 'static>(&self, account: Uuid, command: C) -> Result<()>
    where
        Account: Handle<C>,
    {
        let repository = Arc::clone(&self.repository);
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move || {
            let work = async move {
                let done = repository
                    .execute_with_retry::<Account, C>(&account, &command, &(), RETRIES)
                    .await;
                let _ = answer.send(done.map(|_| ()).map_err(Failure::from));
            };
            Box::pin(work) as Pin<Box<dyn Future<Output = ()>>>
        });
        let thread = self.next.fetch_add(1, Ordering::Relaxed) % self.threads.len();
        self.threads[thread]
            .send(work)
            .map_err(|_| "the thread has ended")?;
        answered.await?
    }
}

#[async_trait]
impl System for Sourcery {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        self.execute(account, Open { owner }).await
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let amounts = amounts.to_vec();
        self.execute(account, Post { amounts }).await
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let account: Account = self.repository.load(&account).await?;
        Ok(account.state.balance)
    }
}
