use eventsource_core::prelude::*;

#[apply]
pub struct Account;

fn main() {}
