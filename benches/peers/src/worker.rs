//! A process that runs one system, told what to do as `serve` understands it.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::operation::Operation;
use crate::system::Result;

pub struct Worker {
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    // Ends with the worker.
    _process: Child,
}

impl Worker {
    pub fn start(mut command: Command) -> Result<Self> {
        let process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = process.spawn()?;
        let (Some(orders), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("a process without pipes".into());
        };
        Ok(Self {
            orders,
            answers: BufReader::new(answers).lines(),
            _process: process,
        })
    }

    pub async fn prepare(&mut self, operation: Operation) -> Result<()> {
        self.ask(format!("prepare {operation}\n")).await?;
        Ok(())
    }

    pub async fn sample(&mut self, operation: Operation, round: usize) -> Result<f64> {
        let rate = self.ask(format!("sample {round} {operation}\n")).await?;
        Ok(rate.parse()?)
    }

    async fn ask(&mut self, order: String) -> Result<String> {
        self.orders.write_all(order.as_bytes()).await?;
        let answer = self
            .answers
            .next_line()
            .await?
            .ok_or("the process has ended")?;
        match answer.strip_prefix("error: ") {
            Some(error) => Err(error.into()),
            None => Ok(answer),
        }
    }
}
