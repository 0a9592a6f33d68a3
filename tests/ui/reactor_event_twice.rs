use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

pub struct Mailer;

#[reactor(name = "mail")]
impl Mailer {
    async fn opened(&self, _: &Recorded<Opened>) {}
    async fn again(&self, _: &Recorded<Opened>) {}
}

fn main() {}
