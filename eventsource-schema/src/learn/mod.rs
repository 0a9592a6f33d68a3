//! How the layout of a payload is learnt, from nothing but the `Deserialize` of its type, with examples on the way.
//!
//! The type is asked again and again to read a payload that is not there. It says what it wants (a text, a struct with these
//! fields, an enum with these variants) and is given an answer; what it refuses, and how, decides what it is given next
//! time. So it is done until every variant was read; then every field is left out once, to learn whether it must be there.

mod access;
mod candidates;
mod deserializer;
mod fault;
mod looked_at;
mod state;
mod tracer;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::layout::{Kind, Layout, Node, Tagging};
use crate::path::{Path, Step};
use access::Outside;
use fault::Fault;
use state::{Pass, State};
use tracer::Tracer;

/// Has a payload read, as the one element of a tuple.
pub(crate) type Read<'r> =
    &'r dyn Fn(&mut dyn erased_serde::Deserializer<'_>) -> Result<(), erased_serde::Error>;

/// Reads a payload and writes it again.
pub(crate) type Rewrite<'r> = &'r dyn Fn(&Value) -> Option<Value>;

/// What is known of a payload before.
#[derive(Default)]
pub(crate) struct Hints<'h> {
    /// Examples, given by the user or kept in the lock.
    pub(crate) given: Vec<Value>,
    /// Texts to try where others are refused.
    pub(crate) tried: Vec<String>,
    /// The names of its fields, as they are declared.
    pub(crate) fields: Vec<String>,
    /// What a payload is when it has been read and is written again.
    pub(crate) rewrite: Option<Rewrite<'h>>,
}

/// What was learnt of a payload.
#[derive(Debug, Clone)]
pub(crate) struct Learnt {
    pub(crate) layout: Layout,
    /// Payloads that can be read, so that there is one for each variant of each enum.
    pub(crate) samples: Vec<Value>,
}

/// A place of which nothing could be learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unlearnt {
    pub(crate) path: Path,
    pub(crate) reason: String,
}

/// More passes than any payload needs: a type that answers differently each time would go on for ever.
const MOST_PASSES: usize = 10_000;

pub(crate) fn learn(read: Read<'_>, hints: Hints<'_>) -> Result<Learnt, Unlearnt> {
    let Hints {
        given,
        tried,
        fields,
        rewrite,
    } = hints;
    let state = RefCell::new(State {
        given,
        tried,
        ..State::default()
    });
    let learner = Learner { read, state };
    let mut samples = learner.explore()?;
    learner.add_what_is_written(&fields, rewrite, &mut samples)?;
    learner.tell_kinds();
    let absent = learner.leave_out();
    let state = learner.state.into_inner();
    for given in &state.given {
        if !samples.contains(given) {
            samples.push(given.clone());
        }
    }
    Ok(Learnt {
        layout: layout(state, &absent),
        samples,
    })
}

struct Learner<'r> {
    read: Read<'r>,
    state: RefCell<State>,
}

