//! disintegrate: a state query of the account's events, and decisions that are made on it.

use async_trait::async_trait;
use disintegrate::serde::json::Json;
use disintegrate::{
    Decision, Event, EventSourcedStateStore, LoadState as _, NoSnapshot, StateMutate, StateQuery,
};
use disintegrate_postgres::{PgDecisionMaker, PgEventId, PgEventStore};
use serde::{Deserialize, Serialize};
use sqlx::Executor as _;
use uuid::Uuid;

use crate::account::{Account as State, AccountError};
use crate::server::pool;
use crate::system::{Result, System};

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened {
        #[id]
        account_id: Uuid,
        owner: String,
    },
    Deposited {
        #[id]
        account_id: Uuid,
        amount: i64,
    },
    Withdrawn {
        #[id]
        account_id: Uuid,
        amount: i64,
    },
}

#[derive(Default, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent)]
pub struct Account {
    #[id]
    account_id: Uuid,
    state: State,
}

impl Account {
    fn new(account_id: Uuid) -> Self {
        let state = State::default();
        Self { account_id, state }
    }
}

impl StateMutate for Account {
    fn mutate(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => self.state.open = true,
            AccountEvent::Deposited { amount, .. } => self.state.balance += amount,
            AccountEvent::Withdrawn { amount, .. } => self.state.balance -= amount,
        }
    }
}

struct Open<'a> {
    account_id: Uuid,
    owner: &'a str,
}

impl Decision for Open<'_> {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = AccountError;

    fn state_query(&self) -> Account {
        Account::new(self.account_id)
    }

    fn process(&self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        account.state.may_open()?;
        Ok(vec![AccountEvent::Opened {
            account_id: self.account_id,
            owner: self.owner.to_owned(),
        }])
    }
}

struct Post<'a> {
    account_id: Uuid,
    amounts: &'a [i64],
}

impl Decision for Post<'_> {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = AccountError;

    fn state_query(&self) -> Account {
        Account::new(self.account_id)
    }

    fn process(&self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        let account_id = self.account_id;
        account.state.movements(
            self.amounts,
            |amount| AccountEvent::Deposited { account_id, amount },
            |amount| AccountEvent::Withdrawn { account_id, amount },
        )
    }
}

type Store = PgEventStore<AccountEvent, Json<AccountEvent>>;

pub struct Disintegrate {
    decisions: PgDecisionMaker<AccountEvent, Json<AccountEvent>, NoSnapshot>,
    states: EventSourcedStateStore<PgEventId, AccountEvent, Store, NoSnapshot>,
}

impl Disintegrate {
    pub async fn new(url: &str) -> Result<Self> {
        let pool = pool(url).await?;
        // Made by `scripts/peers` from disintegrate's own statements.
        let tables = std::fs::read_to_string(std::env::var("DISINTEGRATE_TABLES")?)?;
        pool.execute(&*tables).await?;
        let store = PgEventStore::new_uninitialized(pool, Json::default());
        Ok(Self {
            decisions: disintegrate_postgres::decision_maker(store.clone(), NoSnapshot),
            states: EventSourcedStateStore::new(store, NoSnapshot),
        })
    }
}

type Failure = disintegrate::DecisionError<AccountError>;

/// Whether a decision failed because somebody else appended at the same time. Its transactions are serializable, so
/// that those on other accounts collide as well.
fn is_conflict(failure: &Failure) -> bool {
    let Failure::StateStore(cause) = failure else {
        return false;
    };
    match cause.downcast_ref::<disintegrate_postgres::Error>() {
        Some(disintegrate_postgres::Error::Concurrency) => true,
        Some(disintegrate_postgres::Error::Database(error)) => error
            .as_database_error()
            .and_then(|error| error.code())
            .is_some_and(|code| code == "40001"),
        _ => false,
    }
}

#[async_trait]
impl System for Disintegrate {
    async fn open(&self, account_id: Uuid, owner: &str) -> Result<()> {
        loop {
            match self.decisions.make(Open { account_id, owner }).await {
                Ok(_) => return Ok(()),
                Err(failure) if is_conflict(&failure) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    async fn post(&self, account_id: Uuid, amounts: &[i64]) -> Result<()> {
        let post = || Post {
            account_id,
            amounts,
        };
        loop {
            match self.decisions.make(post()).await {
                Ok(_) => return Ok(()),
                Err(failure) if is_conflict(&failure) => {}
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let loaded = self.states.load(Account::new(account)).await?;
        Ok(loaded.state().state.balance)
    }
}
