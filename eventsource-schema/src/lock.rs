//! The lock: checked by a test, written when it is told to.

use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use eventsource_core::{Event, Registry};

use crate::catalogue::Catalogue;
use crate::check::{Checked, can_be_overwritten, check};
use crate::contract::{Given, Program};
use crate::file::{File, Malformed};
use crate::next::news;
use crate::problem::Problem;

/// The variable that says whether the lock is to be written.
const VARIABLE: &str = "EVENTSOURCE_SCHEMA";

/// A lock on the layouts of stored events, in a file that is checked in. [`lock!`](crate::lock) is the short way.
///
/// ```
/// use eventsource_core::Registry;
/// use eventsource_core::prelude::*;
/// use eventsource_schema::{Lock, LockError};
/// # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
///
/// #[event(name = "lamp.lit")]
/// pub struct Lit {
///     pub watts: u16,
/// }
///
/// #[aggregate(name = "lamp", id = String, error = Never, events(Lit), commands())]
/// #[derive(Default)]
/// pub struct Lamp {
///     lit: bool,
/// }
///
/// #[apply]
/// impl Lamp {
///     fn lit(&mut self, _: &Lit) {
///         self.lit = true;
///     }
/// }
///
/// # let directory = std::env::temp_dir().join(format!("eventsource-schema-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let path = directory.join("schema.lock");
/// let lock = Lock::new(path).registry(Registry::new().with::<Lamp>());
/// assert!(matches!(lock.check(), Err(LockError::Missing { .. })));
/// lock.update()?;
/// assert!(lock.check()?.unrecorded.is_empty());
/// # std::fs::remove_dir_all(&directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Lock {
    path: PathBuf,
    registry: Registry,
    given: Given,
}

/// A lock that holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// What the program has and the lock does not: harmless, but not protected until it is recorded.
    pub unrecorded: Vec<String>,
}

/// Why a lock does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// There is no such file.
    #[error(
        "there is no `{}` yet: make it with `EVENTSOURCE_SCHEMA=update cargo test`, read it, and check it in",
        .path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("`{}`: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line of the file is none of a lock's.
    #[error(
        "{}:{line}: this is no line of a lock: `{text}`; after a merge keep the lines of both sides, else take the file \
         from version control",
        .path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Nothing has registered itself.
    #[error(
        "no aggregate and no decision model is in this test: a crate that is named nowhere is not linked, so write \
         `use your_crate as _;` in it"
    )]
    Nothing,
    /// What is stored would not be read, or would not be what it was.
    #[error("{}", told(.path, .problems))]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problems: Vec<Problem>,
    },
    /// Nothing is wrong, but the lock does not know everything that the program stores.
    #[error(
        "`{}` is behind:\n{}record it with `EVENTSOURCE_SCHEMA=update cargo test`, and check it in",
        .path.display(), listed(.unrecorded)
    )]
    Behind {
        /// The file.
        path: PathBuf,
        /// What it does not know.
        unrecorded: Vec<String>,
    },
}

fn listed(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "  {line}");
        text
    })
}

fn told(path: &Path, problems: &[Problem]) -> String {
    let mut text = format!("stored events are at risk, says `{}`:\n", path.display());
    for problem in problems {
        let _ = write!(text, "\n{problem}\n");
    }
    if problems.iter().any(can_be_overwritten) {
        text.push_str(
            "\nwhere no such event was ever stored, `EVENTSOURCE_SCHEMA=overwrite cargo test` takes what is there now",
        );
    }
    text
}

