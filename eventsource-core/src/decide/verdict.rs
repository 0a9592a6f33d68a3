//! What the closure of a decision over several things may return, and what becomes of it.

use std::convert::Infallible;

use crate::codec::Codec;
use crate::decide::attempt::Recorder;
use crate::decide::member::Declined;
use crate::event::Event;

/// Events that a decision over several things may record: one of any type, `()` for nothing, an `Option`, a `Vec`, an
/// array or a tuple of these.
///
/// Each goes to its own [stream](Event::stream).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a decision may record",
    label = "expected events",
    note = "the closure returns events: one, or `()`, `Option`, `Vec`, an array or a tuple of them, or a `Result` of these"
)]
pub trait Facts {
    #[doc(hidden)]
    fn record<C: Codec>(self, recorder: &Recorder<'_, C>);
}

#[diagnostic::do_not_recommend]
impl<E: Event> Facts for E {
    fn record<C: Codec>(self, recorder: &Recorder<'_, C>) {
        recorder.event(&self);
    }
}

impl<T: Facts> Facts for Option<T> {
    fn record<C: Codec>(self, recorder: &Recorder<'_, C>) {
        if let Some(facts) = self {
            facts.record(recorder);
        }
    }
}

impl<T: Facts> Facts for Vec<T> {
    fn record<C: Codec>(self, recorder: &Recorder<'_, C>) {
        for facts in self {
            facts.record(recorder);
        }
    }
}

impl<T: Facts, const N: usize> Facts for [T; N] {
    fn record<C: Codec>(self, recorder: &Recorder<'_, C>) {
        for facts in self {
            facts.record(recorder);
        }
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Facts),*> Facts for ($($name,)*) {
            #[allow(non_snake_case, unused_variables, reason = "one macro for every length")]
            fn record<C: Codec>(self, recorder: &Recorder<'_, C>) {
                let ($($name,)*) = self;
                $($name.record(recorder);)*
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

/// What the closure of a decision may return: [`Facts`], or a `Result` of them with a [`Refusal`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a decision may return",
    label = "expected events, or a `Result` of events",
    note = "the closure returns events: one, or `()`, `Option`, `Vec`, an array or a tuple of them, or a `Result` of \
            these with an error that implements `std::error::Error`"
)]
pub trait Verdict {
    /// Why it refuses.
    type Refusal: std::error::Error + Send + Sync + 'static;

    #[doc(hidden)]
    fn record<C: Codec>(self, recorder: &Recorder<'_, C>) -> Result<(), Declined<Self::Refusal>>;
}

#[diagnostic::do_not_recommend]
impl<T: Facts> Verdict for T {
    type Refusal = Infallible;

    fn record<C: Codec>(self, recorder: &Recorder<'_, C>) -> Result<(), Declined<Infallible>> {
        Facts::record(self, recorder);
        Ok(())
    }
}

impl<T: Facts, E: Refusal> Verdict for Result<T, E> {
    type Refusal = E::Error;

    fn record<C: Codec>(self, recorder: &Recorder<'_, C>) -> Result<(), Declined<E::Error>> {
        Facts::record(self.map_err(E::declined)?, recorder);
        Ok(())
    }
}

/// Why a closure refuses: an error of its own, or what a command of an aggregate was answered with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that a decision can refuse with",
    label = "this type is no `std::error::Error`",
    note = "implement `std::error::Error` for it, or return a type that has it"
)]
pub trait Refusal {
    /// The error as the caller of `decide` gets it.
    type Error: std::error::Error + Send + Sync + 'static;

    #[doc(hidden)]
    fn declined(self) -> Declined<Self::Error>;
}

#[diagnostic::do_not_recommend]
impl<E: std::error::Error + Send + Sync + 'static> Refusal for E {
    type Error = E;

    fn declined(self) -> Declined<E> {
        Declined::Refused(self)
    }
}

impl<E: std::error::Error + Send + Sync + 'static> Refusal for Declined<E> {
    type Error = E;

    fn declined(self) -> Self {
        self
    }
}
