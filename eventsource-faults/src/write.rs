//! Writers: tasks that append without a pause, in every shape that an append has, and tell what became of each.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Key, ManyStreams, NewEvent, Position,
    Query, StreamCheck, StreamName, Tag, Timestamp,
};
use tokio::time::{sleep, timeout};

use crate::process::{number, say, told};

pub(crate) const ROLE: &str = "write";

/// The role of a process that writes: `who` tells it from all others of a run.
#[must_use]
pub fn process(who: u64, tasks: u64) -> String {
    format!("{ROLE} {who} {tasks}")
}

/// One append of a run: the same number makes the identical request, key included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id {
    /// The process, or what stands for one.
    pub who: u64,
    /// The task in it.
    pub task: u64,
    /// The append of this task, from 0.
    pub number: u64,
}

/// What became of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was acknowledged, with its first event at this position.
    Acknowledged(Position),
    /// The store answered that it was not written, and it was not sent again.
    Refused,
    /// The caller went away before there was an answer.
    GivenUp,
}

/// A request, in one of three reaches.
enum Request {
    One(Arc<Append>),
    Across(Arc<Append<ManyStreams>>),
    Within(Arc<Append<Boundary>>),
}

/// How many streams the writers share.
const SHARED: u64 = 8;

impl Id {
    /// The append's payloads say which append and which part of it they are.
    fn event(self, part: u64, of: u64) -> NewEvent {
        NewEvent {
            name: "fault.written".into(),
            schema: 1,
            format: "json".into(),
            payload: format!("\"{self} {part} {of}\"").into_bytes(),
            metadata: [].into(),
            recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
            tags: vec![Tag::new("writer", self.who), self.tag()],
        }
    }

    /// The append, the part and the number of parts that a payload names.
    pub(crate) fn read(payload: &[u8]) -> Option<(Self, u64, u64)> {
        let text = std::str::from_utf8(payload).ok()?;
        let mut numbers = text
            .trim_matches('"')
            .split(' ')
            .map(|word| word.parse().ok());
        let mut next = || numbers.next().flatten();
        let id = Self {
            who: next()?,
            task: next()?,
            number: next()?,
        };
        Some((id, next()?, next()?))
    }

    /// A tag that the events of this append alone have.
    fn tag(self) -> Tag {
        Tag::new(
            "append",
            format_args!("{}-{}-{}", self.who, self.task, self.number),
        )
    }

    fn request(self) -> Request {
        let key = Key::given("faults", &self.to_string(), b"write");
        // Half of them as nobody else's, which stores may keep in another way.
        let key = match self.number / 4 % 2 {
            0 => key,
            _ => Key::unique(key.id),
        };
        let shared = |offset: u64| stream("shared", ((self.task + offset) % SHARED).to_string());
        match self.number % 4 {
            0 => {
                let append = Append::to(shared(0)).event(self.event(0, 1));
                Request::One(Arc::new(append.key(key)))
            }
            1 => {
                let own = format!("{}-{}-{}", self.who, self.task, self.number);
                let append = (0..3)
                    .fold(Append::to(stream("own", own)).if_new(), |append, part| {
                        append.event(self.event(part, 3))
                    });
                Request::One(Arc::new(append.key(key)))
            }
            2 => {
                let append = Append::across()
                    .record(shared(0), self.event(0, 2))
                    .record(shared(1), self.event(1, 2));
                Request::Across(Arc::new(append.key(key)))
            }
            // Its checks would not hold a second time: the key must answer before them.
            _ => {
                let append = Append::within()
                    .record(shared(2), self.event(0, 1))
                    .if_stream(StreamCheck::At(
                        stream("never", "written".into()),
                        eventsource_core::Version::NONE,
                    ))
                    .nothing_matches(Query::tag(self.tag()), Position::START);
                Request::Within(Arc::new(append.key(key)))
            }
        }
    }

    /// Sends this append once.
    pub async fn send<S: BoundaryStore>(self, store: &S) -> Result<Appended, AppendError> {
        match self.request() {
            Request::One(append) => store.append(append).await,
            Request::Across(append) => store.append_across(append).await,
            Request::Within(append) => store.append_within(append).await,
        }
    }

