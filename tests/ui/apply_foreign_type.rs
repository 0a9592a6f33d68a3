// 1 mistake, 2 errors: docs/decisions/0013-one-mistake-one-error.md
use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[apply]
impl String {
    fn opened(&mut self, _: &Opened) {}
}

fn main() {}
