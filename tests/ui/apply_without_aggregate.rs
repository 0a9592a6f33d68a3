use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[derive(Default)]
pub struct Account {
    owner: String,
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }
}

fn main() {}
