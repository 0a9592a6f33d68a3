//! Races: two processes, several callers in each, all begin at one moment, and no two that exclude each other may win.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use eventsource_core::{
    Append, AppendError, Appended, BoundaryStore, LogScan, NewEvent, Position, Query, StreamName,
    Tag, Timestamp, Version,
};

use crate::process::{OtherProcess, Others, number, say, told};

pub(crate) const ROLE: &str = "race";

/// What the callers race for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// The next version of one stream.
    Version,
    /// The next event with one tag, each caller in a stream of its own.
    Tag,
    /// Half of the callers append under one tag if nothing came under the other one, half the other way round: whoever
    /// wins excludes the other half, and not their own.
    Skew,
}

/// What a run of races has come to. Two winners, or none, would have been a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Raced {
    /// What they raced for.
    pub race: For,
    /// How often.
    pub rounds: u64,
    /// Callers in each of the two processes.
    pub callers: u64,
    /// Rounds that a caller of the second process won.
    pub won_by_the_second: u64,
}

impl fmt::Display for Raced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rounds for {:?}, 2 processes with {} callers each: never two winners; a caller of the second process won {}",
            self.rounds, self.race, self.callers, self.won_by_the_second
        )
    }
}

/// How long before a round's start it is announced, so that both processes have heard of it.
const NOTICE: Duration = Duration::from_micros(400);

/// Lets two other processes race, round after round, and judges each round.
///
/// # Panics
///
/// If two callers that exclude each other win a round, or nobody does, or the store holds other events in the end than
/// the winners' ones.
pub async fn between_two_processes<S: BoundaryStore>(
    store: &S,
    others: &Others,
    race: For,
    callers: u64,
    rounds: u64,
) -> Raced {
    let role = format!("{ROLE} {callers}");
    let mut processes = [others.start(&role).await, others.start(&role).await];
    let before = store.head().await.expect("the head");
    let (mut version, mut after) = (0, before);
    let (mut won, mut won_by_the_second) = (0, 0);
    for round in 0..rounds {
        let begin = now() + NOTICE;
        for (process, other) in processes.iter_mut().enumerate() {
            other.tell(&format!(
                "{race:?} {process} {version} {after} {}",
                begin.as_nanos()
            ));
        }
        let mut winners = Vec::new();
        for (process, other) in processes.iter_mut().enumerate() {
            let line = other.line().await.expect("a process that races");
            winners.extend(won_in(&line).map(|(caller, position)| (process, caller, position)));
        }
        let excluding = match race {
            For::Version | For::Tag => winners.len() > 1,
            For::Skew => winners
                .iter()
                .any(|(_, caller, _)| caller % 2 != winners[0].1 % 2),
        };
        assert!(
            !excluding,
            "round {round} for {race:?} has winners that exclude each other: {winners:?}"
        );
        let last = winners.iter().map(|(_, _, position)| *position).max();
        after = last.unwrap_or_else(|| panic!("nobody has won round {round} for {race:?}"));
        version += 1;
        won += winners.len();
        won_by_the_second += u64::from(winners.iter().any(|(process, ..)| *process == 1));
    }
    let events = store
        .read_all(LogScan::after(before))
        .await
        .expect("the events")
        .len();
    assert_eq!(events, won, "events of the winners of all rounds");
    processes.iter_mut().for_each(OtherProcess::kill);
    Raced {
        race,
        rounds,
        callers,
        won_by_the_second,
    }
}

/// The winners in a line of a process: callers and positions.
fn won_in(line: &str) -> impl Iterator<Item = (u64, Position)> {
    let words: Vec<_> = line.split(' ').collect();
    assert_eq!(words[0], "won", "the line `{line}` of a process that races");
    let pairs: Vec<_> = words[1..]
        .iter()
        .map(|word| word.split_once('@').expect("caller@position"))
        .map(|(caller, position)| (number(caller), Position(number(position))))
        .collect();
    pairs.into_iter()
}

/// Races whenever it is told to, with so many callers, and says who has won.
pub(crate) async fn role<S: BoundaryStore>(store: S, callers: u64) {
    let mut told = told();
    while let Some(line) = told.recv().await {
        let words: Vec<_> = line.split(' ').collect();
        let [race, process, version, after, begin] = words[..] else {
            panic!("`{line}` is no race");
        };
        let race = match race {
            "Version" => For::Version,
            "Tag" => For::Tag,
            _ => For::Skew,
        };
        let place = Place {
            race,
            process: number(process),
            version: Version(number(version)),
            after: Position(number(after)),
        };
        let begin = Duration::from_nanos(number(begin));
        let running: Vec<_> = (0..callers)
            .map(|caller| tokio::spawn(run(store.clone(), place, caller, begin)))
            .collect();
        let mut winners = Vec::new();
        for (caller, running) in (0_u64..).zip(running) {
            match running.await.expect("a caller that does not panic") {
                Ok(appended) => {
                    winners.push(format!(" {caller}@{}", appended.placed[0].position));
                }
                Err(AppendError::Conflict(_)) => {}
                Err(error) => panic!("caller {caller} was answered with {error:?}"),
            }
        }
        say(format_args!("won{}", winners.concat()));
    }
}

#[derive(Clone, Copy)]
struct Place {
    race: For,
    process: u64,
    version: Version,
    after: Position,
}

async fn run<S: BoundaryStore>(
    store: S,
    place: Place,
    caller: u64,
    begin: Duration,
) -> Result<Appended, AppendError> {
    // Both processes wait for one moment of the machine's clock: that is the barrier.
    while now() < begin {
        tokio::task::yield_now().await;
    }
    let tag = |side| Tag::new("race", side);
    let event = |side| NewEvent {
        name: "race.won".into(),
        schema: 1,
        format: "json".into(),
        payload: format!("\"{} {caller}\"", place.process).into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: vec![tag(side)],
    };
    let stream = |id: String| StreamName::new("race", &id).expect("a good name");
    let own = stream(format!("{}-{caller}", place.process));
    let (has, lacks) = match place.race {
        For::Version => {
            let append = Append::to(stream("one".into()))
                .at(place.version)
                .event(event(0));
            return store.append(Arc::new(append)).await;
        }
        For::Tag => (0, 0),
        For::Skew => (1 + caller % 2, 2 - caller % 2),
    };
    let append = Append::within()
        .record(own, event(has))
        .nothing_matches(Query::tag(tag(lacks)), place.after);
    store.append_within(Arc::new(append)).await
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970")
}
