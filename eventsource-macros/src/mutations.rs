//! The macros never panic: valid inputs, mutated at random, go through each of them.
//!
//! The inputs are the programs under `tests/ui` and `examples`. `scripts/fuzz-macros` runs a million of them.

use std::fs;
use std::path::Path;

use proc_macro2::{Group, TokenStream, TokenTree};

use crate::message::Kind;
use crate::method::Role;
use crate::{
    aggregate, attribute, decision_model, id, message, method, process, projection, reactor, timer,
};

/// Random numbers that are the same in every run: Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end.max(1) as u64)).unwrap_or_default()
    }
}

/// Every item of the programs in a folder, with the attributes before it.
fn items(folder: &str) -> Vec<TokenStream> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut items = Vec::new();
    for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "rs")) {
        let source = fs::read_to_string(file.path()).unwrap_or_default();
        let Ok(tokens) = source.parse::<TokenStream>() else {
            continue;
        };
        let mut item = Vec::new();
        for token in tokens {
            let last = match &token {
                TokenTree::Group(group) => group.delimiter() == proc_macro2::Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            item.push(token);
            if last {
                items.push(std::mem::take(&mut item).into_iter().collect());
            }
        }
    }
    items
}

/// The same tokens with one change somewhere: one left out, doubled, swapped with another, or taken from elsewhere.
fn mutated(tokens: TokenStream, other: &[TokenTree], random: &mut Random) -> TokenStream {
    let mut tokens: Vec<_> = tokens.into_iter().collect();
    if tokens.is_empty() {
        return other
            .get(random.below(other.len()))
            .cloned()
            .into_iter()
            .collect();
    }
    let place = random.below(tokens.len());
    if let TokenTree::Group(group) = &tokens[place]
        && random.below(4) > 0
    {
        let inner = mutated(group.stream(), other, random);
        tokens[place] = TokenTree::Group(Group::new(group.delimiter(), inner));
        return tokens.into_iter().collect();
    }
    let second = random.below(tokens.len());
    match random.below(4) {
        0 => drop(tokens.remove(place)),
        1 => tokens.insert(place, tokens[second].clone()),
        2 => tokens.swap(place, second),
        _ => tokens.insert(place, other[random.below(other.len())].clone()),
    }
    tokens.into_iter().collect()
}

fn flat(tokens: TokenStream, into: &mut Vec<TokenTree>) {
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            flat(group.stream(), into);
        }
        into.push(token);
    }
}

/// Sends an item through every macro.
fn expand_all(arguments: &TokenStream, item: &TokenStream) {
    for kind in [Kind::Event, Kind::Command] {
        drop(message::derive(kind, item.clone()));
    }
    for role in [Role::Apply, Role::Handle] {
        drop(method::expand(role, arguments.clone(), item.clone()));
    }
    for short in [
        &attribute::EVENT,
        &attribute::COMMAND,
        &attribute::AGGREGATE,
        &attribute::DECISION_MODEL,
        &attribute::VALUE,
        &attribute::TIMER,
    ] {
        drop(attribute::expand(short, arguments.clone(), item.clone()));
    }
    drop(projection::expand(arguments.clone(), item.clone()));
    drop(reactor::expand(arguments.clone(), item.clone()));
    drop(process::expand(arguments.clone(), item.clone()));
    drop(aggregate::derive(item.clone()));
    drop(decision_model::derive(item.clone()));
    drop(id::derive(item.clone()));
    drop(timer::derive(item.clone()));
}

#[test]
fn no_input_makes_a_macro_panic() {
    let count = std::env::var("MUTATIONS")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(3_000);
    let items: Vec<_> = ["tests/ui", "examples", "examples/bank"]
        .into_iter()
        .flat_map(items)
        .collect();
    assert!(items.len() > 100, "only {} items", items.len());
    let mut tokens = Vec::new();
    for item in &items {
        flat(item.clone(), &mut tokens);
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..count {
        let mut item = items[random.below(items.len())].clone();
        for _ in 0..=random.below(4) {
            item = mutated(item, &tokens, &mut random);
        }
        let start = random.below(tokens.len());
        let arguments = tokens[start..]
            .iter()
            .take(random.below(6))
            .cloned()
            .collect();
        expand_all(&arguments, &item);
    }
}
