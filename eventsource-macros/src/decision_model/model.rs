//! What an annotated decision model says.

use syn::{Attribute, Ident, LitStr, Type, Visibility};

use crate::aggregate::List;
use crate::message::Tag;
use crate::runtime::Runtime;

pub(crate) struct DecisionModel {
    pub(crate) runtime: Runtime,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) docs: Option<String>,
    pub(crate) name: LitStr,
    pub(crate) events: Events,
    /// The tags that an event must have.
    pub(crate) tags: Vec<Tag>,
    pub(crate) fields: Vec<Field>,
}

/// The events that a model is made of.
pub(crate) enum Events {
    /// These, in an enum that nobody sees.
    Listed(List),
    /// Every event with its tags, as it is stored.
    Any,
}

pub(crate) struct Field {
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Given when the model is opened; else it begins with its `Default`.
    pub(crate) tag: bool,
}
