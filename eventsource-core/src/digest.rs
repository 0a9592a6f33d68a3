//! What a command asks, in bytes that stay the same: an idempotency key remembers a digest of them.

use serde::Serialize;
use serde_json::Value;

use crate::codec::CodecError;
use crate::command::AnyCommand;
use crate::message::MessageWriter;

/// The name of a command.
pub(crate) fn command_name(command: &impl AnyCommand) -> &'static str {
    let Ok(name) = command.write_any(Name);
    name
}

/// The name, a NUL, and the JSON of the command with the entries of each object in the order of their names: the
/// order in which a hash map gives them, or in which fields were declared, does not make another command.
pub(crate) fn of_command(command: &impl AnyCommand) -> Result<Vec<u8>, CodecError> {
    command.write_any(Canonical)
}

struct Name;

impl MessageWriter for Name {
    type Ok = &'static str;
    type Error = std::convert::Infallible;

    fn write<T: Serialize>(
        self,
        name: &'static str,
        _: u32,
        _: &T,
    ) -> Result<Self::Ok, Self::Error> {
        Ok(name)
    }
}

struct Canonical;

impl MessageWriter for Canonical {
    type Ok = Vec<u8>;
    type Error = CodecError;

    fn write<T: Serialize>(
        self,
        name: &'static str,
        _: u32,
        payload: &T,
    ) -> Result<Vec<u8>, CodecError> {
        let payload = serde_json::to_value(payload).map_err(CodecError::new)?;
        let mut bytes = name.as_bytes().to_vec();
        bytes.push(0);
        write_sorted(&payload, &mut bytes);
        Ok(bytes)
    }
}

fn write_sorted(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            into.push(b'[');
            for item in items {
                write_sorted(item, into);
                into.push(b',');
            }
            into.push(b']');
        }
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_unstable_by_key(|(name, _)| *name);
            into.push(b'{');
            for (name, value) in entries {
                write_sorted(&Value::String(name.clone()), into);
                into.push(b':');
                write_sorted(value, into);
                into.push(b',');
            }
            into.push(b'}');
        }
        scalar => into.extend_from_slice(scalar.to_string().as_bytes()),
    }
}
