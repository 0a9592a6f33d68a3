//! What the clients of a store asked and were answered, and when: recorded first, judged afterwards.

use std::sync::Arc;

use eventsource_core::{AppendError, Appended, Conflict, Key, Outcome, StoredEvent, StreamName};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::request::{Asks, Must, Request, key};
use crate::sent::Told;

/// One call of one client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call<A = Asked, B = Answer> {
    /// Whose call it was.
    pub client: u64,
    /// When it was sent.
    pub invoked: u64,
    /// When the answer was there.
    pub returned: u64,
    /// What was asked.
    pub asked: A,
    /// What the answer was.
    pub answer: B,
}

/// Records the calls of one client.
#[derive(Debug)]
pub struct Recorder<A = Asked, B = Answer> {
    clock: Arc<Clock>,
    client: u64,
    calls: Vec<Call<A, B>>,
}

impl<A, B> Recorder<A, B> {
    /// For the client with this number.
    pub fn new(clock: &Arc<Clock>, client: u64) -> Self {
        Self {
            clock: Arc::clone(clock),
            client,
            calls: Vec::new(),
        }
    }

    /// Records a call. Its work begins when it is awaited here, and not earlier.
    pub async fn record(&mut self, asked: A, work: impl Future<Output = B>) -> &B {
        let invoked = self.clock.tick();
        let answer = work.await;
        let returned = self.clock.tick();
        let call = Call {
            client: self.client,
            invoked,
            returned,
            asked,
            answer,
        };
        self.calls.push(call);
        &self.calls[self.calls.len() - 1].answer
    }

    /// The calls, in the order in which the client made them.
    pub fn into_calls(self) -> Vec<Call<A, B>> {
        self.calls
    }
}

/// What can be asked of a store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Asked {
    /// An append.
    Append(Request),
    /// What was stored under a key.
    Outcome(u64),
    /// Events of one stream.
    Load {
        /// The stream.
        stream: u64,
        /// Only later versions.
        after: u64,
        /// Only versions up to this one.
        until: Option<u64>,
        /// The last one first.
        backwards: bool,
        /// At most so many.
        limit: Option<usize>,
    },
    /// Events of the log.
    Scan {
        /// Only later positions.
        after: u64,
        /// Only these events.
        query: Asks,
        /// At most so many.
        limit: Option<usize>,
    },
    /// The position of the last event.
    Head,
}

/// What a store can answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The append was made: the position and version of each record.
    Made {
        /// Where the records are.
        placed: Vec<(u64, u64)>,
        /// Whether it had been made before.
        repeated: bool,
    },
    /// It was refused since a check of a stream did not hold.
    StreamConflict {
        /// The check's place in the request.
        check: usize,
        /// The version of the stream.
        actual: u64,
        /// The events that the answer brought.
        missed: Vec<Seen>,
    },
    /// It was refused since something matched a query.
    Matched {
        /// The check's place in the request.
        check: usize,
        /// The position of the match.
        position: u64,
    },
    /// It was refused since another request was made under its key.
    KeyReused,
    /// It was refused since it breaks a limit.
    Rejected,
    /// It was refused since too much was waiting.
    Overloaded,
    /// Nobody waited for the answer, or the store did not know it: it may have been made, now or later.
    Unknown,
    /// What was stored under a key: the request's id, and where its records are.
    Outcome(Option<(u64, Vec<(u64, u64)>)>),
    /// Events, and up to which position everything was looked at.
    Events {
        /// The events.
        seen: Vec<Seen>,
        /// The position, when the log was read.
        looked_at: Option<u64>,
    },
    /// A position.
    Head(u64),
    /// An answer that no store may give here.
    Wrong(String),
}

impl Told for Answer {
    fn has_stored(&self) -> bool {
        matches!(
            self,
            Self::Made {
                repeated: false,
                ..
            }
        )
    }

    fn was_stored(&self) -> bool {
        matches!(self, Self::Made { repeated: true, .. })
    }

    fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

/// An event as a client saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its position.
    pub position: u64,
    /// Its stream's number.
    pub stream: u64,
    /// Its version.
    pub version: u64,
    /// The id of the request that it belongs to.
    pub request: u64,
    /// Its place in the request.
    pub index: usize,
}

impl Seen {
    /// `None` for an event that no request of a history can have written.
    pub(crate) fn of(event: &StoredEvent) -> Option<Self> {
        let (request, index) = serde_json::from_slice(&event.payload).ok()?;
        Some(Self {
            position: event.position.0,
            stream: number(&event.stream)?,
            version: event.version.0,
            request,
            index,
        })
    }

    pub(crate) fn all(events: &[StoredEvent]) -> Result<Vec<Self>, Answer> {
        let wrong = |event| Answer::Wrong(format!("an event that nobody has written: {event:?}"));
        events
            .iter()
            .map(|event| Self::of(event).ok_or_else(|| wrong(event)))
            .collect()
    }
}

/// The number of a stream of the histories.
pub(crate) fn number(stream: &StreamName) -> Option<u64> {
    stream.as_str().strip_prefix("sample/")?.parse().ok()
}

fn places(placed: &[eventsource_core::Placed]) -> Vec<(u64, u64)> {
    placed
        .iter()
        .map(|placed| (placed.position.0, placed.version.0))
        .collect()
}

impl Answer {
    /// The answer to an append.
    pub(crate) fn to_append(request: &Request, answer: Result<Appended, AppendError>) -> Self {
        match answer {
            Ok(appended) => Self::Made {
                placed: places(&appended.placed),
                repeated: appended.repeated,
            },
            Err(AppendError::Conflict(conflict)) => Self::conflict(request, &conflict),
            Err(AppendError::KeyReused) => Self::KeyReused,
            Err(AppendError::Rejected(_)) => Self::Rejected,
            Err(AppendError::Overloaded { .. }) => Self::Overloaded,
            Err(AppendError::Unknown { .. }) => Self::Unknown,
            Err(error) => Self::Wrong(error.to_string()),
        }
    }

    fn conflict(request: &Request, conflict: &Conflict) -> Self {
        let place = |is_it: &dyn Fn(&Must) -> bool| request.checks.iter().position(is_it);
        let answer = match conflict {
            Conflict::Stream {
                check,
                actual,
                missed,
            } => {
                let asked = eventsource_core::Check::Stream(check.clone());
                let check = place(&|must| must.to_check() == asked);
                check.map(|check| match Seen::all(missed) {
                    Ok(missed) => Self::StreamConflict {
                        check,
                        actual: actual.0,
                        missed,
                    },
                    Err(wrong) => wrong,
                })
            }
            Conflict::Boundary { query, position } => {
                let check = place(
                    &|must| matches!(must, Must::MatchNothing(asks, _) if asks.to_query() == *query),
                );
                check.map(|check| Self::Matched {
                    check,
                    position: position.0,
                })
            }
            _ => None,
        };
        answer.unwrap_or_else(|| {
            Self::Wrong(format!(
                "a conflict about a check that was not asked: {conflict:?}"
            ))
        })
    }

    /// The answer to the question for the outcome of a key, which was used for one of these requests.
    pub(crate) fn to_outcome(number: u64, requests: &[u64], outcome: Option<Outcome>) -> Self {
        let Some(Outcome { digest, placed }) = outcome else {
            return Self::Outcome(None);
        };
        let request = requests.iter().find(
            |request| matches!(key(number, **request), Key { digest: own, .. } if own == digest),
        );
        match request {
            Some(request) => Self::Outcome(Some((*request, places(&placed)))),
            None => Self::Wrong(format!("a digest that nobody has given: {digest}")),
        }
    }
}
