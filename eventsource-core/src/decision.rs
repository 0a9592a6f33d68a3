//! Decisions: what a handler may return, and what becomes of it.

use crate::aggregate::Aggregate;
use crate::command::Deciding;
use crate::message::Never;

/// The events that a decision makes, in order.
#[derive(Debug)]
pub struct Events<A: Aggregate> {
    list: Vec<A::Event>,
}

impl<A: Aggregate> Default for Events<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Aggregate> Events<A> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { list: Vec::new() }
    }

    /// Adds an event.
    #[inline]
    pub fn push(&mut self, event: impl Into<A::Event>) {
        self.list.push(event.into());
    }

    /// The events.
    #[must_use]
    pub fn as_slice(&self) -> &[A::Event] {
        &self.list
    }

    /// The events, by value.
    #[must_use]
    pub fn into_vec(self) -> Vec<A::Event> {
        self.list
    }

    /// Forgets the events and keeps the memory.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}

/// What a handler may return for the aggregate `A`: an event of its, its event enum, `()` for nothing, an `Option`, a
/// `Vec`, an array or a tuple of these, and a `Result` of these with the aggregate's error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a decision of `{A}`",
    label = "expected events of `{A}`",
    note = "a handler returns events that `{A}` lists in `events(…)`: one, or `Option`, `Vec`, an array or a tuple of \
            them, or a `Result` of these with the aggregate's error"
)]
pub trait Decision<A: Aggregate>: Sized {
    /// How it is recorded, if not by a `record` of its own.
    #[doc(hidden)]
    type By: RecordBy<Self, A>;

    /// Puts the events into `events`, or gives the refusal.
    #[inline]
    fn record(self, events: &mut Events<A>) -> Result<(), A::Error> {
        Self::By::record(self, events);
        Ok(())
    }

    /// The same, as a handler's answer.
    #[doc(hidden)]
    #[inline]
    fn conclude(self, on: Deciding<'_, A>) -> Result<(), Rejection<A::Error>> {
        self.record(on.events).map_err(Rejection::Refused)
    }
}

#[doc(hidden)]
/// How a `T` is recorded: an implementation of [`Decision`] is then one line.
pub trait RecordBy<T, A: Aggregate> {
    /// Records it.
    fn record(decision: T, events: &mut Events<A>);
}

#[doc(hidden)]
/// As one event of the aggregate, or as its enum of them.
#[derive(Debug)]
pub enum AsEvent {}

impl<A: Aggregate, E> RecordBy<E, A> for AsEvent
where
    A::Event: From<E>,
{
    #[inline]
    fn record(event: E, events: &mut Events<A>) {
        events.push(event);
    }
}

#[doc(hidden)]
/// By a `record` of its own.
#[derive(Debug)]
pub enum Itself {}

impl<A: Aggregate, T> RecordBy<T, A> for Itself {
    fn record(_: T, _: &mut Events<A>) {}
}

impl<A: Aggregate, T: Decision<A>, E: ErrorOf<A>> Decision<A> for Result<T, E> {
    type By = Itself;

    #[inline]
    fn record(self, events: &mut Events<A>) -> Result<(), A::Error> {
        match self {
            Ok(decision) => decision.record(events),
            Err(error) => Err(error.into_error()),
        }
    }
}

/// The error that the aggregate `A` declares.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the error of `{A}`",
    label = "`{A}` refuses with another error",
    note = "return the error that stands under `error = …` in the `#[aggregate(…)]` of `{A}`"
)]
pub trait ErrorOf<A: Aggregate> {
    /// The error, as the aggregate's own.
    fn into_error(self) -> A::Error;
}

#[diagnostic::do_not_recommend]
impl<A: Aggregate> ErrorOf<A> for A::Error {
    #[inline]
    fn into_error(self) -> A::Error {
        self
    }
}

// Never holds: see the like of it on `Storable`.
#[diagnostic::do_not_recommend]
impl<A: Aggregate, E> ErrorOf<A> for E
where
    for<'a> (): Never<'a>,
    E: ErrorOf<A>,
{
    fn into_error(self) -> A::Error {
        ErrorOf::into_error(self)
    }
}

impl<A: Aggregate, T: Decision<A>> Decision<A> for Option<T> {
    type By = Itself;

    #[inline]
    fn record(self, events: &mut Events<A>) -> Result<(), A::Error> {
        self.map_or(Ok(()), |decision| decision.record(events))
    }
}

impl<A: Aggregate, T: Decision<A>> Decision<A> for Vec<T> {
    type By = Itself;

    fn record(self, events: &mut Events<A>) -> Result<(), A::Error> {
        self.into_iter()
            .try_for_each(|decision| decision.record(events))
    }
}

impl<A: Aggregate, T: Decision<A>, const N: usize> Decision<A> for [T; N] {
    type By = Itself;

    fn record(self, events: &mut Events<A>) -> Result<(), A::Error> {
        self.into_iter()
            .try_for_each(|decision| decision.record(events))
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<A: Aggregate, $($name: Decision<A>),*> Decision<A> for ($($name,)*) {
            type By = Itself;

            #[allow(non_snake_case, unused_variables, reason = "one macro for every length")]
            fn record(self, events: &mut Events<A>) -> Result<(), A::Error> {
                let ($($name,)*) = self;
                $($name.record(events)?;)*
                Ok(())
            }
        }
    };
}

tuples!();
tuples!(T1);
tuples!(T1 T2);
tuples!(T1 T2 T3);
tuples!(T1 T2 T3 T4);
tuples!(T1 T2 T3 T4 T5);
tuples!(T1 T2 T3 T4 T5 T6);
tuples!(T1 T2 T3 T4 T5 T6 T7);
tuples!(T1 T2 T3 T4 T5 T6 T7 T8);

/// Why a command made no events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection<E> {
    /// The aggregate's own decision.
    #[error(transparent)]
    Refused(E),
    /// The command needs an aggregate that exists.
    #[error("it does not exist")]
    NotFound,
    /// The command creates an aggregate that exists already.
    #[error("it exists already")]
    AlreadyExists,
}

/// Leaves a function with an error unless a condition holds. Nothing is converted: the error is the one that the
/// function returns.
///
/// ```
/// use eventsource_core::ensure;
///
/// fn half(number: u32) -> Result<u32, String> {
///     ensure!(number % 2 == 0, format!("{number} is odd"));
///     Ok(number / 2)
/// }
/// assert_eq!(half(3), Err("3 is odd".to_owned()));
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $error:expr $(,)?) => {
        if !$condition {
            return ::core::result::Result::Err($error);
        }
    };
}
