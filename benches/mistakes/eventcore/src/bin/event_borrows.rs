use eventcore::{Event, StreamId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum AccountEvent<'a> {
//                    ^^
    Opened { account: StreamId, owner: &'a str },
//                              ^^^^^^^^^^^^^^
}

impl Event for AccountEvent<'_> {
    fn stream_id(&self) -> &StreamId {
        match self {
            AccountEvent::Opened { account, .. } => account,
        }
    }

    fn event_type_name() -> &'static str {
        "account"
    }
}

fn main() {}
