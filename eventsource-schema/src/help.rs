//! What to write where something is wrong.

use eventsource_core::AggregateEntry;

use crate::code;
use crate::compare::Change;
use crate::contract::{self, Event, Key, Program, label};
use crate::file::{File, Locked};
use crate::layout::Layout;
use crate::path::{Path, Step};

/// For a layout that has changed under its version; `near` is what is close at hand.
pub(crate) fn changed(near: &Near, key: &Key, event: &Event, was: &Layout, is: &Layout) -> String {
    let version = key.1;
    if !event.is_today {
        let own = code::declaration(&event.label, event, was, is, version);
        return format!(
            "version {version} was stored like that, and cannot change any more: put `{}` back as it was\n\n{own}",
            event.label
        );
    }
    match near {
        Near::Only(near) => near.clone(),
        Near::Or(near) if event.is_timer => format!("{near}{}", next_timer(&event.label)),
        Near::Or(near) => {
            let code = code::next_version(key, event, was, is);
            format!(
                "{near}make version {} of it, and keep version {version} as it was\n\n{code}",
                version + 1
            )
        }
    }
}

/// For another change of the same version.
pub(crate) fn changed_too(near: &Near, key: &Key, event: &Event) -> String {
    match near {
        _ if !event.is_today => format!("put `{}` back as it was, as above", event.label),
        Near::Only(near) => near.clone(),
        Near::Or(near) if event.is_timer => format!("{near}make another timer of it, as above"),
        Near::Or(near) => format!("{near}make version {} of it, as above", key.1 + 1),
    }
}

/// A timer has no versions.
fn next_timer(label: &str) -> String {
    format!(
        "make another timer of it, with a name and a method of its own, and keep `{label}` and its method as they were for \
         the timers that are set"
    )
}

/// What mends a change without a new version.
pub(crate) enum Near {
    /// It is all that is to be done.
    Only(String),
    /// It is one way, or none, and a new version is the other.
    Or(String),
}

pub(crate) fn near(event: &Event, path: &Path, change: &Change) -> Near {
    let last = match path.0.last() {
        Some(Step::Field(name) | Step::Variant(name)) => name.as_str(),
        _ => "",
    };
    Near::Or(match change {
        Change::FieldGone {
            renamed_to: Some(new),
        }
        | Change::VariantGone {
            renamed_to: Some(new),
        } => format!(
            "if it is called `{new}` now, write `#[serde(alias = {last:?})]` on `{new}`; else "
        ),
        Change::VariantGone { renamed_to: None } => "put the variant back; or ".to_owned(),
        Change::FieldRequired => format!(
            "write `#[serde(default)]` on `{last}`, or make it an `Option`, if that is what stored events mean; else "
        ),
        Change::NowRequired => format!("write `#[serde(default)]` on `{last}` again; else "),
        Change::NullGone => "make it an `Option` again; or ".to_owned(),
        Change::NameGone { name } => {
            let field = match event.declaration.stored_as(last) {
                Some(field) if path.0.len() == 1 => &field.name,
                _ => last,
            };
            return Near::Only(format!(
                "write `#[serde(alias = {name:?})]` on `{field}` again"
            ));
        }
        Change::FieldGone { renamed_to: None } | Change::Retyped { .. } => String::new(),
    })
}

pub(crate) fn aggregate_gone(name: &str, new: Option<&AggregateEntry>) -> String {
    match new {
        Some(entry) => format!(
            "if it is `{}` ({}) now, write `#[aggregate(name = {name:?}, …)]` on it; else put it back; and if it is \
             in a crate that this test does not name, write `use that_crate as _;`",
            label(entry.type_name),
            entry.place
        ),
        None => "put it back; or, if it is in a crate that this test does not name, write `use that_crate as _;`".to_owned(),
    }
}

pub(crate) fn not_read(aggregate: &str, event: &str) -> String {
    format!(
        "list it in `events(…)` of `{aggregate}` again; or, if its streams may hold it and nothing comes of it any more, \
         write `retired({event:?})` there"
    )
}

pub(crate) fn not_applied(aggregate: &str) -> String {
    format!(
        "what has happened cannot be refused: mend the `#[apply]` method of `{aggregate}`, so that it does something \
         sensible with every event that is stored"
    )
}

/// For a version between others that is not read.
pub(crate) fn version_gone(key: &Key, newest: &Key, event: &Event, locked: &Locked) -> String {
    let (version, label) = (key.1, &event.label);
    if newest.1 < version {
        return format!(
            "it is version {} again in the source: versions go up, write `version = {version}` or more",
            newest.1
        );
    }
    let former = code::former_name(label, version);
    let own = code::declaration(&former, event, &locked.layout, &Layout::default(), version);
    let next = if newest.1 == version + 1 {
        label.clone()
    } else {
        code::former_name(label, version + 1)
    };
    format!(
        "put it back, and let the next version be made of it\n\n#[event(version = {version}, of = {next})]\n{own}\n\
         #[event(…, version = {}, from = {former})]\npub struct {next} {{ … }}\n\n\
         impl From<{former}> for {next} {{ … }}\n",
        version + 1
    )
}

