//! Given, when, then: an aggregate's rules, tested without a store.

#![allow(
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "these are assertions: they fail by panicking, and end a chain"
)]

mod decision;
mod process;
mod snapshot;
mod stored;

use std::fmt::{self, Debug};

use serde::Serialize;
use serde_json::Value;

use crate::aggregate::{Aggregate, Root};
use crate::command::{CommandOf, Context};
use crate::decision::{Decision, Events, Rejection};
use crate::environment::time::{IdSource, SequentialIds, Timestamp};
use crate::event::EventMeta;
use crate::id::Id;
use crate::message::{self, MessageSet};
use crate::metadata::Metadata;

pub use decision::{GivenModel, Made, Past, at, past};
pub use process::{GivenProcess, ProcessOutcome, ProcessScenario};
pub use snapshot::{snapshots_agree, snapshots_agree_in};
pub use stored::stored;

/// Starts a test of an aggregate: `Account::given(…)`.
///
/// ```
/// use eventsource_core::prelude::*;
/// # #[event] pub struct Deposited { pub amount: u64 }
/// # #[event] pub struct Withdrawn { pub amount: u64 }
/// # #[derive(Debug, PartialEq, thiserror::Error)] #[error("insufficient")] pub struct Insufficient;
/// # #[aggregate(id = String, error = Insufficient, events(Deposited, Withdrawn), commands(Withdraw))]
/// # #[derive(Default)] pub struct Account { balance: u64 }
/// # #[apply] impl Account {
/// #   fn deposited(&mut self, event: &Deposited) { self.balance += event.amount }
/// #   fn withdrawn(&mut self, event: &Withdrawn) { self.balance -= event.amount } }
/// # #[handle] impl Account { #[command] pub fn withdraw(&self, amount: u64) -> Result<Withdrawn, Insufficient> {
/// #   ensure!(amount <= self.balance, Insufficient);
/// #   Ok(Withdrawn { amount }) } }
///
/// Account::given((Deposited { amount: 50 }, Withdrawn { amount: 20 }))
///     .when(Withdraw { amount: 30 })
///     .then(Withdrawn { amount: 30 });
///
/// Account::given(Deposited { amount: 50 }).when(Withdraw { amount: 80 }).then_err(Insufficient);
/// ```
pub trait Given: Aggregate {
    /// What happened before: one event, or a tuple, an array or a `Vec` of events; `()` for nothing.
    #[track_caller]
    fn given(history: impl Decision<Self>) -> Scenario<Self> {
        let mut events = Events::new();
        if let Err(error) = history.record(&mut events) {
            panic!("the given history is an error: {error}");
        }
        let mut root = Root::new();
        if let Err(problem) = root.apply_all(events.as_slice()) {
            panic!(
                "the given history cannot have happened: {problem}, after {} events",
                root.version()
            );
        }
        Scenario::after(root)
    }

    /// What happened before, as it was stored once: names, versions and JSON payloads, of today or of earlier versions.
    /// [`stored`] makes one of a struct.
    ///
    /// ```
    /// use eventsource_core::prelude::*;
    /// use eventsource_core::json;
    /// use eventsource_core::testing::stored;
    /// # #[event(name = "account.opened", version = 2, from = OpenedV1)] pub struct Opened { pub owner: String }
    /// # #[event(version = 1, of = Opened)] pub struct OpenedV1 { pub name: String }
    /// # impl From<OpenedV1> for Opened { fn from(old: OpenedV1) -> Self { Self { owner: old.name } } }
    /// # #[event] pub struct Renamed { pub owner: String }
    /// # #[derive(Debug, PartialEq, thiserror::Error)] #[error("no")] pub struct Same;
    /// # #[aggregate(id = String, error = Same, events(Opened, Renamed), commands(Rename))]
    /// # #[derive(Default)] pub struct Account { owner: String }
    /// # #[apply] impl Account {
    /// #   fn opened(&mut self, event: &Opened) { self.owner.clone_from(&event.owner) }
    /// #   fn renamed(&mut self, event: &Renamed) { self.owner.clone_from(&event.owner) } }
    /// # #[handle] impl Account { #[command] pub fn rename(&self, owner: String) -> Result<Renamed, Same> {
    /// #   ensure!(owner != self.owner, Same);
    /// #   Ok(Renamed { owner }) } }
    ///
    /// Account::given_stored([stored(&OpenedV1 { name: "me".into() })])
    ///     .when(Rename { owner: "me".into() })
    ///     .then_err(Same);
    /// Account::given_stored([("account.opened", 1, json!({ "name": "me" }))])
    ///     .when(Rename { owner: "me".into() })
    ///     .then_err(Same);
    /// ```
    #[track_caller]
    fn given_stored<'e>(
        history: impl IntoIterator<Item = (&'e str, u32, Value)>,
    ) -> Scenario<Self> {
        Scenario::after(stored::fold(history))
    }
}

