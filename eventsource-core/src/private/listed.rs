//! What must hold of the messages in one list: checked by the compiler, at the one where it does not.

use crate::aggregate::Aggregate;
use crate::message::{MessageSet, Row};
use crate::private::{fail, same};
use crate::versions::shape::{Shape, Successor};

/// For use in a `const`, which fails to compile if a variant is an earlier version, or is stored under the name of one
/// before it.
#[track_caller]
pub const fn distinct<M: MessageSet>(variant: u16) {
    let own = position(M::ROWS, variant);
    let Row {
        label, kind, name, ..
    } = M::ROWS[own];
    if let Some(shape) = M::ROWS[own].shape {
        no_former(label, shape.into);
    }
    let mut other = 0;
    while other < own {
        if clash(&M::ROWS[own], &M::ROWS[other]) || clash(&M::ROWS[other], &M::ROWS[own]) {
            fail(&[
                "the stored name of `",
                label,
                "` is the name of another ",
                kind,
                " in this set: give each its own with `#[",
                kind,
                "(name = \"…\")]`",
            ]);
        }
        other += 1;
    }
    let mut retired = 0;
    while retired < M::RETIRED.len() {
        if same(name, M::RETIRED[retired]) {
            fail(&[
                "`",
                label,
                "` is an event of this set, and its stored name is retired: leave one of them out",
            ]);
        }
        retired += 1;
    }
}

/// The same for the event of an aggregate or a decision model, which must also know all parts of what was split.
#[track_caller]
pub const fn listed<M: MessageSet>(variant: u16) {
    distinct::<M>(variant);
    let own = position(M::ROWS, variant);
    if let Some(shape) = M::ROWS[own].shape {
        whole_tree::<M>(own, shape);
    }
}

/// The second of these for the enum of an aggregate.
#[track_caller]
pub const fn whole<A: Aggregate>() {
    let rows = <A::Event as MessageSet>::ROWS;
    let mut own = 0;
    while own < rows.len() {
        if let Some(shape) = rows[own].shape {
            whole_tree::<A::Event>(own, shape);
        }
        own += 1;
    }
}

/// For use in a `const`, which fails to compile unless a tag is among those that the event `event` may have, and may
/// have had: the decision model `model` asks for it.
#[track_caller]
pub const fn tagged(shape: &Shape, tag: &str, event: &str, model: &str) {
    if !has(shape.tags, tag) {
        fail(&[
            "`",
            event,
            "` has no tag `",
            tag,
            "`, so `",
            model,
            "` would never see it: put `#[tag]` on its field, or take \
             it off the one of `",
            model,
            "`",
        ]);
    }
    if let Some(former) = without(shape, tag) {
        fail(&[
            "an earlier version of `",
            event,
            "`, stored as `",
            former.name,
            "`, has no tag `",
            tag,
            "`, so `",
            model,
            "` would not see what was stored then: put `#[tag]` on the field of its struct if it was stored with the \
             tag, or take it off the one of `",
            model,
            "`",
        ]);
    }
}

/// For use in a `const`, which fails to compile unless the event `event` has, and always had, the tag by which it finds the
/// process `process`.
#[track_caller]
pub const fn routed(shape: &Shape, tag: &str, event: &str, process: &str) {
    if !has(shape.tags, tag) {
        fail(&[
            "`",
            event,
            "` has no tag `",
            tag,
            "`, so no `",
            process,
            "` would take it: put `#[tag]` on its field, or `#[key(…)]` on the method",
        ]);
    }
    if let Some(former) = without(shape, tag) {
        fail(&[
            "an earlier version of `",
            event,
            "`, stored as `",
            former.name,
            "`, has no tag `",
            tag,
            "`, so no `",
            process,
            "` would take what was stored then: put `#[tag]` on the field of its struct if it was stored with the tag, or \
             `#[key(…)]` on the method",
        ]);
    }
}

const fn position(rows: &[Row], variant: u16) -> usize {
    let mut index = 0;
    while index < rows.len() && rows[index].variant != variant {
        index += 1;
    }
    index
}

#[track_caller]
const fn no_former(label: &str, into: &[Successor]) {
    match into {
        [] => {}
        [next] => fail(&[
            "`",
            label,
            "` is an earlier version, which becomes `",
            next.label,
            "`: list `",
            next.label,
            "` in its place",
        ]),
        [first, ..] => fail(&[
            "`",
            label,
            "` was split, and becomes `",
            first.label,
            "` and others: list those in its place",
        ]),
    }
}

/// Whether one of the names that a message has today, or had in this version, is that of the other one.
const fn clash(left: &Row, right: &Row) -> bool {
    if same(left.name, right.name) {
        return true;
    }
    let Some(shape) = right.shape else {
        return false;
    };
    if has(shape.aliases, left.name) || holds(shape, left.name, left.version) {
        return true;
    }
    let mut index = 0;
    if let Some(left) = left.shape {
        while index < left.aliases.len() {
            if has(shape.aliases, left.aliases[index]) {
                return true;
            }
            index += 1;
        }
    }
    false
}

/// That every part of what was split into the event of a row is there, or retired. It is said of the first of the parts
/// that are there.
#[track_caller]
const fn whole_tree<M: MessageSet>(own: usize, shape: &Shape) {
    let mut before = 0;
    while before < shape.before.len() {
        let former = shape.before[before];
        let mut next = 0;
        while next < former.into.len() {
            let missing = &former.into[next];
            let there = known::<M>(M::ROWS.len(), missing.name, missing.version)
                || has(M::RETIRED, missing.name);
            if !there && !known::<M>(own, former.name, former.version) {
                fail(&[
                    "`",
                    M::ROWS[own].label,
                    "` is a part of what was stored as `",
                    former.name,
                    "`, and another part of it, `",
                    missing.label,
                    "`, is not listed: list it too, or write `retired(\"",
                    missing.name,
                    "\")` if nothing comes of it",
                ]);
            }
            next += 1;
        }
        whole_tree::<M>(own, former);
        before += 1;
    }
}

/// Whether one of the first rows is this event, or comes of it.
const fn known<M: MessageSet>(rows: usize, name: &str, version: u32) -> bool {
    let mut index = 0;
    while index < rows {
        let Row {
            name: own, shape, ..
        } = M::ROWS[index];
        if same(own, name) {
            return true;
        }
        if let Some(shape) = shape
            && holds(shape, name, version)
        {
            return true;
        }
        index += 1;
    }
    false
}

/// Whether a version, by its own name, is this shape or becomes it: [`Shape::holds`] for constants.
pub(crate) const fn holds(shape: &Shape, name: &str, version: u32) -> bool {
    let own = same(shape.name, name);
    if own && shape.version == version {
        return true;
    }
    let mut index = 0;
    while index < shape.upcasts.len() {
        if own && shape.upcasts[index].version == version {
            return true;
        }
        index += 1;
    }
    index = 0;
    while index < shape.before.len() {
        if holds(shape.before[index], name, version) {
            return true;
        }
        index += 1;
    }
    false
}

/// The shape of an earlier version that cannot have the tag.
const fn without<'s>(shape: &'s Shape, tag: &str) -> Option<&'s Shape> {
    let mut index = 0;
    while index < shape.before.len() {
        let former = shape.before[index];
        if !has(former.tags, tag) {
            return Some(former);
        }
        if let Some(former) = without(former, tag) {
            return Some(former);
        }
        index += 1;
    }
    None
}

const fn has(texts: &[&str], text: &str) -> bool {
    let mut index = 0;
    while index < texts.len() {
        if same(texts[index], text) {
            return true;
        }
        index += 1;
    }
    false
}
