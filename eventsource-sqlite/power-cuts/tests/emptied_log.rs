//! A log that a checkpoint has emptied, and a power cut before that is certain.

use std::path::PathBuf;

use power_cuts::{Disk, install};
use rusqlite::Connection;

/// The log comes back as it was or not at all, and either way everything is there: it was moved into the database, and
/// that was synced, before the log was emptied.
#[test]
fn g1_an_emptied_log_takes_nothing_along() {
    install();
    let mut damaged = 0;
    for seed in 0..60 {
        let folder = PathBuf::from(format!("/nowhere/{seed}"));
        let disk = Disk::insert(&folder);
        let file = folder.join("rows.db");
        let conn = Connection::open(&file).unwrap();
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE rows (id INTEGER PRIMARY KEY, text); CREATE INDEX texts ON rows (text)",
        )
        .unwrap();
        for number in 0..60 {
            let insert = "INSERT INTO rows (text) VALUES (hex(randomblob(400)) || ?1)";
            conn.execute(insert, [number]).unwrap();
        }
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        disk.restart(seed);
        drop(conn);
        let conn = Connection::open(&file).unwrap();
        let text = |sql| conn.query_row(sql, [], |row| row.get::<_, String>(0));
        let whole = text("PRAGMA integrity_check").is_ok_and(|verdict| verdict == "ok");
        let rows = text("SELECT CAST(count(*) AS TEXT) FROM rows");
        damaged += i32::from(!whole || rows.is_ok_and(|rows| rows != "60"));
        disk.remove();
    }
    assert_eq!(damaged, 0);
}
