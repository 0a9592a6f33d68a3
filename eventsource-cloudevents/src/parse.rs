//! A line as an event that can be stored: the mapping from CloudEvents, ours and other people's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use eventsource_core::{
    InvalidStreamName, Json, Metadata, NewEvent, Position, Record, StreamName, Tag, Timestamp,
    Version,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::event::{DATA, DATA_BASE64, JSON_TYPE, SPEC_VERSION, names};
use crate::time;

/// Reads lines: what the events of others do not say, it is told.
///
/// ```
/// use eventsource_cloudevents::Parser;
///
/// let parsed = Parser::new()
///     .stream_of(|event| format!("pull-request/{}", event.subject.unwrap_or(event.id)))
///     .parse(
///         r#"{"specversion":"1.0","type":"com.example.opened","source":"/pulls","id":"A1","subject":"123",
///             "time":"2018-04-05T17:31:00Z","data":{"by":"ada"}}"#,
///     )?;
/// assert_eq!(parsed.record.stream.as_str(), "pull-request/123");
/// assert_eq!(parsed.record.event.payload, br#"{"by":"ada"}"#);
/// # Ok::<(), eventsource_cloudevents::BadLine>(())
/// ```
#[must_use]
pub struct Parser {
    stream_of: Option<Box<StreamOf>>,
    missing_time: Option<Timestamp>,
    line_limit: usize,
}

type StreamOf = dyn Fn(&Attributes<'_>) -> String + Send + Sync;

/// What an event says about itself, for choosing its stream.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// With `source`, which event it is.
    pub id: &'a str,
    /// Where it comes from.
    pub source: &'a str,
    /// Its `type`, which becomes the stored name.
    pub name: &'a str,
    /// What it is about.
    pub subject: Option<&'a str>,
}

/// An event that was read from a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// With `source`, which event it is.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// The version that it had in its stream, if we have written it.
    pub version: Option<Version>,
    /// The position that it had in its store, if we have written it.
    pub position: Option<Position>,
    /// What can be stored.
    pub record: Record,
}

/// A line that cannot be read: which one, which attribute of it, and what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("line {line}{}: {problem}", .attribute.as_ref().map(|name| format!(", `{}`", name.escape_debug())).unwrap_or_default())]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u64,
    /// The attribute, or `data` or `data_base64`; cut after 80 characters. `None` if it is about the whole line.
    pub attribute: Option<String>,
    /// What is wrong.
    pub problem: LineProblem,
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The lines cannot be read any further.
    #[error("it cannot be read: {0}")]
    Read(io::Error),
    /// It is longer than the [limit](Parser::line_limit).
    #[error("it has more than {limit} bytes, which is the most")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// It is no JSON object.
    #[error("it is no JSON object: {0}")]
    Json(serde_json::Error),
    /// An attribute is there twice.
    #[error("it is there twice")]
    Twice,
    /// An attribute has a name that CloudEvents does not allow.
    #[error("the name of an attribute has lower-case letters and digits alone")]
    Name,
    /// An attribute is missing.
    #[error("it is missing{hint}")]
    Missing {
        /// What can be done.
        hint: &'static str,
    },
    /// An attribute is of another type.
    #[error("it must be {expected}, and is {found}")]
    Type {
        /// Of which type it must be.
        expected: &'static str,
        /// What it is, cut after 80 characters.
        found: String,
    },
    /// A text is empty, or contains a control character.
    #[error("it is empty or contains a control character")]
    BadText,
    /// The version of CloudEvents is another one.
    #[error("it is `{}`, and `1.0` is what can be read", .found.escape_debug())]
    SpecVersion {
        /// The version, cut after 80 characters.
        found: String,
    },
    /// It is not base64.
    #[error("it is not base64: {0}")]
    Base64(base64::DecodeError),
    /// It is no time.
    #[error("`{}` is no time as in `2000-02-29T00:00:00.000001Z`", .found.escape_debug())]
    Time {
        /// The text, cut after 80 characters.
        found: String,
    },
    /// It does not name a stream.
    #[error("{0}")]
    Stream(InvalidStreamName),
    /// Two members exclude each other, and both are there.
    #[error("it excludes `{other}`, which is there as well")]
    Excludes {
        /// The other one.
        other: &'static str,
    },
}

type Problem = (Option<String>, LineProblem);

fn at(attribute: &str) -> impl FnOnce(LineProblem) -> Problem + '_ {
    move |problem| (Some(cut(attribute)), problem)
}

/// So much of a text as a message shows.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

impl Default for Parser {
    fn default() -> Self {
        Self {
            stream_of: None,
            missing_time: None,
            line_limit: 16 << 20,
        }
    }
}

