//! The README as a stranger uses it: its pieces are put together into a fresh crate outside of the workspace, with the
//! dependencies that it names and no others, built, run and tested.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

const README: &str = include_str!("../README.md");

/// The blocks of a language, in order.
fn blocks(language: &str) -> String {
    let mut found = String::new();
    let mut within = false;
    for line in README.lines() {
        match line.strip_prefix("```") {
            Some(opened) => within = opened == language,
            None if within => {
                found.push_str(line);
                found.push('\n');
            }
            None => {}
        }
    }
    found
}

fn cargo(arguments: &[&str], project: &Path, target: &Path) -> Output {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(arguments)
        .current_dir(project)
        .env("CARGO_TARGET_DIR", target);
    cargo.output().expect("cargo runs")
}

#[test]
fn a_fresh_crate_follows_the_readme() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let scratch = tempfile::tempdir().expect("a scratch directory");
    let project = scratch.path();
    let dependencies = blocks("toml").replace("../eventsource/", &format!("{}/", root.display()));
    let package =
        "[package]\nname = \"first\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n";
    fs::write(
        project.join("Cargo.toml"),
        format!("{package}{dependencies}"),
    )
    .expect("written");
    fs::create_dir(project.join("src")).expect("made");
    fs::write(
        project.join("src/main.rs"),
        format!("#![deny(warnings)]\n{}", blocks("rust")),
    )
    .expect("written");
    // The versions that the workspace was tested with.
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).expect("copied");

    let target = root.join("target/readme");
    let run = cargo(&["run", "--quiet"], project, &target);
    let (printed, errors) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{errors}");
    let expected = [
        "only 50 there",
        "50 at version 2",
        "version 3, repeated: false",
        "version 3, repeated: true",
        "50 after the deposit",
        "Withdrawn(Withdrawn { amount: 50 })",
        "[\"account.deposited\"]",
        "{\"1\": 105} up to 4",
        "0 events to go",
        "enrolled: 1",
        "transferred in 3 events",
        "one: paid",
        "two: the account is not open",
        "3 are left",
    ];
    let mut rest = &*printed;
    for line in expected {
        let Some(at) = rest.find(line) else {
            panic!("`{line}` does not follow in:\n{printed}")
        };
        rest = &rest[at..];
    }
    let tested = cargo(&["test", "--quiet"], project, &target);
    assert!(
        tested.status.success(),
        "{}",
        String::from_utf8_lossy(&tested.stdout)
    );
}
