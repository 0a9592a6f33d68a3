//! Aggregates: a state that events make, and the start of it.

use std::fmt::Display;

use crate::command::{CommandOf, CommandSet, Context, Deciding, DispatchedBy};
use crate::decision::{Events, Rejection};
use crate::event::{EventMeta, EventOf, EventSet};
use crate::id::Id;
use crate::store::stream::Version;

/// The consistency boundary of a decision: `#[aggregate]` or `#[derive(Aggregate)]` implements it for a struct, or
/// for an enum whose variants are states.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "this type has no `Aggregate`",
    note = "write `#[aggregate(id = …, error = …, events(…), commands(…))]` on it"
)]
pub trait Aggregate: Sized + Send + Sync + 'static {
    /// The name that its streams begin with.
    const NAME: &'static str;

    /// What identifies one of them.
    type Id: Id;
    /// Everything that can happen to it.
    type Event: EventSet + EventOf<Self>;
    /// Everything that can be asked of it.
    type Command: CommandSet + CommandOf<Self> + DispatchedBy<Self>;
    /// Why it refuses a command.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Whether an event creates it; else it starts from its `Default`.
    const CREATED: bool;

    #[doc(hidden)]
    const IS_AGGREGATE: bool = true;

    /// Whether [`check_invariant`](Self::check_invariant) has anything to check.
    const HAS_INVARIANT: bool = false;

    /// The state before the first event: `None` if an event creates it.
    fn initial() -> Option<Self>;

    /// Shows a visitor what is in the enum.
    fn visit_event<V: EventVisitor<Self>>(event: &Self::Event, visitor: V) -> V::Output;

    /// The state that an event creates; `None` if this one creates nothing.
    fn create_from(event: &Self::Event, meta: &EventMeta<'_>) -> Option<Self> {
        Self::visit_event(event, Creating(meta))
    }

    /// Applies an event.
    #[inline]
    fn apply_event(&mut self, event: &Self::Event, meta: &EventMeta<'_>) -> Result<(), Misapplied> {
        Self::visit_event(event, Applying(self, meta))
    }

    /// Says what is wrong with the state. It must hold after every event, not only after the last one of a decision:
    /// before the events are stored, and when they are read.
    fn check_invariant(&self) -> Result<(), String> {
        Ok(())
    }

    /// The state after these events, in memory; `None` if there were none, and one must create it.
    fn fold<'e>(
        events: impl IntoIterator<Item = &'e Self::Event>,
    ) -> Result<Option<Self>, Misapplied> {
        let mut root = Root::<Self>::new();
        root.apply_all(events)?;
        Ok(root.into_state())
    }
}

/// What an event does to a state: `#[apply]` implements it for each method of a block. An aggregate has it for each of
/// its events, and so has a [decision model](crate::DecisionModel).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not apply its event `{E}`",
    label = "no `#[apply]` method of `{Self}` takes `&{E}`",
    note = "write one: `#[apply] impl {Self} {{ fn name(&mut self, event: &{E}) {{ … }} }}`"
)]
pub trait Apply<E>: Sized {
    /// Whether the event creates the state.
    const CREATES: bool = false;

    /// What tells this implementation from another one: made of the tokens of the method by `#[apply]`, 0 where it is not
    /// known.
    const TOKENS: u64 = 0;

    /// The state that the event creates, if it creates one.
    fn create(event: &E, meta: &EventMeta<'_>) -> Option<Self> {
        let _ = (event, meta);
        None
    }

    /// Changes the state. Not called where the event creates it.
    fn apply(&mut self, event: &E, meta: &EventMeta<'_>);
}

/// What is done with one event of an aggregate or a decision model, whichever it is.
pub trait EventVisitor<A> {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<E>(self, event: &E) -> Self::Output
    where
        A: Apply<E>;
}

struct Creating<'a>(&'a EventMeta<'a>);

impl<A: Aggregate> EventVisitor<A> for Creating<'_> {
    type Output = Option<A>;

    fn visit<E>(self, event: &E) -> Option<A>
    where
        A: Apply<E>,
    {
        A::create(event, self.0)
    }
}

struct Applying<'a, A>(&'a mut A, &'a EventMeta<'a>);

