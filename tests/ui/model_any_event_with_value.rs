use eventsource_core::StoredEvent;
use eventsource_core::prelude::*;

#[decision_model(any_event = true)]
pub struct Trail {
    #[tag]
    customer: u32,
    steps: u32,
}

#[apply]
impl Trail {
    fn seen(&mut self, _: &StoredEvent) {
        self.steps += 1;
    }
}

fn main() {}
