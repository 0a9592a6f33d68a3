//! What tells one version of the code that makes a state from another.

use std::fmt;

use crate::message::MessageSet;
use crate::versions::shape::Shape;

/// The code that makes an aggregate's states, in 64 bits.
///
/// See [`Snapshotted`](crate::Snapshotted) for what changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Fingerprint {
    /// Of a state as the macro has seen it, of the stored names and versions of its events and of all that becomes them,
    /// and of the methods that apply them.
    #[must_use]
    pub(crate) const fn of<M: MessageSet>(state: u64, methods: &[u64]) -> Self {
        let mut hash = number(START, state);
        let mut index = 0;
        while index < M::ROWS.len() {
            hash = text(hash, M::ROWS[index].name);
            hash = number(hash, M::ROWS[index].version as u64);
            if let Some(events) = M::ROWS[index].shape {
                hash = shape(hash, events);
            }
            index += 1;
        }
        hash = texts(hash, M::RETIRED);
        let mut index = 0;
        while index < methods.len() {
            hash = number(hash, methods[index]);
            index += 1;
        }
        Self(hash)
    }
}

// FNV-1a, as the macros hash the tokens that they see: short, and the same for ever.
const START: u64 = 0xcbf2_9ce4_8422_2325;

const fn byte(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Which stored events become an event, and by which steps.
const fn shape(mut hash: u64, of: &Shape) -> u64 {
    hash = text(hash, of.name);
    hash = number(hash, of.version as u64);
    hash = number(hash, of.since as u64);
    hash = texts(hash, of.aliases);
    hash = number(hash, of.upcasts.len() as u64);
    let mut index = 0;
    while index < of.before.len() {
        hash = shape(hash, of.before[index]);
        index += 1;
    }
    number(hash, of.before.len() as u64)
}

const fn texts(mut hash: u64, all: &[&str]) -> u64 {
    let mut index = 0;
    while index < all.len() {
        hash = text(hash, all[index]);
        index += 1;
    }
    number(hash, all.len() as u64)
}

const fn number(mut hash: u64, number: u64) -> u64 {
    let bytes = number.to_le_bytes();
    let mut index = 0;
    while index < bytes.len() {
        hash = byte(hash, bytes[index]);
        index += 1;
    }
    hash
}

const fn text(hash: u64, text: &str) -> u64 {
    let (bytes, mut index) = (text.as_bytes(), 0);
    let mut hash = number(hash, bytes.len() as u64);
    while index < bytes.len() {
        hash = byte(hash, bytes[index]);
        index += 1;
    }
    hash
}
