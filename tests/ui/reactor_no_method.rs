use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

pub struct Mailer;

#[reactor(name = "mail")]
impl Mailer {}

fn main() {}