impl Lock {
    /// The lock in this file, on everything that has registered itself.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            registry: Registry::discovered(),
            given: Given::default(),
        }
    }

    /// On what is listed here, in place of what has registered itself.
    #[must_use]
    pub fn registry(self, registry: Registry) -> Self {
        Self { registry, ..self }
    }

    /// Learns from an example what it cannot learn from the type, and keeps it as an example of a stored event.
    #[must_use]
    pub fn sample<E: Event>(mut self, event: E) -> Self {
        // What cannot be written is not stored either: the lock says what is wrong with its type.
        if let Ok(payload) = serde_json::to_value(&event) {
            let key = (E::NAME.to_owned(), E::VERSION);
            self.given.samples.push((key, payload));
        }
        self
    }

    /// A text that is tried wherever a type refuses texts: an example of a format that only your types know.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.given.texts.push(text.into());
        self
    }

    /// The catalogue of what the lock is on, learnt with the examples that it was given.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        Catalogue::made(&self.registry, &self.given)
    }

    /// Compares the program with the lock.
    pub fn check(&self) -> Result<Held, LockError> {
        self.check_registry()?;
        let path = self.path.clone();
        let Some(file) = self.read()? else {
            return Err(LockError::Missing { path });
        };
        let Checked { problems, next } = self.compare(&file)?;
        match problems.is_empty() {
            true => Ok(Held {
                unrecorded: news(&file, &next),
            }),
            false => Err(LockError::Broken { path, problems }),
        }
    }

    /// Records what is new and harmless, and says what it was. Where something is wrong nothing is written.
    pub fn update(&self) -> Result<Vec<String>, LockError> {
        let file = self.read()?.unwrap_or_default();
        let Checked { problems, next } = self.compare(&file)?;
        if !problems.is_empty() {
            let path = self.path.clone();
            return Err(LockError::Broken { path, problems });
        }
        self.write(&next)?;
        Ok(news(&file, &next))
    }

    /// Records what is there now, whatever becomes of events that are stored, and says what was wrong.
    pub fn overwrite(&self) -> Result<Vec<Problem>, LockError> {
        let file = match self.read() {
            Ok(file) => file.unwrap_or_default(),
            Err(LockError::Malformed { .. }) => File::default(),
            Err(error) => return Err(error),
        };
        let Checked { problems, next } = self.compare(&file)?;
        let (taken, problems): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(can_be_overwritten);
        if !problems.is_empty() {
            let path = self.path.clone();
            return Err(LockError::Broken { path, problems });
        }
        self.write(&next)?;
        Ok(taken)
    }

    /// What a test does: checks the lock, or writes it if `EVENTSOURCE_SCHEMA` is `update` or `overwrite`.
    ///
    /// Where there is no lock it is made; where the variable `CI` is set that is an error instead, and so is a lock that
    /// does not know everything.
    ///
    /// # Panics
    /// If the lock does not hold, with what is wrong and what to write.
    pub fn assert(&self) {
        let is_ci = env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&value.as_str()));
        let outcome = match env::var(VARIABLE).as_deref() {
            Ok("update") => self.update().map(|news| self.say("recorded", &news)),
            Ok("overwrite") => self
                .overwrite()
                .map(|taken| self.say("taken, although", &taken)),
            Ok("") | Err(_) => self.test(is_ci),
            Ok(other) => panic!("`{VARIABLE}` is `update` or `overwrite`, and not `{other}`"),
        };
        if let Err(error) = outcome {
            panic!("{error}");
        }
    }

    fn test(&self, is_ci: bool) -> Result<(), LockError> {
        let path = self.path.clone();
        match self.check() {
            Ok(Held { unrecorded }) if is_ci && !unrecorded.is_empty() => {
                Err(LockError::Behind { path, unrecorded })
            }
            Ok(Held { unrecorded }) => {
                self.say("not recorded yet", &unrecorded);
                Ok(())
            }
            Err(LockError::Missing { .. }) if !is_ci => {
                self.update().map(|news| self.say("made", &news))
            }
            Err(error) => Err(error),
        }
    }

    /// Tells the person who runs the test.
    fn say(&self, what: &str, lines: &[impl fmt::Display]) {
        for line in lines {
            eprintln!("{}: {what}: {line}", self.path.display());
        }
    }

    fn read(&self) -> Result<Option<File>, LockError> {
        let path = self.path.clone();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(LockError::Io { path, source }),
        };
        match File::parse(&text) {
            Ok(file) => Ok(Some(file)),
            Err(Malformed { line, text }) => Err(LockError::Malformed { path, line, text }),
        }
    }

    fn write(&self, file: &File) -> Result<(), LockError> {
        fs::write(&self.path, file.to_string()).map_err(|source| LockError::Io {
            path: self.path.clone(),
            source,
        })
    }

    fn check_registry(&self) -> Result<(), LockError> {
        match self.registry.aggregates().is_empty() && self.registry.consumers().is_empty() {
            true => Err(LockError::Nothing),
            false => Ok(()),
        }
    }

    fn compare(&self, file: &File) -> Result<Checked, LockError> {
        self.check_registry()?;
        let program = Program::of(&self.registry, &self.given);
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let mut checked = check(&program, file, &name);
        let names = self.registry.check_names();
        if let Err(collision) = names.and_then(|()| self.registry.check_consumers()) {
            checked.problems.insert(0, Problem::collision(collision));
        }
        Ok(checked)
    }
}
