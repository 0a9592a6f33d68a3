//! The mistakes, and the words by which an error is said to name the fix.

/// A mistake that people make.
pub struct Mistake {
    /// The name of its programs.
    pub name: &'static str,
    pub title: &'static str,
    /// An error that has one of these in its words names the fix. They are the same for all libraries: each row has what
    /// any of the libraries, or rustc, says where it tells what to write, or what is missing and where.
    pub fix: &'static [&'static str],
}

const fn mistake(name: &'static str, title: &'static str, fix: &'static [&'static str]) -> Mistake {
    Mistake { name, title, fix }
}

pub const MISTAKES: &[Mistake] = &[
    mistake(
        "event_misspelled_in_list",
        "an event is misspelled in the list of events",
        &["similar name", "did you mean"],
    ),
    mistake(
        "event_misspelled_in_apply",
        "an event is misspelled where it is applied",
        &["similar name", "did you mean"],
    ),
    mistake(
        "event_not_applied",
        "an event is listed and not applied",
        &[
            "write one: `#[apply]",
            "adding a match arm",
            "is not implemented for",
        ],
    ),
    mistake(
        "event_applied_not_listed",
        "an event is applied and not listed",
        &[
            "add it to `events",
            "not found here",
            "not found for this enum",
        ],
    ),
    mistake(
        "event_listed_twice",
        "an event is listed twice",
        &["leave one of them out", "already used", "defined only once"],
    ),
    mistake(
        "two_events_one_name",
        "two events have one stored name",
        &["give each its own", "already used"],
    ),
    mistake(
        "comma_missing",
        "a comma is missing between two events",
        &["comma", "`,`"],
    ),
    mistake(
        "event_without_macro",
        "the macro is missing on an event",
        &[
            "#[event",
            "missing a `derive`",
            "is not implemented for",
            "need to implement",
        ],
    ),
    mistake(
        "event_borrows",
        "an event borrows",
        &["own the data", "owned", "'static", "static lifetime"],
    ),
    mistake(
        "event_field_without_derives",
        "the type of an event's field has no derives",
        &["#[value]", "#[derive("],
    ),
    mistake(
        "key_misspelled_on_event",
        "a key is misspelled on an event",
        &["did you mean", "similar name", "expected `"],
    ),
    mistake(
        "key_misspelled_on_aggregate",
        "a key is misspelled on the aggregate",
        &[
            "did you mean",
            "similar name",
            "expected `",
            "available values",
            "add #[stream]",
        ],
    ),
    mistake(
        "value_of_wrong_kind",
        "a key has a value of the wrong kind",
        &[
            "write `name",
            "string literal",
            "expected a type",
            "identifier",
            "does not accept parameters",
        ],
    ),
    mistake(
        "id_missing",
        "the id is missing",
        &[
            "#[aggregate(id",
            "`id` is required",
            "missing field `id`",
            "add #[stream]",
            "need to implement",
        ],
    ),
    mistake(
        "error_missing",
        "the error type is missing",
        &[
            "#[aggregate(error",
            "`error` is required",
            "missing field `error`",
            "implement the missing item",
        ],
    ),
    mistake(
        "macro_on_wrong_item",
        "a macro is on the wrong kind of item",
        &[
            "impl block",
            "expected `enum`",
            "requires an enum",
            "for enums",
            "expected struct",
            "applied to structs",
        ],
    ),
    mistake(
        "state_without_start",
        "the state has nothing to start from",
        &["#[derive(default)]", "implement the missing item"],
    ),
    mistake(
        "error_is_no_error",
        "the error type is no `std::error::Error`",
        &["is not implemented for", "#[derive("],
    ),
    mistake(
        "id_of_wrong_type",
        "the id's type cannot be an id",
        &[
            "#[derive(",
            "is not implemented for",
            "must be implemented",
            "must have type",
        ],
    ),
    mistake(
        "event_by_value",
        "an event is taken by value instead of by reference, or the reverse",
        &["write `&", "change the parameter type", "event: event<"],
    ),
    mistake(
        "apply_wrong_receiver",
        "the state that an event changes is taken by the wrong reference",
        &["write `&mut self`", "change the self-receiver", "&mut"],
    ),
    mistake(
        "apply_wrong_return",
        "applying an event returns the wrong thing",
        &[
            "leave the return type out",
            "change the output type",
            "expected `result",
        ],
    ),
    mistake(
        "event_applied_twice",
        "an event is applied twice",
        &[
            "put both into one",
            "first implementation",
            "other definition",
        ],
    ),
    mistake(
        "command_misspelled",
        "a command is misspelled",
        &["similar name", "did you mean"],
    ),
    mistake(
        "command_not_handled",
        "a command is not handled",
        &[
            "write one: `#[handle]",
            "is not implemented for",
            "not found for this",
            "method not found",
        ],
    ),
    mistake(
        "command_handled_twice",
        "a command is handled twice",
        &[
            "put both into one",
            "first implementation",
            "other definition",
        ],
    ),
    mistake(
        "foreign_event_returned",
        "a handler returns an event that is not this aggregate's",
        &[
            "lists in `events",
            "expected `accountevent`",
            "expected `domainevent`",
            "implements `from<",
        ],
    ),
    mistake(
        "handler_returns_no_events",
        "a handler returns no events",
        &["a handler returns events", "change the output type"],
    ),
    mistake(
        "handler_wrong_receiver",
        "a handler takes the state by the wrong reference",
        &[
            "write `&self`",
            "must take `&self`",
            "change the self-receiver",
            "change the parameter type",
            "mutable reference",
        ],
    ),
    mistake(
        "handler_async",
        "a handler is async where it cannot be, or is not where it must",
        &["leave `async` out", "must be async", "expected signature"],
    ),
];
