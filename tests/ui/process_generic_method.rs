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

#[process(tag = "account")]
impl Watch {
    fn opened<T>(&self, _: &Recorded<Opened>) -> Next<Self> {
        Next::nothing()
    }
}

fn main() {}
