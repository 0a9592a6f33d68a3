use serde::{Deserialize, Serialize};
use sourcery::{Apply, DomainEvent};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opened<'a> {
//                ^^
    pub owner: &'a str,
//  ^^^^^^^^^^^^^^^^^^
}

impl DomainEvent for Opened<'_> {
    const KIND: &'static str = "opened";
}

#[derive(Default, sourcery::Aggregate)]
#[aggregate(id = String, error = String, events(Opened))]
//                                              ^^^^^^
pub struct Account {
    owner: String,
}

impl Apply<Opened<'_>> for Account {
    fn apply(&mut self, event: &Opened<'_>) {
        self.owner = event.owner.to_owned();
    }
}

fn main() {}
