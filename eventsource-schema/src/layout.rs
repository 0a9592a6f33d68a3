//! The layout of a payload: what stands where in it, as far as reading is concerned. Rust's names of types are no part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::path::{self, Path, Step};

/// What is read at each place of a payload.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout(pub BTreeMap<Path, Node>);

/// What is read at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// `null` is read as well: an `Option`.
    pub null: bool,
    /// It may be left out: an `Option`, or a field with a default.
    pub absent: bool,
    /// Other names under which the field is read.
    pub also: BTreeSet<String>,
}

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: a unit.
    Nothing,
    /// `true` or `false`.
    Bool,
    /// A whole number that fits into so many bits, with or without a sign.
    Integer {
        /// Whether it may be negative.
        signed: bool,
        /// 8, 16, 32, 64 or 128.
        bits: u8,
    },
    /// A number with a fraction, of 32 or 64 bits.
    Float(u8),
    /// One character.
    Char,
    /// A text; if a format is given, not every text is read.
    Text(Option<String>),
    /// Bytes.
    Bytes,
    /// A list.
    List,
    /// So many values in a row.
    Tuple(usize),
    /// A map.
    Map,
    /// Named fields.
    Struct,
    /// One of several variants.
    Enum(Tagging),
    /// What stands further up, again.
    Same(Path),
    /// Any of these, as the type looks at what is there: `bool`, `list`, `map`, `null`, `number`, `text`.
    Any(BTreeSet<String>),
}

/// How it is said which variant of an enum a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagging {
    /// By its name, as the only key, or as the whole text where there is nothing in it.
    External,
    /// By a field of this name among its own.
    Internal(String),
    /// By one field, and what is in it stands in another.
    Adjacent {
        /// The field with the name.
        tag: String,
        /// The field with what is in it.
        content: String,
    },
}

impl Tagging {
    /// The field that says which variant it is.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::External => None,
            Self::Internal(tag) | Self::Adjacent { tag, .. } => Some(tag),
        }
    }
}

impl Node {
    /// A value that must be there.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            null: false,
            absent: false,
            also: BTreeSet::new(),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = path::split(text, ", ").into_iter();
        let mut node = Self::of(Kind::parse(parts.next()?)?);
        for part in parts {
            match part {
                "may be null" => node.null = true,
                "may be absent" => node.absent = true,
                _ => {
                    let (name, "") = path::take_name(part.strip_prefix("also ")?)? else {
                        return None;
                    };
                    node.also.insert(name);
                }
            }
        }
        Some(node)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if self.null {
            f.write_str(", may be null")?;
        }
        if self.absent {
            f.write_str(", may be absent")?;
        }
        let mut also = self.also.iter();
        also.try_for_each(|name| write!(f, ", also {}", path::name(name)))
    }
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "nothing" => Self::Nothing,
            "bool" => Self::Bool,
            "f32" => Self::Float(32),
            "f64" => Self::Float(64),
            "char" => Self::Char,
            "text" => Self::Text(None),
            "bytes" => Self::Bytes,
            "list" => Self::List,
            "map" => Self::Map,
            "struct" => Self::Struct,
            "enum" => Self::Enum(Tagging::External),
            _ => return Self::parse_long(text),
        })
    }

    fn parse_long(text: &str) -> Option<Self> {
        if let Some(format) = text.strip_prefix("text of ") {
            return Some(Self::Text(Some(format.to_owned())));
        }
        if let Some(length) = text.strip_prefix("tuple of ") {
            return length.parse().ok().map(Self::Tuple);
        }
        if let Some(tag) = text.strip_prefix("enum by ") {
            let (tag, rest) = path::take_name(tag)?;
            if rest.is_empty() {
                return Some(Self::Enum(Tagging::Internal(tag)));
            }
            let (content, "") = path::take_name(rest.strip_prefix(" in ")?)? else {
                return None;
            };
            return Some(Self::Enum(Tagging::Adjacent { tag, content }));
        }
        if let Some(path) = text.strip_prefix("same as ") {
            return Path::parse(path).map(Self::Same);
        }
        if let Some(kinds) = text.strip_prefix("any of ") {
            return Some(Self::Any(kinds.split(" | ").map(str::to_owned).collect()));
        }
        let (sign, bits) = text.split_at_checked(1)?;
        let signed = match sign {
            "i" => true,
            "u" => false,
            _ => return None,
        };
        let bits = bits.parse().ok()?;
        [8, 16, 32, 64, 128]
            .contains(&bits)
            .then_some(Self::Integer { signed, bits })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Bool => f.write_str("bool"),
            Self::Integer { signed, bits } => {
                write!(f, "{}{bits}", if *signed { 'i' } else { 'u' })
            }
            Self::Float(bits) => write!(f, "f{bits}"),
            Self::Char => f.write_str("char"),
            Self::Text(None) => f.write_str("text"),
            Self::Text(Some(format)) => write!(f, "text of {format}"),
            Self::Bytes => f.write_str("bytes"),
            Self::List => f.write_str("list"),
            Self::Tuple(length) => write!(f, "tuple of {length}"),
            Self::Map => f.write_str("map"),
            Self::Struct => f.write_str("struct"),
            Self::Enum(Tagging::External) => f.write_str("enum"),
            Self::Enum(Tagging::Internal(tag)) => write!(f, "enum by {}", path::name(tag)),
            Self::Enum(Tagging::Adjacent { tag, content }) => {
                write!(f, "enum by {} in {}", path::name(tag), path::name(content))
            }
            Self::Same(path) => write!(f, "same as {path}"),
            Self::Any(kinds) => {
                let kinds: Vec<_> = kinds.iter().map(String::as_str).collect();
                write!(f, "any of {}", kinds.join(" | "))
            }
        }
    }
}

impl Layout {
    /// What stands directly within a place.
    pub fn children<'s>(&'s self, of: &'s Path) -> impl Iterator<Item = (&'s Step, &'s Node)> {
        let depth = of.0.len();
        let within = self.0.range(of.clone()..);
        within
            .take_while(move |(path, _)| path.is_within(of))
            .filter(move |(path, _)| path.0.len() == depth + 1)
            .map(move |(path, node)| (&path.0[depth], node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            "nothing",
            "u64, may be null, may be absent",
            "text of uuid, also \"a b\", also name",
            "enum by type",
            "enum by \"a b\" in c",
            "same as a[].b",
            "any of number | text",
            "tuple of 3",
            "i128",
        ] {
            let node = Node::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(node.to_string(), text);
        }
        for text in ["", "u7", "u", "texts", "bool, perhaps", "tuple of x"] {
            assert_eq!(Node::parse(text), None, "{text}");
        }
    }
}
