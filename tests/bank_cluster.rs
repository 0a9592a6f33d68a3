//! The bank example on three NATS servers, while the one that leads is killed: it ends as it does on SQLite.
//!
//! `BANK_TRANSACTIONS` and `BANK_ACCOUNTS` name files to import in place of those that are made here.

#[path = "../eventsource-nats/tests/cluster/mod.rs"]
mod cluster;
mod example_program;
mod generated_transactions;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use cluster::Cluster;
use eventsource_nats::async_nats::{self, Client};
use serde_json::Value;
use tempfile::TempDir;

/// The JetStream stream of the bank.
const STREAM: &str = "BANK";

struct Files {
    transactions: PathBuf,
    accounts: Option<PathBuf>,
}

impl Files {
    fn named_or_made(folder: &Path) -> Self {
        if let Some(transactions) = env::var_os("BANK_TRANSACTIONS") {
            let accounts = env::var_os("BANK_ACCOUNTS").map(PathBuf::from);
            return Self {
                transactions: transactions.into(),
                accounts,
            };
        }
        let transactions = folder.join("trans.asc");
        fs::write(&transactions, generated_transactions::of(2_000)).expect("there is room");
        Self {
            transactions,
            accounts: None,
        }
    }

    fn lines(&self) -> u64 {
        let text = fs::read_to_string(&self.transactions).expect("the file can be read");
        text.lines().count() as u64
    }
}

fn bank(store: &str) -> Command {
    let mut bank = Command::new(example_program::of("bank"));
    bank.args(["--store", store]);
    bank
}

fn import(store: &str, files: &Files) -> Command {
    let mut import = bank(store);
    import.arg("--import").arg(&files.transactions);
    if let Some(accounts) = &files.accounts {
        import.arg("--accounts").arg(accounts);
    }
    import
}

fn printed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("it prints UTF-8")
}

/// All but how fast it was.
fn summary(output: &Output) -> String {
    let is_same = |line: &&str| !line.starts_with("commands per second");
    printed(output)
        .split_inclusive('\n')
        .filter(is_same)
        .collect()
}

async fn messages(client: &Client) -> u64 {
    let asked = client.request(format!("$JS.API.STREAM.INFO.{STREAM}"), "".into());
    let answer = tokio::time::timeout(Duration::from_secs(2), asked).await;
    let Ok(Ok(answer)) = answer else { return 0 };
    let info: Value = serde_json::from_slice(&answer.payload).expect("JSON");
    info["state"]["messages"].as_u64().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_ends_as_on_sqlite_while_the_leader_is_killed() {
    let folder = TempDir::new().expect("there is room");
    let files = Files::named_or_made(folder.path());
    let file = folder.path().join("bank.db");
    let file = file.to_str().expect("a name in UTF-8");
    let alone = import(file, &files).output().expect("the bank runs");

    let mut servers = Cluster::start("bank");
    let url = servers.url();
    // Made before, so that the kill cannot meet the making.
    servers.open(STREAM).await.close().await;
    let watched: Vec<_> = url.split(',').collect();
    let client = async_nats::connect(watched).await.expect("a connection");

    let begin = Instant::now();
    let running = import(&url, &files)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the bank runs");
    let some = files.lines() / 2;
    while messages(&client).await < some {
        let waited = begin.elapsed();
        assert!(waited < Duration::from_secs(600), "it does not get on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let leader = servers.await_leader(&client, STREAM).await;
    servers.kill(leader);
    let killed = begin.elapsed();
    tokio::time::sleep(Duration::from_secs(5)).await;
    servers.run(leader);
    let waiting = thread::spawn(move || running.wait_with_output());
    let output = tokio::task::spawn_blocking(|| waiting.join()).await;
    let imported = output.expect("it runs").expect("it waits");
    let imported = imported.expect("the bank is waited for");
    println!(
        "{} lines in {:.1} s; the leader was killed after {:.1} s\n{}",
        files.lines() - 1,
        begin.elapsed().as_secs_f64(),
        killed.as_secs_f64(),
        summary(&imported)
    );

    assert_eq!(summary(&imported), summary(&alone));
    let report = |store: &str| {
        let output = bank(store).arg("--report").output();
        printed(&output.expect("the bank runs"))
    };
    assert_eq!(report(&url), report(file));
}
