use eventsource_core::prelude::*;

#[derive(Event)]
pub enum AccountEvent {
    #[event(name = "account.opened")]
    Opened,
    #[event(name = "account.opened")]
    Reopened,
}

fn main() {}
