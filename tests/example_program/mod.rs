//! The program of an example, for tests that run it as a person does.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The program: beside the tests, if they are built as `cargo test` builds them; else it is built now. A test file asks for
/// one example.
pub fn of(example: &str) -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| found_or_built(example)).clone()
}

fn found_or_built(example: &str) -> PathBuf {
    let test = env::current_exe().expect("a test has a file");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("it lies in target/<profile>/deps");
    let program = profile
        .join("examples")
        .join(format!("{example}{}", env::consts::EXE_SUFFIX));
    if !program.exists() {
        let mut build = Command::new(env!("CARGO"));
        build
            .args(["build", "--example", example, "--target-dir"])
            .arg(profile.join(".."));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status();
        assert!(status.expect("cargo is there").success());
    }
    program
}
