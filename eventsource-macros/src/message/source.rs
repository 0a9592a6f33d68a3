//! What a message says of itself in its source, as one text for the registry: documentation, fields, types, tags.
//!
//! A line each, so that it costs an expansion one literal: `//! …` documents the message and `/// …` the next field,
//! `#name` is a tag of the next field, `=name` its stored name where that differs, and `name: Type` is the field.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Field, Fields, Ident, Lit, LitStr, Meta};

use crate::message::model::Tag;

/// The text for a struct or a variant with these attributes, fields and tags; nothing where there is nothing to say.
pub(crate) fn source(
    ident: &Ident,
    attributes: &[Attribute],
    fields: &Fields,
    tags: &[Tag],
) -> Option<String> {
    // What a command's declaration by its handler writes for the lints says nothing.
    let (declared, field_of) = (" The command that `", format!(" See [`{ident}`]."));
    let own = docs(attributes).filter(|doc| !doc.starts_with(declared));
    let mut lines: Vec<_> = own.map(|doc| format!("//!{doc}")).collect();
    for (number, field) in fields.iter().enumerate() {
        let own = docs(&field.attrs).filter(|doc| *doc != field_of);
        lines.extend(own.map(|doc| format!("///{doc}")));
        let own = tags.iter().filter(|tag| tag.field == number);
        lines.extend(own.map(|tag| format!("#{}", tag.name.value())));
        lines.extend(renamed(field).map(|name| format!("={}", name.value())));
        let name = match &field.ident {
            Some(ident) => ident.unraw().to_string(),
            None => number.to_string(),
        };
        lines.push(format!("{name}: {}", written(&field.ty)));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The documentation as one text, if there is some: for the registry.
pub(crate) fn documentation(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<_> = docs(attributes)
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The lines of the documentation.
fn docs(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    attributes.iter().flat_map(|attribute| {
        let text = match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        };
        let lines = text.map(|text| {
            text.split('\n')
                .map(|line| line.trim_end().to_owned())
                .collect()
        });
        lines.unwrap_or_else(Vec::new)
    })
}

/// The name under which serde stores a field, where its own attribute says it.
fn renamed(field: &Field) -> Option<LitStr> {
    let mut found = None;
    for attribute in &field.attrs {
        if attribute.path().is_ident("serde") {
            // What is wrong with it is for serde to say.
            let _ = attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("rename")
                    && let Ok(value) = meta.value()
                {
                    found = value.parse().ok();
                } else if let Ok(value) = meta.value() {
                    let _: Expr = value.parse()?;
                }
                Ok(())
            });
        }
    }
    found
}

/// A type as a person writes it: tokens print with spaces everywhere.
fn written(ty: &syn::Type) -> String {
    let printed = ty.to_token_stream().to_string();
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut text = String::with_capacity(printed.len());
    let mut characters = printed.chars().peekable();
    while let Some(character) = characters.next() {
        let between_words =
            text.ends_with(is_word) && characters.peek().copied().is_some_and(is_word);
        if character != ' ' || between_words || text.ends_with([',', ';']) {
            text.push(character);
        }
    }
    text
}
