//! Writes the table of mistakes: what this framework and its peers say when a program is wrong in one place.
//!
//! Each library is a project beside this one, with a correct program and one program for each mistake, all checked by
//! one `cargo check`. `scripts/mistakes-table` runs this.
//!
//! A new mistake is an entry in `mistakes.rs`, and for each library a program `src/bin/<name>.rs` or a reason in
//! `libraries.rs`. Carets in a comment mark the user's token, in the line above them.

mod check;
mod judge;
mod libraries;
mod mistakes;
mod table;

use judge::Verdict;
use libraries::{LIBRARIES, Library};
use mistakes::MISTAKES;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What one library said.
struct Column {
    library: &'static Library,
    version: String,
    /// The version of Rust that it asks for.
    asks_for: Option<String>,
    /// By mistake.
    verdicts: BTreeMap<&'static str, Verdict>,
    /// Why nothing could be judged.
    left_out: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut columns = Vec::new();
    for library in LIBRARIES {
        eprintln!("checking {}", library.folder);
        columns.push(column(here, library)?);
    }
    let text = table::write(&columns, &check::compiler()?);
    match env::args_os().nth(1) {
        Some(path) => fs::write(path, text)?,
        None => print!("{text}"),
    }
    Ok(())
}

fn column(here: &Path, library: &'static Library) -> Result<Column, Box<dyn Error>> {
    let project = here.join(library.folder);
    complete(&project, library)?;
    let programs = check::programs(&project, &here.join("target"))?;
    let (version, asks_for) = check::release(&project, library.package)?;
    let left_out = programs.first_error("correct");
    let mut verdicts = BTreeMap::new();
    if left_out.is_none() {
        for mistake in MISTAKES
            .iter()
            .filter(|mistake| library.absence(mistake.name).is_none())
        {
            let source = fs::read_to_string(program(&project, mistake.name))?;
            let verdict = judge::judge(programs.of(mistake.name), &source, mistake)
                .map_err(|reason| format!("{}/{}: {reason}", library.folder, mistake.name))?;
            verdicts.insert(mistake.name, verdict);
        }
    }
    Ok(Column {
        library,
        version,
        asks_for,
        verdicts,
        left_out,
    })
}

/// Every mistake has a program or a reason why it has none, and nothing else is there.
fn complete(project: &Path, library: &Library) -> Result<(), String> {
    for mistake in MISTAKES {
        match (
            program(project, mistake.name).exists(),
            library.absence(mistake.name),
        ) {
            (true, None) | (false, Some(_)) => {}
            (true, Some(_)) => {
                return Err(format!(
                    "{}/{} is said to be absent",
                    library.folder, mistake.name
                ));
            }
            (false, None) => return Err(format!("{}/{} is missing", library.folder, mistake.name)),
        }
    }
    let known =
        |name: &str| name == "correct" || MISTAKES.iter().any(|mistake| mistake.name == name);
    let entries = fs::read_dir(project.join("src/bin")).map_err(|error| error.to_string())?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if !known(name) {
            return Err(format!("{} is no mistake of the list", path.display()));
        }
    }
    Ok(())
}

fn program(project: &Path, name: &str) -> PathBuf {
    project.join(format!("src/bin/{name}.rs"))
}
