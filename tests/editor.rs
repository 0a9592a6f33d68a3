//! An error does not take the editor away: while one stands, rust-analyzer still offers the state's fields, the methods
//! of the other handlers and the variants of the generated enums.
//!
//! It needs a rust-analyzer, on the path or where `RUST_ANALYZER` says, and the standard library's source.

mod language_server;

use language_server::LanguageServer;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A correct module. What is typed in a test is typed at a `/*comment*/`.
const CORRECT: &str = r#"
use eventsource_core::prelude::*;

#[event(name = "account.opened")]
pub struct Opened {
    pub owner: String,
}

#[event(name = "account.closed")]
pub struct Closed;

#[command]
pub struct Open {
    pub owner: String,
}

#[command]
pub struct Close;

#[derive(Debug)]
pub struct Refused;

impl std::error::Error for Refused {}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

#[aggregate(id = u64, error = Refused, events(Opened, Closed), commands(Open, Close, Rename))]
#[derive(Default)]
pub struct Account {
    owner: String,
}

impl Account {
    fn is_open(&self) -> bool {
        !self.owner.is_empty()
    }
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }

    fn closed(&mut self, _: &Closed) {
        /*in apply*/
        self.owner.clear();
    }
}

#[handle]
impl Account {
    fn open(&self, command: Open) -> Result<Opened, Refused> {
        Ok(Opened { owner: command.owner })
    }

    fn close(&self, _: Close) -> Result<Closed, Refused> {
        /*in handle*/
        Ok(Closed)
    }

    #[command]
    pub fn rename(&self, owner: String) -> Result<Opened, Refused> {
        /*in declared*/
        Ok(Opened { owner })
    }
}

fn elsewhere(account: &Account) {
    /*elsewhere*/
}
"#;

/// An error that stands in the module while something is typed in another place of it.
struct Standing {
    /// The module's name.
    name: &'static str,
    /// What of the correct module it replaces, and by what.
    right: &'static str,
    wrong: &'static str,
    /// The method or variant that is no longer there, since it is what was left out or misspelled.
    gone: &'static str,
}

impl Standing {
    const fn new(name: &'static str, right: &'static str, wrong: &'static str) -> Self {
        Self {
            name,
            right,
            wrong,
            gone: "",
        }
    }

    fn module(&self) -> String {
        assert_eq!(
            CORRECT.matches(self.right).count(),
            1,
            "{} replaces one place",
            self.name
        );
        CORRECT.replace(self.right, self.wrong)
    }
}

const STANDING: &[Standing] = &[
    Standing::new("correct", "fn is_open", "fn is_open"),
    Standing {
        gone: "Opened",
        ..Standing::new(
            "event_misspelled",
            "events(Opened, Closed)",
            "events(Oppened, Closed)",
        )
    },
    Standing {
        gone: "Open",
        ..Standing::new("command_misspelled", "commands(Open,", "commands(Oppen,")
    },
    Standing {
        gone: "opened",
        ..Standing::new(
            "event_not_applied",
            "    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }
",
            "",
        )
    },
    Standing {
        gone: "open",
        ..Standing::new(
            "command_not_handled",
            "    fn open(&self, command: Open) -> Result<Opened, Refused> {
        Ok(Opened { owner: command.owner })
    }
",
            "",
        )
    },
    Standing::new(
        "event_not_declared",
        "events(Opened, Closed)",
        "events(Opened, Closed, Renamed)",
    ),
    Standing::new(
        "comma_missing",
        "events(Opened, Closed)",
        "events(Opened Closed)",
    ),
    Standing::new(
        "event_listed_twice",
        "events(Opened, Closed)",
        "events(Opened, Closed, Closed)",
    ),
    Standing::new("apply_by_value", "event: &Opened", "event: Opened"),
    Standing::new(
        "apply_shared_self",
        "fn opened(&mut self",
        "fn opened(&self",
    ),
    Standing::new("handle_mut_self", "fn open(&self", "fn open(&mut self"),
    Standing::new("handle_async", "fn open(&self", "async fn open(&self"),
    Standing::new("handle_by_reference", "command: Open)", "command: &Open)"),
    Standing::new(
        "handle_too_many",
        "command: Open)",
        "command: Open, limit: u64)",
    ),
    Standing::new(
        "handle_returns_text",
        "command: Open) -> Result<Opened, Refused>",
        "command: Open) -> String",
    ),
    Standing::new("key_misspelled", "error = Refused", "eror = Refused"),
    Standing::new(
        "key_unknown",
        "error = Refused",
        "error = Refused, colour = 7",
    ),
    Standing::new("id_missing", "id = u64, ", ""),
    Standing::new("error_missing", "error = Refused, ", ""),
    Standing::new(
        "error_is_no_error",
        "impl std::error::Error for Refused {}",
        "",
    ),
    Standing::new(
        "event_key_misspelled",
        "name = \"account.opened\"",
        "nmae = \"account.opened\"",
    ),
    Standing::new(
        "event_without_macro",
        "#[event(name = \"account.opened\")]",
        "",
    ),
    Standing::new("state_without_start", "#[derive(Default)]", ""),
];