impl<A: Aggregate> EventVisitor<A> for Applying<'_, A> {
    type Output = Result<(), Misapplied>;

    #[inline]
    fn visit<E>(self, event: &E) -> Result<(), Misapplied>
    where
        A: Apply<E>,
    {
        if <A as Apply<E>>::CREATES {
            return Err(Misapplied::CreatedTwice);
        }
        self.0.apply(event, self.1);
        Ok(())
    }
}

/// An event that cannot follow those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misapplied {
    /// It creates the aggregate, which is there already.
    #[error("it creates the aggregate, which was created before")]
    CreatedTwice,
    /// It changes the aggregate, which is not created yet.
    #[error("it changes the aggregate, which no event before it has created")]
    NotCreated,
}

/// What an aggregate's `invariant` may return: `bool`, or `Result<(), E>` with the reason.
#[diagnostic::on_unimplemented(
    message = "an invariant returns `bool` or `Result<(), E>`, and this one returns `{Self}`",
    note = "write `fn name(&self) -> bool`, or `-> Result<(), String>` to say what is wrong"
)]
pub trait InvariantOutcome {
    /// What is wrong, if anything is.
    fn outcome(self) -> Result<(), String>;
}

impl InvariantOutcome for bool {
    fn outcome(self) -> Result<(), String> {
        if self {
            Ok(())
        } else {
            Err("the invariant does not hold".into())
        }
    }
}

impl<E: Display> InvariantOutcome for Result<(), E> {
    fn outcome(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

/// An aggregate in memory: its state, if it has one, and how many events made it.
///
/// The repository, the test kit and decisions over several aggregates run on it; so can you, without a store.
#[derive(Debug, Clone, PartialEq)]
pub struct Root<A> {
    state: Option<A>,
    version: Version,
}

impl<A: Aggregate> Default for Root<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Aggregate> Root<A> {
    /// Before the first event.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: A::initial(),
            version: Version::NONE,
        }
    }

    /// A state that so many events have made, elsewhere.
    pub(crate) fn restored(state: A, version: Version) -> Self {
        Self {
            state: Some(state),
            version,
        }
    }

    /// The state; `None` before the event that creates it.
    #[must_use]
    pub fn state(&self) -> Option<&A> {
        self.state.as_ref()
    }

    /// The state, by value.
    #[must_use]
    pub fn into_state(self) -> Option<A> {
        self.state
    }

    /// How many events were applied.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Applies the next event.
    #[inline]
    pub fn apply(&mut self, event: &A::Event, meta: &EventMeta<'_>) -> Result<(), Misapplied> {
        self.apply_part(event, meta)?;
        self.pass();
        Ok(())
    }

    /// Applies what a stored event is, or a part of it. [`pass`](Self::pass) ends the stored event.
    #[inline]
    pub(crate) fn apply_part(
        &mut self,
        event: &A::Event,
        meta: &EventMeta<'_>,
    ) -> Result<(), Misapplied> {
        match &mut self.state {
            Some(state) => state.apply_event(event, meta)?,
            None => self.state = Some(A::create_from(event, meta).ok_or(Misapplied::NotCreated)?),
        }
        Ok(())
    }

    /// Goes on to the next version: of a stored event, all parts were applied, or there was none, since it is retired.
    #[inline]
    pub(crate) fn pass(&mut self) {
        self.version = self.version.next();
    }

    /// Applies events in order, their versions as their only metadata.
    pub fn apply_all<'e>(
        &mut self,
        events: impl IntoIterator<Item = &'e A::Event>,
    ) -> Result<(), Misapplied> {
        let mut meta = EventMeta {
            version: self.version.next(),
            ..EventMeta::default()
        };
        let mut events = events.into_iter();
        if self.state.is_none()
            && let Some(first) = events.next()
        {
            self.apply(first, &meta)?;
            meta.version = meta.version.next();
        }
        let Some(state) = &mut self.state else {
            return Ok(());
        };
        for event in events {
            state.apply_event(event, &meta)?;
            self.version = meta.version;
            meta.version = meta.version.next();
        }
        Ok(())
    }

    /// Decides about a command: puts what happens into `events`, applies nothing.
    #[inline]
    pub fn decide(
        &self,
        command: impl CommandOf<A>,
        context: &Context<'_, A>,
        events: &mut Events<A>,
    ) -> Result<(), Rejection<A::Error>> {
        command.decide(Deciding {
            state: self.state.as_ref(),
            context,
            events,
        })
    }
}
