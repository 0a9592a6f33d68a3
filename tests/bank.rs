//! The bank example, as a person runs it: a process, its output, its exit code; and what happens when it is killed.

// Their own tests run with these.
#[path = "../examples/bank/account.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod account;
#[path = "../examples/bank/berka.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod berka;
#[path = "../examples/bank/date.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod date;
mod example_program;
mod generated_transactions;
#[path = "../examples/bank/money.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod money;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

/// What the first run prints, without the line that says how fast it was.
const TOUR: &str = include_str!("../examples/bank/data/tour.txt");
const TRANSACTIONS: &str = include_str!("../examples/bank/data/trans.asc");
const ACCOUNTS: &str = include_str!("../examples/bank/data/account.asc");

fn bank() -> Command {
    Command::new(example_program::of("bank"))
}

/// A directory with a database and files to import.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().expect("there is room"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("there is room");
        path
    }

    fn bank(&self) -> Command {
        let mut bank = bank();
        bank.arg("--db").arg(self.path("bank.db"));
        bank
    }

    fn import(&self, transactions: &Path) -> Command {
        let mut bank = self.bank();
        bank.arg("--import").arg(transactions);
        bank
    }

    fn report(&self) -> String {
        let output = run(self.bank().arg("--report"));
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        stdout(&output)
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output().expect("the binary runs");
    let told = stderr(&output);
    assert!(!told.contains("panicked"), "{told}");
    output
}

fn stdout(output: &Output) -> String {
    let text = String::from_utf8(output.stdout.clone()).expect("it prints UTF-8");
    let same = |line: &&str| !line.starts_with("commands per second");
    text.split_inclusive('\n').filter(same).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("it prints UTF-8")
}

