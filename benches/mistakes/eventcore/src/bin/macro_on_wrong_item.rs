use eventcore::{Command, StreamId};

#[derive(Command)]
pub enum AccountCommand {
//  ^^^^^^^^^^^^^^^^^^^
    Open { account: StreamId, owner: String },
    Close { account: StreamId },
}

fn main() {}
