use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

pub struct Mailer;

pub struct Plain;

#[reactor(name = "mail")]
impl Mailer {
    async fn plain(&self, _: &Recorded<Plain>) {}
}

fn main() {}
