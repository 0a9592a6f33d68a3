//! Runs cargo over a library's project and reads what the compiler said about each program.

use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};

/// The compiler's messages, by program.
pub struct Programs(BTreeMap<String, Vec<Value>>);

impl Programs {
    /// What was said about one program; nothing if it compiles without a warning.
    pub fn of(&self, name: &str) -> &[Value] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn first_error(&self, name: &str) -> Option<String> {
        let error = self
            .of(name)
            .iter()
            .find(|message| message["level"] == "error")?;
        Some(error["message"].as_str().unwrap_or_default().to_owned())
    }
}

/// Checks all programs of a project. Messages that read the same are one, as they are where cargo prints them.
pub fn programs(project: &Path, target: &Path) -> Result<Programs, Box<dyn Error>> {
    let mut cargo = cargo(project);
    // A program that is up to date is not compiled again, but its messages are shown again.
    cargo.args([
        "check",
        "--bins",
        "--keep-going",
        "--ignore-rust-version",
        "--message-format=json",
    ]);
    cargo.env("CARGO_TARGET_DIR", target).stderr(Stdio::piped());
    let output = cargo.output()?;
    let mut programs = BTreeMap::<_, Vec<_>>::new();
    let mut seen = HashSet::new();
    let mut checked = 0;
    for line in String::from_utf8(output.stdout)?.lines() {
        let mut line: Value = serde_json::from_str(line)?;
        checked += usize::from(line["target"]["kind"][0] == "bin");
        if line["reason"] != "compiler-message" || line["target"]["kind"][0] != "bin" {
            continue;
        }
        let name = line["target"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let message = line["message"].take();
        if seen.insert((name.clone(), message["rendered"].to_string())) {
            programs.entry(name).or_default().push(message);
        }
    }
    if checked == 0 {
        return Err(format!(
            "{}: {}",
            project.display(),
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(Programs(programs))
}

/// The version of a dependency of the project, and the version of Rust that it asks for.
pub fn release(project: &Path, package: &str) -> Result<(String, Option<String>), Box<dyn Error>> {
    let output = cargo(project)
        .args(["metadata", "--format-version=1"])
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages
        .find(|found| found["name"] == package)
        .ok_or_else(|| format!("{} does not depend on {package}", project.display()))?;
    let version = package["version"].as_str().unwrap_or_default();
    Ok((
        version.to_owned(),
        package["rust_version"].as_str().map(str::to_owned),
    ))
}

/// As `rustc 1.95.0`.
pub fn compiler() -> Result<String, Box<dyn Error>> {
    let output = Command::new("rustc").arg("--version").output()?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split(' ').take(2).collect::<Vec<_>>().join(" "))
}

fn cargo(project: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(project);
    cargo
}
