//! `peers-sqlite worker SYSTEM FILE`: this framework on SQLite, or the same by hand, told what to do by `peers`.

#[path = "../../src/account.rs"]
mod account;
mod by_hand;
#[path = "../../src/systems/eventsource.rs"]
mod eventsource;
#[path = "../../src/json.rs"]
mod json;
#[path = "../../src/operation.rs"]
#[expect(dead_code, reason = "whoever measures asks for more")]
mod operation;
#[path = "../../src/serve.rs"]
mod serve;
#[path = "../../src/states.rs"]
mod states;
#[path = "../../src/system.rs"]
mod system;

use std::sync::Arc;

use eventsource::Eventsource;
use eventsource_sqlite::SqliteStore;
use system::{Result, System};

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [order, name, path] = &words[..] else {
        return Err("usage: peers-sqlite worker SYSTEM FILE".into());
    };
    if order != "worker" {
        return Err(format!("`{order}` is no order").into());
    }
    let system: Arc<dyn System> = match name.as_str() {
        "eventsource" => Arc::new(Eventsource::new(SqliteStore::open(path).await?, 10_000)),
        "eventsource, no cache" => Arc::new(Eventsource::new(SqliteStore::open(path).await?, 0)),
        "by hand, cached, grouped" => Arc::new(by_hand::Grouped::open(path.as_ref())?),
        _ => return Err(format!("no system is called `{name}`").into()),
    };
    serve::serve(system).await
}
