//! sourcery: a projection, which it keeps in memory and makes of the events when it is asked for.

use std::collections::HashMap;

use async_trait::async_trait;
use sourcery::store::EventStore;
use sourcery::store::postgres::Store;
use sourcery::{ApplyProjection, Filters, ProjectionFilters, Repository};
use uuid::Uuid;

use super::{ReadModel, Sums};
use crate::server::pool;
use crate::system::Result;
use crate::systems::sourcery::{Deposited, Opened, Withdrawn};

#[derive(Default)]
struct Balances(HashMap<Uuid, i64>);

impl ProjectionFilters for Balances {
    type Id = Uuid;
    type InstanceId = ();
    type Metadata = ();

    fn init((): &()) -> Self {
        Self::default()
    }

    fn filters<S>((): &()) -> Filters<S, Self>
    where
        S: EventStore<Id = Uuid, Metadata = ()>,
    {
        Filters::new()
            .event::<Opened>()
            .event::<Deposited>()
            .event::<Withdrawn>()
    }
}

impl ApplyProjection<Opened> for Balances {
    fn apply_projection(&mut self, account: &Uuid, _: &Opened, (): &()) {
        self.0.entry(*account).or_default();
    }
}

impl ApplyProjection<Deposited> for Balances {
    fn apply_projection(&mut self, account: &Uuid, event: &Deposited, (): &()) {
        *self.0.entry(*account).or_default() += event.amount;
    }
}

impl ApplyProjection<Withdrawn> for Balances {
    fn apply_projection(&mut self, account: &Uuid, event: &Withdrawn, (): &()) {
        *self.0.entry(*account).or_default() -= event.amount;
    }
}

pub struct Model(Repository<Store<()>>);

impl Model {
    pub async fn new(url: &str) -> Result<Self> {
        Ok(Self(Repository::new(Store::new(pool(url).await?))))
    }
}

#[async_trait]
impl ReadModel for Model {
    async fn clear(&self) -> Result<()> {
        Ok(())
    }

    async fn into_table(&self) -> Result<bool> {
        Ok(false)
    }

    async fn sums(&self) -> Result<Sums> {
        Err("it has no table".into())
    }

    async fn into_memory(&self) -> Result<Option<Sums>> {
        let model: Balances = self.0.load_projection(&()).await?;
        Ok(Some((model.0.len() as i64, model.0.values().sum())))
    }
}
