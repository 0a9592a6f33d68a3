use eventsource_core::prelude::*;

#[event(name = "opened")]
pub struct Opened {
    pub owner: String,
}

#[derive(Default)]
pub struct Account {
    owner: String,
}

impl Account {
    #[apply]
//  ^^^^^^^^
    fn opened(&mut self, event: &Opened) {
//  ^^^^^^^^^
        self.owner.clone_from(&event.owner);
    }
}

fn main() {}
