//! What earlier versions have stored: files of each, which every later version reads and goes on with.
//!
//! `scripts/golden-files` writes those of this version into a folder of its name; once a version is out, its folder never
//! changes.

mod domain;
mod lines;
mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};
use std::{env, fs};

use eventsource_core::BoxError;

/// The folders, each with its version's name.
fn versions() -> Vec<PathBuf> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(golden).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let versions: Vec<_> = paths.filter(|path| path.is_dir()).collect();
    assert!(!versions.is_empty());
    versions
}

#[tokio::test]
async fn the_file_of_every_version_is_read() -> Result<(), BoxError> {
    for version in versions() {
        println!("{}", version.display());
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join("store.db");
        fs::copy(version.join("store.db"), &copy)?;
        sqlite::check(&copy).await?.close().await;
    }
    Ok(())
}

#[tokio::test]
async fn the_dump_of_every_version_is_read() -> Result<(), BoxError> {
    for version in versions() {
        println!("{}", version.display());
        let database = postgres::Database::fresh().await?;
        let checked = database.check(&version.join("postgres.sql")).await;
        database.drop().await?;
        checked?;
    }
    Ok(())
}

#[tokio::test]
async fn the_lines_of_every_version_are_read() -> Result<(), BoxError> {
    for version in versions() {
        println!("{}", version.display());
        lines::check(&version.join("events.jsonl")).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "writes the files of this version; run it by scripts/golden-files"]
async fn write() -> Result<(), BoxError> {
    let folder = PathBuf::from(env::var("GOLDEN_FOLDER")?);
    fs::create_dir_all(&folder)?;
    let file = folder.join("store.db");
    // It would go on with what is there.
    if file.exists() {
        fs::remove_file(&file)?;
    }
    let store = sqlite::write(&file).await?;
    lines::write(&store, &folder.join("events.jsonl")).await?;
    store.close().await;
    // By it processes take turns, and nothing is kept in it.
    fs::remove_file(folder.join("store.db-turn"))?;
    let database = postgres::Database::fresh().await?;
    let written = database.write(&folder.join("postgres.sql")).await;
    database.drop().await?;
    written
}
