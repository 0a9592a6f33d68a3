//! Positions: the sequence number of a message in the JetStream stream, and the event's place in that message.

use eventsource_core::{Position, Version};

/// How many events one message holds at most.
pub(crate) const IN_ONE_MESSAGE: usize = 1 << BITS;

/// 54 bits are left for sequence numbers: at a million messages a second they last for 570 years.
const BITS: u32 = 10;

/// The position of the event with this index in this message.
pub(crate) fn position(sequence: u64, index: usize) -> Position {
    Position((sequence << BITS) | (index as u64 & (IN_ONE_MESSAGE as u64 - 1)))
}

/// The message that a position is in.
pub(crate) fn sequence(position: Position) -> u64 {
    position.0 >> BITS
}

/// The version of the event with this index in a message that begins with `first`.
pub(crate) fn version(first: Version, index: usize) -> Version {
    Version(first.0 + index as u64)
}
