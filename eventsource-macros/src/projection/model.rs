//! What a `#[projection]` block says.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, LitStr, Type};

use crate::runtime::Runtime;

/// A block, understood.
pub(crate) struct Parsed {
    /// The user's block, without our attributes.
    pub(crate) output: TokenStream,
    /// What is to be implemented.
    pub(crate) projection: Option<Projection>,
}

/// A projection.
pub(crate) struct Projection {
    pub(crate) runtime: Runtime,
    pub(crate) owner: Type,
    pub(crate) name: LitStr,
    pub(crate) version: u32,
    pub(crate) into: Into,
    pub(crate) methods: Vec<Method>,
    /// The method that makes what it writes into.
    pub(crate) create: Option<(Ident, Vec<Attribute>)>,
    /// A mistake was found: the implementation is there, so that nothing else is reported, and calls no method.
    pub(crate) broken: bool,
}

/// Where the methods write to.
#[derive(Clone)]
pub(crate) enum Into {
    /// `fn (&self, …, tx: &Tx)`.
    Within(Type),
    /// `async fn (&self, …, tx: &mut Tx)`.
    Through(Type),
    /// `async fn (&self, …)`.
    Outside,
    /// `fn (&mut self, …)`.
    State,
}

/// A method that takes an event.
pub(crate) struct Method {
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) event: Type,
    /// Where the type that it returns begins and ends, or its name.
    pub(crate) output: (Span, Span),
}
