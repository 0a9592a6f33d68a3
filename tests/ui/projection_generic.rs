use eventsource_core::Recorded;
use eventsource_core::prelude::*;

#[event]
pub struct Opened;

#[event]
pub struct Closed;

pub struct Tx;

pub struct Balances;

#[projection(name = "of")]
impl<T> Of<T> {
    async fn opened(&self, _: &Recorded<Opened>) {}
}

pub struct Of<T>(T);

fn main() {}
