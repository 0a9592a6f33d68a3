use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

pub struct Mailer;

#[reactor(name = "mail")]
pub struct Other;

fn main() {}
