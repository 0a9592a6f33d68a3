//! What the methods of an `#[apply]` or `#[handle]` block say.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Ident, Type, Visibility};

use crate::runtime::Runtime;

/// Which of the two attributes it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Apply,
    Handle,
}

impl Role {
    /// The attribute's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Handle => "handle",
        }
    }

    /// The lints that would have another signature than the framework's.
    pub(crate) fn lints(self) -> TokenStream {
        match self {
            Self::Apply => quote! {
                clippy::missing_const_for_fn,
                clippy::must_use_candidate,
                clippy::needless_pass_by_ref_mut,
                clippy::trivially_copy_pass_by_ref,
                clippy::unused_self
            },
            Self::Handle => quote! {
                clippy::missing_const_for_fn,
                clippy::missing_errors_doc,
                clippy::must_use_candidate,
                clippy::needless_pass_by_value,
                clippy::unnecessary_wraps,
                clippy::unused_self
            },
        }
    }

    /// What a method takes, with its article.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Apply => "an event",
            Self::Handle => "a command",
        }
    }

    /// The name of the second parameter's type.
    pub(crate) fn second(self) -> &'static str {
        match self {
            Self::Apply => "EventMeta",
            Self::Handle => "Context<Self>",
        }
    }

    /// What a method looks like.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Apply => "fn opened(&mut self, event: &Opened) { … }",
            Self::Handle => "fn open(&self, command: Open) -> Result<Opened, AccountError> { … }",
        }
    }
}

/// A block, understood.
pub(crate) struct Parsed {
    /// The user's block, without our attributes.
    pub(crate) output: TokenStream,
    pub(crate) methods: Methods,
}

/// The methods of a block.
pub(crate) struct Methods {
    pub(crate) runtime: Runtime,
    pub(crate) role: Role,
    pub(crate) owner: Type,
    pub(crate) list: Vec<Method>,
    /// A mistake that leaves open which event or command a method is for, in place of an expression.
    pub(crate) unknown: Option<TokenStream>,
}

/// A method that applies an event or handles a command.
pub(crate) struct Method {
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) ident: Ident,
    /// The event or the command.
    pub(crate) message: Type,
    /// Without `self`: it creates the aggregate.
    pub(crate) creates: bool,
    /// Where the type of the second parameter begins and ends, if there is one.
    pub(crate) second: Option<(Span, Span)>,
    /// Where the type that it returns begins and ends, if that is written out.
    pub(crate) output: Option<(Span, Span)>,
    /// The command that it declares, if it declares one.
    pub(crate) declares: Option<Declared>,
    /// A number for what it takes, returns and does.
    pub(crate) tokens: u64,
    /// A mistake was found: the implementation is there, so that nothing else is reported, and is never run.
    pub(crate) broken: bool,
}

/// A command that a handler declares.
pub(crate) struct Declared {
    pub(crate) docs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) arguments: TokenStream,
    pub(crate) fields: Vec<(Vec<Attribute>, Ident, Type)>,
}
