//! What an event says about the versions before and after it: `of`, `into`, `from`, `upcast`, `alias`, `since`.

mod expand;
mod parse;

pub(super) use expand::{Parts, expand};
pub(super) use parse::parse;