/// The number in a line of the summary, under "transactions".
fn number(summary: &str, name: &str) -> u64 {
    let rest = summary.lines().find_map(|line| line.strip_prefix(name));
    let number = rest.and_then(|rest| rest.split_whitespace().next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in\n{summary}"))
}

#[test]
fn the_first_run_shows_everything_and_the_second_adds_nothing() {
    let place = Place::new();
    let first = run(&mut place.bank());
    assert_eq!(stdout(&first), TOUR);
    assert_eq!(first.status.code(), Some(0));

    let second = run(&mut place.bank());
    let (first, second) = (stdout(&first), stdout(&second));
    assert!(second.starts_with("There was nothing new."), "{second}");
    assert_eq!(
        (number(&second, "new"), number(&second, "already there")),
        (0, 56)
    );
    let report = |text: &str| {
        text.split_once("  account  ")
            .map(|(_, report)| report.to_owned())
    };
    assert_eq!(report(&second), report(&first));
}

#[test]
fn the_shipped_files_are_imported_with_and_without_the_accounts() {
    for with_accounts in [true, false] {
        let place = Place::new();
        let mut import = place.import(&place.file("trans.asc", TRANSACTIONS));
        if with_accounts {
            import
                .arg("--accounts")
                .arg(place.file("account.asc", ACCOUNTS));
        }
        let output = run(&mut import);
        assert_eq!(
            (output.status.code(), stderr(&output)),
            (Some(0), String::new())
        );
        assert_eq!(number(&stdout(&output), "new"), 56);
        assert!(TOUR.contains(&place.report()), "{}", place.report());
    }
}

#[test]
fn a_malformed_line_is_told_and_the_rest_goes_on() {
    let place = Place::new();
    let bad = |line: usize, text: &str| match line {
        3 => text.replace("930112", "930231"),
        18 => text.replace("1850.30", "1850,30"),
        30 => text.replace("PRIJEM", "PRIJATO"),
        50 => "\u{0}garbage".into(),
        _ => text.into(),
    };
    let lines = (1..)
        .zip(TRANSACTIONS.lines())
        .map(|(line, text)| bad(line, text) + "\n");
    let file = place.file("trans.asc", lines.collect::<String>());
    let output = run(&mut place.import(&file));
    let told = stderr(&output);
    for expected in [
        "trans.asc, line 3, column date: `930231` is not a day of the calendar",
        "trans.asc, line 18, column amount: `1850,30` is not an amount like 123.45",
        "trans.asc, line 30, column type: `PRIJATO` is not PRIJEM, VYDAJ or VYBER",
        "trans.asc, line 50, column line: 1 fields instead of 10",
    ] {
        assert!(told.contains(expected), "{told}");
    }
    assert_eq!(output.status.code(), Some(1));
    let summary = stdout(&output);
    assert_eq!(
        (number(&summary, "new"), number(&summary, "malformed")),
        (52, 4)
    );
    // The account that lacks a line says which, so that the difference explains itself.
    assert!(
        summary.contains("account 12 first on 1993-01-25"),
        "{summary}"
    );
    assert!(
        summary.contains("line 3 is of this account, and was left out"),
        "{summary}"
    );

    // The corrected file brings in what is missing, and nothing twice.
    let output = run(&mut place.import(&place.file("trans.asc", TRANSACTIONS)));
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let summary = stdout(&output);
    assert_eq!(
        (number(&summary, "new"), number(&summary, "already there")),
        (4, 52)
    );
}

#[test]
fn a_line_that_the_bank_refuses_is_told_and_the_rest_goes_on() {
    let place = Place::new();
    let zero = "1;11;930506;\"PRIJEM\";\"VKLAD\";0.00;8048.20;\"\";;\n";
    let other = "100000;11;930105;\"PRIJEM\";\"VKLAD\";1.00;8048.20;\"\";;\n";
    let file = place.file("trans.asc", [TRANSACTIONS, zero, other].concat());
    let output = run(&mut place.import(&file));
    let told = stderr(&output);
    assert!(
        told.contains("line 58, transaction 1: an amount of 0.00 moves nothing"),
        "{told}"
    );
    assert!(
        told.contains("line 59, transaction 100000: the idempotency key `100000` was used before"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        (
            number(&stdout(&output), "new"),
            number(&stdout(&output), "refused")
        ),
        (56, 2)
    );
}

#[test]
fn an_import_that_is_killed_ends_as_one_that_is_not() {
    let text = generated_transactions::of(3000);
    let whole = Place::new();
    let begin = Instant::now();
    let output = run(&mut whole.import(&whole.file("trans.asc", &text)));
    let time = begin.elapsed();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );

    let killed = Place::new();
    let file = killed.file("trans.asc", &text);
    let mut in_the_middle = 0;
    // In percent of the time that a whole run takes.
    for moment in [1, 12, 5, 20, 15, 8, 2, 18] {
        let mut process = killed
            .import(&file)
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary runs");
        thread::sleep(time * moment / 100);
        let over = process.try_wait().expect("it is ours").is_some();
        // On Unix this is SIGKILL.
        process.kill().expect("it is ours");
        process.wait().expect("it is ours");
        in_the_middle += usize::from(!over);
    }
    assert!(
        in_the_middle > 0,
        "every run ended before it could be killed"
    );
    let output = run(&mut killed.import(&file));
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    let summary = stdout(&output);
    assert_eq!(
        number(&summary, "new") + number(&summary, "already there"),
        3000
    );
    assert_eq!(killed.report(), whole.report());

    let again = run(&mut killed.import(&file));
    assert!(stdout(&again).starts_with("There was nothing new."));
    assert_eq!(killed.report(), whole.report());
}

#[test]
fn wrong_arguments_show_the_usage() {
    for arguments in [
        &["--imports", "x"][..],
        &["x"],
        &["--db"],
        &["--db", ""],
        &["--import"],
        &["--import", "--report"],
        &["--accounts", "x"],
        &["--report", "--import", "x"],
        &["--db", "x", "--db", "y"],
    ] {
        let output = run(bank().args(arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains("Usage: bank"), "{arguments:?}");
    }
    let output = run(bank().arg("--help"));
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).starts_with("Usage: bank"));
}

#[test]
fn a_file_that_is_not_ours_is_named_and_left_alone() {
    let place = Place::new();
    let path = place.file(
        "bank.db",
        "dear diary, this is no database, and must stay as it is\n".repeat(40),
    );
    let before = fs::read(&path).expect("it is there");
    let output = run(&mut place.bank());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("bank.db"), "{}", stderr(&output));
    assert_eq!(fs::read(&path).expect("it is there"), before);

    let place = Place::new();
    let other = rusqlite::Connection::open(place.path("bank.db")).expect("it is new");
    other
        .execute_batch("CREATE TABLE diary (entry TEXT)")
        .expect("it is new");
    drop(other);
    let output = run(&mut place.bank());
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is not an event store"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_file_that_cannot_be_imported_is_named() {
    let place = Place::new();
    let cases = [
        (place.path("missing.asc"), "missing.asc: No such file"),
        (
            place.file("empty.asc", ""),
            "empty.asc: it does not begin with the columns trans_id;account_id",
        ),
        (
            place.file("account.asc", ACCOUNTS),
            "account.asc: it does not begin with the columns trans_id",
        ),
        (place.path("."), "directory"),
    ];
    for (file, expected) in cases {
        let output = run(&mut place.import(&file));
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}
