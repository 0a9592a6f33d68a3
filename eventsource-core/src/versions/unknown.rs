//! A stored event that today's code does not know: what is said of it.

use std::fmt;

use crate::message::Row;

/// A stored name or version that today's code does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct UnknownMessage {
    /// The stored name.
    pub name: String,
    /// The stored version.
    pub version: u32,
    /// The newest version that is known under this name, if the name is known at all.
    pub newest: Option<u32>,
    /// The Rust type of that version.
    pub type_name: Option<&'static str>,
}

impl UnknownMessage {
    /// To whom only these are known.
    #[cold]
    pub(crate) fn to(rows: &[Row], name: &str, version: u32) -> Self {
        let known = rows.iter().filter_map(|row| row.newest(name));
        let newest = known.max_by_key(|(version, _)| *version);
        Self {
            name: name.into(),
            version,
            newest: newest.map(|(version, _)| version),
            type_name: newest.map(|(_, type_name)| type_name),
        }
    }
}

impl fmt::Display for UnknownMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            version,
            newest,
            type_name,
        } = self;
        let name = name.escape_debug();
        let (Some(newest), Some(type_name)) = (newest, type_name) else {
            return write!(
                f,
                "no event or command is called `{name}` (version {version})"
            );
        };
        match version > newest {
            true => write!(
                f,
                "`{name}` is known up to version {newest} (`{type_name}`), and this is version {version}"
            ),
            false => write!(
                f,
                "nothing makes version {newest} of `{name}` (`{type_name}`) of version {version}"
            ),
        }
    }
}
