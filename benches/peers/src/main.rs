//! The same bank account on this framework, on its peers through their public interfaces, and by hand: what a load and a
//! command cost, and a read model of all events. All systems run in turns, each with a database of its own; every balance is checked; the table shows
//! medians and, in brackets, how many times faster this framework is.
//!
//! `scripts/peers [files|boundaries|projections] [load|commands] [SYSTEM…]` prints a table, `scripts/peers page` writes
//! `docs/peers.md`. ROUNDS, EVENTS and ACCOUNTS change the sizes.

mod account;
mod candidate;
mod catch_up;
mod json;
mod operation;
mod read_models;
mod report;
mod run;
mod serve;
mod server;
mod states;
mod system;
mod systems;
mod worker;

use std::env;
use std::path::Path;

use run::Place;
use system::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["page", docs] => report::page(Path::new(docs)),
        ["worker", name, path] => serve::serve(systems::on_file(path.as_ref(), name).await?).await,
        ["files", ref rest @ ..] => run::run(Place::Files, rest).await,
        ["projections", ref rest @ ..] => catch_up::run(rest).await,
        ["boundaries", ref rest @ ..] => run::run(Place::Boundaries, rest).await,
        ref rest => run::run(Place::Postgres, rest).await,
    }
}
