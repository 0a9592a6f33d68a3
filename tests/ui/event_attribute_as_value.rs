use eventsource_core::prelude::*;

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, Event)]
#[event = "account.opened"]
pub struct Opened;

fn main() {}
