//! The names that follow from a process's own: of its journals, of what is written there, and of its consumers.
//!
//! No aggregate's name begins with the sign in front.

use crate::private::fail;
use crate::process::Process;
use crate::store::stream::{InvalidStreamName, StreamName};

/// What one step has taken and what came of it.
pub(crate) fn step(process: &str) -> String {
    format!("${process}.step")
}

/// A command that was refused.
pub(crate) fn refused(process: &str) -> String {
    format!("${process}.refused")
}

/// A timer that is due.
pub(crate) fn due(process: &str) -> String {
    format!("${process}.due")
}

/// The journal of a process, beside the stream of its own events: `$transfer/7`.
pub(crate) fn journal(own: &StreamName) -> Result<StreamName, InvalidStreamName> {
    StreamName::parse(&format!("${own}"))
}

/// The id of the process whose journal it is, if it is one of a process of this name.
pub(crate) fn id_of<'s>(journal: &'s StreamName, process: &str) -> Option<&'s str> {
    let category = journal.category().strip_prefix('$')?;
    (category == process).then(|| journal.id())
}

/// The names under which the checkpoints of a process are kept: none is that of the aggregate, which a projection may have.
pub(super) trait Consumers: Process {
    const STEPS: &'static str = text(Self::OF_STEPS, Self::NAME.len() + STEPS.len());
    const COMMANDS: &'static str = text(Self::OF_COMMANDS, Self::NAME.len() + COMMANDS.len());
    const TIMERS: &'static str = text(Self::OF_TIMERS, Self::NAME.len() + TIMERS.len());

    const OF_STEPS: &'static [u8; LONGEST] = &joined(Self::NAME, STEPS);
    const OF_COMMANDS: &'static [u8; LONGEST] = &joined(Self::NAME, COMMANDS);
    const OF_TIMERS: &'static [u8; LONGEST] = &joined(Self::NAME, TIMERS);
}

impl<P: Process> Consumers for P {}

const STEPS: &str = "/steps";
const COMMANDS: &str = "/commands";
const TIMERS: &str = "/timers";

/// The longest name of a consumer.
const LONGEST: usize = 512;

/// Two texts, one after the other, made while compiling, since the name of a consumer is static.
const fn joined(first: &str, second: &str) -> [u8; LONGEST] {
    let mut text = [0; LONGEST];
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let length = first.len() + second.len();
    if length > LONGEST {
        fail(&["the name of a process is longer than 500 bytes"]);
    }
    let mut index = 0;
    while index < length {
        text[index] = match index < first.len() {
            true => first[index],
            false => second[index - first.len()],
        };
        index += 1;
    }
    text
}

/// The first so many bytes of what was joined.
const fn text(joined: &'static [u8; LONGEST], length: usize) -> &'static str {
    match std::str::from_utf8(joined.split_at(length).0) {
        Ok(text) => text,
        Err(_) => fail(&["the name of a process is not text"]),
    }
}
