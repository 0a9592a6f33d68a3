//! Two layouts of one version: whether everything that was stored under the first is read, and lost nothing, under the
//! second.

use std::collections::BTreeSet;

use crate::layout::{Kind, Layout, Node};
use crate::path::{Path, Step};

/// What has changed at a place so that stored payloads are not read, or lose something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A field is not read any more.
    FieldGone {
        /// A new field that may be the same under another name.
        renamed_to: Option<String>,
    },
    /// A field that was read under another name as well is not read under it any more.
    NameGone {
        /// That name.
        name: String,
    },
    /// A field is new, and must be there.
    FieldRequired,
    /// A field could be left out, and must be there now.
    NowRequired,
    /// `null` was read, and is not any more.
    NullGone,
    /// A variant of an enum is not read any more.
    VariantGone {
        /// A new variant that may be the same under another name.
        renamed_to: Option<String>,
    },
    /// Something else is read than was.
    Retyped {
        /// What was read.
        was: Kind,
        /// What is read.
        is: Kind,
    },
}

/// Everything that has changed so, with its place in the old layout; in the new one, if it is new there.
pub(crate) fn compare(old: &Layout, new: &Layout) -> Vec<(Path, Change)> {
    let mut comparison = Comparison {
        old,
        new,
        changes: Vec::new(),
    };
    if let (Some(was), Some(is)) = (old.0.get(&Path::default()), new.0.get(&Path::default())) {
        comparison.node(&Path::default(), &Path::default(), was, is);
    }
    comparison.changes
}

struct Comparison<'l> {
    old: &'l Layout,
    new: &'l Layout,
    changes: Vec<(Path, Change)>,
}

impl Comparison<'_> {
    /// What stands at one place, which may be called otherwise now.
    fn node(&mut self, old: &Path, new: &Path, was: &Node, is: &Node) {
        let mut add = |change| self.changes.push((old.clone(), change));
        if was.null && !is.null {
            add(Change::NullGone);
        } else if was.absent && !is.absent {
            add(Change::NowRequired);
        }
        match continues(old.0.is_empty(), &was.kind, &is.kind) {
            Some(true) => self.children(old, new),
            Some(false) => {}
            None => add(Change::Retyped {
                was: was.kind.clone(),
                is: is.kind.clone(),
            }),
        }
    }

    fn children(&mut self, old: &Path, new: &Path) {
        let was: Vec<_> = self.old.children(old).collect();
        let is: Vec<_> = self.new.children(new).collect();
        let mut met = BTreeSet::new();
        let mut renamed = BTreeSet::new();
        for (step, was) in &was {
            let found = is.iter().find(|(other, node)| match (step, other) {
                (Step::Field(name), Step::Field(own)) => name == own || node.also.contains(name),
                _ => step == other,
            });
            let at = old.then((*step).clone());
            let Some((other, node)) = found else {
                let change = gone(step, was, &is, self.old, old);
                if let Change::FieldGone {
                    renamed_to: Some(name),
                } = &change
                {
                    renamed.insert(name.clone());
                }
                self.changes.push((at, change));
                continue;
            };
            met.insert(*other);
            self.names(&at, step, was, other, node);
            self.node(&at, &new.then((*other).clone()), was, node);
        }
        for (step, node) in is {
            // One that may be the old one under another name is said there.
            if let Step::Field(name) = step
                && !met.contains(step)
                && !node.absent
                && !renamed.contains(name)
            {
                self.changes
                    .push((new.then(step.clone()), Change::FieldRequired));
            }
        }
    }

    /// That a field is still read under every name.
    fn names(&mut self, at: &Path, old: &Step, was: &Node, new: &Step, is: &Node) {
        let (Step::Field(_), Step::Field(own)) = (old, new) else {
            return;
        };
        for name in &was.also {
            if name != own && !is.also.contains(name) {
                let name = name.clone();
                self.changes.push((at.clone(), Change::NameGone { name }));
            }
        }
    }
}

/// That a field or a variant is gone, and what it may be called now: something of the same kind that is new.
fn gone(step: &Step, was: &Node, is: &[(&Step, &Node)], old: &Layout, parent: &Path) -> Change {
    let new = is.iter().find_map(|(other, node)| {
        let is_new = !old.0.contains_key(&parent.then((*other).clone()));
        match (step, other) {
            (Step::Field(_), Step::Field(name)) | (Step::Variant(_), Step::Variant(name)) => {
                (is_new && node.kind == was.kind).then(|| name.clone())
            }
            _ => None,
        }
    });
    match step {
        Step::Variant(_) => Change::VariantGone { renamed_to: new },
        _ => Change::FieldGone { renamed_to: new },
    }
}

/// Whether what was stored as one kind is read as another: `Some(true)` if what is in it has to be compared as well.
fn continues(is_root: bool, was: &Kind, is: &Kind) -> Option<bool> {
    use Kind::{Any, Bool, Bytes, Char, Float, Integer, List, Map, Nothing, Struct, Text, Tuple};
    if was == is {
        return Some(true);
    }
    match (was, is) {
        // A payload with nothing in it is the same whether it has fields or not.
        (Nothing, Struct) | (Struct, Nothing) if is_root => Some(true),
        (
            Integer {
                signed: was_signed,
                bits: was,
            },
            Integer { signed, bits },
        ) => {
            let fits = match (was_signed, signed) {
                (true, false) => false,
                (false, true) => was < bits,
                (true, true) | (false, false) => was <= bits,
            };
            fits.then_some(false)
        }
        (Integer { bits, .. }, Float(64)) => (*bits <= 32).then_some(false),
        (Integer { bits, .. }, Float(32)) => (*bits <= 16).then_some(false),
        (Float(32), Float(64)) | (Text(_) | Char, Text(None)) => Some(false),
        (Any(was), Any(is)) => was.is_subset(is).then_some(false),
        (_, Any(is)) => {
            let word = match was {
                Bool => "bool",
                Integer { .. } | Float(_) => "number",
                Char | Text(_) => "text",
                Bytes | List | Tuple(_) => "list",
                Map | Struct => "map",
                _ => return None,
            };
            is.contains(word).then_some(false)
        }
        _ => None,
    }
}
