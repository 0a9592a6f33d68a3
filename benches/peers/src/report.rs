//! What was measured: printed as a table, kept as a file of tab-separated values, and put together on a page with plots.

use std::fmt::Write as _;
use std::path::Path;

use plots::{Bars, Kind, grouped};

use crate::system::Result;

/// One run. The first system is the one that the others are compared with.
pub struct Report {
    /// What a reader has to know: rounds, versions, date and machine.
    pub facts: Vec<String>,
    operations: Vec<String>,
    systems: Vec<String>,
    /// A row for each system: its rate in each operation that is one for it.
    rates: Vec<Vec<Option<f64>>>,
}

impl Report {
    /// From a column for each operation.
    pub fn new(
        facts: Vec<String>,
        operations: Vec<String>,
        systems: Vec<String>,
        columns: &[Vec<f64>],
    ) -> Self {
        // A state in memory is not loaded: whether it is current is one look, however long its stream.
        let is_load = |operation: &String| operation.starts_with("load");
        let in_memory = |number: usize| number == 0 && systems[number] == "eventsource";
        let row = |number| {
            let cells = operations.iter().zip(columns);
            let cells =
                cells.map(
                    |(operation, column)| match is_load(operation) && in_memory(number) {
                        true => None,
                        false => Some(column[number]),
                    },
                );
            cells.collect()
        };
        let rates = (0..systems.len()).map(row).collect();
        Self::of(facts, operations, systems, rates)
    }

    /// From a row for each system.
    pub fn of(
        mut facts: Vec<String>,
        operations: Vec<String>,
        systems: Vec<String>,
        rates: Vec<Vec<Option<f64>>>,
    ) -> Self {
        // What the script knows.
        facts.extend(std::env::var("FACTS").ok());
        Self {
            facts,
            operations,
            systems,
            rates,
        }
    }

    /// As a table: the rates, and how many times as fast the first system is that has one.
    pub fn markdown(&self) -> String {
        let mut text = String::from("| |");
        for operation in &self.operations {
            let _ = write!(text, " {operation} |");
        }
        let _ = write!(text, "\n|---|{}\n", "---|".repeat(self.operations.len()));
        for (number, (system, rates)) in self.systems.iter().zip(&self.rates).enumerate() {
            let _ = write!(text, "| {system} |");
            for (operation, rate) in rates.iter().enumerate() {
                let first = self
                    .rates
                    .iter()
                    .position(|rates| rates[operation].is_some());
                let ours = first.and_then(|first| self.rates[first][operation]);
                let _ = match (rate, ours) {
                    (Some(rate), Some(ours)) if first != Some(number) => {
                        let shown = grouped(rate.round() as u64);
                        write!(text, " {shown} ({}) |", times(ours / rate))
                    }
                    (Some(rate), _) => write!(text, " {} |", grouped(rate.round() as u64)),
                    (None, _) => write!(text, " |"),
                };
            }
            text.push('\n');
        }
        text
    }

