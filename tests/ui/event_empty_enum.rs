use eventsource_core::prelude::*;

#[derive(Event)]
pub enum AccountEvent {}

fn main() {}
