// 2 mistakes
use eventsource_core::prelude::*;

#[aggregate]
#[derive(Default)]
pub struct Account {
    owner: String,
}

fn main() {}
