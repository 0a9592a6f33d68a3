//! Queries as SQL that reads. Every value is bound, none is part of the text.

use std::fmt::Write;

use eventsource_core::{Query, QueryItem, Tag};
use tokio_postgres::types::Type;

use crate::row::COLUMNS_AND_STREAM;
use crate::session::Bound;

/// One part of a query that an index answers in the order of positions.
enum Arm<'q> {
    /// Events with this stored name.
    Named(&'q str),
    /// Events with one of these stored names: more than a statement should have parts.
    AnyOf(Vec<&'q str>),
    /// Events with all of these tags (at least one), and one of these names, if there are any.
    Tagged(Vec<&'q str>, &'q [Tag]),
}

/// How many names are looked up one by one.
const MANY: usize = 64;

/// The parts of a query, or `None` where it is every event.
fn arms(query: &Query) -> Option<Vec<Arm<'_>>> {
    let everything = |item: &QueryItem| item.types.is_empty() && item.tags.is_empty();
    if query.items().is_empty() || query.items().iter().any(everything) {
        return None;
    }
    let mut arms = Vec::new();
    for item in query.items() {
        // No stored text has a control character, so what has one matches nothing; nor could it be sent.
        let odd = |text: &str| text.chars().any(char::is_control);
        let names: Vec<&str> = item
            .types
            .iter()
            .map(|name| &**name)
            .filter(|name| !odd(name))
            .collect();
        if item.tags.iter().any(|tag| odd(tag.as_str()))
            || (names.is_empty() && !item.types.is_empty())
        {
            continue;
        }
        if !item.tags.is_empty() {
            arms.push(Arm::Tagged(names, &item.tags));
        } else if names.len() > MANY {
            arms.push(Arm::AnyOf(names));
        } else {
            arms.extend(names.into_iter().map(Arm::Named));
        }
    }
    Some(arms)
}

/// A statement that gives the events that match a query, each once and in order: those after `$1`, up to `$2`, at most
/// `$3`.
pub(crate) struct Matching<'q> {
    pub(crate) sql: String,
    texts: Vec<&'q str>,
    lists: Vec<Vec<&'q str>>,
    /// Which of the two each value is, from `$4` on.
    order: Vec<Value>,
    /// The same by names alone, where it is.
    pub(crate) window: Option<Window<'q>>,
}

/// A statement that gives the events with these names after `$1` and up to `$2`: it looks at each event there, and so is the
/// cheaper one where many match. The names are `$3`.
pub(crate) struct Window<'q> {
    pub(crate) sql: String,
    pub(crate) names: Vec<&'q str>,
}

impl<'q> Window<'q> {
    fn of(arms: &[Arm<'q>], schema: &str) -> Option<Self> {
        let mut names = Vec::new();
        for arm in arms {
            match arm {
                Arm::Named(name) => names.push(*name),
                Arm::AnyOf(several) => names.extend(several),
                Arm::Tagged(..) => return None,
            }
        }
        Some(Self {
            sql: format!(
                "SELECT {COLUMNS_AND_STREAM} FROM {schema}.events e \
                 WHERE e.position > $1 AND e.position <= $2 AND e.name = ANY ($3) ORDER BY e.position"
            ),
            names,
        })
    }
}

#[derive(Clone, Copy)]
enum Value {
    Text(usize),
    List(usize),
}

impl<'q> Matching<'q> {
    /// `None` if the query can match nothing.
    pub(crate) fn of(query: &'q Query, schema: &str) -> Option<Self> {
        let mut matching = Self {
            sql: String::new(),
            texts: Vec::new(),
            lists: Vec::new(),
            order: Vec::new(),
            window: None,
        };
        let Some(arms) = arms(query) else {
            matching.push(format_args!(
                "SELECT {COLUMNS_AND_STREAM} FROM {schema}.events e \
                 WHERE e.position > $1 AND e.position <= $2 ORDER BY e.position LIMIT $3"
            ));
            return Some(matching);
        };
        matching.window = Window::of(&arms, schema);
        match &*arms {
            [] => return None,
            [one] => {
                matching.push(format_args!("SELECT {COLUMNS_AND_STREAM} FROM ("));
                matching.arm(one, schema);
            }
            // Each arm is cut where the whole would be, so what is brought into order is never much.
            several => {
                matching.push(format_args!(
                    "SELECT {COLUMNS_AND_STREAM} FROM (SELECT DISTINCT u.position FROM ("
                ));
                for (index, arm) in several.iter().enumerate() {
                    matching
                        .sql
                        .push_str(if index == 0 { "(" } else { " UNION ALL (" });
                    matching.arm(arm, schema);
                    matching.sql.push(')');
                }
                matching.sql.push_str(") u ORDER BY u.position LIMIT $3");
            }
        }
        // One look-up for each position, never a join that reads the whole table.
        matching.push(format_args!(
            ") p, LATERAL (SELECT * FROM {schema}.events e WHERE e.position = p.position OFFSET 0) e ORDER BY p.position"
        ));
        Some(matching)
    }

    /// The positions that match one arm, in order.
    fn arm(&mut self, arm: &Arm<'q>, schema: &str) {
        match arm {
            // By the pair, as the index (name, position) has it, and no other one can.
            Arm::Named(name) => {
                let name = self.text(name);
                self.push(format_args!(
                    "SELECT n.position FROM {schema}.events n WHERE (n.name, n.position) > (${name}, $1) \
                     AND (n.name, n.position) <= (${name}, $2) ORDER BY n.name, n.position LIMIT $3"
                ));
            }
            Arm::AnyOf(names) => {
                let names = self.list(names);
                self.push(format_args!(
                    "SELECT n.position FROM {schema}.events n WHERE n.position > $1 AND n.position <= $2 \
                     AND n.name = ANY (${names}) ORDER BY n.position LIMIT $3"
                ));
            }
            Arm::Tagged(names, tags) => {
                for (index, tag) in tags.iter().enumerate() {
                    let tag = self.text(tag.as_str());
                    if index == 0 {
                        self.push(format_args!(
                            "SELECT t.position FROM {schema}.tags t WHERE t.tag = ${tag} AND t.position > $1 AND t.position <= $2"
                        ));
                    } else {
                        self.push(format_args!(
                            " AND (SELECT o.position FROM {schema}.tags o WHERE o.tag = ${tag} AND o.position = t.position) IS NOT NULL"
                        ));
                    }
                }
                if !names.is_empty() {
                    let names = self.list(names);
                    self.push(format_args!(" AND t.name = ANY (${names})"));
                }
                self.sql.push_str(" ORDER BY t.position LIMIT $3");
            }
        }
    }

    fn text(&mut self, text: &'q str) -> usize {
        self.order.push(Value::Text(self.texts.len()));
        self.texts.push(text);
        self.order.len() + 3
    }

    fn list(&mut self, texts: &[&'q str]) -> usize {
        self.order.push(Value::List(self.lists.len()));
        self.lists.push(texts.to_vec());
        self.order.len() + 3
    }

    fn push(&mut self, sql: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.sql.write_fmt(sql);
    }

    /// What is bound, from `$4` on.
    pub(crate) fn bound(&self) -> impl Iterator<Item = Bound<'_>> {
        self.order.iter().map(|value| -> Bound<'_> {
            match value {
                Value::Text(index) => (&self.texts[*index], Type::TEXT),
                Value::List(index) => (&self.lists[*index], Type::TEXT_ARRAY),
            }
        })
    }
}