    /// Sends this append until its outcome is known: the identical request, as long as nobody can say.
    ///
    /// # Panics
    ///
    /// If a check does not hold or the request is refused for what it is: neither can be.
    pub async fn resolve<S: BoundaryStore>(self, store: &S) -> Appended {
        loop {
            match self.send(store).await {
                Ok(appended) => return appended,
                Err(error) => self.must_be_passing(&error),
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn must_be_passing(self, error: &AppendError) {
        let passing = matches!(
            error,
            AppendError::Unknown { .. } | AppendError::Overloaded { .. } | AppendError::Store(_)
        );
        assert!(passing, "append {self} was answered with {error:?}");
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.who, self.task, self.number)
    }
}

fn stream(category: &str, id: String) -> StreamName {
    StreamName::new(category, &id).expect("a good name")
}

/// Appends one after the other until `stop`, telling what became of each.
///
/// Where nobody can say whether an append was written, the identical request is sent again until somebody can. Where
/// the store says that it was not written, it is left at that, so that an audit can hold the store to its word. Now
/// and then an append is given up on the way, if `gives_up`.
///
/// # Panics
///
/// If the store refuses an append for a reason that cannot be.
pub async fn writer<S: BoundaryStore>(
    store: S,
    mut id: Id,
    gives_up: bool,
    stop: Arc<AtomicBool>,
    tell: impl Fn(Id, Fate),
) {
    while !stop.load(Ordering::SeqCst) {
        let fate = if gives_up && id.number % 11 == 7 {
            let patience = Duration::from_micros(id.number * 37 % 3_000);
            match timeout(patience, id.send(&store)).await {
                Ok(answer) => fate(&store, id, answer).await,
                Err(_) => Fate::GivenUp,
            }
        } else {
            let answer = id.send(&store).await;
            fate(&store, id, answer).await
        };
        tell(id, fate);
        if fate == Fate::Refused {
            // Whatever is in the way may be there for a while.
            sleep(Duration::from_millis(20)).await;
        }
        id.number += 1;
    }
}

async fn fate<S: BoundaryStore>(store: &S, id: Id, answer: Result<Appended, AppendError>) -> Fate {
    let appended = match answer {
        Ok(appended) => appended,
        Err(error @ (AppendError::Store(_) | AppendError::Overloaded { .. })) => {
            id.must_be_passing(&error);
            return Fate::Refused;
        }
        Err(error) => {
            id.must_be_passing(&error);
            id.resolve(store).await
        }
    };
    Fate::Acknowledged(appended.placed[0].position)
}

/// A line of a writing process.
pub(crate) fn fate_in(line: &str) -> Option<(Id, Fate)> {
    let words: Vec<_> = line.split(' ').collect();
    let id = |who, task, append| Id {
        who: number(who),
        task: number(task),
        number: number(append),
    };
    match words[..] {
        ["acknowledged", who, task, append, position] => Some((
            id(who, task, append),
            Fate::Acknowledged(Position(number(position))),
        )),
        ["refused", who, task, append] => Some((id(who, task, append), Fate::Refused)),
        ["given-up", who, task, append] => Some((id(who, task, append), Fate::GivenUp)),
        _ => None,
    }
}

/// Writes with so many tasks until it is told to stop, or killed.
pub(crate) async fn role<S: BoundaryStore>(store: S, who: u64, tasks: u64) {
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..tasks)
        .map(|task| {
            let id = Id {
                who,
                task,
                number: 0,
            };
            let tell = |id, fate| match fate {
                Fate::Acknowledged(position) => say(format_args!("acknowledged {id} {position}")),
                Fate::Refused => say(format_args!("refused {id}")),
                Fate::GivenUp => say(format_args!("given-up {id}")),
            };
            tokio::spawn(writer(store.clone(), id, true, Arc::clone(&stop), tell))
        })
        .collect();
    let mut told = told();
    while told.recv().await.is_some_and(|line| line != "stop") {}
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.expect("a writer that ends");
    }
    say("stopped");
}
