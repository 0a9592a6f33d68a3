//! Names of tables that belong to one version of a projection, so that two versions stand side by side.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// What puts the version of a projection into the names of its own tables and indexes: `{balances}` in a statement is
/// `"balances_v2"` in version 2. Texts in quotes are left as they are, and braces around anything else than a name too.
///
/// ```
/// use eventsource_core::OwnNames;
///
/// let mut names = OwnNames::of_version(2);
/// assert_eq!(names.put_into("UPDATE {balances} SET note = '{x}'"), r#"UPDATE "balances_v2" SET note = '{x}'"#);
/// assert_eq!(names.used().collect::<Vec<_>>(), ["balances"]);
/// ```
#[derive(Debug, Clone)]
pub struct OwnNames {
    version: u32,
    used: BTreeSet<String>,
}

impl OwnNames {
    /// Names of this version.
    #[must_use]
    pub fn of_version(version: u32) -> Self {
        Self {
            version,
            used: BTreeSet::new(),
        }
    }

    /// What a table is really called.
    #[must_use]
    pub fn full(&self, name: &str) -> String {
        format!("{name}_v{}", self.version)
    }

    /// The names that have been put into statements so far, without the version.
    pub fn used(&self) -> impl Iterator<Item = &str> {
        self.used.iter().map(String::as_str)
    }

    /// A statement with the names that stand in braces.
    pub fn put_into<'s>(&mut self, sql: &'s str) -> Cow<'s, str> {
        if !sql.contains('{') {
            return Cow::Borrowed(sql);
        }
        let mut made = String::with_capacity(sql.len() + 16);
        let mut rest = sql;
        while let Some(index) = rest.find(['\'', '"', '{']) {
            let (before, from) = rest.split_at(index);
            made.push_str(before);
            let mark = &from[..1];
            let end = if mark == "{" { "}" } else { mark };
            let Some((inside, after)) = from[1..].split_once(end) else {
                rest = from;
                break;
            };
            if mark == "{" && is_name(inside) {
                made.push('"');
                made.push_str(&self.full(inside));
                made.push('"');
                if !self.used.contains(inside) {
                    self.used.insert(inside.to_owned());
                }
                rest = after;
            } else if mark == "{" {
                made.push('{');
                rest = &from[1..];
            } else {
                let length = inside.len() + 2;
                made.push_str(&from[..length]);
                rest = after;
            }
        }
        made.push_str(rest);
        Cow::Owned(made)
    }
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(sql: &str) -> String {
        OwnNames::of_version(3).put_into(sql).into_owned()
    }

    #[test]
    fn names_in_braces_are_the_versions_own() {
        assert_eq!(put("a {b} c {d_1}"), r#"a "b_v3" c "d_1_v3""#);
        assert_eq!(put("no braces"), "no braces");
        assert_eq!(
            put("'{b}' {b} \"{b}\" ''{b}"),
            r#"'{b}' "b_v3" "{b}" ''"b_v3""#
        );
        assert_eq!(put("'it''s {b}' {b}"), r#"'it''s {b}' "b_v3""#);
        assert_eq!(put("{1} {} { b} {b"), "{1} {} { b} {b");
        assert_eq!(put("{x{b}}"), r#"{x"b_v3"}"#);
        assert_eq!(put("'open {b}"), "'open {b}");
    }
}
