use disintegrate::Event;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
pub enum DomainEvent<'a> {
//                   ^^
    Opened {
        #[id]
        account_id: String,
        owner: &'a str,
//      ^^^^^^^^^^^^^^
    },
}

fn main() {}
