//! The events of those who write an event store by hand: JSON under a stored name.

use serde::Deserialize;

use crate::account::AccountEvent;
use crate::system::Result;

/// The name and the payload of an event.
pub fn encode(event: &AccountEvent) -> Result<(&'static str, Vec<u8>)> {
    let (name, payload) = match event {
        AccountEvent::Opened { owner } => ("account.opened", serde_json::json!({ "owner": owner })),
        AccountEvent::Deposited { amount } => {
            ("account.deposited", serde_json::json!({ "amount": amount }))
        }
        AccountEvent::Withdrawn { amount } => {
            ("account.withdrawn", serde_json::json!({ "amount": amount }))
        }
    };
    Ok((name, serde_json::to_vec(&payload)?))
}

#[derive(Deserialize)]
struct Opened {
    owner: String,
}

#[derive(Deserialize)]
struct Moved {
    amount: i64,
}

/// The event that was stored under a name.
pub fn decode(name: &str, payload: &[u8]) -> Result<AccountEvent> {
    Ok(match name {
        "account.opened" => {
            let Opened { owner } = serde_json::from_slice(payload)?;
            AccountEvent::Opened { owner }
        }
        "account.deposited" => {
            let Moved { amount } = serde_json::from_slice(payload)?;
            AccountEvent::Deposited { amount }
        }
        "account.withdrawn" => {
            let Moved { amount } = serde_json::from_slice(payload)?;
            AccountEvent::Withdrawn { amount }
        }
        other => return Err(format!("no event is called `{other}`").into()),
    })
}
