//! The usual steps of a migration. What is not here is a closure from a [`Record`] to the records in its place.
//!
//! ```
//! use eventsource_core::{MemoryStore, Record};
//! use eventsource_migrate::{Migration, StepError, steps};
//!
//! let (old, new) = (MemoryStore::new(), MemoryStore::new());
//! let migration = Migration::new(&old, &new)
//!     .then(steps::rename_category("account", "bank-account"))
//!     .then(steps::leave_out(["account.looked-at"]))
//!     .then(|mut record: Record| -> Result<_, StepError> {
//!         record.event.schema += 1;
//!         Ok([record])
//!     });
//! # let _ = migration;
//! ```

use eventsource_core::{Json, Record, StreamName, Tag};
use serde_json::Value;

use crate::error::StepError;

/// What a step makes of a record.
type Made = Result<Vec<Record>, StepError>;

/// Gives the events of one name another one.
pub fn rename(from: &str, to: &str) -> impl Fn(Record) -> Made + Send + Sync + use<> {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |mut record| {
        if record.event.name == from {
            record.event.name = to.clone().into();
        }
        Ok(vec![record])
    }
}

/// Gives the streams of one category, which is an aggregate's name, another one.
pub fn rename_category(from: &str, to: &str) -> impl Fn(Record) -> Made + Send + Sync + use<> {
    let (from, to) = (from.to_owned(), to.to_owned());
    move |mut record| {
        if record.stream.category() == from {
            record.stream = StreamName::parse(&format!("{to}/{}", record.stream.id()))?;
        }
        Ok(vec![record])
    }
}

/// Leaves the events of some names out. The versions of those that follow in their streams shrink.
pub fn leave_out<N: Into<String>>(
    names: impl IntoIterator<Item = N>,
) -> impl Fn(Record) -> Made + Send + Sync {
    let names: Vec<String> = names.into_iter().map(Into::into).collect();
    move |record| match names.iter().any(|name| record.event.name == *name) {
        true => Ok(Vec::new()),
        false => Ok(vec![record]),
    }
}

/// Changes the payload of the events of one name, which must be JSON: blackens what nobody may read any more, or brings
/// it into another shape. Objects get their members in the order of their names.
///
/// A payload with an integer of more than 64 bits is an error, as it would lose digits.
pub fn redact(
    name: &str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> impl Fn(Record) -> Made + Send + Sync {
    let name = name.to_owned();
    move |mut record| {
        if record.event.name == name {
            if record.event.format != Json::FORMAT {
                let format = record.event.format.escape_debug();
                return Err(format!("its format is `{format}`, and JSON is needed").into());
            }
            if let Some(number) = too_long(&record.event.payload) {
                return Err(format!("it has a number of more than 64 bits, {number}").into());
            }
            let mut payload = serde_json::from_slice(&record.event.payload)?;
            change(&mut payload);
            record.event.payload = serde_json::to_vec(&payload)?;
        }
        Ok(vec![record])
    }
}

/// Gives every event new tags, in place of those that it has.
pub fn retag(
    tags: impl Fn(&Record) -> Vec<Tag> + Send + Sync + 'static,
) -> impl Fn(Record) -> Made + Send + Sync {
    move |mut record| {
        record.event.tags = tags(&record);
        Ok(vec![record])
    }
}

/// Puts several events in the place of each of one name.
pub fn split<R: IntoIterator<Item = Record>>(
    name: &str,
    parts: impl Fn(Record) -> Result<R, StepError> + Send + Sync + 'static,
) -> impl Fn(Record) -> Made + Send + Sync {
    let name = name.to_owned();
    move |record| match record.event.name == name {
        true => Ok(parts(record)?.into_iter().collect()),
        false => Ok(vec![record]),
    }
}

/// An integer in a JSON text that a [`Value`] would round.
fn too_long(json: &[u8]) -> Option<String> {
    let (mut quoted, mut escaped, mut number) = (false, false, String::new());
    // The space ends a number that the text ends with.
    for byte in json.iter().copied().chain([b' ']) {
        if quoted {
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E' => number.push(char::from(byte)),
            _ => {
                let integer = !number.is_empty()
                    && number
                        .bytes()
                        .all(|byte| byte == b'-' || byte.is_ascii_digit());
                if integer && number.parse::<u64>().is_err() && number.parse::<i64>().is_err() {
                    return Some(number);
                }
                number.clear();
                quoted = byte == b'"';
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::too_long;

    #[test]
    fn only_integers_of_more_than_64_bits_are_too_long() {
        for fits in [
            "18446744073709551615",
            "-9223372036854775808",
            r#"{"a":"18446744073709551616"}"#,
            r#"{"a\"18446744073709551616":[1,2.5e300,-0.1]}"#,
            "[true,false,null,\"\\\\\",1]",
            "",
        ] {
            assert_eq!(too_long(fits.as_bytes()), None, "{fits}");
        }
        for long in [
            "18446744073709551616",
            "-9223372036854775809",
            "123456789012345678901234567890",
        ] {
            for text in [
                long.to_owned(),
                format!("[1,{long}]"),
                format!(r#"{{"a\\":{long}}}"#),
            ] {
                assert_eq!(too_long(text.as_bytes()).as_deref(), Some(long), "{text}");
            }
        }
    }
}
