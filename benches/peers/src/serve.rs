//! A system in a process of its own, which does what it is told line by line. That is how systems are compared which
//! cannot be linked into one program: each brings a SQLite, and a program can hold one.
//!
//! A line is an operation to prepare, or one to run once: `prepare load 10000`, `sample 3 commands 32 640`. The answer is
//! one line: `ok`, a rate, or `error:` and what went wrong.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

use crate::operation::Operation;
use crate::system::{Result, System};

/// Does what comes on the standard input, until that ends.
pub async fn serve(system: Arc<dyn System>) -> Result<()> {
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match answer(&system, &line).await {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("error: {}", error.to_string().replace('\n', " ")),
        }
    }
    Ok(())
}

async fn answer(system: &Arc<dyn System>, line: &str) -> Result<String> {
    if let Some(operation) = line.strip_prefix("prepare ") {
        operation.parse::<Operation>()?.prepare(system).await?;
        return Ok("ok".into());
    }
    let rest = line
        .strip_prefix("sample ")
        .and_then(|rest| rest.split_once(' '));
    let (round, operation) = rest.ok_or_else(|| format!("`{line}` is no order"))?;
    let operation: Operation = operation.parse()?;
    Ok(operation.sample(system, round.parse()?).await?.to_string())
}
