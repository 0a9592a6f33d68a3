//! `#[event(stream = "enrolment/{course}")]`: the stream of an event, with fields of it between braces.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ext::IdentExt;
use syn::{Fields, Ident, Index, LitStr, Member};

use crate::errors::Errors;
use crate::message::model::Stream;
use crate::suggest::{listed, nearest};

pub(super) fn parse(
    ident: &Ident,
    pattern: LitStr,
    fields: &Fields,
    errors: &mut Errors,
) -> Option<Stream> {
    let text = pattern.value();
    let help =
        "write a category, a slash, and fields between braces: `stream = \"enrolment/{course}\"`";
    let (category, id) = text.split_once('/').unwrap_or((&text, ""));
    let problem = if category.is_empty() || id.is_empty() {
        Some("the name of a stream has a category and an id, with a slash between them")
    } else if category.contains(['{', '}']) {
        Some("the category of a stream is the same for every event, so it has no braces")
    } else if text.chars().any(char::is_control) {
        Some("the name of a stream cannot contain a control character")
    } else {
        None
    };
    if let Some(problem) = problem {
        errors.add(&pattern, problem, help);
        return None;
    }
    let mut format = String::new();
    let mut members = Vec::new();
    let mut rest = &*text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, braced) = rest.split_at(at);
        let Some((name, after)) = braced
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        else {
            errors.add(&pattern, "a brace of this stream has no other one", help);
            return None;
        };
        members.push(member(ident, name, &pattern, fields, errors)?);
        format.push_str(before);
        format.push_str("{}");
        rest = after;
    }
    format.push_str(rest);
    Some(Stream {
        format: LitStr::new(&format, pattern.span()),
        members,
    })
}

/// The field with this name.
fn member(
    ident: &Ident,
    name: &str,
    pattern: &LitStr,
    fields: &Fields,
    errors: &mut Errors,
) -> Option<Member> {
    let known: Vec<_> = fields
        .iter()
        .enumerate()
        .map(|(number, field)| match &field.ident {
            Some(ident) => (ident.unraw().to_string(), Member::Named(ident.clone())),
            None => (number.to_string(), Member::Unnamed(Index::from(number))),
        })
        .collect();
    if let Some((_, member)) = known.iter().find(|(known, _)| known == name) {
        // At the pattern, where something is then reported that cannot be shown.
        return Some(match member {
            Member::Named(ident) => Member::Named(respan(ident, pattern)),
            Member::Unnamed(index) => Member::Unnamed(Index {
                index: index.index,
                span: pattern.span(),
            }),
        });
    }
    let names: Vec<_> = known.iter().map(|(name, _)| &**name).collect();
    let help = match (nearest(name, &names), names.is_empty()) {
        (Some(near), _) => format!("did you mean `{{{near}}}`?"),
        (None, true) => "leave the braces out: it has no fields".to_owned(),
        (None, false) => format!("its fields are {}", listed(&names)),
    };
    errors.add(pattern, format!("`{ident}` has no field `{name}`"), help);
    None
}

fn respan(ident: &Ident, pattern: &LitStr) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(pattern.span());
    ident
}

/// The method that makes the name.
pub(super) fn expand(Stream { format, members }: &Stream) -> TokenStream {
    quote_spanned! {format.span()=>
        fn stream(&self) -> __p::Result<__p::StreamName, __p::InvalidStreamName> {
            __p::stream(::core::format_args!(#format #(, &self.#members)*))
        }
    }
}
