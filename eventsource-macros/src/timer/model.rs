//! What a `#[timer]` says.

use syn::{Ident, LitStr};

use crate::runtime::Runtime;

/// A timer.
pub(crate) struct Timer {
    pub(crate) runtime: Runtime,
    pub(crate) ident: Ident,
    /// The name under which it is stored.
    pub(crate) name: LitStr,
    /// What it says of itself in its source.
    pub(crate) source: Option<String>,
}
