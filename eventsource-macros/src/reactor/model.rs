//! What a `#[reactor]` block says.

use proc_macro2::Span;
use syn::{Attribute, Ident, LitStr, Type};

use crate::projection::check::Taken;
use crate::runtime::Runtime;

/// A reactor.
pub(crate) struct Reactor {
    pub(crate) runtime: Runtime,
    pub(crate) owner: Type,
    /// The documentation of the block.
    pub(crate) docs: Option<String>,
    pub(crate) name: LitStr,
    /// `from = start`.
    pub(crate) from_start: bool,
    pub(crate) methods: Vec<Method>,
    /// A mistake was found: the implementation is there, so that nothing else is reported, and calls no method.
    pub(crate) broken: bool,
}

/// A method that reacts to an event.
pub(crate) struct Method {
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) event: Type,
    /// Where the parameter for the key stands, if there is one.
    pub(crate) key: Option<(Span, Span)>,
    /// Where the type that it returns begins and ends, or its name.
    pub(crate) output: (Span, Span),
}

impl Method {
    pub(crate) fn taken(&self) -> Taken<'_> {
        Taken {
            cfg: &self.cfg,
            ident: &self.ident,
            event: &self.event,
        }
    }
}