    pub fn save(&self, path: &Path) -> Result<()> {
        let mut text = String::new();
        for fact in &self.facts {
            let _ = writeln!(text, "# {fact}");
        }
        let _ = writeln!(text, "system\t{}", self.operations.join("\t"));
        for (system, rates) in self.systems.iter().zip(&self.rates) {
            let shown =
                |rate: &Option<f64>| rate.map_or("-".to_owned(), |rate| format!("{rate:.0}"));
            let rates: Vec<String> = rates.iter().map(shown).collect();
            let _ = writeln!(text, "{system}\t{}", rates.join("\t"));
        }
        Ok(std::fs::write(path, text)?)
    }

    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let (facts, lines): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.starts_with("# "));
        let cells = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
        let (head, rows) = lines.split_first().ok_or("a file without a head")?;
        let mut report = Self {
            facts: facts.iter().map(|fact| fact[2..].to_owned()).collect(),
            operations: cells(head).split_off(1),
            systems: Vec::new(),
            rates: Vec::new(),
        };
        for row in rows {
            let mut cells = cells(row);
            let rates = cells.split_off(1);
            let rate = |text: &String| match text.as_str() {
                "-" => Ok(None),
                text => text.parse().map(Some),
            };
            let rates: Result<Vec<Option<f64>>, _> = rates.iter().map(rate).collect();
            report.rates.push(rates?);
            report.systems.extend(cells);
        }
        Ok(report)
    }

    fn plot(&self, path: &Path) -> Result<()> {
        let kind = |name: &String| match name {
            name if name.starts_with("eventsource") => Kind::Ours,
            name if name.starts_with("by hand") => Kind::ByHand,
            _ => Kind::Peer,
        };
        let systems: Vec<_> = self
            .systems
            .iter()
            .map(|name| (name.clone(), kind(name)))
            .collect();
        let column = |number: usize| self.rates.iter().map(|rates| rates[number]).collect();
        let groups: Vec<_> = self
            .operations
            .iter()
            .enumerate()
            .map(|(number, operation)| (operation.clone(), column(number)))
            .collect();
        let bars = Bars {
            systems: &systems,
            groups: &groups,
        };
        bars.plot(path)
    }
}

fn times(ratio: f64) -> String {
    match ratio {
        10.0.. => format!("{ratio:.0}"),
        _ => format!("{ratio:.1}"),
    }
}

/// The runs of the page: the name of the file, the heading, and what it is.
const RUNS: [(&str, &str, &str); 5] = [
    (
        "durable",
        "PostgreSQL, durable",
        "Every commit is synced by the server. One task waits for the disk most of the time.",
    ),
    (
        "unsynced",
        "PostgreSQL, without fsync",
        "What the frameworks themselves cost: the server answers before anything is on the disk.",
    ),
    (
        "sqlite",
        "SQLite and other files, durable",
        "Write-ahead log, `synchronous = FULL`, each system in a process of its own. sqlite-es opens its pool with `NORMAL`, with
which what was acknowledged last is lost with the power; that is the row that says so.",
    ),
    (
        "boundaries",
        "Appends that are checked by a query",
        "The same account, decided by its tag and not by its stream. UmaDB is a server of its own; durable.",
    ),
    (
        "projections",
        "A read model of all events",
        "The balance of each account, in a table of the same server, each in its framework's own way: a projection that
gathers the rows of a batch for one statement; by hand a transaction for 512 events, with a statement for each; cqrs-es replays all events into a view of its
repository; disintegrate has a listener; esrs rebuilds by aggregate, a transaction for each. In memory: this framework's view,
a plain read by hand, of the columns that it needs and of
whole events, and sourcery's projection, which has no table. Durable.",
    ),
];

/// Writes the page from the runs whose files are in `docs/peers`.
pub fn page(docs: &Path) -> Result<()> {
    let mut text = String::from(INTRODUCTION);
    for (name, heading, about) in RUNS {
        let file = docs.join(format!("peers/{name}.tsv"));
        if !file.exists() {
            continue;
        }
        let report = Report::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        report.plot(&docs.join(format!("peers/{name}.svg")))?;
        let _ = write!(
            text,
            "\n## {heading}\n\n{about}\n\n![{heading}](peers/{name}.svg)\n\n"
        );
        text.push_str(&report.markdown());
        let _ = write!(text, "\n{}.\n", report.facts.join("; "));
    }
    Ok(std::fs::write(docs.join("peers.md"), text)?)
}

const INTRODUCTION: &str = "# Beside the peers

Made by `scripts/peers page`: an account with about ten events, a command that appends one; and a stream of 10,000 events,
loaded as each framework's user loads it. All systems of a table run in turns, so that what disturbs one disturbs all;
medians, and in brackets how many times as fast `eventsource` is, in loads without its states in memory, which are not
loaded at all. How each is used, and why, is in [decision
25](decisions/0025-peers-are-measured-through-their-public-interface.md); exact versions are in
`benches/peers/Cargo.lock`. What the figures mean is in [performance.md](performance.md).
";