impl<A: Aggregate> Given for A {}

/// An aggregate with a history, and what its handlers may ask for.
pub struct Scenario<A: Aggregate> {
    root: Root<A>,
    id: Option<A::Id>,
    now: Timestamp,
    ids: Box<dyn IdSource>,
    metadata: Metadata,
}

impl<A: Aggregate> Scenario<A> {
    fn after(root: Root<A>) -> Self {
        Self {
            root,
            id: None,
            now: Timestamp::default(),
            ids: Box::new(SequentialIds::default()),
            metadata: Metadata::default(),
        }
    }

    /// Sets the aggregate's id; without it the id is the one that reads as `1`, or the nil UUID.
    #[must_use]
    pub fn id(mut self, id: A::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets the time; 1970-01-01T00:00:00Z without it.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// Sets where fresh ids come from; 1, 2, 3 … without it.
    #[must_use]
    pub fn ids(mut self, ids: impl IdSource) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// Sets who asks, because of what, and the caller's own notes.
    #[must_use]
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Gives a command.
    #[track_caller]
    #[must_use = "say what should have happened: `then`, `then_nothing`, `then_err`, …"]
    pub fn when(mut self, command: impl CommandOf<A>) -> Outcome<A> {
        let id = self.id.take().unwrap_or_else(some_id::<A>);
        let context = Context::new(
            &id,
            self.root.version(),
            self.now,
            &*self.ids,
            &self.metadata,
        );
        let mut events = Events::new();
        let decided = self.root.decide(command, &context, &mut events);
        let result = decided.map(|()| events.into_vec());
        let metadata = self.metadata.to_stored();
        if let Ok(events) = &result {
            for (number, event) in (1..).zip(events) {
                let meta = EventMeta {
                    version: self.root.version().next(),
                    part: 0,
                    recorded_at: self.now,
                    metadata: &metadata,
                };
                if let Err(problem) = self.root.apply(event, &meta) {
                    panic!(
                        "event {number} of the decision (`{}`) cannot be applied: {problem}",
                        event.name()
                    );
                }
                if let Err(broken) = crate::repository::load::check(&self.root) {
                    panic!(
                        "event {number} of the decision (`{}`) breaks the invariant: {broken}",
                        event.name()
                    );
                }
            }
        }
        Outcome {
            root: self.root,
            result,
        }
    }
}

#[track_caller]
fn some_id<A: Aggregate>() -> A::Id {
    let candidates = ["1", "00000000-0000-0000-0000-000000000000"];
    match candidates.iter().find_map(|text| A::Id::parse(text).ok()) {
        Some(id) => id,
        None => panic!(
            "no id of {} could be made up: set one with `.id(…)`",
            A::NAME
        ),
    }
}

/// What a command has led to.
pub struct Outcome<A: Aggregate> {
    root: Root<A>,
    result: Result<Vec<A::Event>, Rejection<A::Error>>,
}

impl<A: Aggregate> Outcome<A> {
    /// These events must have happened, and no others.
    #[track_caller]
    pub fn then(self, expected: impl Decision<A>) -> Self {
        let mut events = Events::new();
        if let Err(error) = expected.record(&mut events) {
            panic!("the expected events are an error: {error}");
        }
        match &self.result {
            Err(rejection) => panic!("expected events, but the command was rejected: {rejection}"),
            Ok(actual) => {
                let (expected, actual) = (lines(events.as_slice()), lines(actual));
                assert!(
                    expected == actual,
                    "the events differ (- expected, + actual):\n{}",
                    Diff(&expected, &actual)
                );
            }
        }
        self
    }

    /// Nothing must have happened, without an error.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        self.then(())
    }

    /// The aggregate must have refused with this error.
    #[track_caller]
    pub fn then_err(self, expected: A::Error) -> Self
    where
        A::Error: PartialEq,
    {
        let actual = self.error();
        assert!(
            *actual == expected,
            "the refusals differ:\n- {expected:?}\n+ {actual:?}"
        );
        self
    }

    /// The error of the aggregate, which must have refused. [`then_err!`](crate::then_err) matches it with a pattern.
    #[track_caller]
    pub fn error(&self) -> &A::Error {
        match &self.result {
            Err(Rejection::Refused(error)) => error,
            Err(rejection) => panic!("expected a refusal of {} itself, but: {rejection}", A::NAME),
            Ok(events) => panic!(
                "expected a refusal, but these events happened:\n{}",
                lines(events).join("\n")
            ),
        }
    }

