use eventsource_core::prelude::*;
use eventsource_core::{Recorded, StreamName};
use eventsource_sqlite::{SqliteStore, SqliteTx};

#[event]
pub struct Opened;

pub struct Balances;

#[projection(name = "balances")]
impl Balances {
    fn opened(&self, _: &Recorded<Opened>, _: &SqliteTx) {}
}

async fn mend(store: SqliteStore, stream: StreamName) {
    let _ = store.project(Balances).replay(&stream).await;
}

fn main() {}
