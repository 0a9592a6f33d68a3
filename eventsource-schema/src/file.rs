//! The lock as a file: lines that are sorted, so that a change is a few lines in review, and merges where two people add.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::contract::Key;
use crate::kept::State;
use crate::layout::{Layout, Node};
use crate::path::{self, Path};

/// What a lock says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct File {
    /// What each aggregate reads.
    pub(crate) aggregates: BTreeMap<String, Reads>,
    pub(crate) events: BTreeMap<Key, Locked>,
}

/// What an aggregate reads, and what comes of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Reads {
    pub(crate) events: BTreeMap<Key, Reading>,
    /// The state that the examples make, of an aggregate with snapshots.
    pub(crate) state: Option<State>,
}

/// What an aggregate does with a stored event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It reads and applies the example.
    Applied,
    /// It reads the example; it could not be applied by itself.
    Read,
}

/// A version of an event.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Locked {
    /// The line of the file, from 1; 0 if it is not from a file.
    pub(crate) line: usize,
    /// Empty of a version whose type was not there any more when it was written.
    pub(crate) layout: Layout,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) samples: Vec<Sample>,
}

/// An example of a payload, and what it was to the program that wrote the lock: nothing is said where it is the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) payload: Value,
    pub(crate) becomes: Vec<(Key, Value)>,
}

/// A line that does not belong into a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) text: String,
}

const HEADER: &str = "\
# Every event that is stored, as the program reads it. Written by the test that checks it, with
# EVENTSOURCE_SCHEMA=update; checked in, read in review, not edited by hand.
eventsource schema 1
";

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (name, reads) in &self.aggregates {
            writeln!(f, "\naggregate {}", path::stored_name(name))?;
            for (key, reading) in &reads.events {
                let word = match reading {
                    Reading::Applied => "applies",
                    Reading::Read => "reads",
                };
                writeln!(f, "  {word} {}", Named(key))?;
            }
            if let Some(State { fingerprint, state }) = &reads.state {
                writeln!(f, "  state {fingerprint} {state}")?;
            }
        }
        for (key, locked) in &self.events {
            writeln!(f, "\nevent {}", Named(key))?;
            for (path, node) in &locked.layout.0 {
                writeln!(f, "  {path}: {node}")?;
            }
            for tag in &locked.tags {
                writeln!(f, "  tag {}", path::name(tag))?;
            }
            for Sample { payload, becomes } in &locked.samples {
                writeln!(f, "  sample {payload}")?;
                for (key, payload) in becomes {
                    writeln!(f, "  becomes {} {payload}", Named(key))?;
                }
            }
        }
        Ok(())
    }
}

/// A stored name and version, as a line holds them.
pub(crate) struct Named<'k>(pub(crate) &'k Key);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = self.0;
        write!(f, "{} {version}", path::stored_name(name))
    }
}

/// The block that lines belong to.
enum Block {
    Nothing,
    Aggregate(String),
    Event(Key),
}

impl File {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut file = Self::default();
        let mut block = Block::Nothing;
        let mut version = None;
        for (number, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let number = number + 1;
            let understood = match version {
                None => (line == "eventsource schema 1").then(|| version = Some(1)),
                Some(_) => file.take(&mut block, line, number),
            };
            understood.ok_or_else(|| Malformed {
                line: number,
                text: line.to_owned(),
            })?;
        }
        match version {
            Some(_) => Ok(file),
            None => Err(Malformed {
                line: 1,
                text: String::new(),
            }),
        }
    }

    fn take(&mut self, block: &mut Block, line: &str, number: usize) -> Option<()> {
        if let Some(rest) = line.strip_prefix("aggregate ") {
            let (name, "") = path::take_stored_name(rest)? else {
                return None;
            };
            self.aggregates.entry(name.clone()).or_default();
            *block = Block::Aggregate(name);
            return Some(());
        }
        if let Some(rest) = line.strip_prefix("event ") {
            let (key, "") = take_key(rest)? else {
                return None;
            };
            let locked = Locked {
                line: number,
                ..Locked::default()
            };
            let earlier = self.events.insert(key.clone(), locked);
            *block = Block::Event(key);
            return earlier.is_none().then_some(());
        }
        let line = line.strip_prefix("  ")?;
        match block {
            Block::Nothing => None,
            Block::Aggregate(name) => {
                let (word, rest) = line.split_once(' ')?;
                let reads = self.aggregates.get_mut(name)?;
                if word == "state" {
                    let (fingerprint, state) = rest.split_once(' ')?;
                    reads.state = Some(State {
                        fingerprint: fingerprint.to_owned(),
                        state: serde_json::from_str(state).ok()?,
                    });
                    return Some(());
                }
                let reading = match word {
                    "applies" => Reading::Applied,
                    "reads" => Reading::Read,
                    _ => return None,
                };
                let (key, "") = take_key(rest)? else {
                    return None;
                };
                reads.events.insert(key, reading);
                Some(())
            }
            Block::Event(key) => self.events.get_mut(key)?.take(line),
        }
    }
}

impl Locked {
    fn take(&mut self, line: &str) -> Option<()> {
        if let Some(tag) = line.strip_prefix("tag ") {
            let (tag, "") = path::take_name(tag)? else {
                return None;
            };
            self.tags.insert(tag);
        } else if let Some(payload) = line.strip_prefix("sample ") {
            self.samples.push(Sample {
                payload: serde_json::from_str(payload).ok()?,
                becomes: Vec::new(),
            });
        } else if let Some(becomes) = line.strip_prefix("becomes ") {
            let (key, payload) = take_key(becomes)?;
            let payload = serde_json::from_str(payload.strip_prefix(' ')?).ok()?;
            self.samples.last_mut()?.becomes.push((key, payload));
        } else {
            let parts = path::split(line, ": ");
            let [path, node] = parts.as_slice() else {
                return None;
            };
            self.layout.0.insert(Path::parse(path)?, Node::parse(node)?);
        }
        Some(())
    }
}

/// A stored name and version at the beginning of a text, and what follows.
fn take_key(text: &str) -> Option<(Key, &str)> {
    let (name, rest) = path::take_stored_name(text)?;
    let rest = rest.strip_prefix(' ')?;
    let end = rest.find(' ').unwrap_or(rest.len());
    let (version, rest) = rest.split_at(end);
    Some(((name, version.parse().ok()?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
aggregate account
  applies account.opened 1
  reads "with space" 2
  state 00ff00ff00ff00ff {"balance":1}

event account.opened 1
  *: struct
  "a: b": text, also "c, d"
  owner: text, may be null, may be absent
  tag owner
  sample {"owner":"text"}
  becomes account.opened 2 {"owner":"text"}
"#;

    #[test]
    fn what_is_written_is_read() {
        let text = format!("{HEADER}{TEXT}");
        let file = File::parse(&text).unwrap();
        assert_eq!(file.to_string(), text);
    }

    #[test]
    fn what_is_no_lock_is_refused_with_its_line() {
        for (line, text) in [
            (1, "<<<<<<< HEAD"),
            (2, "eventsource schema 1\n<<<<<<< HEAD"),
            (3, "eventsource schema 1\nevent a 1\n  owner: txt"),
            (3, "eventsource schema 1\nevent a 1\nevent a 1"),
            (1, "eventsource schema 2"),
            (1, ""),
        ] {
            assert_eq!(File::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