    /// The command must have needed an aggregate that exists.
    #[track_caller]
    pub fn then_not_found(self) -> Self {
        assert!(
            matches!(self.result, Err(Rejection::NotFound)),
            "expected “does not exist”, but {}",
            self.shown()
        );
        self
    }

    /// The command must have been to create an aggregate that exists.
    #[track_caller]
    pub fn then_already_exists(self) -> Self {
        assert!(
            matches!(self.result, Err(Rejection::AlreadyExists)),
            "expected “exists already”, but {}",
            self.shown()
        );
        self
    }

    /// Looks at the state after the command.
    #[track_caller]
    pub fn then_state(self, look: impl FnOnce(&A)) -> Self {
        match self.root.state() {
            Some(state) => look(state),
            None => panic!("{} does not exist after the command", A::NAME),
        }
        self
    }

    fn shown(&self) -> String {
        match &self.result {
            Err(rejection) => format!("it was rejected: {rejection}"),
            Ok(events) => format!("these events happened:\n{}", lines(events).join("\n")),
        }
    }
}

/// Matches the refusal of an outcome with a pattern, where the error has no `PartialEq` or not all of it matters.
///
/// ```
/// # use eventsource_core::prelude::*;
/// # #[event] pub struct Withdrawn;
/// # #[derive(Debug, thiserror::Error)] pub enum AccountError { #[error("insufficient")] Insufficient { balance: u64 } }
/// # #[aggregate(id = u64, error = AccountError, events(Withdrawn), commands(Withdraw))]
/// # #[derive(Default)] pub struct Account { balance: u64 }
/// # #[apply] impl Account { fn withdrawn(&mut self, _: &Withdrawn) { self.balance = 0 } }
/// # #[handle] impl Account { #[command] pub fn withdraw(&self) -> Result<Withdrawn, AccountError> {
/// #   Err(AccountError::Insufficient { balance: self.balance }) } }
/// use eventsource_core::then_err;
///
/// then_err!(Account::given(()).when(Withdraw), AccountError::Insufficient { balance: 0 });
/// ```
#[macro_export]
macro_rules! then_err {
    ($outcome:expr, $pattern:pat $(if $guard:expr)? $(,)?) => {{
        let outcome = $outcome;
        let error = outcome.error();
        ::core::assert!(
            ::core::matches!(error, $pattern $(if $guard)?),
            "the refusal does not match `{}`: {:?}",
            ::core::stringify!($pattern $(if $guard)?),
            error,
        );
    }};
}

/// Each event as the lines of its JSON, led by its name.
fn lines<M: MessageSet>(events: &[M]) -> Vec<String> {
    struct Shown<'a, M>(&'a M);
    impl<M: MessageSet> Serialize for Shown<'_, M> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            message::serialize(self.0, serializer)
        }
    }
    let mut lines = Vec::new();
    for event in events {
        match serde_json::to_string_pretty(&Shown(event)) {
            Ok(text) => lines.extend(text.lines().map(str::to_owned)),
            Err(error) => lines.push(format!("{}: {error}", event.name())),
        }
    }
    lines
}

/// A stored event as the lines of its JSON, led by its name.
fn json_lines(name: &str, payload: &[u8]) -> Vec<String> {
    let payload = serde_json::from_slice(payload).unwrap_or_default();
    let named = serde_json::Map::from_iter([(name.to_owned(), payload)]);
    let text = serde_json::to_string_pretty(&named).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What to take away from one text and add to get the other, by the longest common subsequence of their lines.
struct Diff<'a>(&'a [String], &'a [String]);

impl fmt::Display for Diff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(expected, actual) = self;
        let mut common = vec![vec![0_usize; actual.len() + 1]; expected.len() + 1];
        for i in (0..expected.len()).rev() {
            for j in (0..actual.len()).rev() {
                common[i][j] = match expected[i] == actual[j] {
                    true => common[i + 1][j + 1] + 1,
                    false => common[i + 1][j].max(common[i][j + 1]),
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < expected.len() || j < actual.len() {
            if i < expected.len() && j < actual.len() && expected[i] == actual[j] {
                writeln!(f, "  {}", actual[j])?;
                (i, j) = (i + 1, j + 1);
            } else if j == actual.len()
                || (i < expected.len() && common[i + 1][j] >= common[i][j + 1])
            {
                writeln!(f, "- {}", expected[i])?;
                i += 1;
            } else {
                writeln!(f, "+ {}", actual[j])?;
                j += 1;
            }
        }
        Ok(())
    }
}

impl<A: Aggregate> Debug for Scenario<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("version", &self.root.version())
            .finish_non_exhaustive()
    }
}

impl<A: Aggregate> Debug for Outcome<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outcome").field(&self.shown()).finish()
    }
}