impl Learner<'_> {
    /// One pass: the payload that was made up, or who refused what.
    fn pass(&self, pass: Pass) -> Result<Value, (Path, Fault)> {
        self.state.borrow_mut().pass = pass;
        let mut payload = Value::Null;
        let outside = Outside(Tracer {
            state: &self.state,
            path: Path::default(),
            slot: &mut payload,
            inner: None,
        });
        let read = (self.read)(&mut <dyn erased_serde::Deserializer<'_>>::erase(outside));
        match read {
            Ok(()) => Ok(payload),
            Err(error) => {
                let blame = self.state.borrow_mut().pass.blame.take();
                Err(blame.unwrap_or_else(|| (Path::default(), Fault::Other(error.to_string()))))
            }
        }
    }

    /// Passes until every variant of every enum was read.
    fn explore(&self) -> Result<Vec<Value>, Unlearnt> {
        let mut samples = Vec::new();
        for _ in 0..MOST_PASSES {
            match self.pass(Pass::default()) {
                Ok(sample) => {
                    let state = &mut *self.state.borrow_mut();
                    let mut new = samples.is_empty();
                    for (at, variant) in &state.pass.chosen {
                        let explored = state.explored.entry(at.clone()).or_default();
                        new |= explored.insert(variant.clone());
                    }
                    if new && !samples.contains(&sample) {
                        samples.push(sample);
                    }
                    if state.is_complete() {
                        return Ok(samples);
                    }
                    if !new {
                        // Nothing leads to the variants that are left: they are of a type that holds itself.
                        return Ok(samples);
                    }
                }
                Err((path, fault)) => {
                    let state = &mut *self.state.borrow_mut();
                    let again = std::mem::take(&mut state.pass.again);
                    if !again && !state.advance(&path, &fault) {
                        return Err(Unlearnt {
                            path,
                            reason: fault.to_string(),
                        });
                    }
                }
            }
        }
        Err(Unlearnt {
            path: Path::default(),
            reason: "it answers differently each time".to_owned(),
        })
    }

    /// Structs that do not say what their fields are show them when they are written.
    fn add_what_is_written(
        &self,
        declared: &[String],
        rewrite: Option<Rewrite<'_>>,
        samples: &mut Vec<Value>,
    ) -> Result<(), Unlearnt> {
        for _ in 0..16 {
            let mut added = false;
            for sample in samples.clone() {
                let state = &mut *self.state.borrow_mut();
                let written = rewrite.and_then(|rewrite| rewrite(&sample));
                let places: Vec<_> = state.open.keys().cloned().collect();
                for place in places {
                    let tagging = state.tagging(&place).and_then(Tagging::tag);
                    if tagging.is_some() {
                        continue;
                    }
                    let tag = place.split_last().and_then(|(parent, _)| {
                        state
                            .tagging(&parent)
                            .and_then(Tagging::tag)
                            .map(str::to_owned)
                    });
                    let written = written
                        .as_ref()
                        .and_then(|written| state.within(written, &place));
                    let mut names: Vec<_> = match written.and_then(Value::as_object) {
                        Some(fields) => fields.keys().cloned().collect(),
                        None => Vec::new(),
                    };
                    if place.0.is_empty() && rewrite.is_none() {
                        names.extend(declared.iter().cloned());
                    }
                    let known = state.open.entry(place.clone()).or_default();
                    for name in names {
                        if !known.contains(&name) && tag.as_ref() != Some(&name) {
                            known.push(name);
                            added = true;
                            // One by one: what is refused then is known to be the new one.
                            break;
                        }
                    }
                }
            }
            if !added {
                return Ok(());
            }
            self.state.borrow_mut().explored.clear();
            *samples = self.explore()?;
        }
        Ok(())
    }

    /// Of values that are looked at: which kinds are accepted.
    fn tell_kinds(&self) {
        self.state.borrow_mut().known = true;
        let looked_at: Vec<_> = {
            let state = self.state.borrow();
            let any = state.nodes.iter().filter_map(|(path, node)| {
                let is_any = matches!(node.kind, Kind::Any(_));
                let usual = state
                    .tries
                    .get(path)
                    .is_none_or(|tried| *tried < looked_at::LAST_USUAL);
                (is_any && usual).then(|| path.clone())
            });
            any.collect()
        };
        for path in looked_at {
            let accepts = |value: Value| {
                let pass = Pass {
                    forced: self.state.borrow().choices_to(&path),
                    probe: Some((path.clone(), value)),
                    ..Pass::default()
                };
                self.pass(pass).is_ok()
            };
            let told = looked_at_as(&accepts);
            self.state.borrow_mut().nodes.insert(path.clone(), told);
        }
    }

    /// Leaves out every field once: those that may be absent.
    fn leave_out(&self) -> BTreeSet<Path> {
        let fields: Vec<_> = {
            let state = self.state.borrow();
            let fields = state
                .nodes
                .keys()
                .filter(|path| matches!(path.split_last(), Some((_, Step::Field(_)))));
            fields.cloned().collect()
        };
        let may_be_absent = |path: &Path| {
            let pass = Pass {
                forced: self.state.borrow().choices_to(path),
                omitted: Some(path.clone()),
                ..Pass::default()
            };
            self.pass(pass).is_ok()
        };
        fields.into_iter().filter(may_be_absent).collect()
    }
}

