//! esrs: an aggregate manager on its PostgreSQL store, with optimistic concurrency.

use async_trait::async_trait;
use esrs::manager::AggregateManager;
use esrs::store::postgres::{PgStore, PgStoreBuilder};
use esrs::{Aggregate, AggregateState};
use uuid::Uuid;

use crate::account::{Account, AccountCommand, AccountError, AccountEvent};
use crate::server::pool;
use crate::system::{Result, System};

impl Aggregate for Account {
    const NAME: &'static str = "account";
    type State = Account;
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;

    fn handle_command(
        account: &Account,
        command: AccountCommand,
    ) -> Result<Vec<AccountEvent>, AccountError> {
        account.decide(&command)
    }

    fn apply_event(mut account: Account, event: AccountEvent) -> Account {
        account.fold(&event);
        account
    }
}

pub struct Esrs(AggregateManager<PgStore<Account>>);

impl Esrs {
    pub async fn new(url: &str) -> Result<Self> {
        let store = PgStoreBuilder::new(pool(url).await?).try_build().await?;
        Ok(Self(AggregateManager::new(store)))
    }

    async fn execute(&self, account: Uuid, command: AccountCommand) -> Result<()> {
        let loaded = self.0.load(account).await?;
        let state = loaded.unwrap_or_else(|| AggregateState::with_id(account));
        self.0.handle_command(state, command).await??;
        Ok(())
    }
}

#[async_trait]
impl System for Esrs {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        self.execute(account, AccountCommand::Open { owner }).await
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let amounts = amounts.to_vec();
        self.execute(account, AccountCommand::Post { amounts })
            .await
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let loaded = self.0.load(account).await?;
        Ok(loaded.ok_or("no such account")?.inner().balance)
    }
}
