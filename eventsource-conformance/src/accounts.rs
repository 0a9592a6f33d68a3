//! Repositories under concurrency: what a command is answered (executed, refused, nothing to record) and what a load
//! shows was so at a moment while the call ran, whoever else writes underneath.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{Codec, ExecuteError, Executed, LoadError, Repository, Store, Version};
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};

use crate::account::{
    Account, AccountCommand, AccountEvent, Close, Deposit, Limit, Open, Refusal, Withdraw,
};
use crate::broken::Kept;
use crate::check_accounts::{AccountLog, check};
use crate::clock::Clock;
use crate::history::{Call, Recorder};
use crate::seed::{Random, times};
use crate::sent::Told;

const ACCOUNTS: u64 = 3;
/// Fewer than there are, so that states are also evicted.
pub(crate) const SOME_ACCOUNTS: usize = 2;
const CLIENTS: u64 = 8;
const CALLS: u64 = 100;
/// The ids of requests under keys begin here: anybody may send them.
const UNDER_KEYS: u64 = 1 << 40;
/// The entry of the metadata that says which request an event belongs to.
pub(crate) const REQUEST: &str = "request";

/// What can be asked of a repository of accounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Asked {
    Execute(Command),
    Load { account: u64 },
}

/// A command for an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Command {
    /// Says which command an event belongs to. A command that is given again under its key keeps it.
    pub(crate) id: u64,
    pub(crate) account: u64,
    pub(crate) act: Act,
    pub(crate) key: Option<u64>,
    pub(crate) expected: Option<u64>,
}

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Act {
    Open,
    Deposit(u64),
    Withdraw(u64),
    Limit(u64),
    Close,
}

/// What a repository can answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The position and version of each event.
    Executed {
        placed: Vec<(u64, u64)>,
        repeated: bool,
    },
    /// There was nothing to record, at this version.
    Nothing {
        version: u64,
    },
    Refused(Refusal),
    WrongVersion {
        actual: u64,
    },
    KeyReused,
    /// Others were faster, or too much was waiting: nothing was written.
    NotTried,
    /// Nobody waited for the answer, or the store did not know it.
    Unknown,
    /// A state, or `None` if there is no event.
    Loaded(Option<(Account, u64)>),
    /// An answer that no repository may give here.
    Wrong(String),
}

impl Told for Answer {
    fn has_stored(&self) -> bool {
        matches!(
            self,
            Self::Executed {
                repeated: false,
                ..
            }
        )
    }

    fn was_stored(&self) -> bool {
        matches!(self, Self::Executed { repeated: true, .. })
    }

    fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Answer {
    fn to_execute(answer: Result<Executed<AccountEvent>, ExecuteError<Refusal>>) -> Self {
        match answer {
            Ok(Executed {
                events,
                version,
                repeated: false,
            }) if events.is_empty() => Self::Nothing { version: version.0 },
            Ok(Executed {
                events, repeated, ..
            }) => {
                let place =
                    |event: &eventsource_core::Recorded<_>| (event.position.0, event.version.0);
                Self::Executed {
                    placed: events.iter().map(place).collect(),
                    repeated,
                }
            }
            Err(ExecuteError::Refused(refusal)) => Self::Refused(refusal),
            Err(ExecuteError::WrongVersion { actual, .. }) => {
                Self::WrongVersion { actual: actual.0 }
            }
            Err(ExecuteError::KeyReused { .. }) => Self::KeyReused,
            Err(ExecuteError::Contended { .. } | ExecuteError::Overloaded { .. }) => Self::NotTried,
            Err(ExecuteError::Unknown { .. }) => Self::Unknown,
            Err(error) => Self::Wrong(error.to_string()),
        }
    }
}

/// Clients that give commands to accounts and load them; every second one through a repository of the usual kind, which
/// writes underneath the other one.
pub(crate) async fn run<S: Store, C: Codec>(
    repository: &Repository<Account, S, C>,
    clock: &Arc<Clock>,
    numbers: Range<u64>,
    calls: u64,
) -> Kept<Vec<Call<Asked, Answer>>> {
    let underneath = Repository::<Account, S>::new(repository.store().clone());
    let mut tasks = Vec::new();
    for number in numbers {
        tasks.push(match number.is_multiple_of(2) {
            true => tokio::spawn(Client::new(repository.clone(), clock, number).run(calls)),
            false => tokio::spawn(Client::new(underneath.clone(), clock, number).run(calls)),
        });
    }
    let mut history = Vec::new();
    for task in tasks {
        history.extend(task.await?);
    }
    Ok(history)
}

struct Client<S, C> {
    repository: Repository<Account, S, C>,
    number: u64,
    random: Random,
    recorder: Recorder<Asked, Answer>,
    made: u64,
}

impl<S: Store, C: Codec> Client<S, C> {
    fn new(repository: Repository<Account, S, C>, clock: &Arc<Clock>, number: u64) -> Self {
        let (random, recorder) = (Random::of(2_000 + number), Recorder::new(clock, number));
        Self {
            repository,
            number,
            random,
            recorder,
            made: 0,
        }
    }

