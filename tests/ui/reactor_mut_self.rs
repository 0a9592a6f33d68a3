use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

pub struct Mailer;

#[reactor(name = "mail")]
impl Mailer {
    async fn opened(&mut self, _: &Recorded<Opened>) {}
}

fn main() {}
