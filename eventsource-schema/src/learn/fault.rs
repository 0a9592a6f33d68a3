//! Why a type refused what it was given, in serde's own kinds of error.

use std::fmt;

use serde::de::{self, Unexpected};

#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// A field that must be there is not.
    Missing(String),
    /// A field was given twice: under its name and under another that means the same.
    Twice(String),
    /// An enum has no such variant, but has these.
    NoVariant(Vec<String>),
    /// A value stands too deep in itself.
    TooDeep,
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(field) => write!(f, "missing field `{field}`"),
            Self::Twice(field) => write!(f, "duplicate field `{field}`"),
            Self::NoVariant(known) => write!(f, "unknown variant, expected one of {known:?}"),
            Self::TooDeep => f.write_str("it holds itself without an end"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Other(text.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field.to_owned())
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Twice(field.to_owned())
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::NoVariant(expected.iter().map(|&name| name.to_owned()).collect())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Other(format!("invalid type: {unexpected}, expected {expected}"))
    }
}
