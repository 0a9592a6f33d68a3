use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

pub trait Opening {
    fn opened(&mut self, event: &Opened);
}

#[derive(Default)]
pub struct Account {
    owner: String,
}

#[apply]
impl Opening for Account {
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }
}

fn main() {}
