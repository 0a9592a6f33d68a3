//! The command line, read by hand: there is little of it.

use std::ffi::OsString;
use std::path::PathBuf;

pub const USAGE: &str = "\
Usage: bank [--db FILE] [TASK]

Without a task it books the accounts that come with the example, and shows them.

  --import TRANS [--accounts ACCOUNT]  book the files of a bank in the PKDD'99 format
  --report                             show every account
  --help                               show this

  --db FILE                            the database (target/bank.db, if not given)

The exit code is 0 if all is well; 1 if a line was refused or malformed, a balance
differs from the bank's, or nothing could be done; 2 if the arguments are wrong.
";

#[derive(Debug, PartialEq)]
pub struct Arguments {
    pub task: Task,
    pub database: Option<PathBuf>,
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
        let (mut database, mut transactions, mut openings) = (None, None, None);
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
                "--import" => &mut transactions,
                "--accounts" => &mut openings,
                _ => return Err(format!("`{}` is not an argument", name.escape_debug())),
            };
            let value = arguments
                .next()
                .filter(|value| !value.is_empty() && !value.to_string_lossy().starts_with("--"));
            let value = value.ok_or_else(|| format!("{name} needs a file"))?;
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
        Ok(Self { task, database })
    }
}
