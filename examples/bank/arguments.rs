//! The command line, read by hand: there is little of it.

use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str = "\
Usage: bank [--store PLACE | --db FILE] [TASK]

Without a task it books the accounts that come with the example, and shows them.

  --import TRANS [--accounts ACCOUNT]  book the files of a bank in the PKDD'99 format
  --report                             show every account
  --help                               show this

  --store PLACE                        where the events are: a file of SQLite, a database
                                       (postgres://…), or servers (nats://…; of several,
                                       with commas between them, three hold the events)
  --db FILE                            a file of SQLite (target/bank.db, if not given)

The exit code is 0 if all is well; 1 if a line was refused or malformed, a balance
differs from the bank's, or nothing could be done; 2 if the arguments are wrong.
";

#[derive(Debug, PartialEq)]
pub struct Arguments {
    pub task: Task,
    pub store: Place,
}

/// Where the events are.
#[derive(Debug, PartialEq)]
pub enum Place {
    /// In the usual file.
    Usual,
    File(PathBuf),
    Postgres(String),
    Nats(String),
}

impl Place {
    fn parse(text: PathBuf) -> Self {
        match text.to_str() {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Self::Postgres(url.into())
            }
            Some(url) if url.starts_with("nats://") || url.starts_with("tls://") => {
                Self::Nats(url.into())
            }
            _ => Self::File(text),
        }
    }
}

#[derive(Debug, PartialEq)]
pub enum Task {
    Help,
    Tour,
    Report,
    Import {
        transactions: PathBuf,
        openings: Option<PathBuf>,
    },
}

impl Arguments {
    /// Reads the arguments after the program's name.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut arguments = arguments.into_iter();
        let (mut help, mut report) = (false, false);
        let (mut database, mut store, mut transactions, mut openings) = (None, None, None, None);
        while let Some(argument) = arguments.next() {
            let name = argument.to_string_lossy();
            let file = match &*name {
                "--help" | "-h" => {
                    help = true;
                    continue;
                }
                "--report" => {
                    report = true;
                    continue;
                }
                "--db" => &mut database,
                "--store" => &mut store,
                "--import" => &mut transactions,
                "--accounts" => &mut openings,
                _ => return Err(format!("`{}` is not an argument", name.escape_debug())),
            };
            let value = arguments
                .next()
                .filter(|value| !value.is_empty() && !value.to_string_lossy().starts_with("--"));
            let value = value.ok_or_else(|| {
                let what = if name == "--store" { "place" } else { "file" };
                format!("{name} needs a {what}")
            })?;
            if file.replace(PathBuf::from(value)).is_some() {
                return Err(format!("{name} is given twice"));
            }
        }
        let task = match (help, report, transactions, openings) {
            (true, ..) => Task::Help,
            (_, true, None, None) => Task::Report,
            (_, true, ..) => return Err("--report and an import are two tasks".into()),
            (_, _, Some(transactions), openings) => Task::Import {
                transactions,
                openings,
            },
            (_, _, None, Some(_)) => return Err("--accounts needs --import".into()),
            (_, _, None, None) => Task::Tour,
        };
        let store = match (store, database) {
            (Some(_), Some(_)) => return Err("--store and --db are two places".into()),
            (Some(store), None) => Place::parse(store),
            (None, Some(file)) => Place::File(file),
            (None, None) => Place::Usual,
        };
        Ok(Self { task, store })
    }
}
