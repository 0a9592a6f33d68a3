//! What a command asks, in bytes that stay the same: an idempotency key remembers a digest of them.

use serde::Serialize;

use crate::codec::CodecError;
use crate::command::AnyCommand;
use crate::message::{MessageWriter, NameOnly};

/// The name of a command.
pub(crate) fn command_name(command: &impl AnyCommand) -> &'static str {
    let Ok((name, _)) = command.write_any(NameOnly);
    name
}

/// The name, a NUL, and the JSON of the command with the entries of each object in the order of their names: the
/// order in which a hash map gives them, or in which fields were declared, does not make another command. Members that
/// are `null` are left out.
pub(crate) fn of_command(command: &impl AnyCommand) -> Result<Vec<u8>, CodecError> {
    command.write_any(Canonical)
}

/// The same for anything else that is asked, without a name.
pub(crate) fn of_request(request: &impl Serialize) -> Result<Vec<u8>, CodecError> {
    Canonical.write("", 1, request)
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
        let json = serde_json::to_vec(payload).map_err(CodecError::new)?;
        let mut bytes = name.as_bytes().to_vec();
        bytes.push(0);
        Scanner(&json).value(&mut bytes);
        Ok(bytes)
    }
}

/// Copies JSON as `serde_json` has written it, its numbers letter by letter, with the members of each object in the
/// order of their names and without those that are `null`: an optional field that a later version adds changes nothing.
struct Scanner<'j>(&'j [u8]);

impl<'j> Scanner<'j> {
    fn take(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn text(&mut self) -> &'j [u8] {
        let start = self.0;
        self.take();
        while let Some(byte) = self.take() {
            match byte {
                b'\\' => drop(self.take()),
                b'"' => break,
                _ => {}
            }
        }
        &start[..start.len() - self.0.len()]
    }

    fn value(&mut self, into: &mut Vec<u8>) {
        match self.0.first() {
            Some(b'"') => into.extend_from_slice(self.text()),
            Some(b'[') => {
                into.push(b'[');
                self.take();
                while self.0.first().is_some_and(|byte| *byte != b']') {
                    self.value(into);
                    into.push(b',');
                    if self.0.first() == Some(&b',') {
                        self.take();
                    }
                }
                self.take();
                into.push(b']');
            }
            Some(b'{') => self.object(into),
            _ => {
                let end = self.0.iter().position(|byte| b",]}".contains(byte));
                let (scalar, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
                self.0 = rest;
                into.extend_from_slice(scalar);
            }
        }
    }

    fn object(&mut self, into: &mut Vec<u8>) {
        self.take();
        let mut members = Vec::new();
        while self.0.first() == Some(&b'"') {
            let name = self.text();
            self.take();
            let mut value = Vec::new();
            self.value(&mut value);
            if value != b"null" {
                members.push((name, value));
            }
            if self.0.first() == Some(&b',') {
                self.take();
            }
        }
        self.take();
        members.sort_unstable();
        into.push(b'{');
        for (name, value) in members {
            into.extend_from_slice(name);
            into.push(b':');
            into.extend_from_slice(&value);
            into.push(b',');
        }
        into.push(b'}');
    }
}
