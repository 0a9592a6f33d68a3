//! What has been learnt of a payload, from pass to pass, and what the present pass tries.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::fault::Fault;
use crate::layout::{Kind, Node, Tagging};
use crate::path::{Path, Step};

#[derive(Default)]
pub(super) struct State {
    /// A value that was given as an example, if one was.
    pub(super) given: Vec<Value>,
    /// Texts to try where others are refused.
    pub(super) tried: Vec<String>,
    pub(super) nodes: BTreeMap<Path, Node>,
    /// The Rust names of structs and enums, with those of their fields or variants: what holds itself is found by them.
    pub(super) types: BTreeMap<Path, Type>,
    /// The variants of enums, by the place where it is said which one it is.
    pub(super) variants: BTreeMap<Path, Vec<String>>,
    /// Those that were read.
    pub(super) explored: BTreeMap<Path, BTreeSet<String>>,
    /// How many candidates were refused at a place.
    pub(super) tries: BTreeMap<Path, usize>,
    /// Rounds of candidates for all that is at a place.
    pub(super) rounds: BTreeMap<Path, usize>,
    /// The field to begin with: the others may be other names of it.
    pub(super) first: BTreeMap<Path, String>,
    /// Other names of fields, and the names themselves.
    pub(super) aliases: BTreeMap<Path, BTreeMap<String, String>>,
    /// Structs that do not say what their fields are: those that were found.
    pub(super) open: BTreeMap<Path, Vec<String>>,
    /// Where a type holds itself: which of its variants to try in there.
    pub(super) inner: BTreeMap<&'static str, usize>,
    /// The layout is known, and what is tried now is no part of it.
    pub(super) known: bool,
    pub(super) pass: Pass,
}

