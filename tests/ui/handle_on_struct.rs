use eventsource_core::prelude::*;

#[handle]
pub struct Account;

fn main() {}