/// For an event that nobody reads.
pub(crate) fn event_gone(key: &Key, locked: &Locked, program: &Program, file: &File) -> String {
    let (name, version) = key;
    if let Some((process, timer)) = contract::timer_called(name) {
        return format!(
            "put the method for it in the `#[process]` of `{process}` back, for the timers that are set; or, if its struct was \
             renamed, write `#[timer(name = {timer:?})]` on it; or, if the process is in a crate that this test does not \
             name, write `use that_crate as _;`"
        );
    }
    let renamed = program.events.iter().find(|(other, event)| {
        let is_new = event.is_today && !file.events.keys().any(|(name, _)| *name == other.0);
        let learnt = event
            .learnt
            .as_ref()
            .and_then(|learnt| learnt.as_ref().ok());
        is_new && other.1 == *version && learnt.is_some_and(|learnt| learnt.layout == locked.layout)
    });
    let aggregates = file
        .aggregates
        .iter()
        .filter(|(_, reads)| reads.events.contains_key(key));
    let aggregates: Vec<_> = aggregates.map(|(name, _)| format!("`{name}`")).collect();
    let retire = match aggregates.as_slice() {
        [] => String::new(),
        names => format!(
            "; or, if nothing comes of it any more, write `retired({name:?})` in the `#[aggregate(…)]` of {}",
            names.join(" and ")
        ),
    };
    match renamed {
        Some((other, event)) => format!(
            "if it is `{}` ({}) now, write `#[event(name = {name:?}, …)]` on it, or `alias = {name:?}` if `{}` is to be \
             its name from now on{retire}",
            event.label, event.place, other.0
        ),
        None => format!(
            "put it back{retire}; or, if it is in a crate that this test does not name, write `use that_crate as _;`"
        ),
    }
}

pub(crate) fn tag_gone(tag: &str) -> String {
    format!("write `#[tag = {tag:?}]` on its field again")
}

pub(crate) fn tag_new(tag: &str) -> String {
    format!(
        "whoever asks for `{tag}` does not see the events that are stored: take `#[tag]` off again, or record new events \
         under a new stored name, or copy the store with the tag added"
    )
}

pub(crate) fn not_readable(event: &Event, (_, version): &Key) -> String {
    match event.is_today {
        true if event.is_timer => format!(
            "mend how `{}` is read, or {}",
            event.label,
            next_timer(&event.label)
        ),
        true => format!(
            "mend how `{}` is read, or make version {} of it, and keep version {version} as it was",
            event.label,
            version + 1
        ),
        false => match &event.into {
            Some(into) => format!(
                "mend how `{}` is read, or `From<{}> for {into}`",
                event.label, event.label
            ),
            None => format!("mend how version {version} becomes `{}`", event.label),
        },
    }
}

pub(crate) fn becomes_other() -> String {
    "history means something else now: if that is a mistake, mend the `From` or the `upcast`; if it is what you want, \
     take it into the lock with `EVENTSOURCE_SCHEMA=overwrite`"
        .to_owned()
}

pub(crate) fn other_state(label: &str) -> String {
    format!(
        "a snapshot that is kept would be used, although it is of another state: raise `version` in the `snapshot(…)` of \
         `{label}` (it is 1 where none is given), and record it with `EVENTSOURCE_SCHEMA=update`"
    )
}

pub(crate) fn unsteady(label: &str) -> String {
    format!(
        "take in the `#[apply]` methods of `{label}` what the event says, and nothing from a clock or by chance: the time is in \
         `EventMeta::recorded_at`"
    )
}

pub(crate) fn not_kept(label: &str) -> String {
    format!(
        "keep all that `{label}` is made of: take `#[serde(skip)]` and the like off its fields, or mend what writes and reads \
         them, and raise `version` in its `snapshot(…)`"
    )
}

pub(crate) fn not_learnt(event: &Event) -> String {
    let label = &event.label;
    if event.is_timer {
        return format!(
            "if it is a text of a format of its own, give an example of the text: `Lock::text(\"…\")`; else let `{label}` hold \
             what serde reads without more"
        );
    }
    format!(
        "give an example of the event: `lock!(\"schema.lock\", {label} {{ … }})`; or, if it is a text of a format of its \
         own, an example of the text: `Lock::text(\"…\")`"
    )
}

pub(crate) fn not_read_again(label: &str) -> String {
    format!(
        "that is how `{label}` is written, and it does not read it: mend its serde attributes, so that both directions agree"
    )
}
