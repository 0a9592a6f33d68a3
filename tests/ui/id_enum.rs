use eventsource_core::prelude::*;

#[derive(Id)]
pub enum AccountId {
    Number(u64),
}

fn main() {}
