//! What a `#[projection]` block says.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, LitStr, Type};

use crate::projection::check::Taken;
use crate::runtime::Runtime;

/// Which attribute a block has. What they have in common is a method for each event, whose event is its filter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Projection,
    Reactor,
    Process,
}

impl Role {
    /// The attribute's name, and the word for it in a message.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Projection => "projection",
            Self::Reactor => "reactor",
            Self::Process => "process",
        }
    }

    /// The attribute and the block that it stands on.
    pub(crate) fn block(self) -> &'static str {
        match self {
            Self::Projection => "#[projection(name = \"…\")] impl Balances { … }",
            Self::Reactor => "#[reactor(name = \"…\")] impl Mailer { … }",
            Self::Process => "#[process(tag = \"…\")] impl Transfer { … }",
        }
    }

    /// A method, as it is written.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Projection => {
                "fn opened(&self, event: &Recorded<Opened>, tx: &SqliteTx) -> Result<()> { … }"
            }
            Self::Reactor => {
                "async fn opened(&self, event: &Recorded<Opened>) -> Result<(), MailError> { … }"
            }
            Self::Process => "fn requested(&self, event: &Recorded<Requested>) -> Next<Self> { … }",
        }
    }
}

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
    /// The documentation of the block.
    pub(crate) docs: Option<String>,
    pub(crate) name: LitStr,
    pub(crate) version: u32,
    pub(crate) into: Into,
    pub(crate) methods: Vec<Method>,
    /// The method that makes what it writes into.
    pub(crate) create: Option<(Ident, Vec<Attribute>)>,
    /// The method that removes what came of a stream.
    pub(crate) forget: Option<(Ident, Vec<Attribute>)>,
    /// A mistake was found: the implementation is there, so that nothing else is reported, and calls no method.
    pub(crate) broken: bool,
}

/// What a method is for that takes no event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Create,
    Forget,
}

impl Mark {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Forget => "forget",
        }
    }
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

impl Method {
    pub(crate) fn taken(&self) -> Taken<'_> {
        Taken {
            cfg: &self.cfg,
            ident: &self.ident,
            event: &self.event,
        }
    }
}
