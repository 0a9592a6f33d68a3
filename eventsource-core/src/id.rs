//! What may identify an aggregate: any type that becomes text and comes back from it.

use std::fmt;
use std::hash::Hash;

use uuid::Uuid;

/// An aggregate's identity. `#[derive(Id)]` makes one of a struct around a `String`, a `Uuid` or an integer.
///
/// The text is the second half of the stream's name, so two ids are the same aggregate exactly if their texts are
/// equal, and `parse` must read what `Display` wrote.
///
/// ```
/// use eventsource_core::prelude::*;
///
/// #[derive(Id)]
/// pub struct AccountId(u64);
///
/// let id: AccountId = "42".parse()?;
/// assert_eq!(id, AccountId(42));
/// assert_eq!(id.to_string(), "42");
/// # Ok::<(), eventsource_core::InvalidId>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an id",
    label = "this type has no `Id`",
    note = "write `#[derive(Id)]` on it: a struct around one `String`, `Uuid` or integer, as in `struct AccountId(u64);`"
)]
pub trait Id: Clone + Eq + Hash + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Reads the text that `Display` writes.
    fn parse(text: &str) -> Result<Self, InvalidId>;
}

/// A text that is not an id of the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a valid {type_name}: {reason}", .text.escape_debug())]
pub struct InvalidId {
    /// The id's type.
    pub type_name: &'static str,
    /// The text, cut after 80 characters.
    pub text: String,
    /// What its type says is wrong with it.
    pub reason: String,
}

impl InvalidId {
    /// Says that `text` is not a `type_name`, with the reason that its parser gave.
    pub fn new(type_name: &'static str, text: &str, reason: impl fmt::Display) -> Self {
        Self {
            type_name,
            text: text.chars().take(80).collect(),
            reason: reason.to_string(),
        }
    }
}

macro_rules! parsed_ids {
    ($($type:ty),*) => {$(
        impl Id for $type {
            fn parse(text: &str) -> Result<Self, InvalidId> {
                text.parse().map_err(|error| InvalidId::new(stringify!($type), text, error))
            }
        }
    )*};
}

parsed_ids!(
    String, Uuid, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);
