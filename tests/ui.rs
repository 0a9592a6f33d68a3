//! Every mistake gets one error: the programs under `tests/ui` do not compile, and say so as their `.stderr` files.
//!
//! The compiler's wording drifts, so the cases run on one exact toolchain. `TRYBUILD=overwrite` writes the files anew.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

const TOOLCHAIN: &str = "rustc 1.95.0 ";

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir("tests/ui").expect("tests/ui is there");
    let mut cases: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    cases.sort();
    cases
}

#[test]
fn each_mistake_is_explained() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(TOOLCHAIN) {
        eprintln!("skipped: the messages were recorded with {TOOLCHAIN}, and this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// A case has one mistake, or as many as its first line says.
#[test]
fn each_mistake_is_one_error() {
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 100, "only {} cases", cases.len());
    for case in cases {
        let source = fs::read_to_string(&case).expect("a case");
        let first = source.lines().next().unwrap_or_default();
        let mistakes = first
            .strip_prefix("// ")
            .and_then(|line| line.split(' ').next()?.parse().ok())
            .unwrap_or(1);
        let stderr = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
        let errors = stderr
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        if errors != mistakes {
            wrong.push(format!(
                "{}: {mistakes} mistakes and {errors} errors",
                case.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
