//! Another process of a run: the same program, started again for one of its tests, with a role.
//!
//! It is told what to do in lines on its standard input, and says what happened in lines on its standard output. What
//! it has said before it is killed is still in the pipe.

use std::future::Future;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use eventsource_core::BoundaryStore;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::{follow, race, write};

const ROLE: &str = "EVENTSOURCE_FAULTS_ROLE";
const PLACE: &str = "EVENTSOURCE_FAULTS_PLACE";

/// What each line of another process begins with: the test harness writes to the same output.
const MARK: &str = "@ ";

/// Nothing that a run waits for takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How to start another process.
#[derive(Debug, Clone)]
pub struct Others {
    /// The name of the ignored test that calls [`other_process`].
    pub test: &'static str,
    /// Where the store is: what that test's `open` is called with.
    pub place: String,
}

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Stops the process where it is.
    Stop,
    /// Lets it go on.
    Continue,
}

/// A process that takes part in a run. Dropping it kills it.
#[derive(Debug)]
pub struct OtherProcess {
    child: Child,
    input: ChildStdin,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Others {
    /// Starts a process with this role, and waits until it has opened the store.
    ///
    /// # Panics
    ///
    /// If it cannot be started, or ends before it has opened the store.
    pub async fn start(&self, role: &str) -> OtherProcess {
        let program = std::env::current_exe().expect("the program's own path");
        let mut child = Command::new(program)
            .args(["--exact", self.test, "--ignored", "--nocapture"])
            .env(ROLE, role)
            .env(PLACE, &self.place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can be started again");
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are pipes");
        };
        let (sender, lines) = mpsc::unbounded_channel();
        // Ends with the process, which holds the other end of the pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(line) = line.strip_prefix(MARK) {
                    let _ = sender.send(line.to_owned());
                }
            }
        });
        let mut process = OtherProcess {
            child,
            input,
            lines,
        };
        let first = process.line().await;
        assert_eq!(
            first.as_deref(),
            Some("open"),
            "the first line of a process with the role `{role}`"
        );
        process
    }
}

impl OtherProcess {
    /// The next line that it says; `None` once it has ended.
    ///
    /// # Panics
    ///
    /// If it says nothing for two minutes.
    pub async fn line(&mut self) -> Option<String> {
        timeout(PATIENCE, self.lines.recv())
            .await
            .unwrap_or_else(|_| panic!("process {} says nothing", self.id()))
    }

    /// A line that it has said already.
    pub fn said(&mut self) -> Option<String> {
        self.lines.try_recv().ok()
    }

    /// Tells it a line. A process that has ended does not hear it.
    pub fn tell(&mut self, line: &str) {
        let _ = writeln!(self.input, "{line}").and_then(|()| self.input.flush());
    }

    /// Kills it, as `kill -9` does, and waits for its end; what it has said can still be read.
    ///
    /// # Panics
    ///
    /// If the system does not allow it.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// Stops it or lets it go on, and returns once the signal has been sent.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Stop => "STOP",
            Signal::Continue => "CONT",
        };
        // The shell's own `kill`: the program of that name is not everywhere.
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.id())])
            .status()
            .expect("a shell");
        assert!(status.success(), "no process {} to signal", self.id());
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What another process of a run with a role of its own does: `play` is called with the place and the role, and calls
/// [`say`] with `"open"` once it has opened the store. Without a role (the test was called by a person) nothing.
///
/// # Panics
///
/// If there can be no runtime.
pub fn in_role<F: Future<Output = ()>>(play: impl FnOnce(String, String) -> F) {
    let (Ok(role), Ok(place)) = (std::env::var(ROLE), std::env::var(PLACE)) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    // The test harness has begun a line.
    println!();
    runtime.block_on(play(place, role));
}

/// What another process does: opens the store at the run's place, and plays its role. Without a role (the test was
/// called by a person) nothing.
///
/// # Panics
///
/// If the role is unknown, or a promise is broken.
pub fn other_process<S, F>(open: impl FnOnce(String) -> F)
where
    S: BoundaryStore,
    F: Future<Output = S>,
{
    let (Ok(role), Ok(place)) = (std::env::var(ROLE), std::env::var(PLACE)) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = open(place).await;
        println!();
        say("open");
        let words: Vec<_> = role.split(' ').collect();
        match words[..] {
            [write::ROLE, who, tasks] => write::role(store, number(who), number(tasks)).await,
            [race::ROLE, callers] => race::role(store, number(callers)).await,
            [follow::ROLE] => follow::role(store).await,
            _ => panic!("there is no role `{role}`"),
        }
    });
}

/// Says a line to the process that started this one.
pub fn say(line: impl std::fmt::Display) {
    println!("{MARK}{line}");
}

/// The lines that this process is told, until its standard input is closed.
pub(crate) fn told() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

pub(crate) fn number<T: std::str::FromStr>(word: &str) -> T {
    word.parse()
        .unwrap_or_else(|_| panic!("`{word}` is not a number here"))
}

/// How often a run goes: what this environment variable says, or the short form's number.
///
/// # Panics
///
/// If the variable's value is no number.
#[must_use]
pub fn rounds(variable: &str, short: u64) -> u64 {
    std::env::var(variable).map_or(short, |text| number(&text))
}
