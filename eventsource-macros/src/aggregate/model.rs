//! What an annotated aggregate says.

use proc_macro2::{Literal, Span};
use syn::{Attribute, Expr, Ident, LitStr, Path, Type, Visibility};

use crate::message::Kind;
use crate::runtime::Runtime;

pub(crate) struct Aggregate {
    pub(crate) runtime: Runtime,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) docs: Option<String>,
    /// The name with which its streams begin.
    pub(crate) name: LitStr,
    pub(crate) id: Type,
    pub(crate) error: Type,
    pub(crate) events: Messages,
    pub(crate) commands: Messages,
    pub(crate) invariant: Option<Expr>,
    pub(crate) snapshot: Option<Snapshot>,
}

/// That states are kept, and when.
pub(crate) struct Snapshot {
    /// A number for the state: its fields as they are written, and the version that was given.
    pub(crate) state: u64,
    /// After how many events, if that is said.
    pub(crate) every: Option<u32>,
    /// The types of its fields.
    pub(crate) fields: Vec<Type>,
    /// The word itself.
    pub(crate) span: Span,
}

/// The events or the commands of an aggregate.
pub(crate) enum Messages {
    /// Listed: an enum is generated.
    Listed(List),
    /// An enum of the user's own.
    Own(Type),
}

pub(crate) struct List {
    pub(crate) kind: Kind,
    /// The name of the generated enum.
    pub(crate) ident: Ident,
    pub(crate) entries: Vec<Entry>,
    /// The stored names of events that were retired.
    pub(crate) retired: Vec<LitStr>,
}

/// One message in a list.
pub(crate) struct Entry {
    pub(crate) cfg: Vec<Attribute>,
    /// The type, as the user wrote it.
    pub(crate) path: Path,
    /// The variant around it.
    pub(crate) variant: Ident,
    /// The type's short name within the generated code.
    pub(crate) alias: Ident,
}

/// The entries of a list, part by part: what `quote!` repeats over.
pub(crate) struct Columns<'a> {
    pub(crate) cfgs: Vec<&'a [Attribute]>,
    pub(crate) paths: Vec<&'a Path>,
    pub(crate) variants: Vec<&'a Ident>,
    pub(crate) aliases: Vec<&'a Ident>,
    /// The numbers of the variants.
    pub(crate) numbers: Vec<Literal>,
    /// The names of the variants.
    pub(crate) names: Vec<String>,
}

impl List {
    pub(crate) fn columns(&self) -> Columns<'_> {
        let mut columns = Columns {
            cfgs: Vec::with_capacity(self.entries.len()),
            paths: Vec::with_capacity(self.entries.len()),
            variants: Vec::with_capacity(self.entries.len()),
            aliases: Vec::with_capacity(self.entries.len()),
            numbers: Vec::with_capacity(self.entries.len()),
            names: Vec::with_capacity(self.entries.len()),
        };
        for (number, entry) in (0_u16..).zip(&self.entries) {
            columns.cfgs.push(&entry.cfg);
            columns.paths.push(&entry.path);
            columns.variants.push(&entry.variant);
            columns.aliases.push(&entry.alias);
            columns.numbers.push(Literal::u16_unsuffixed(number));
            columns.names.push(entry.variant.to_string());
        }
        columns
    }
}