/// What a value is that is looked at before it is read, by what it accepts.
fn looked_at_as(accepts: &dyn Fn(Value) -> bool) -> Node {
    let kinds = [
        ("bool", json!(true)),
        ("list", json!([])),
        ("map", json!({})),
        ("number", json!(1)),
        ("text", json!("text")),
    ];
    let kinds = kinds
        .into_iter()
        .filter(|(_, value)| accepts(value.clone()));
    let kinds: BTreeSet<_> = kinds.map(|(kind, _)| kind.to_owned()).collect();
    let only = (kinds.len() == 1)
        .then(|| kinds.first().map(String::as_str))
        .flatten();
    let null = accepts(Value::Null);
    let kind = match only {
        None if kinds.is_empty() => return Node::of(Kind::Nothing),
        Some("text") => Kind::Text(None),
        Some("bool") => Kind::Bool,
        Some("number") => number(accepts),
        _ => Kind::Any(kinds),
    };
    Node {
        null,
        ..Node::of(kind)
    }
}

/// Which number it is, by the greatest that it accepts.
fn number(accepts: &dyn Fn(Value) -> bool) -> Kind {
    if accepts(json!(1.5)) {
        return Kind::Float(64);
    }
    let signed = accepts(json!(-1));
    let sign = u32::from(signed);
    let fits = |bits: &&u8| accepts(json!(1_u64 << (u32::from(**bits) - sign)));
    let bits = [8, 16, 32].iter().take_while(fits).count();
    Kind::Integer {
        signed,
        bits: [8, 16, 32, 64][bits],
    }
}

fn layout(state: State, absent: &BTreeSet<Path>) -> Layout {
    let mut nodes: BTreeMap<Path, Node> = state.nodes;
    // The field that says which variant it is belongs to the enum.
    let tags: Vec<_> = nodes
        .iter()
        .filter_map(|(path, node)| match &node.kind {
            Kind::Enum(tagging) => Some((path.clone(), tagging.clone())),
            _ => None,
        })
        .collect();
    for (path, tagging) in tags {
        let fields = match tagging {
            Tagging::External => Vec::new(),
            Tagging::Internal(tag) => vec![tag],
            Tagging::Adjacent { tag, content } => vec![tag, content],
        };
        for field in fields {
            let field = path.then(Step::Field(field));
            nodes.retain(|at, _| !at.is_within(&field));
        }
    }
    for (path, aliases) in &state.aliases {
        for (alias, name) in aliases {
            nodes.retain(|at, _| !at.is_within(&path.then(Step::Field(alias.clone()))));
            if let Some(node) = nodes.get_mut(&path.then(Step::Field(name.clone()))) {
                node.also.insert(alias.clone());
            }
        }
    }
    for (path, node) in &mut nodes {
        node.absent = absent.contains(path);
    }
    shorten_arrays(&mut nodes);
    Layout(nodes)
}

/// A tuple that is longer than that, and alike in all its elements, reads better as an array.
const LONGEST_TUPLE: usize = 8;

fn shorten_arrays(nodes: &mut BTreeMap<Path, Node>) {
    let arrays = nodes
        .iter()
        .filter(|(_, node)| matches!(node.kind, Kind::Tuple(length) if length > LONGEST_TUPLE));
    let arrays: Vec<_> = arrays.map(|(path, _)| path.clone()).collect();
    for path in arrays {
        let depth = path.0.len();
        let within = |element: usize| {
            let at = path.then(Step::Element(element));
            let inside = nodes
                .range(at.clone()..)
                .take_while(|(path, _)| path.is_within(&at));
            inside
                .map(|(path, node)| (path.0[depth + 1..].to_vec(), node.clone()))
                .collect::<Vec<_>>()
        };
        let first = within(0);
        let elements = nodes
            .keys()
            .filter(|at| at.0.len() == depth + 1 && at.is_within(&path))
            .count();
        if (1..elements).all(|element| within(element) == first) {
            nodes.retain(|at, _| at.0.len() == depth || !at.is_within(&path));
            for (rest, node) in first {
                let mut at = path.then(Step::Item);
                at.0.extend(rest);
                nodes.insert(at, node);
            }
        }
    }
}
