//! Checks as values of a call: what is expected of a stream, and the parts of a query that must match nothing.

use eventsource_core::{Position, Query, StreamCheck, Tag};
use tokio_postgres::types::Type;

use crate::session::Bound;

/// What is expected of a stream: nothing, that it has an event, or a version.
pub(crate) const NOTHING: i64 = -2;
const EXISTS: i64 = -1;

/// A part of a query that must match nothing: with a tag, of a name, or any event.
#[derive(Debug, Default)]
pub(crate) struct Arms<'a> {
    tags: Vec<&'a str>,
    /// The names, each between line breaks; for an arm without a tag its one name.
    names: Vec<String>,
    more: Vec<String>,
    afters: Vec<i64>,
    requests: Vec<i32>,
    /// The largest position that a check is about.
    latest: i64,
}

impl<'a> Arms<'a> {
    pub(crate) fn len(&self) -> usize {
        self.tags.len()
    }

    /// Adds the parts of a query, and says how many they are.
    pub(crate) fn add(&mut self, query: &'a Query, after: Position, request: i32) -> usize {
        let before = self.tags.len();
        let after = number(after.0);
        self.latest = self.latest.max(after);
        if query.items().is_empty() {
            self.push("", String::new(), String::new(), after, request);
        }
        for item in query.items() {
            // No stored text has a control character, so what has one matches nothing; nor could it be sent.
            let mut names = item
                .types
                .iter()
                .map(|name| &**name)
                .filter(|name| !odd(name))
                .peekable();
            if item.tags.iter().any(|tag| odd(tag.as_str()))
                || (!item.types.is_empty() && names.peek().is_none())
            {
                continue;
            }
            match &*item.tags {
                [first, more @ ..] => {
                    let mut listed = String::new();
                    names.for_each(|name| {
                        listed.push_str(if listed.is_empty() { "\n" } else { "" });
                        listed.push_str(name);
                        listed.push('\n');
                    });
                    let more: Vec<_> = more.iter().map(Tag::as_str).collect();
                    self.push(first.as_str(), listed, more.join("\n"), after, request);
                }
                [] if item.types.is_empty() => {
                    self.push("", String::new(), String::new(), after, request);
                }
                [] => {
                    names
                        .for_each(|name| self.push("", name.into(), String::new(), after, request));
                }
            }
        }
        if self.tags.len() == before {
            // It matches nothing, and neither does this; but its position is judged.
            self.push("\n", String::new(), String::new(), after, request);
        }
        self.tags.len() - before
    }

    fn push(&mut self, tag: &'a str, names: String, more: String, after: i64, request: i32) {
        self.tags.push(tag);
        self.names.push(names);
        self.more.push(more);
        self.afters.push(after);
        self.requests.push(request);
    }

    /// The same, but NULL in place of arrays without elements.
    pub(crate) fn bound_if_any(&self) -> [Bound<'_>; 6] {
        const NO_TEXTS: Option<Vec<&str>> = None;
        const NO_POSITIONS: Option<Vec<i64>> = None;
        const NO_REQUESTS: Option<Vec<i32>> = None;
        if !self.tags.is_empty() {
            return self.bound();
        }
        [
            (&NO_TEXTS, Type::TEXT_ARRAY),
            (&NO_TEXTS, Type::TEXT_ARRAY),
            (&NO_TEXTS, Type::TEXT_ARRAY),
            (&NO_POSITIONS, Type::INT8_ARRAY),
            (&NO_REQUESTS, Type::INT4_ARRAY),
            (&self.latest, Type::INT8),
        ]
    }

    pub(crate) fn bound(&self) -> [Bound<'_>; 6] {
        [
            (&self.tags, Type::TEXT_ARRAY),
            (&self.names, Type::TEXT_ARRAY),
            (&self.more, Type::TEXT_ARRAY),
            (&self.afters, Type::INT8_ARRAY),
            (&self.requests, Type::INT4_ARRAY),
            (&self.latest, Type::INT8),
        ]
    }
}

fn odd(text: &str) -> bool {
    text.is_empty() || text.chars().any(char::is_control)
}

/// A number as PostgreSQL keeps it. Nothing that is stored is beyond its largest, so for comparisons the largest will do.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn index(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(crate) fn expected(check: &StreamCheck) -> i64 {
    match check {
        StreamCheck::At(_, version) => number(version.0),
        StreamCheck::New(_) => 0,
        StreamCheck::Exists(_) => EXISTS,
    }
}
