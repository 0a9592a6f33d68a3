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

/// Where rustc says more than once what it has found once, and nothing can be done about it.
const MORE_ERRORS: &str = "docs/decisions/0013-one-mistake-one-error.md";

/// How many errors a case should have: one, or as many as its first line says, `// 3 mistakes`. The few that have more
/// errors than mistakes say why, `// 1 mistake, 2 errors: docs/…`.
fn expected(source: &str) -> (usize, bool) {
    let first = source.lines().next().unwrap_or_default();
    let counts = first.strip_prefix("// ").unwrap_or_default();
    let number = |text: &str| text.trim().split(' ').next()?.parse().ok();
    match counts.split_once(',') {
        Some((_, errors)) if errors.ends_with(MORE_ERRORS) => (number(errors).unwrap_or(1), true),
        _ => (number(counts).unwrap_or(1), false),
    }
}

#[test]
fn each_mistake_is_one_error() {
    let (mut wrong, mut more) = (Vec::new(), Vec::new());
    let cases = cases();
    assert!(cases.len() >= 230, "only {} cases", cases.len());
    for case in cases {
        let source = fs::read_to_string(&case).expect("a case");
        let (expected, has_more) = expected(&source);
        let stderr = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
        let errors = stderr
            .lines()
            .filter(|line| line.starts_with("error"))
            .count();
        if errors != expected {
            wrong.push(format!(
                "{}: {errors} errors and not {expected}",
                case.display()
            ));
        }
        if has_more {
            more.push(case);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        more.len() <= 16,
        "more errors than mistakes, in {} cases: {more:?}",
        more.len()
    );
}

/// What a person reads first is about what they wrote: no name that the macros have made up.
#[test]
fn no_error_begins_with_a_hidden_name() {
    let hidden = [
        "__",
        "private::",
        "CloneIf",
        "Mentioned",
        "Storable",
        "ListedCommand",
        "DispatchedBy",
        "RecordBy",
        "Known",
    ];
    for case in cases() {
        let stderr = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
        for line in stderr.lines().filter(|line| line.starts_with("error")) {
            let found = hidden.iter().find(|name| line.contains(*name));
            assert_eq!(found, None, "{}: {line}", case.display());
        }
    }
}
