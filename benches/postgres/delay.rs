//! How long after its commit an event reaches a subscriber, in this process and in another one, while the store is idle
//! otherwise.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use eventsource_core::{Append, Position, Store};
use eventsource_postgres::PostgresStore;
use tokio::sync::mpsc;

use crate::{Result, event, open, stream};

const FOLLOW: &str = "EVENTSOURCE_BENCH_FOLLOW";
const SAMPLES: usize = 200;

/// The store that this process follows for another one, if it was started for that.
pub fn follower_of() -> Option<String> {
    std::env::var(FOLLOW).ok()
}

/// Follows the store and prints when each event came.
pub async fn follow(url: &str) -> Result<()> {
    let store = open(url).await?;
    let mut events = store.subscribe(store.head().await?);
    println!("follows");
    while let Some(event) = events.next().await {
        println!("{} {}", event?.position, now().as_nanos());
    }
    Ok(())
}

/// When an event came.
type Came = (Position, Duration);

fn another_process(url: &str) -> Result<(Child, mpsc::UnboundedReceiver<Came>)> {
    let mut child = Command::new(std::env::current_exe()?)
        .env(FOLLOW, url)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("a pipe")?).lines();
    lines.next().ok_or("a follower that follows")??;
    let (sender, came) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in lines.map_while(std::result::Result::ok) {
            let parsed = line.split_once(' ').and_then(|(position, nanos)| {
                let nanos = nanos.parse().ok()?;
                Some((
                    Position(position.parse().ok()?),
                    Duration::from_nanos(nanos),
                ))
            });
            if let Some(came) = parsed
                && sender.send(came).is_err()
            {
                return;
            }
        }
    });
    Ok((child, came))
}

fn this_process(store: &PostgresStore, head: Position) -> mpsc::UnboundedReceiver<Came> {
    let (sender, came) = mpsc::unbounded_channel();
    let mut events = store.subscribe(head);
    tokio::spawn(async move {
        while let Some(Ok(event)) = events.next().await {
            if sender.send((event.position, now())).is_err() {
                return;
            }
        }
    });
    came
}

/// Appends one event at a time, with pauses of different lengths, and prints the delays.
pub async fn measure(store: &PostgresStore, url: &str) -> Result<()> {
    let mut here = this_process(store, store.head().await?);
    let (mut child, mut there) = another_process(url)?;
    let (mut here_delays, mut there_delays) = (Vec::new(), Vec::new());
    for sample in 0..SAMPLES {
        // Not in step with whatever polls.
        tokio::time::sleep(Duration::from_millis(40 + (sample * 67 % 260) as u64)).await;
        let append = Append::to(stream("delay", 1)).event(event(sample));
        let placed = store.append(Arc::new(append)).await?.placed;
        let committed = now();
        for (came, delays) in [
            (&mut here, &mut here_delays),
            (&mut there, &mut there_delays),
        ] {
            let (position, at) = came.recv().await.ok_or("a follower that follows")?;
            assert_eq!(position, placed[0].position, "the event that came");
            delays.push(at.saturating_sub(committed));
        }
    }
    child.kill()?;
    child.wait()?;
    println!(
        "\n{:<44} {:>12} {:>12} {:>12}",
        "delay from commit to delivery", "p50", "p99", "longest"
    );
    for (what, mut delays) in [
        ("the same process", here_delays),
        ("another process", there_delays),
    ] {
        delays.sort();
        let millis = |index: usize| format!("{:.2} ms", delays[index].as_secs_f64() * 1e3);
        let (p50, p99) = (millis(SAMPLES / 2), millis(SAMPLES * 99 / 100));
        println!("{what:<44} {p50:>12} {p99:>12} {:>12}", millis(SAMPLES - 1));
    }
    Ok(())
}

/// The machine's clock, which both processes share.
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