impl Parser {
    /// One that takes the stream's name from `subject`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses the stream of every event, `category/id`.
    pub fn stream_of(
        mut self,
        name: impl Fn(&Attributes<'_>) -> String + Send + Sync + 'static,
    ) -> Self {
        self.stream_of = Some(Box::new(name));
        self
    }

    /// When an event was recorded that has no `time`. Without this it is refused.
    pub fn missing_time(mut self, time: Timestamp) -> Self {
        self.missing_time = Some(time);
        self
    }

    /// The most bytes that a line may have; 16 MiB by default.
    pub fn line_limit(mut self, bytes: usize) -> Self {
        self.line_limit = bytes;
        self
    }

    /// Reads one line. An error says that it is line 1.
    pub fn parse(&self, line: &str) -> Result<Parsed, BadLine> {
        self.parse_numbered(1, line)
    }

    /// Reads lines, on the caller's thread, leaving out those that are blank. After an error there is nothing more.
    ///
    /// This is for a bulk import that takes records, as `PostgresStore::import` does:
    ///
    /// ```no_run
    /// use eventsource_cloudevents::Parser;
    /// use eventsource_postgres::PostgresStore;
    ///
    /// # async fn import(store: &PostgresStore) -> Result<(), Box<dyn std::error::Error>> {
    /// let parser = Parser::new();
    /// let file = std::io::BufReader::new(std::fs::File::open("events.jsonl")?);
    /// let mut bad = None;
    /// let records = parser.read(file).map_while(|parsed| match parsed {
    ///     Ok((_, parsed)) => Some(parsed.record),
    ///     Err(error) => {
    ///         bad = Some(error);
    ///         None
    ///     }
    /// });
    /// let imported = store.import(records).await?;
    /// println!("{} events are stored", imported.events);
    /// if let Some(bad) = bad {
    ///     return Err(bad.into()); // what comes before that line is stored
    /// }
    /// # Ok(()) }
    /// ```
    pub fn read<R: BufRead>(
        &self,
        lines: R,
    ) -> impl Iterator<Item = Result<(u64, Parsed), BadLine>> {
        let mut lines = Lines::new(lines, self.line_limit);
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = lines.next()?;
            let parsed =
                next.and_then(|(number, line)| Ok((number, self.parse_numbered(number, &line)?)));
            ended = parsed.is_err();
            Some(parsed)
        })
    }

    pub(crate) fn lines<R: BufRead>(&self, lines: R) -> Lines<R> {
        Lines::new(lines, self.line_limit)
    }

    pub(crate) fn parse_numbered(&self, number: u64, line: &str) -> Result<Parsed, BadLine> {
        let parsed = match line.len() > self.line_limit {
            true => Err((
                None,
                LineProblem::TooLong {
                    limit: self.line_limit,
                },
            )),
            false => self.event(line),
        };
        parsed.map_err(|(attribute, problem)| BadLine {
            line: number,
            attribute,
            problem,
        })
    }

    fn event(&self, line: &str) -> Result<Parsed, Problem> {
        let members = Members::of(line)?;
        let spec = members.required("specversion", "")?;
        if spec != SPEC_VERSION {
            return Err(at("specversion")(LineProblem::SpecVersion {
                found: cut(&spec),
            }));
        }
        let id = members.required("id", "")?;
        let source = members.required("source", "")?;
        let name = members.required("type", "")?;
        let subject = members.text("subject")?;
        let stream = match (&self.stream_of, &subject) {
            (Some(stream_of), _) => stream_of(&Attributes {
                id: &id,
                source: &source,
                name: &name,
                subject: subject.as_deref(),
            }),
            (None, Some(subject)) => subject.clone().into_owned(),
            (None, None) => {
                let hint = ": it names the stream, `category/id`, unless `Parser::stream_of` does";
                return Err(at("subject")(LineProblem::Missing { hint }));
            }
        };
        let stream = StreamName::parse(&stream)
            .map_err(LineProblem::Stream)
            .map_err(at("subject"))?;
        let (content, payload) = members.data()?;
        let format = match members.text(names::FORMAT)? {
            Some(format) => format.into_owned(),
            None if is_json(&content) => Json::FORMAT.into(),
            None => content,
        };
        let version = members.number(names::VERSION, 1, u64::MAX)?.map(Version);
        let metadata = match version {
            Some(_) => members.metadata()?,
            None => members.foreign(&id, &source)?,
        };
        let schema = members.number(names::SCHEMA, 0, u32::MAX.into())?;
        let event = NewEvent {
            name: name.into_owned().into(),
            schema: schema
                .and_then(|schema| schema.try_into().ok())
                .unwrap_or(1),
            format: format.into(),
            payload,
            metadata,
            recorded_at: self.time(&members)?,
            tags: members.tags()?,
        };
        Ok(Parsed {
            id: id.into_owned(),
            source: source.into_owned(),
            version,
            position: members.number(names::POSITION, 1, u64::MAX)?.map(Position),
            record: Record { stream, event },
        })
    }

    fn time(&self, members: &Members<'_>) -> Result<Timestamp, Problem> {
        let micros = members.text(names::MICROS)?;
        match (members.text("time")?, micros) {
            (Some(_), Some(_)) => Err(at(names::MICROS)(LineProblem::Excludes { other: "time" })),
            (Some(text), None) => {
                let found = || at("time")(LineProblem::Time { found: cut(&text) });
                time::read(&text).ok_or_else(found)
            }
            (None, Some(text)) => text.parse().map(Timestamp::from_micros).map_err(|_| {
                at(names::MICROS)(LineProblem::Type {
                    expected: "a whole number of microseconds since 1970 in 64 bits",
                    found: cut(&text),
                })
            }),
            (None, None) => self.missing_time.ok_or_else(|| {
                let hint =
                    ": it is when the event was recorded, unless `Parser::missing_time` says it";
                at("time")(LineProblem::Missing { hint })
            }),
        }
    }
}