/// Where something is typed, what, and what must be offered after it.
const TYPED: &[(&str, &str, &[&str])] = &[
    ("/*in apply*/", "self.", MEMBERS),
    ("/*in handle*/", "self.", MEMBERS),
    ("/*in declared*/", "self.", MEMBERS),
    ("/*elsewhere*/", "account.", MEMBERS),
    (
        "/*in handle*/",
        "let _ = AccountEvent::",
        &["Opened", "Closed"],
    ),
    ("/*elsewhere*/", "AccountEvent::", &["Opened", "Closed"]),
    (
        "/*elsewhere*/",
        "AccountCommand::",
        &["Open", "Close", "Rename"],
    ),
    // A command that its handler declares.
    ("/*elsewhere*/", "Renam", &["Rename"]),
];

/// The state's fields and methods.
const MEMBERS: &[&str] = &[
    "owner", "is_open", "opened", "closed", "open", "close", "rename",
];

#[test]
fn an_error_takes_nothing_away() {
    let server = match language_server::find() {
        Ok(server) => server,
        Err(reason) => {
            eprintln!("skipped: no rust-analyzer: {reason}");
            return;
        }
    };
    let project = tempfile::tempdir().expect("a directory");
    let source = project.path().join("src");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    write_project(project.path());
    every_error_stands(project.path(), &target);

    let mut server = LanguageServer::start(&server, project.path(), &target);
    let mut missing = Vec::new();
    for standing in STANDING {
        let file = source.join(format!("{}.rs", standing.name));
        let module = standing.module();
        server.open(&file, &module);
        for &(place, typed, names) in TYPED {
            let (text, offset) = type_at(&module, place, typed);
            let offered = server.complete(&file, &text, offset);
            for name in names.iter().filter(|name| **name != standing.gone) {
                if !offered.iter().any(|offer| offer == name) {
                    missing.push(format!(
                        "{}: no `{name}` after `{typed}` {place}",
                        standing.name
                    ));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The module with something typed at a place, and where the cursor is then.
fn type_at(module: &str, place: &str, typed: &str) -> (String, usize) {
    let start = module.find(place).expect("the place is marked");
    let end = start + place.len();
    (
        format!("{}{typed}{}", &module[..start], &module[end..]),
        start + typed.len(),
    )
}

/// A crate with a module for each standing error, which depends on nothing but the core.
fn write_project(project: &Path) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
    let core = workspace.join("eventsource-core");
    let manifest = format!(
        "[package]\nname = \"project\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\neventsource-core = {{ path = '{}' }}\n",
        core.display()
    );
    fs::write(project.join("Cargo.toml"), manifest).expect("it can be written");
    // The versions that are here already.
    fs::copy(workspace.join("Cargo.lock"), project.join("Cargo.lock")).expect("it can be copied");
    let source = project.join("src");
    fs::create_dir(&source).expect("it can be made");
    let mut library = String::new();
    for standing in STANDING {
        let _ = writeln!(library, "mod {};", standing.name);
        fs::write(
            source.join(format!("{}.rs", standing.name)),
            standing.module(),
        )
        .expect("it can be written");
    }
    fs::write(source.join("lib.rs"), library).expect("it can be written");
}

/// The compiler finds an error in each of the modules, and in the correct one none.
fn every_error_stands(project: &Path, target: &Path) {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--message-format=short"])
        .current_dir(project)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8_lossy(&output.stderr);
    let found = |name: &str| {
        let place = format!("src/{name}.rs:");
        messages
            .lines()
            .any(|line| line.starts_with(&place) && line.contains(" error"))
    };
    for standing in STANDING {
        assert_eq!(
            found(standing.name),
            standing.name != "correct",
            "{}: {messages}",
            standing.name
        );
    }
}
