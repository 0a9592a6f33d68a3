//! The libraries, and which mistakes cannot be made with them.

/// A library whose errors are judged.
pub struct Library {
    /// Its project, beside this one.
    pub folder: &'static str,
    pub package: &'static str,
    /// What its column is called.
    pub name: &'static str,
    /// What its macros do, and what its programs therefore consist of.
    pub macros: &'static str,
    /// Mistakes that cannot be made, and why.
    absent: &'static [(&'static str, &'static [&'static str])],
}

impl Library {
    /// Why a mistake cannot be made, if it cannot.
    pub fn absence(&self, mistake: &str) -> Option<&'static str> {
        self.absent
            .iter()
            .find(|(_, mistakes)| mistakes.contains(&mistake))
            .map(|(reason, _)| *reason)
    }
}

const NO_LIST: &str = "the events are the variants of one enum, and are listed nowhere else";
const NO_EVENT_ATTRIBUTE: &str = "events carry no attribute of the library";
const NAME_OF_VARIANT: &str = "an event's stored name is its variant's";
const NO_ERROR_TYPE: &str = "a command has no error type of its own";
const ANY_ERROR: &str = "any type can be the error";
const OWN_METHOD: &str = "a command is a method of the user's, which returns what it likes";
const NO_APPLY: &str = "no function takes one event: the entity reads the list of them";

pub const LIBRARIES: &[Library] = &[
    Library {
        folder: "eventsource",
        package: "eventsource-core",
        name: "this",
        macros: "events, commands, the aggregate, its apply and handle methods",
        absent: &[],
    },
    Library {
        folder: "evento",
        package: "evento",
        name: "evento",
        macros: "the enum of events, the projection, one function for each event, an impl block of commands",
        absent: &[
            (NO_LIST, &["event_misspelled_in_list"]),
            (NO_ERROR_TYPE, &["error_missing"]),
            (OWN_METHOD, &["handler_returns_no_events"]),
        ],
    },
    Library {
        folder: "sourcery",
        package: "sourcery",
        name: "sourcery",
        macros: "the aggregate; events, apply and handle are traits, implemented by hand",
        absent: &[
            (NO_EVENT_ATTRIBUTE, &["key_misspelled_on_event"]),
            (ANY_ERROR, &["error_is_no_error"]),
        ],
    },
    Library {
        folder: "mnesis",
        package: "mnesis",
        name: "mnesis",
        macros: "the enum of events, the aggregate; apply and handle are traits, implemented by hand",
        absent: &[
            (NO_LIST, &["event_misspelled_in_list"]),
            (NAME_OF_VARIANT, &["two_events_one_name"]),
            (NO_EVENT_ATTRIBUTE, &["key_misspelled_on_event"]),
        ],
    },
    Library {
        folder: "eventcore",
        package: "eventcore",
        name: "eventcore",
        macros: "the streams of a command; events and the command's logic are traits, implemented by hand",
        absent: &[
            (NO_LIST, &["event_misspelled_in_list"]),
            (NO_EVENT_ATTRIBUTE, &["key_misspelled_on_event"]),
            (NO_ERROR_TYPE, &["error_missing"]),
        ],
    },
    Library {
        folder: "es-entity",
        package: "es-entity",
        name: "es-entity",
        macros: "the enum of events, the entity; reading the events is a trait, commands are methods (its repository \
                 macro asks a running PostgreSQL, and is not used)",
        absent: &[
            (NO_LIST, &["event_misspelled_in_list"]),
            (NO_ERROR_TYPE, &["error_missing", "error_is_no_error"]),
            (NO_APPLY, &["event_by_value", "apply_wrong_receiver"]),
            (OWN_METHOD, &["handler_returns_no_events", "handler_async"]),
        ],
    },
    Library {
        folder: "disintegrate",
        package: "disintegrate",
        name: "disintegrate",
        macros: "the enum of events and its streams, the state; mutate and decide are traits, implemented by hand",
        absent: &[
            (NAME_OF_VARIANT, &["two_events_one_name"]),
            (
                "a state is made by the command that asks for it",
                &["state_without_start"],
            ),
            (ANY_ERROR, &["error_is_no_error"]),
        ],
    },
];
