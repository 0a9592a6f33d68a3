//! UmaDB, a server for boundary appends: what was read by the account's tag is what the append is checked against.

use async_trait::async_trait;
use umadb_client::{AsyncUmaDbClient, UmaDbClient};
use umadb_dcb::{
    DcbAppendCondition, DcbError, DcbEvent, DcbEventStoreAsync as _, DcbQuery, DcbQueryItem,
};
use uuid::Uuid;

use crate::account::{Account, AccountCommand};
use crate::json::{decode, encode};
use crate::system::{Result, System};

pub struct UmaDb(AsyncUmaDbClient);

impl UmaDb {
    pub async fn new(url: &str) -> Result<Self> {
        Ok(Self(
            UmaDbClient::new(url.to_owned()).connect_async().await?,
        ))
    }

    async fn load(&self, account: Uuid) -> Result<(Account, DcbAppendCondition)> {
        let boundary = DcbQuery::new().item(DcbQueryItem::new().tags([tag(account)]));
        let read = self
            .0
            .read_with_head(Some(boundary.clone()), None, false, None);
        let (events, head) = read.await?;
        let mut state = Account::default();
        for event in events {
            state.fold(&decode(&event.event.event_type, &event.event.data)?);
        }
        let condition = DcbAppendCondition {
            fail_if_events_match: boundary,
            after: head,
        };
        Ok((state, condition))
    }

    async fn execute(&self, account: Uuid, command: AccountCommand) -> Result<()> {
        loop {
            let (state, condition) = self.load(account).await?;
            let mut events = Vec::new();
            for event in state.decide(&command)? {
                let (name, data) = encode(&event)?;
                events.push(
                    DcbEvent::default()
                        .event_type(name)
                        .tags([tag(account)])
                        .data(data),
                );
            }
            match self.0.append(events, Some(condition), None).await {
                Ok(_) => return Ok(()),
                Err(DcbError::IntegrityError(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn tag(account: Uuid) -> String {
    format!("account:{account}")
}

#[async_trait]
impl System for UmaDb {
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
        Ok(self.load(account).await?.0.balance)
    }
}
