//! The accounts of those who commit in groups by hand: their states stay in memory, and whoever commits owns them.

use std::collections::HashMap;

use uuid::Uuid;

use crate::account::{Account, AccountCommand, AccountEvent};
use crate::json::encode;
use crate::system::Result;

/// Accounts as they are after everything that was appended, or is about to be.
#[derive(Default)]
pub struct States(HashMap<Uuid, (Account, i64)>);

/// An event that is about to be stored.
pub struct Row {
    pub stream: String,
    pub version: i64,
    pub name: &'static str,
    pub payload: Vec<u8>,
}

pub fn stream(account: Uuid) -> String {
    format!("account-{account}")
}

impl States {
    pub fn knows(&self, account: Uuid) -> bool {
        self.0.contains_key(&account)
    }

    /// Takes in an account that was not known, so that it begins as an empty one.
    pub fn begin(&mut self, account: Uuid) {
        self.0.entry(account).or_default();
    }

    /// Takes in an event that was read.
    pub fn read(&mut self, account: Uuid, version: i64, event: &AccountEvent) {
        let (state, at) = self.0.entry(account).or_default();
        state.fold(event);
        *at = version;
    }

    /// Decides, and puts the events to those that are about to be stored.
    pub fn decide(
        &mut self,
        account: Uuid,
        command: &AccountCommand,
        rows: &mut Vec<Row>,
    ) -> Result<()> {
        let (state, version) = self.0.entry(account).or_default();
        for event in state.decide(command)? {
            let (name, payload) = encode(&event)?;
            state.fold(&event);
            *version += 1;
            rows.push(Row {
                stream: stream(account),
                version: *version,
                name,
                payload,
            });
        }
        Ok(())
    }

    /// Nothing is known any more: what was about to be stored was not.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}