/// The members of a line, each once.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn of(line: &'a str) -> Result<Self, Problem> {
        let Object { members, twice } =
            serde_json::from_str(line).map_err(|error| (None, LineProblem::Json(error)))?;
        if let Some(name) = twice {
            return Err(at(&name)(LineProblem::Twice));
        }
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_attribute = |name: &str| !name.is_empty() && name.bytes().all(allowed);
        match members
            .keys()
            .find(|name| *name != DATA_BASE64 && !is_attribute(name))
        {
            Some(name) => Err(at(name)(LineProblem::Name)),
            None => Ok(Self(members)),
        }
    }

    /// The JSON of a member; one that is `null` is not there.
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .get(name)
            .map(|raw| raw.get())
            .filter(|json| *json != "null")
    }

    /// A string of any content.
    fn string(&self, name: &str) -> Result<Option<String>, Problem> {
        let read = |json| {
            serde_json::from_str(json).map_err(|_| {
                at(name)(LineProblem::Type {
                    expected: "a string",
                    found: cut(json),
                })
            })
        };
        self.get(name).map(read).transpose()
    }

    /// A string that is not empty and has no control character, as CloudEvents wants it.
    fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Problem> {
        match self.string(name)? {
            Some(text) if text.is_empty() || text.chars().any(char::is_control) => {
                Err(at(name)(LineProblem::BadText))
            }
            text => Ok(text.map(Cow::Owned)),
        }
    }

    fn required(&self, name: &str, hint: &'static str) -> Result<Cow<'a, str>, Problem> {
        let missing = || at(name)(LineProblem::Missing { hint });
        self.text(name)?.ok_or_else(missing)
    }

    /// A number, as a JSON number or as digits in a string.
    fn number(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Problem> {
        let Some(json) = self.get(name) else {
            return Ok(None);
        };
        let digits = json
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(json);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = plain.then(|| digits.parse().ok()).flatten();
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(at(name)(LineProblem::Type {
                expected: match (least, most) {
                    (0, _) => "a whole number from 0, in 32 bits",
                    _ => "a whole number from 1, in 64 bits",
                },
                found: cut(json),
            })),
        }
    }

    fn base64(&self, name: &str) -> Result<Option<Vec<u8>>, Problem> {
        let decode = |text: String| {
            STANDARD
                .decode(text)
                .map_err(LineProblem::Base64)
                .map_err(at(name))
        };
        self.string(name)?.map(decode).transpose()
    }

    /// The media type, without parameters, and the payload.
    fn data(&self) -> Result<(String, Vec<u8>), Problem> {
        let content = self
            .text("datacontenttype")?
            .unwrap_or(Cow::Borrowed(JSON_TYPE));
        let content = content
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let is_json = is_json(&content);
        // Here `null` is a value.
        let payload = match (self.0.get(DATA), self.base64(DATA_BASE64)?) {
            (Some(_), Some(_)) => {
                return Err(at(DATA_BASE64)(LineProblem::Excludes { other: DATA }));
            }
            (Some(json), None) if is_json => json.get().into(),
            (Some(_), None) => self.string(DATA)?.unwrap_or_default().into(),
            (None, Some(bytes)) => bytes,
            (None, None) if is_json => b"{}".to_vec(),
            (None, None) => Vec::new(),
        };
        Ok((content, payload))
    }

    fn tags(&self) -> Result<Vec<Tag>, Problem> {
        let Some(text) = self.text(names::TAGS)? else {
            return Ok(Vec::new());
        };
        let tags: Vec<String> = serde_json::from_str(&text).map_err(|_| {
            at(names::TAGS)(LineProblem::Type {
                expected: "a JSON array of strings in a string",
                found: cut(&text),
            })
        })?;
        Ok(tags.iter().map(|tag| Tag::from_stored(tag)).collect())
    }

    /// Our own metadata, byte for byte.
    fn metadata(&self) -> Result<Arc<[u8]>, Problem> {
        match (
            self.text(names::METADATA)?,
            self.base64(names::METADATA_BASE64)?,
        ) {
            (Some(_), Some(_)) => Err(at(names::METADATA_BASE64)(LineProblem::Excludes {
                other: names::METADATA,
            })),
            (Some(text), None) => Ok(text.as_bytes().into()),
            (None, bytes) => Ok(bytes.unwrap_or_default().into()),
        }
    }

    /// What others say beside what is stored elsewhere: under the names that the attributes have as headers.
    fn foreign(&self, id: &str, source: &str) -> Result<Arc<[u8]>, Problem> {
        const STORED: [&str; 8] = [
            "specversion",
            "type",
            "subject",
            "time",
            "datacontenttype",
            DATA,
            DATA_BASE64,
            names::TAGS,
        ];
        let mut own: BTreeMap<String, String> = [
            ("ce-id".into(), id.into()),
            ("ce-source".into(), source.into()),
        ]
        .into();
        for name in self
            .0
            .keys()
            .filter(|name| !STORED.contains(&name.as_str()))
        {
            let value = match self.get(name) {
                None => continue,
                Some(json) if json.starts_with('"') => match self.text(name)? {
                    Some(text) => text.into_owned(),
                    None => continue,
                },
                Some(json) if json.starts_with(['{', '[']) => {
                    return Err(at(name)(LineProblem::Type {
                        expected: "a string, a number or a boolean",
                        found: cut(json),
                    }));
                }
                Some(json) => json.to_owned(),
            };
            own.insert(format!("ce-{name}"), value);
        }
        let metadata = Metadata {
            own,
            ..Metadata::default()
        };
        Ok(metadata.to_stored())
    }
}

