//! Queries as SQL: the same for boundary checks and for reading. Every value is bound, none is part of the text.

use std::borrow::Cow;
use std::fmt::Write;

use eventsource_core::{Query, QueryItem, Tag};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Statement, ToSql};

/// One part of a query that an index answers in the order of positions.
pub(crate) enum Arm<'q> {
    /// Events with this stored name.
    Named(&'q str),
    /// Events with one of these stored names: more than a statement can have parts.
    AnyOf(&'q [Cow<'static, str>]),
    /// Events with all of these tags (at least one), and one of these names, if there are any.
    Tagged(&'q [Cow<'static, str>], &'q [Tag]),
}

/// How many names are looked up one by one.
const MANY: usize = 64;

/// The parts of a query, or `None` where it is every event.
pub(crate) fn arms(query: &Query) -> Option<Vec<Arm<'_>>> {
    let everything = |item: &QueryItem| item.types.is_empty() && item.tags.is_empty();
    if query.items().is_empty() || query.items().iter().any(everything) {
        return None;
    }
    let mut arms = Vec::new();
    for item in query.items() {
        if item.tags.is_empty() && item.types.len() > MANY {
            arms.push(Arm::AnyOf(&item.types));
        } else if item.tags.is_empty() {
            arms.extend(item.types.iter().map(|name| Arm::Named(name)));
        } else {
            arms.push(Arm::Tagged(&item.types, &item.tags));
        }
    }
    Some(arms)
}

/// A statement that gives the positions of the events that match one of some arms, each once and in order: those
/// after `?1`, up to `?2`, at most `?3`.
pub(crate) struct Positions<'q> {
    sql: String,
    texts: Vec<&'q str>,
}

/// `?1` to `?3` come first.
const FIRST_TEXT: usize = 4;

impl<'q> Positions<'q> {
    pub(crate) fn of(arms: &[Arm<'q>]) -> Self {
        let mut positions = Self {
            sql: String::new(),
            texts: Vec::new(),
        };
        for (index, arm) in arms.iter().enumerate() {
            positions
                .sql
                .push_str(if index == 0 { "" } else { " UNION " });
            positions.arm(arm);
        }
        positions.sql.push_str(" ORDER BY position LIMIT ?3");
        positions
    }

    fn arm(&mut self, arm: &Arm<'q>) {
        match arm {
            Arm::Named(name) => {
                let name = self.bound(name);
                self.push(format_args!(
                    "SELECT position FROM events WHERE name = (SELECT id FROM names WHERE name = ?{name}) \
                     AND position > ?1 AND position <= ?2"
                ));
            }
            Arm::AnyOf(names) => {
                self.sql
                    .push_str("SELECT position FROM events WHERE position > ?1 AND position <= ?2");
                self.one_of(names);
            }
            Arm::Tagged(names, tags) => {
                for (index, tag) in tags.iter().enumerate() {
                    let tag = self.bound(tag.as_str());
                    if index == 0 {
                        self.push(format_args!(
                            "SELECT position FROM tags AS first WHERE tag = ?{tag} AND position > ?1 AND position <= ?2"
                        ));
                    } else {
                        self.push(format_args!(
                            " AND EXISTS (SELECT 1 FROM tags WHERE tag = ?{tag} AND position = first.position)"
                        ));
                    }
                }
                self.one_of(names);
            }
        }
    }

    /// Asks for one of these names, if there are any.
    fn one_of(&mut self, names: &'q [Cow<'static, str>]) {
        for (index, name) in names.iter().enumerate() {
            self.sql.push_str(if index == 0 {
                " AND name IN (SELECT id FROM names WHERE name IN ("
            } else {
                ", "
            });
            let name = self.bound(name);
            self.push(format_args!("?{name}"));
        }
        self.sql.push_str(if names.is_empty() { "" } else { "))" });
    }

    fn bound(&mut self, text: &'q str) -> usize {
        self.texts.push(text);
        FIRST_TEXT + self.texts.len() - 1
    }

    fn push(&mut self, sql: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.sql.write_fmt(sql);
    }

    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    pub(crate) fn bind(
        &self,
        statement: &mut Statement<'_>,
        after: i64,
        until: i64,
        limit: i64,
    ) -> rusqlite::Result<()> {
        for (number, value) in (1..).zip([after, until, limit]) {
            statement.raw_bind_parameter(number, value)?;
        }
        for (number, text) in (FIRST_TEXT..).zip(&self.texts) {
            statement.raw_bind_parameter(number, Text(text))?;
        }
        Ok(())
    }
}

struct Text<'a>(&'a str);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

/// A number as SQLite keeps it. Nothing that is stored is beyond its largest, so for comparisons the largest will do.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A limit as SQLite takes it: negative is none.
pub(crate) fn limit(limit: Option<usize>) -> i64 {
    limit.map_or(-1, |limit| number(limit as u64))
}
