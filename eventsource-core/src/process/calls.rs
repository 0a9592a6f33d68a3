//! Which processes an input concerns, and what each is asked.

use std::fmt;
use std::sync::Arc;

use crate::aggregate::{Aggregate, Root};
use crate::codec::Codec;
use crate::consumer::BoxError;
use crate::id::Id;
use crate::process::{Input, Next, Process};

/// The calls of the methods of `P` that take an input.
pub struct Calls<P: Aggregate> {
    /// The process that the input comes from, if it comes from one itself.
    own: Option<P::Id>,
    asked: Vec<Call<P>>,
    taken: bool,
}

/// A method that takes an input, or a part of it, for one process.
pub(crate) struct Call<P: Aggregate> {
    pub(crate) id: P::Id,
    pub(super) part: u16,
    method: Method<P>,
}

type Answer<P> = Result<Next<P>, BoxError>;
type Begin<P> = Arc<dyn Fn() -> Answer<P> + Send + Sync>;
type GoOn<P> = Arc<dyn Fn(&P) -> Answer<P> + Send + Sync>;

enum Method<P: Aggregate> {
    /// Without `self`.
    Begins(Begin<P>),
    /// With `&self`.
    GoesOn(GoOn<P>),
}

impl<P: Process> Calls<P> {
    /// The calls of the methods that take an input, in the order of the parts that they take.
    pub(crate) fn of<C: Codec>(input: &Input<'_, C>) -> Result<Vec<Call<P>>, BoxError> {
        let mut calls = Self {
            own: input.own::<P>()?,
            asked: Vec::new(),
            taken: false,
        };
        P::receive(input, &mut calls)?;
        input.taken::<P>(calls.taken)?;
        calls.asked.sort_by_key(|call| call.part);
        Ok(calls.asked)
    }

    /// A method with `&self` that takes an event, or this part of one, for the processes with these keys.
    pub fn take(
        &mut self,
        keys: impl Keys<P::Id>,
        part: u16,
        method: impl Fn(&P) -> Result<Next<P>, BoxError> + Send + Sync + 'static,
    ) {
        self.add(keys.keys(), part, &Method::GoesOn(Arc::new(method)));
    }

    /// A method without `self` that takes an event, or this part of one: it is called for those of the processes that have
    /// recorded nothing yet.
    pub fn begin(
        &mut self,
        keys: impl Keys<P::Id>,
        part: u16,
        method: impl Fn() -> Result<Next<P>, BoxError> + Send + Sync + 'static,
    ) {
        self.add(keys.keys(), part, &Method::Begins(Arc::new(method)));
    }

    /// A method that takes a refusal or a timer, for the process that it comes from.
    pub fn own(
        &mut self,
        method: impl Fn(&P) -> Result<Next<P>, BoxError> + Send + Sync + 'static,
    ) {
        let own = self.own.iter().cloned().collect();
        self.add(own, 0, &Method::GoesOn(Arc::new(method)));
    }

    fn add(&mut self, ids: Vec<P::Id>, part: u16, method: &Method<P>) {
        self.taken = true;
        for (number, id) in ids.iter().enumerate() {
            if !ids[..number].contains(id) {
                self.asked.push(Call {
                    id: id.clone(),
                    part,
                    method: method.clone(),
                });
            }
        }
    }
}

impl<P: Aggregate> Call<P> {
    /// Calls the method, if it may be called on this state.
    pub(crate) fn on(&self, root: &Root<P>) -> Answer<P> {
        match (&self.method, root.state()) {
            (Method::Begins(method), _) if root.version() == 0 => method(),
            (Method::GoesOn(method), Some(state)) => method(state),
            _ => Ok(Next::nothing()),
        }
    }
}

impl<P: Aggregate> Clone for Method<P> {
    fn clone(&self) -> Self {
        match self {
            Self::Begins(method) => Self::Begins(Arc::clone(method)),
            Self::GoesOn(method) => Self::GoesOn(Arc::clone(method)),
        }
    }
}

impl<P: Aggregate> fmt::Debug for Calls<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.asked.iter().map(|call| &call.id);
        f.debug_list().entries(ids).finish()
    }
}

/// The keys of the processes that an event concerns, as `#[key]` may give them: an id, or an `Option` or a `Vec` of ids.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the key of a process whose id is `{I}`",
    label = "expected `{I}`, or an `Option` or a `Vec` of it",
    note = "the key of an event is the id of the process that it concerns; `None` if it concerns none"
)]
pub trait Keys<I: Id> {
    /// The keys.
    fn keys(self) -> Vec<I>;
}

impl<I: Id> Keys<I> for I {
    fn keys(self) -> Vec<I> {
        vec![self]
    }
}

impl<I: Id> Keys<I> for Option<I> {
    fn keys(self) -> Vec<I> {
        self.into_iter().collect()
    }
}

impl<I: Id> Keys<I> for Vec<I> {
    fn keys(self) -> Vec<I> {
        self
    }
}
