//! What a `#[process]` block says.

use proc_macro2::Span;
use syn::{Attribute, Expr, Ident, LitStr, Pat, Type};

use crate::projection::check::Taken;
use crate::runtime::Runtime;

/// A process.
pub(crate) struct Process {
    pub(crate) runtime: Runtime,
    pub(crate) owner: Type,
    /// The documentation of the block.
    pub(crate) docs: Option<String>,
    /// The tag whose value is the id of the process that an event concerns.
    pub(crate) tag: Option<LitStr>,
    /// `from = start`.
    pub(crate) from_start: bool,
    /// Those that take events come first.
    pub(crate) methods: Vec<Method>,
    /// A mistake was found: the implementation is there, so that nothing else is reported, and calls no method.
    pub(crate) broken: bool,
}

/// A method that takes an input.
pub(crate) struct Method {
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) takes: Takes,
    /// The event, the command that was refused, or the timer.
    pub(crate) message: Type,
    /// It has no `self`.
    pub(crate) begins: bool,
    pub(crate) key: Option<Key>,
    /// Where the type that it returns begins and ends, or its name.
    pub(crate) output: (Span, Span),
}

/// What a method takes: its parameter says so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Takes {
    /// `&Recorded<Event>`.
    Event,
    /// `&Refused<Command>`.
    Refusal,
    /// `&Timer`.
    Timer,
}

impl Takes {
    /// The trait of what is taken.
    pub(crate) fn interface(self) -> Ident {
        let interface = match self {
            Self::Event => "Event",
            Self::Refusal => "Command",
            Self::Timer => "Timer",
        };
        Ident::new(interface, Span::call_site())
    }
}

/// `#[key(…)]`, over the parameter of its method.
pub(crate) struct Key {
    pub(crate) parameter: Pat,
    pub(crate) value: Expr,
}

impl Method {
    pub(crate) fn taken(&self) -> Taken<'_> {
        Taken {
            cfg: &self.cfg,
            ident: &self.ident,
            event: &self.message,
        }
    }
}

impl Process {
    /// Those that take events.
    pub(crate) fn on_events(&self) -> impl Iterator<Item = &Method> {
        let methods = self.methods.iter();
        methods.take_while(|method| method.takes == Takes::Event)
    }
}
