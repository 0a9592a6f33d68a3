//! Where in a payload a value stands: `customer.name`, `lines[].price`, `method::Card.digits`.

use std::fmt;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A field of a struct.
    Field(String),
    /// Each element of a list.
    Item,
    /// An element of a tuple, from 0.
    Element(usize),
    /// Each key of a map.
    Key,
    /// Each value of a map.
    Value,
    /// What a variant of an enum holds.
    Variant(String),
}

/// The way to a value in a payload; the payload itself, if it is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// One step further.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Whether it is `within` or leads into it.
    #[must_use]
    pub fn is_within(&self, within: &Self) -> bool {
        self.0.starts_with(&within.0)
    }

    /// One step less, and that step.
    #[must_use]
    pub fn split_last(&self) -> Option<(Self, &Step)> {
        let (last, rest) = self.0.split_last()?;
        Some((Self(rest.to_vec()), last))
    }

    /// Reads what `Display` writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut path = Self::default();
        let mut rest = text;
        if rest == WHOLE {
            return Some(path);
        }
        let first = rest.split(['.', '[', '{', ':']).next()?;
        if !first.is_empty() {
            let (name, after) = take_name(rest)?;
            path.0.push(Step::Field(name));
            rest = after;
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[]") {
                path.0.push(Step::Item);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{key}") {
                path.0.push(Step::Key);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("{}") {
                path.0.push(Step::Value);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (number, after) = after.split_once(']')?;
                path.0.push(Step::Element(number.parse().ok()?));
                rest = after;
            } else if let Some(after) = rest.strip_prefix("::") {
                let (name, after) = take_name(after)?;
                path.0.push(Step::Variant(name));
                rest = after;
            } else {
                let (name, after) = take_name(rest.strip_prefix('.')?)?;
                path.0.push(Step::Field(name));
                rest = after;
            }
        }
        Some(path)
    }
}

/// The payload itself.
const WHOLE: &str = "*";

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(WHOLE);
        }
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(field) if number == 0 => f.write_str(&name(field))?,
                Step::Field(field) => write!(f, ".{}", name(field))?,
                Step::Item => f.write_str("[]")?,
                Step::Element(element) => write!(f, "[{element}]")?,
                Step::Key => f.write_str("{key}")?,
                Step::Value => f.write_str("{}")?,
                Step::Variant(variant) => write!(f, "::{}", name(variant))?,
            }
        }
        Ok(())
    }
}

/// A name as a line of the lock holds it: as it is, or as JSON where it could be taken for something else.
pub(crate) fn name(name: &str) -> String {
    if !name.is_empty() && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        serde_json::Value::from(name).to_string()
    }
}

/// A stored name, in which dots are plain too, and what the library's own names have.
pub(crate) fn stored_name(name: &str) -> String {
    if !name.is_empty() && name.chars().all(is_plain_when_stored) {
        name.to_owned()
    } else {
        serde_json::Value::from(name).to_string()
    }
}

fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '-'
}

fn is_plain_when_stored(character: char) -> bool {
    is_plain(character) || ['.', '/', '$'].contains(&character)
}

/// The parts of a line between separators that do not stand in a quoted name.
pub(crate) fn split<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    let (mut quoted, mut escaped) = (false, false);
    while let Some(character) = text[at..].chars().next() {
        if !quoted && text[at..].starts_with(separator) {
            parts.push(&text[start..at]);
            at += separator.len();
            start = at;
            continue;
        }
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        at += character.len_utf8();
    }
    parts.push(&text[start..]);
    parts
}

/// The name at the beginning of a text, and what follows.
pub(crate) fn take_name(text: &str) -> Option<(String, &str)> {
    take(text, is_plain)
}

/// The stored name at the beginning of a text, and what follows.
pub(crate) fn take_stored_name(text: &str) -> Option<(String, &str)> {
    take(text, is_plain_when_stored)
}

fn take(text: &str, is_plain: impl Fn(char) -> bool) -> Option<(String, &str)> {
    if text.starts_with('"') {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
        let name = values.next()?.ok()?;
        return Some((name, &text[values.byte_offset()..]));
    }
    let end = text
        .find(|character| !is_plain(character))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then(|| (name.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let field = |name: &str| Step::Field(name.into());
        let all = [
            Path::default(),
            Path(vec![field("owner")]),
            Path(vec![
                field("a b"),
                Step::Item,
                field("c.d"),
                Step::Value,
                Step::Key,
            ]),
            Path(vec![
                Step::Variant("Card".into()),
                Step::Element(7),
                field("\""),
            ]),
            Path(vec![Step::Item, Step::Variant(String::new())]),
        ];
        for path in all {
            assert_eq!(Path::parse(&path.to_string()), Some(path.clone()), "{path}");
        }
        assert_eq!(Path::parse("a..b"), None);
        assert_eq!(Path::parse("a[x]"), None);
    }
}
