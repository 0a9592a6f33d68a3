//! Which subject a message of the store has: one literal subject for each stream of the domain, each tag, each indexed
//! type and each key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eventsource_core::{StreamName, Tag, Uuid};

/// The subjects of one store, all below the name of its JetStream stream.
#[derive(Debug, Clone)]
pub(crate) struct Subjects {
    /// The store's identity.
    pub(crate) life: String,
    /// Messages that say nothing by themselves: their place in the log does, or what they check.
    pub(crate) turn: String,
    /// All events.
    pub(crate) events: String,
    /// Every message.
    pub(crate) everything: String,
    prefix: String,
}

impl Subjects {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            life: format!("{prefix}.m"),
            turn: format!("{prefix}.b"),
            events: format!("{prefix}.e.>"),
            everything: format!("{prefix}.>"),
            prefix: prefix.into(),
        }
    }

    /// The events of one stream.
    pub(crate) fn stream(&self, stream: &StreamName) -> String {
        let mut subject = format!("{}.e.", self.prefix);
        encode(stream.category(), &mut subject);
        subject.push('.');
        encode(stream.id(), &mut subject);
        subject
    }

    /// Copies of the events with this tag.
    pub(crate) fn tag(&self, tag: &Tag) -> String {
        let mut subject = format!("{}.t.", self.prefix);
        encode(tag.as_str(), &mut subject);
        subject
    }

    /// Copies of the events of this type, where the type is indexed.
    pub(crate) fn kind(&self, name: &str) -> String {
        let mut subject = format!("{}.y.", self.prefix);
        encode(name, &mut subject);
        subject
    }

    /// What was stored under a key. There may be millions of them, and each server keeps them in memory: so they are short.
    pub(crate) fn key(&self, id: Uuid) -> String {
        let mut subject = format!("{}.k.", self.prefix);
        URL_SAFE_NO_PAD.encode_string(id, &mut subject);
        subject
    }

    /// The stream whose events have this subject; `None` where it is not the subject of an event.
    pub(crate) fn stream_in(&self, subject: &str) -> Option<StreamName> {
        let tokens = subject
            .strip_prefix(&self.prefix)?
            .strip_prefix(".e.")?
            .split_once('.')?;
        let name = format!("{}/{}", decode(tokens.0)?, decode(tokens.1)?);
        StreamName::parse(&name).ok()
    }
}

/// What stands in a token as it is. Everything else is written as `%` and two digits for each byte: a dot would end the
/// token, an asterisk would be a pattern, and a space would end the subject.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_@:/=+,~".contains(&byte)
}

/// Writes a text as one token, or as a part of one.
pub(crate) fn encode(text: &str, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if is_plain(byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(DIGITS[usize::from(byte >> 4)]));
            into.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

fn decode(token: &str) -> Option<String> {
    let mut bytes = token.bytes();
    let mut text = Vec::with_capacity(token.len());
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_stream_has_a_subject_of_its_own(category in "[^/\\p{Cc}]{1,40}", id in "\\P{Cc}{1,40}") {
            let subjects = Subjects::new("EVENTS");
            let name = StreamName::parse(&format!("{category}/{id}")).unwrap();
            let subject = subjects.stream(&name);
            prop_assert_eq!(subject.split('.').count(), 4);
            prop_assert!(subject.is_ascii() && !subject.contains(['*', '>', ' ']));
            prop_assert_eq!(subjects.stream_in(&subject), Some(name));
        }
    }

    #[test]
    fn the_longest_name_fits_in_a_line_of_the_protocol() {
        let name = format!("a/{}", "*".repeat(eventsource_core::STREAM_NAME_LIMIT - 2));
        let subject = Subjects::new("EVENTS").stream(&StreamName::parse(&name).unwrap());
        assert!(subject.len() < 4096 / 2, "{}", subject.len());
    }

    #[test]
    fn what_is_no_event_has_no_stream() {
        let subjects = Subjects::new("EVENTS");
        for subject in [
            "EVENTS.k.1",
            "EVENTS.e.a",
            "OTHER.e.a.b",
            "EVENTS.e.a.%",
            "EVENTS.e.a.%FF",
        ] {
            assert_eq!(subjects.stream_in(subject), None, "{subject}");
        }
    }
}
