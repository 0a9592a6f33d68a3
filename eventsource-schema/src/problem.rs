//! What a lock finds wrong: which event, which field, where, and what to write.

use std::fmt;

use eventsource_core::{NameCollision, Place};

use crate::compare::Change;
use crate::contract::Key;
use crate::path::Path;

/// Something that has changed so that stored events are not read, not found, or not what they were.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// The stored name of the event, or the name of the aggregate.
    pub name: String,
    /// The version, if it is an event.
    pub version: Option<u32>,
    /// What it is.
    pub what: What,
    /// Where the type is defined; or where it stands in the lock, if it is not there any more.
    pub place: String,
    /// What to write.
    pub help: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// The layout of a version has changed under the same number.
    Changed {
        /// The place in the payload.
        path: Path,
        /// What has changed there.
        change: Change,
    },
    /// Nothing reads any version of the event.
    EventGone,
    /// Nothing makes today's event of this version.
    VersionGone,
    /// An aggregate whose streams hold the event does not read it.
    NotRead {
        /// The aggregate.
        aggregate: String,
    },
    /// No aggregate has this name, with which streams begin.
    AggregateGone,
    /// A tag is not on the event any more.
    TagGone(String),
    /// A tag is new, and events that are stored do not have it.
    TagNew(String),
    /// The layout of a new event cannot be learnt.
    NotLearnt {
        /// The place in the payload.
        path: Path,
        /// What its type said.
        reason: String,
    },
    /// A stored example is not read.
    NotReadable {
        /// The example.
        sample: String,
        /// Why.
        reason: String,
    },
    /// A stored example becomes something else than it did.
    BecomesOther {
        /// The example.
        sample: String,
        /// What it became.
        was: String,
        /// What it becomes.
        is: String,
    },
    /// An aggregate applied a stored example, and does not any more.
    NotApplied {
        /// The aggregate.
        aggregate: String,
        /// Why.
        reason: String,
    },
    /// The stored examples make another state than they did, by code with the same fingerprint.
    OtherState {
        /// The place in the state; empty, if it is the whole.
        path: String,
        /// What stood there.
        was: String,
        /// What stands there.
        is: String,
    },
    /// The same events make another state each time.
    Unsteady {
        /// The place in the state; empty, if it is the whole.
        path: String,
        /// What stood there once.
        was: String,
        /// What stood there another time.
        is: String,
    },
    /// A state is another one after it was kept in a snapshot and read again.
    NotKept {
        /// The stored names of the events that make it.
        history: Vec<String>,
        /// After how many of them the snapshot was taken.
        after: usize,
        /// The place in the state; empty, if it is the whole.
        path: String,
        /// What stands there without a snapshot.
        was: String,
        /// What stands there with it.
        is: String,
    },
    /// Two types have one stored name.
    OneName(NameCollision),
}

impl Problem {
    pub(crate) fn of(
        (name, version): &Key,
        what: What,
        place: &dyn fmt::Display,
        help: String,
    ) -> Self {
        Self {
            name: name.clone(),
            version: Some(*version),
            what,
            place: place.to_string(),
            help,
        }
    }

    pub(crate) fn of_aggregate(
        name: &str,
        what: What,
        place: &dyn fmt::Display,
        help: String,
    ) -> Self {
        Self {
            name: name.to_owned(),
            version: None,
            what,
            place: place.to_string(),
            help,
        }
    }

    pub(crate) fn collision(collision: NameCollision) -> Self {
        Self {
            name: collision.name.clone(),
            version: None,
            place: place(collision.second_place),
            help: format!(
                "write `#[{}(name = \"…\")]` on both, each with its own",
                collision.attribute
            ),
            what: What::OneName(collision),
        }
    }
}

pub(crate) fn place(place: Place) -> String {
    place.to_string()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            version,
            what,
            place,
            help,
        } = self;
        match version {
            Some(version) => write!(f, "`{name}` version {version}: {what} ({place})")?,
            None => write!(f, "`{name}`: {what} ({place})")?,
        }
        let mut lines = help.lines();
        lines.try_for_each(|line| match line.is_empty() {
            true => f.write_str("\n"),
            false => write!(f, "\n    {line}"),
        })
    }
}

/// A place in a state.
fn shown(path: &str) -> String {
    match path {
        "" => "the state".to_owned(),
        path => format!("`{path}`"),
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { path, change } => match change {
                Change::FieldGone { .. } => {
                    write!(f, "the field `{path}` is gone, and stored events have it")
                }
                Change::NameGone { name } => write!(
                    f,
                    "the field `{path}` is not read under the name `{name}` any more, under which it is stored"
                ),
                Change::FieldRequired => write!(
                    f,
                    "the field `{path}` is new and required, and stored events lack it"
                ),
                Change::NowRequired => write!(
                    f,
                    "the field `{path}` is required now, and may be absent in stored events"
                ),
                Change::NullGone => write!(
                    f,
                    "`{path}` may be `null` in stored events, and `null` is not read any more"
                ),
                Change::VariantGone { .. } => {
                    write!(f, "the variant `{path}` is gone, and stored events have it")
                }
                Change::Retyped { was, is } => {
                    write!(f, "`{path}` was stored as {was} and is read as {is}")
                }
            },
            Self::EventGone => f.write_str("nothing reads what is stored under this name any more"),
            Self::VersionGone => {
                f.write_str("nothing reads this version any more, and makes today's event of it")
            }
            Self::NotRead { aggregate } => {
                write!(
                    f,
                    "the aggregate `{aggregate}` does not list it any more, and its streams hold it"
                )
            }
            Self::AggregateGone => {
                f.write_str("no aggregate has this name any more, and streams begin with it")
            }
            Self::TagGone(tag) => write!(
                f,
                "the tag `{tag}` is gone: new events are not found by it, where stored ones are"
            ),
            Self::TagNew(tag) => write!(
                f,
                "the tag `{tag}` is new: stored events do not have it, and are not found by it"
            ),
            Self::NotLearnt { path, reason } => {
                write!(
                    f,
                    "the layout of its field `{path}` cannot be learnt: {reason}"
                )
            }
            Self::NotReadable { sample, reason } => {
                write!(f, "the stored example {sample} is not read: {reason}")
            }
            Self::BecomesOther { sample, was, is } => {
                write!(
                    f,
                    "the stored example {sample} became {was} and becomes {is}"
                )
            }
            Self::NotApplied { aggregate, reason } => {
                write!(
                    f,
                    "the aggregate `{aggregate}` applied the stored example and does not any more: {reason}"
                )
            }
            Self::OtherState { path, was, is } => write!(
                f,
                "the stored examples make another state than they did, by code with the same fingerprint: {} was {was} and \
                 is {is}",
                shown(path)
            ),
            Self::Unsteady { path, was, is } => write!(
                f,
                "the same events make another state each time: {} is {was}, and then {is}",
                shown(path)
            ),
            Self::NotKept {
                history,
                after,
                path,
                was,
                is,
            } => write!(
                f,
                "a snapshot loses something: after {}, {} is {was}; and {is} where a snapshot was taken after the first \
                 {after}",
                history.join(", "),
                shown(path)
            ),
            Self::OneName(collision) => write!(
                f,
                "{} ({}) and {} have one stored name",
                collision.first_type, collision.first_place, collision.second_type
            ),
        }
    }
}