    async fn run(mut self, calls: u64) -> Vec<Call<Asked, Answer>> {
        while self.made < calls {
            self.made += 1;
            match self.random.below(10) {
                0..=4 => {
                    let command = self.command();
                    self.execute(command).await;
                }
                5 => {
                    let command = self.under_key();
                    self.execute(command).await;
                }
                _ => self.load().await,
            }
            if self.random.once_in(6) {
                sleep(Duration::from_micros(self.random.below(400))).await;
            }
        }
        self.recorder.into_calls()
    }

    fn command(&mut self) -> Command {
        let id = (self.number << 20) | self.made;
        let random = &mut self.random;
        let account = random.below(ACCOUNTS);
        let expected = random.once_in(10).then(|| random.below(self.made + 1));
        Command {
            id,
            account,
            act: act(random),
            key: None,
            expected,
        }
    }

    /// One of the commands that everybody knows, or sometimes another one under its key.
    fn under_key(&mut self) -> Command {
        let key = self.made / 6 + self.random.below(3);
        let other = u64::from(self.random.once_in(6));
        let id = UNDER_KEYS + 2 * key + other;
        // Never the same act, as the digest does not know who asks.
        let act = match other {
            0 => act(&mut Random::of(id)),
            _ => Act::Deposit(1_000 + key),
        };
        Command {
            id,
            account: key % ACCOUNTS,
            act,
            key: Some(key),
            expected: None,
        }
    }

    async fn execute(&mut self, command: Command) {
        let patience = match self.random.once_in(8) {
            true => Duration::from_micros(self.random.below(600)),
            false => Duration::from_secs(60),
        };
        let asked = Asked::Execute(command.clone());
        let repository = &self.repository;
        let executed = async {
            let asked: AccountCommand = match command.act {
                Act::Open => Open.into(),
                Act::Deposit(amount) => Deposit { amount }.into(),
                Act::Withdraw(amount) => Withdraw { amount }.into(),
                Act::Limit(limit) => Limit { limit }.into(),
                Act::Close => Close.into(),
            };
            let mut execute = repository
                .execute(&command.account, asked)
                .metadata(REQUEST, command.id.to_string());
            if let Some(key) = command.key {
                execute = execute.idempotency_key(key);
            }
            if let Some(version) = command.expected {
                execute = execute.expect_version(Version(version));
            }
            match timeout(patience, execute.into_future()).await {
                Ok(answer) => Answer::to_execute(answer),
                Err(_) => Answer::Unknown,
            }
        };
        self.recorder.record(asked, executed).await;
    }

    async fn load(&mut self) {
        let account = self.random.below(ACCOUNTS);
        let repository = &self.repository;
        let loaded = async {
            match repository.load(&account).await {
                Ok(loaded) => {
                    let version = loaded.version().0;
                    Answer::Loaded(Some((loaded.into_state(), version)))
                }
                Err(LoadError::NotFound { .. }) => Answer::Loaded(None),
                Err(error) => Answer::Wrong(error.to_string()),
            }
        };
        self.recorder.record(Asked::Load { account }, loaded).await;
    }
}

fn act(random: &mut Random) -> Act {
    match random.below(20) {
        0 | 1 => Act::Open,
        2..=7 => Act::Deposit(1 + random.below(30)),
        8..=15 => Act::Withdraw(1 + random.below(60)),
        16..=18 => Act::Limit(40 * random.below(2)),
        _ => Act::Close,
    }
}

/// Whatever many clients ask a repository that was built like this, its answers are true.
pub async fn answers_truly<S: Store, C: Codec>(
    store: S,
    build: impl FnOnce(S) -> Repository<Account, S, C>,
) -> Kept {
    let (clock, repository) = (Arc::new(Clock::own()), build(store.clone()));
    let history = run(&repository, &clock, 0..CLIENTS, CALLS * times()).await?;
    check(&AccountLog::read(&store).await?, &history)
}

/// Refusals, decisions with nothing to record and loads are as true as appends.
pub async fn g3_a_history_of_a_repository<S: Store>(store: S) -> Kept {
    answers_truly(store, Repository::new).await
}

/// So they are where they begin with a state in memory, which the others write underneath.
pub async fn g3_a_history_of_a_repository_with_a_cache<S: Store>(store: S) -> Kept {
    answers_truly(store, |store| Repository::new(store).cache(SOME_ACCOUNTS)).await
}
