use evento::metadata::Event;
use evento::{Executor, Projection, ProjectionAggregate};

#[evento::aggregate(name = "bank/Account")]
pub enum Account {
    #[evento(name = "opened")]
    Opened { owner: String },
    #[evento(name = "closed")]
    Closed,
}

#[evento::projection(id = id)]
#[evento::snapshot(none)]
pub struct AccountView {
    pub id: String,
    pub owner: String,
}

#[evento::handler]
async fn opened(event: Event<Opened>, view: &mut AccountView) -> anyhow::Result<()> {
    view.id = event.aggregate_id.to_owned();
    view.owner = event.data.owner.clone();
    Ok(())
}

#[evento::handler]
async fn closed(_event: Event<Closed>, view: &mut AccountView) -> anyhow::Result<()> {
    view.owner.clear();
    Ok(())
}

fn accounts<E: Executor>() -> Projection<E, AccountView> {
    Projection::new::<Account>()
        .handler(opened())
        .handler(closed())
        .strict()
}

pub struct Command<E: Executor>(pub E);

#[evento::command]
impl<E: Executor> Command<E> {
    pub async fn open(&self, owner: String, routing_key: Option<String>) -> anyhow::Result<String> {
        let id = evento::create()
            .routing_key_opt(routing_key)
            .event(&Opened { owner })
            .commit(&self.0)
            .await?;
        Ok(id)
    }
}

pub async fn run<E: Executor>(command: Command<E>) -> anyhow::Result<()> {
    command.close("1".to_owned()).await
//          ^^^^^
}

fn main() {}
