// 2 mistakes
use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[tag]
    pub account: u64,
}

#[event]
pub struct Seen;

#[aggregate(id = u64, error = std::convert::Infallible, events(Seen), commands())]
#[derive(Default)]
pub struct Watch;

#[apply]
impl Watch {
    fn seen(&mut self, _: &Seen) {}
}

#[timer]
pub struct Overdue;

#[process(tag = "account")]
impl Watch {
    fn opened(&mut self, _: &Recorded<Opened>) -> Next<Self> {
        Next::nothing()
    }

    async fn overdue(&self, _: &Overdue) -> Next<Self> {
        Next::nothing()
    }
}

fn main() {}