/// The Rust name of a struct or an enum, with those of its fields or variants.
pub(super) type Type = (&'static str, &'static [&'static str]);

/// What one pass is to do, and what it has done.
#[derive(Default)]
pub(super) struct Pass {
    pub(super) omitted: Option<Path>,
    pub(super) forced: BTreeMap<Path, String>,
    /// What is given to a value that is looked at.
    pub(super) probe: Option<(Path, Value)>,
    pub(super) chosen: BTreeMap<Path, String>,
    /// Where something was tried, and how many candidates there are.
    pub(super) leaves: Vec<(Path, usize)>,
    /// The field that was given last, of each struct.
    pub(super) last: BTreeMap<Path, String>,
    pub(super) blame: Option<(Path, Fault)>,
    /// Something was found that changes what the pass should have done.
    pub(super) again: bool,
}

impl State {
    pub(super) fn learn(&mut self, path: &Path, kind: Kind) {
        if self.known {
            return;
        }
        match self.nodes.get_mut(path) {
            Some(node) => node.kind = kind,
            None => drop(self.nodes.insert(path.clone(), Node::of(kind))),
        }
    }

    /// What the examples have at a place.
    pub(super) fn given(&self, path: &Path) -> Option<&Value> {
        self.given.iter().find_map(|given| self.within(given, path))
    }

    /// What stands at a place of a value.
    pub(super) fn within<'v>(&self, value: &'v Value, path: &Path) -> Option<&'v Value> {
        let mut at = Path::default();
        let mut found = value;
        for step in &path.0 {
            found = match step {
                Step::Field(name) => found.get(name)?,
                Step::Item => found.as_array()?.first()?,
                Step::Element(number) => found.as_array()?.get(*number)?,
                Step::Key => return None,
                Step::Value => found.as_object()?.values().next()?,
                Step::Variant(name) => match self.tagging(&at) {
                    Some(Tagging::Internal(tag)) => {
                        (found.get(tag)?.as_str()? == name).then_some(found)?
                    }
                    Some(Tagging::Adjacent { tag, content }) => {
                        (found.get(tag)?.as_str()? == name).then_some(found)?;
                        found.get(content)?
                    }
                    Some(Tagging::External) | None => found.get(name)?,
                },
            };
            at.0.push(step.clone());
        }
        Some(found)
    }

    pub(super) fn tagging(&self, path: &Path) -> Option<&Tagging> {
        match &self.nodes.get(path)?.kind {
            Kind::Enum(tagging) => Some(tagging),
            _ => None,
        }
    }

    /// Which candidate is next at a place, of so many.
    pub(super) fn candidate(&mut self, path: &Path, count: usize) -> usize {
        self.pass.leaves.push((path.clone(), count));
        self.tries.get(path).copied().unwrap_or(0).min(count - 1)
    }

    /// Which variant is next, where it is said at `path` which one it is.
    pub(super) fn choose(&mut self, path: &Path, variants: &[String]) -> String {
        self.variants.insert(path.clone(), variants.to_vec());
        let explored = self.explored.get(path).cloned().unwrap_or_default();
        let forced = self.pass.forced.get(path).cloned();
        let new = || {
            variants
                .iter()
                .find(|name| !explored.contains(*name))
                .cloned()
        };
        let incomplete = || {
            variants
                .iter()
                .find(|name| self.is_incomplete(path, name))
                .cloned()
        };
        let choice = forced
            .or_else(new)
            .or_else(incomplete)
            .unwrap_or_else(|| variants.first().cloned().unwrap_or_default());
        self.pass.chosen.insert(path.clone(), choice.clone());
        choice
    }

    /// Whether a variant holds an enum of which there are variants left.
    fn is_incomplete(&self, path: &Path, variant: &str) -> bool {
        let step = Step::Variant(variant.to_owned());
        let mut places = vec![path.then(step.clone())];
        if let Some((parent, Step::Field(_))) = path.split_last() {
            places.push(parent.then(step));
        }
        self.variants.iter().any(|(at, all)| {
            let known = self.explored.get(at);
            places.iter().any(|place| at.is_within(place))
                && all
                    .iter()
                    .any(|name| known.is_none_or(|known| !known.contains(name)))
        })
    }

    pub(super) fn is_complete(&self) -> bool {
        self.variants.iter().all(|(at, all)| {
            let known = self.explored.get(at);
            all.iter()
                .all(|name| known.is_some_and(|known| known.contains(name)))
        })
    }

    /// The choices that lead to a place.
    pub(super) fn choices_to(&self, path: &Path) -> BTreeMap<Path, String> {
        let mut choices = BTreeMap::new();
        let mut at = Path::default();
        for step in &path.0 {
            if let Step::Variant(name) = step {
                let said = match self.tagging(&at).and_then(Tagging::tag) {
                    Some(tag) => at.then(Step::Field(tag.to_owned())),
                    None => at.clone(),
                };
                choices.insert(said, name.clone());
            }
            at.0.push(step.clone());
        }
        choices
    }

    /// Draws a lesson from a failed pass; `false` if there is none left.
    pub(super) fn advance(&mut self, path: &Path, fault: &Fault) -> bool {
        match fault {
            Fault::TooDeep => {
                self.inner.values_mut().for_each(|choice| *choice += 1);
                self.inner.values().all(|choice| *choice < 64)
            }
            Fault::Twice(name) => self.found_alias(path, name),
            Fault::Missing(name) if self.found_field(path, name) => true,
            Fault::NoVariant(names) if self.found_tag(path, names) => true,
            Fault::Missing(_) | Fault::NoVariant(_) | Fault::Other(_) => self.next_round(path),
        }
    }

    fn found_alias(&mut self, path: &Path, name: &str) -> bool {
        let Some(last) = self.pass.last.get(path).cloned() else {
            return false;
        };
        if last == name {
            return self.first.insert(path.clone(), last).is_none();
        }
        let aliases = self.aliases.entry(path.clone()).or_default();
        aliases.insert(last, name.to_owned()).is_none()
    }

    /// A field of a struct that does not say what its fields are: of the one that was given last, if it is one, since the
    /// fields before it have been accepted.
    fn found_field(&mut self, path: &Path, name: &str) -> bool {
        let Some(place) = self.fields_of(path) else {
            return false;
        };
        let inner = self.open.get(&place).and_then(|fields| fields.last());
        let inner = inner.map(|last| place.then(Step::Field(last.clone())));
        if let Some(inner) = inner
            && self.found_field(&inner, name)
        {
            return true;
        }
        let fields = self.open.entry(place.clone()).or_default();
        if fields.iter().any(|field| field == name) {
            // It was added and is still missing: it belongs to a struct further out.
            if fields.last().is_some_and(|last| last == name) {
                fields.pop();
                let added = place.then(Step::Field(name.to_owned()));
                self.nodes.retain(|at, _| !at.is_within(&added));
            }
            return false;
        }
        fields.push(name.to_owned());
        true
    }

    /// Where the fields of an open struct stand: in the variant that was chosen, if it is an enum.
    pub(super) fn fields_of(&self, path: &Path) -> Option<Path> {
        if let Some(Tagging::Internal(tag)) = self.tagging(path) {
            let chosen = self.pass.chosen.get(&path.then(Step::Field(tag.clone())))?;
            return Some(path.then(Step::Variant(chosen.clone())));
        }
        self.open.contains_key(path).then(|| path.clone())
    }

    fn found_tag(&mut self, path: &Path, names: &[String]) -> bool {
        let Some((parent, Step::Field(tag))) = path.split_last() else {
            return false;
        };
        if !self.open.contains_key(&parent) || self.variants.contains_key(path) {
            return false;
        }
        let tag = tag.clone();
        self.learn(&parent, Kind::Enum(Tagging::Internal(tag)));
        self.variants.insert(path.clone(), names.to_vec());
        self.nodes.remove(path);
        true
    }

    /// Other candidates at a place, and at all that is in it: in step first, then each another one.
    fn next_round(&mut self, path: &Path) -> bool {
        // In an open struct only what was given last is in question.
        let mut place = path.clone();
        while let Some(fields) = self.fields_of(&place)
            && let Some(last) = self.open.get(&fields).and_then(|names| names.last())
        {
            place = fields.then(Step::Field(last.clone()));
        }
        let leaves: Vec<_> = self
            .pass
            .leaves
            .iter()
            .filter(|(leaf, _)| leaf.is_within(&place))
            .cloned()
            .collect();
        let Some(most) = leaves.iter().map(|(_, count)| *count).max() else {
            return false;
        };
        let round = self.rounds.entry(place).or_default();
        *round += 1;
        let round = *round;
        let rounds = if leaves.len() == 1 { most } else { 2 * most };
        for (number, (leaf, count)) in leaves.into_iter().enumerate() {
            let next = match round < most {
                true => round.min(count - 1),
                false => (round + number) % count,
            };
            self.tries.insert(leaf, next);
        }
        round < rounds
    }
}
