use eventsource_core::prelude::*;

#[event]
pub struct Opened;

#[event]
pub struct Closed;

pub struct Tx;

pub struct Balances;

#[projection(name = "other")]
pub struct Other;

fn main() {}
