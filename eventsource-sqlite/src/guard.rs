//! What a method of a projection may not do with the writer's connection: end its transaction, or write to the store's own
//! tables.

use std::cell::Cell;

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

thread_local! {
    /// Whether a method is running on this thread.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// The store's own tables.
const OWN: [&str; 12] = [
    "meta",
    "names",
    "shapes",
    "streams",
    "events",
    "tags",
    "keys",
    "consumers",
    "slots",
    "parked",
    "kept",
    "sqlite_sequence",
];

/// Watches the statements that are prepared on a connection.
pub(crate) fn install(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.authorizer(Some(|context: AuthContext<'_>| {
        match GUARDED.get() && is_forbidden(&context) {
            true => Authorization::Deny,
            false => Authorization::Allow,
        }
    }))
}

fn is_forbidden(context: &AuthContext<'_>) -> bool {
    let own = |table: &str| OWN.contains(&table);
    match context.action {
        AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Attach { .. }
        | AuthAction::Detach { .. } => true,
        // The full-text index asks for it at each write, and it changes nothing.
        AuthAction::Pragma { pragma_name, .. } => pragma_name != "data_version",
        AuthAction::Insert { table_name }
        | AuthAction::Delete { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::DropTable { table_name }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. }
        | AuthAction::CreateIndex { table_name, .. }
        | AuthAction::DropIndex { table_name, .. } => own(table_name),
        _ => false,
    }
}

/// Runs a method of a projection.
pub(crate) fn guarded<T>(method: impl FnOnce() -> T) -> T {
    struct Off;
    impl Drop for Off {
        fn drop(&mut self) {
            GUARDED.set(false);
        }
    }
    GUARDED.set(true);
    let _off = Off;
    method()
}
