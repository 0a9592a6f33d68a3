//! The schema's name, which becomes part of statements: checked once, quoted always.

use eventsource_core::StoreError;
use eventsource_core::Uuid;

/// What the numbers of locks are made of; changing it would let two versions of the software append at once.
const LOCKS: Uuid = Uuid::from_u128(0x2d1c_8f5e_61b7_4c0a_8f43_9be0_7a55_c1d2);

/// The longest name that PostgreSQL takes without cutting it.
const LONGEST: usize = 63;

/// The name of a store's schema.
#[derive(Debug, Clone)]
pub(crate) struct SchemaName(String);

impl SchemaName {
    pub(crate) fn parse(name: &str) -> Result<Self, StoreError> {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let problem = if name.is_empty() || name.len() > LONGEST {
            Some("it must have 1 to 63 characters")
        } else if !letters || name.starts_with(|c: char| c.is_ascii_digit()) {
            Some("it may have letters, digits and underscores, and must not begin with a digit")
        } else if name.starts_with("pg_") || name == "information_schema" {
            Some("it is one of PostgreSQL's own")
        } else {
            None
        };
        match problem {
            None => Ok(Self(name.into())),
            Some(problem) => Err(StoreError::Backend {
                doing: "opening the store".into(),
                source: format!(
                    "`{}` cannot be the schema's name: {problem}",
                    name.escape_debug()
                )
                .into(),
            }),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The advisory lock that appends hold. PostgreSQL's locks are each database's own, so the schema says enough.
    pub(crate) fn lock(&self) -> i64 {
        let (first, _) = Uuid::new_v5(&LOCKS, self.0.as_bytes()).as_u64_pair();
        first.cast_signed()
    }

    /// Puts the name and the lock's number into a statement. The name has no character that needs to be escaped.
    pub(crate) fn put_into(&self, sql: &str) -> String {
        sql.replace("{schema}", &format!("\"{}\"", self.0))
            .replace("{lock}", &self.lock().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaName;

    #[test]
    fn only_plain_names_are_taken() {
        for good in ["eventsource", "_a", "A9_b", &"x".repeat(63)] {
            assert_eq!(SchemaName::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "9a",
            "a-b",
            "a.b",
            "a\"b",
            "a'b",
            "a b",
            "é",
            "pg_x",
            "information_schema",
            &"x".repeat(64),
        ] {
            assert!(SchemaName::parse(bad).is_err(), "{bad}");
        }
    }
}
