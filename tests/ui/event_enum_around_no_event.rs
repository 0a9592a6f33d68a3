use eventsource_core::prelude::*;

pub struct Plain;

#[derive(Event)]
pub enum AccountEvent {
    Plain(Plain),
}

fn main() {}
