//! What is known about an event beside what happened: who asked, because of what, and the user's own notes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The metadata of the events of one command. It is stored beside each event as JSON; empty metadata takes no room.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// The conversation that the command belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// What caused the command: a message's or an event's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation: Option<String>,
    /// On whose behalf it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The user's own entries.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<String, String>,
}

impl Metadata {
    /// The form in which it is stored.
    #[must_use]
    pub fn to_stored(&self) -> Arc<[u8]> {
        if *self == Self::default() {
            return Arc::new([]);
        }
        // Strings under string keys always have a JSON form.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// Reads the stored form; no bytes are empty metadata.
    pub fn from_stored(stored: &[u8]) -> Result<Self, serde_json::Error> {
        if stored.is_empty() {
            Ok(Self::default())
        } else {
            serde_json::from_slice(stored)
        }
    }
}

/// The methods with which a caller says what is recorded beside the events, for a builder with metadata in a field.
macro_rules! said_beside {
    ($($field:ident).+) => {
        /// The conversation that it belongs to.
        pub fn correlation(mut self, id: impl ToString) -> Self {
            self.$($field).+.correlation = Some(id.to_string());
            self
        }

        /// What caused it.
        pub fn causation(mut self, id: impl ToString) -> Self {
            self.$($field).+.causation = Some(id.to_string());
            self
        }

        /// On whose behalf it is given.
        pub fn actor(mut self, actor: impl ToString) -> Self {
            self.$($field).+.actor = Some(actor.to_string());
            self
        }

        /// An entry of your own, recorded with the events.
        pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.$($field).+.own.insert(name.into(), value.into());
            self
        }
    };
}
pub(crate) use said_beside;
