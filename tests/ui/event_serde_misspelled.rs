// 1 mistake, 2 errors: docs/decisions/0013-one-mistake-one-error.md
use eventsource_core::prelude::*;

#[event]
#[serde(rename_al = "camelCase")]
pub struct Opened;

fn main() {}
