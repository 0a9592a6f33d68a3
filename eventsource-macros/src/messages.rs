//! Every message has a case: what the macros and the core can say stands in a `.stderr` file under `tests/ui`.
//!
//! The messages are read from the sources: the second argument of `errors.add(…)` and `errors.add_at(…)`, what is bound
//! to `problem`, and `message = "…"` in the core's `#[diagnostic::on_unimplemented(…)]`.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file below a folder whose name ends so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

/// The first text in tokens.
fn text(tokens: &[TokenTree]) -> Option<String> {
    tokens.iter().find_map(|token| match token {
        TokenTree::Literal(literal) => {
            let parsed = syn::parse_str::<syn::LitStr>(&literal.to_string());
            parsed.ok().map(|text| text.value())
        }
        TokenTree::Group(group) => text(&group.stream().into_iter().collect::<Vec<_>>()),
        _ => None,
    })
}

fn is(token: &TokenTree, text: &str) -> bool {
    token.to_string() == text
}

/// The messages that stand in tokens.
fn messages(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            let bound = is(token, "problem") || is(token, "message");
            let next = tokens.get(index + 1);
            if bound && next.is_some_and(|next| is(next, "=")) {
                let rest = &tokens[index + 2..];
                let end = rest
                    .iter()
                    .position(|token| is(token, ";") || is(token, ","));
                found.extend(text(&rest[..end.unwrap_or(rest.len())]));
            }
            continue;
        };
        let inner: Vec<_> = group.stream().into_iter().collect();
        if index > 0 && (is(&tokens[index - 1], "add") || is(&tokens[index - 1], "add_at")) {
            let arguments: Vec<_> = inner.split(|token| is(token, ",")).collect();
            found.extend(arguments.get(1).and_then(|second| text(second)));
        }
        messages(group.stream(), found);
    }
}

/// Whether a line holds a message, whatever stands in its gaps.
fn says(line: &str, message: &str) -> bool {
    let mut rest = line;
    let gaps = message.replace("{{", "\u{1}").replace("}}", "\u{1}");
    gaps.split(['{', '\u{1}']).enumerate().all(|(index, part)| {
        let part = match index {
            0 => part,
            _ => part.split_once('}').map_or(part, |(_, part)| part),
        };
        match rest.find(part) {
            Some(place) => {
                rest = &rest[place + part.len()..];
                true
            }
            None => false,
        }
    })
}

#[test]
fn every_message_has_a_case() {
    let mut found = Vec::new();
    let macros = files(&root().join("eventsource-macros/src"), ".rs");
    let core = [
        "aggregate",
        "command",
        "decision",
        "event",
        "id",
        "message",
        "private",
        "private/mistakes",
        "store/tag",
        "versions/upcast",
    ]
    .map(|name| root().join(format!("eventsource-core/src/{name}.rs")));
    for file in macros.iter().chain(&core) {
        let source = fs::read_to_string(file).expect("a source file");
        messages(source.parse().expect("it has tokens"), &mut found);
    }
    assert!(found.len() > 80, "only {} messages were found", found.len());

    let cases = files(&root().join("tests/ui"), ".stderr");
    let cases = cases
        .iter()
        .map(|case| fs::read_to_string(case).expect("a case"));
    let lines: Vec<_> = cases
        .flat_map(|case| case.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    found.retain(|message| {
        !lines
            .iter()
            .any(|line| line.starts_with("error") && says(line, message))
    });
    assert!(
        found.is_empty(),
        "messages without a case:\n{}",
        found.join("\n")
    );
}
