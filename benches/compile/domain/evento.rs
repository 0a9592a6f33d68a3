use evento::metadata::Event;
use evento::{Executor, Projection, ProjectionAggregate};

#[evento::aggregate(name = "account@N@")]
pub enum Accounts {
    Opened { owner: String },
    Deposited { amount: u64, note: String },
    Withdrawn { amount: u64, fee: u64 },
    Frozen { reason: String },
    Closed,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is not open")]
    NotOpen,
    #[error("the account is frozen")]
    Frozen,
    #[error("the balance is {balance}, and {requested} was requested")]
    Insufficient { balance: u64, requested: u64 },
}

#[evento::projection(id = id)]
#[evento::snapshot(memory)]
pub struct Account {
    id: String,
    open: bool,
    frozen: bool,
    balance: u64,
}

#[evento::handler]
async fn on_opened(event: Event<Opened>, account: &mut Account) -> anyhow::Result<()> {
    account.id = event.aggregate_id.to_owned();
    account.open = true;
    Ok(())
}

#[evento::handler]
async fn on_deposited(event: Event<Deposited>, account: &mut Account) -> anyhow::Result<()> {
    account.balance += event.data.amount;
    Ok(())
}

#[evento::handler]
async fn on_withdrawn(event: Event<Withdrawn>, account: &mut Account) -> anyhow::Result<()> {
    account.balance -= event.data.amount + event.data.fee;
    Ok(())
}

#[evento::handler]
async fn on_frozen(_event: Event<Frozen>, account: &mut Account) -> anyhow::Result<()> {
    account.frozen = true;
    Ok(())
}

#[evento::handler]
async fn on_closed(_event: Event<Closed>, account: &mut Account) -> anyhow::Result<()> {
    account.open = false;
    Ok(())
}

fn accounts<E: Executor>() -> Projection<E, Account> {
    Projection::new::<Accounts>()
        .handler(on_opened())
        .handler(on_deposited())
        .handler(on_withdrawn())
        .handler(on_frozen())
        .handler(on_closed())
}

impl Account {
    fn usable(&self) -> Result<(), AccountError> {
        match (self.open, self.frozen) {
            (false, _) => Err(AccountError::NotOpen),
            (true, true) => Err(AccountError::Frozen),
            (true, false) => Ok(()),
        }
    }
}

pub struct Command<E: Executor>(pub E);

#[evento::command]
impl<E: Executor> Command<E> {
    pub async fn open(&self, owner: String, routing_key: Option<String>) -> anyhow::Result<String> {
        Ok(evento::create()
            .routing_key_opt(routing_key)
            .event(&Opened { owner })
            .commit(&self.0)
            .await?)
    }

    pub async fn deposit(
        &self,
        id: impl Into<String>,
        amount: u64,
        note: String,
        routing_key: Option<String>,
    ) -> anyhow::Result<()> {
        let Some(account) = accounts().load(id).execute(&self.0).await? else {
            return Err(AccountError::NotOpen.into());
        };
        account.usable()?;
        account
            .write()?
            .routing_key_opt(routing_key)
            .event(&Deposited { amount, note })
            .commit(&self.0)
            .await?;
        Ok(())
    }

    pub async fn withdraw(
        &self,
        id: impl Into<String>,
        amount: u64,
        routing_key: Option<String>,
    ) -> anyhow::Result<()> {
        let Some(account) = accounts().load(id).execute(&self.0).await? else {
            return Err(AccountError::NotOpen.into());
        };
        account.usable()?;
        let (balance, requested) = (account.balance, amount + 1);
        if requested > balance {
            return Err(AccountError::Insufficient { balance, requested }.into());
        }
        account
            .write()?
            .routing_key_opt(routing_key)
            .event(&Withdrawn { amount, fee: 1 })
            .commit(&self.0)
            .await?;
        Ok(())
    }

    pub async fn freeze(
        &self,
        id: impl Into<String>,
        reason: String,
        routing_key: Option<String>,
    ) -> anyhow::Result<()> {
        let Some(account) = accounts().load(id).execute(&self.0).await? else {
            return Err(AccountError::NotOpen.into());
        };
        if account.frozen {
            return Ok(());
        }
        account
            .write()?
            .routing_key_opt(routing_key)
            .event(&Frozen { reason })
            .commit(&self.0)
            .await?;
        Ok(())
    }

    pub async fn close(
        &self,
        id: impl Into<String>,
        routing_key: Option<String>,
    ) -> anyhow::Result<()> {
        let Some(account) = accounts().load(id).execute(&self.0).await? else {
            return Err(AccountError::NotOpen.into());
        };
        account.usable()?;
        account
            .write()?
            .routing_key_opt(routing_key)
            .event(&Closed)
            .commit(&self.0)
            .await?;
        Ok(())
    }
}
