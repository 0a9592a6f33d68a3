//! What a struct or an enum with `#[derive(Event)]` or `#[derive(Command)]` says.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Field, Ident, LitStr, Path, Type};

use crate::runtime::Runtime;

/// Event or command: the two are told apart by a trait, a few names, and tags.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Event,
    Command,
}

impl Kind {
    /// The attribute, and the word for one of them in a message.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Command => "command",
        }
    }

    /// The trait.
    pub(crate) fn interface(self) -> Ident {
        let name = match self {
            Self::Event => "Event",
            Self::Command => "Command",
        };
        Ident::new(name, Span::call_site())
    }

    /// The word with its article.
    pub(crate) fn a_word(self) -> &'static str {
        match self {
            Self::Event => "an event",
            Self::Command => "a command",
        }
    }
}

/// One annotated item.
pub(crate) struct Message {
    pub(crate) kind: Kind,
    pub(crate) runtime: Runtime,
    pub(crate) ident: Ident,
    /// It says `#[deprecated]`, and so may be named only where that is allowed.
    pub(crate) deprecated: bool,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    /// A struct: one message.
    One {
        contract: Contract,
        versions: Box<Versions>,
        tags: Vec<Tag>,
        stream: Option<Stream>,
        /// The types of its fields that may not be what can be stored.
        stored: Vec<Type>,
    },
    /// An enum: a message for each variant.
    Set {
        variants: Vec<Variant>,
        /// The stored names of events that were retired.
        retired: Vec<LitStr>,
    },
}

/// The stored name and the version of the shape.
pub(crate) struct Contract {
    pub(crate) name: LitStr,
    /// Whether the name is given; else it is the type's.
    pub(crate) named: bool,
    pub(crate) version: u32,
    /// What the source says of it, for the registry.
    pub(crate) source: Option<String>,
    /// Where the version is given.
    pub(crate) version_place: Option<Span>,
}

/// What an event says about the versions before and after it.
#[derive(Default)]
pub(crate) struct Versions {
    /// A later version, whose stored name it has.
    pub(crate) of: Option<Link>,
    /// What it was split into.
    pub(crate) into: Vec<Link>,
    /// What becomes it.
    pub(crate) from: Vec<Link>,
    /// The versions that become it as JSON, from the oldest.
    pub(crate) upcasts: Vec<Upcast>,
    /// The stored names that it once had.
    pub(crate) aliases: Vec<LitStr>,
    /// The oldest version that is read.
    pub(crate) since: Option<u32>,
    /// Which of those that become it can be made of it again, and where that is said.
    pub(crate) down: Option<(usize, Span)>,
    /// Where the version stands, or the type's name.
    pub(crate) place: Option<Span>,
}

/// Another version of an event.
pub(crate) struct Link {
    pub(crate) path: Path,
    /// The type's short name within the generated code.
    pub(crate) alias: Ident,
}

/// A version and the function that makes the JSON of the next one.
pub(crate) struct Upcast {
    pub(crate) version: u32,
    pub(crate) function: Path,
}

/// The name of an event's stream: a format string, and the fields for it.
pub(crate) struct Stream {
    pub(crate) format: LitStr,
    pub(crate) members: Vec<syn::Member>,
}

/// A field that is a tag.
pub(crate) struct Tag {
    /// The number of the field.
    pub(crate) field: usize,
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) name: LitStr,
    pub(crate) ty: Type,
    /// The field by reference: `&self.course`, or a binding of a pattern.
    pub(crate) value: TokenStream,
}

/// One variant of an enum of messages.
pub(crate) struct Variant {
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) body: Body,
}

impl Variant {
    /// Whether it is a message of its own.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.body, Body::Own { .. })
    }
}

pub(crate) enum Body {
    /// Around a struct that is a message itself.
    Of(Type),
    /// A message of its own, with its fields.
    Own {
        contract: Contract,
        fields: Vec<OwnField>,
        named: bool,
        unit: bool,
        tags: Vec<Tag>,
    },
}

/// A field of a variant, and the name that it is bound to.
pub(crate) struct OwnField {
    pub(crate) field: Field,
    pub(crate) binding: Ident,
}