/// Whether a media type declares JSON: `*/json` or `*/*+json`.
fn is_json(content: &str) -> bool {
    let subtype = content.split_once('/').map_or("", |(_, subtype)| subtype);
    subtype == "json" || subtype.ends_with("+json")
}

/// A JSON object, its values not looked at yet.
struct Object<'a> {
    members: BTreeMap<String, &'a RawValue>,
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
                let (mut members, mut twice) = (BTreeMap::new(), None);
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    match members.entry(name) {
                        Entry::Vacant(free) => {
                            free.insert(value);
                        }
                        Entry::Occupied(first) => {
                            twice.get_or_insert_with(|| first.key().clone());
                        }
                    }
                }
                Ok(Object { members, twice })
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The lines of a reader that are not blank, with their numbers, each no longer than is allowed.
pub(crate) struct Lines<R> {
    reader: R,
    number: u64,
    limit: usize,
}

impl<R: BufRead> Lines<R> {
    fn new(reader: R, limit: usize) -> Self {
        Self {
            reader,
            number: 0,
            limit,
        }
    }

    pub(crate) fn next(&mut self) -> Option<Result<(u64, String), BadLine>> {
        loop {
            self.number += 1;
            let mut line = Vec::new();
            let most = u64::try_from(self.limit)
                .unwrap_or(u64::MAX)
                .saturating_add(2);
            let read = self.reader.by_ref().take(most).read_until(b'\n', &mut line);
            let problem = match read {
                Ok(0) => return None,
                Ok(_) => {
                    if line.ends_with(b"\n") {
                        line.pop();
                    }
                    match String::from_utf8(line) {
                        Ok(line) if line.len() > self.limit => {
                            LineProblem::TooLong { limit: self.limit }
                        }
                        Ok(line) if line.trim_ascii().is_empty() => continue,
                        Ok(line) => return Some(Ok((self.number, line))),
                        // A long line is perhaps cut within a character.
                        Err(error) if error.as_bytes().len() > self.limit => {
                            LineProblem::TooLong { limit: self.limit }
                        }
                        Err(_) => LineProblem::NotUtf8,
                    }
                }
                Err(error) => LineProblem::Read(error),
            };
            return Some(Err(BadLine {
                line: self.number,
                attribute: None,
                problem,
            }));
        }
    }
}
