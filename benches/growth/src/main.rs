//! How cost grows: with the events and keys of a store, the events of a stream, the tasks and the subscriptions.
//!
//! `scripts/growth [EVENTS]` runs it, up to so many events in a store (1,000,000 unless given), and writes
//! `docs/growth.md` and its plots.

mod account;
mod stores;
mod work;

use std::path::{Path, PathBuf};
use std::time::Duration;

use eventsource_core::{BoundaryStore, Store};
use plots::Table;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let most: u64 = arguments
        .next()
        .map_or(Ok(1_000_000), |events| events.parse())?;
    let docs = PathBuf::from(arguments.next().unwrap_or_else(|| "../../docs".into()));
    let scratch = std::env::temp_dir().join(format!("eventsource-growth-{}", std::process::id()));
    let plots = docs.join("growth");
    std::fs::create_dir_all(&scratch)?;
    std::fs::create_dir_all(&plots)?;

    let (on_sqlite, memory_on_sqlite) =
        events(&stores::sqlite(&scratch, "events").await?, "SQLite", most).await?;
    let (on_postgres, memory_on_postgres) =
        events(&stores::postgres("events").await?, "PostgreSQL", most).await?;
    let tables = [
        side_by_side(on_sqlite, on_postgres),
        side_by_side(memory_on_sqlite, memory_on_postgres),
        side_by_side(
            lengths(&stores::sqlite(&scratch, "lengths").await?, "SQLite").await?,
            lengths(&stores::postgres("lengths").await?, "PostgreSQL").await?,
        ),
        tasks(&scratch).await?,
        side_by_side(
            subscriptions(&stores::sqlite(&scratch, "subscriptions").await?, "SQLite").await?,
            subscriptions(&stores::postgres("subscriptions").await?, "PostgreSQL").await?,
        ),
    ];
    let mut text = String::from(INTRODUCTION);
    if std::env::var("FSYNC").is_ok_and(|fsync| fsync == "off") {
        text.push_str("PostgreSQL ran without fsync this time: what a sync of the disk costs would hide the rest.\n");
    }
    for table in &tables {
        table.plot(&plots)?;
        text.push('\n');
        text.push_str(&table.markdown());
    }
    std::fs::write(docs.join("growth.md"), text)?;
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}

const INTRODUCTION: &str = "# How cost grows

Made by `scripts/growth`, which measures on SQLite (durable) and on a PostgreSQL server that is started for it. Medians; a
line that is flat costs the same however much there is. What the figures mean is in [performance.md](performance.md).
";

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn powers_of_ten(most: u64) -> impl Iterator<Item = u64> {
    (1..)
        .map(|power| 10_u64.pow(power))
        .take_while(move |size| *size <= most)
}

/// One table of two about the same.
fn side_by_side(mut left: Table, right: Table) -> Table {
    left.columns.extend(right.columns);
    for (row, (_, values)) in left.rows.iter_mut().zip(right.rows) {
        row.1.extend(values);
    }
    left
}

/// The MiB of memory that this process has.
fn memory() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes = kibibytes.ok_or("the kernel does not tell how much memory this process has")?;
    Ok(kibibytes.parse::<f64>()? / 1024.0)
}

/// The store grows: events, and a key for each. And the memory of the process that has executed all those commands.
async fn events<S: BoundaryStore>(store: &S, name: &str, most: u64) -> Result<(Table, Table)> {
    let (mut rows, mut sizes) = (Vec::new(), Vec::new());
    let mut stored = 0;
    for size in powers_of_ten(most) {
        work::commands(store, 64, stored..size).await?;
        stored = size;
        sizes.push((size, vec![memory()?]));
        eprintln!("{name}: {size} events");
        rows.push((
            size,
            vec![
                micros(work::one_command(store, &format!("{name} {size}")).await?),
                micros(work::load(store, size).await?),
                micros(work::decision(store).await?),
                micros(work::page(store, size).await?),
            ],
        ));
    }
    let columns = [
        "one command, µs",
        "load of ten events, µs",
        "decision by tag, µs",
        "page of 1,000, µs",
    ];
    let costs = Table {
        title: "Events and keys in a store",
        name: "events",
        size: "events",
        columns: columns.map(|column| format!("{name}: {column}")).into(),
        rows,
    };
    let memory = Table {
        title: "Memory of the process that executes the commands",
        name: "memory",
        size: "commands",
        columns: vec![format!("{name}: MiB")],
        rows: sizes,
    };
    Ok((costs, memory))
}

/// One stream grows.
async fn lengths<S: Store>(store: &S, name: &str) -> Result<Table> {
    let (mut rows, mut length) = (Vec::new(), 0);
    for size in std::iter::once(1).chain(powers_of_ten(100_000)) {
        work::lengthen(store, 0, size - length).await?;
        length = size;
        eprintln!("{name}: a stream of {size} events");
        let load = micros(work::load_one(store, 0).await?);
        rows.push((size, vec![load, load / size as f64]));
    }
    Ok(Table {
        title: "Events in a stream",
        name: "lengths",
        size: "events in the stream",
        columns: vec![
            format!("{name}: load, µs"),
            format!("{name}: µs for each event"),
        ],
        rows,
    })
}

/// More and more tasks execute commands at once, on accounts of their own.
async fn tasks(scratch: &Path) -> Result<Table> {
    let sqlite = stores::sqlite(scratch, "tasks").await?;
    let postgres = stores::postgres("tasks").await?;
    let (mut rows, mut from) = (Vec::new(), 0);
    for tasks in (0..10).map(|power| 1_u64 << power) {
        eprintln!("{tasks} tasks");
        let count = (tasks * 500).clamp(2_000, 40_000);
        let (mut on_sqlite, mut on_postgres) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            on_sqlite.push(work::commands(&sqlite, tasks, from..from + count).await?);
            on_postgres.push(work::commands(&postgres, tasks, from..from + count).await?);
            from += count;
        }
        on_sqlite.sort_by(f64::total_cmp);
        on_postgres.sort_by(f64::total_cmp);
        rows.push((tasks, vec![on_sqlite[1], on_postgres[1]]));
    }
    Ok(Table {
        title: "Tasks at once",
        name: "tasks",
        size: "tasks",
        columns: vec!["SQLite: commands/s".into(), "PostgreSQL: commands/s".into()],
        rows,
    })
}

/// More and more subscriptions follow everything.
async fn subscriptions<S: Store>(store: &S, name: &str) -> Result<Table> {
    const EVENTS: u64 = 5_000;
    let mut rows = Vec::new();
    for open in std::iter::once(1).chain(powers_of_ten(1_000)) {
        eprintln!("{name}: {open} subscriptions");
        let (rate, took) = work::followed(store, open, EVENTS).await?;
        let delivered = (open * EVENTS) as f64 / took.as_secs_f64();
        rows.push((open, vec![rate, delivered]));
    }
    Ok(Table {
        title: "Open subscriptions",
        name: "subscriptions",
        size: "subscriptions that follow all events",
        columns: vec![
            format!("{name}: commands/s beside them"),
            format!("{name}: events delivered/s"),
        ],
        rows,
    })
}
