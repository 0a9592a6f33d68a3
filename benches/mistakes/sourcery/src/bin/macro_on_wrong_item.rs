use serde::{Deserialize, Serialize};
use sourcery::{Apply, DomainEvent};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opened {
    pub owner: String,
}

impl DomainEvent for Opened {
    const KIND: &'static str = "opened";
}

#[derive(Default, sourcery::Aggregate)]
#[aggregate(id = String, error = String, events(Opened))]
pub enum Account {
//  ^^^^^^^^^^^^
    #[default]
    New,
    Open,
}

impl Apply<Opened> for Account {
    fn apply(&mut self, _event: &Opened) {
        *self = Account::Open;
    }
}

fn main() {}
