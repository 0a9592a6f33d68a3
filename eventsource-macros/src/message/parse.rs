//! From a struct or an enum to a [`Message`], with every mistake on the way.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Field, Fields, Generics, Ident, Index, LitStr, Meta, Type,
};

use crate::arguments::{Arguments, cfgs};
use crate::errors::Errors;
use crate::message::model::{
    Body, Contract, Kind, Message, OwnField, Shape, Tag, Variant, Versions,
};
use crate::message::source;
use crate::message::{stream, versions};

/// What may stand on the struct of an event.
const EVENT_KEYS: &[&str] = &[
    "name", "version", "stream", "of", "into", "from", "upcast", "alias", "down", "since", "crate",
];

pub(crate) fn parse(
    kind: Kind,
    item: DeriveInput,
    mut arguments: Arguments,
    errors: &mut Errors,
) -> Option<Message> {
    let runtime = arguments.runtime(errors);
    check_no_tag(&item.attrs, errors);
    let generic = check_generics(kind, &item.generics, errors);
    let shape = match item.data {
        Data::Struct(data) => {
            let mut contract = contract(&mut arguments, &item.ident, errors);
            let stream = match kind {
                Kind::Event => arguments.text("stream", errors),
                Kind::Command => None,
            };
            let stream = stream
                .and_then(|pattern| stream::parse(&item.ident, pattern, &data.fields, errors));
            let versions = match kind {
                Kind::Event => versions::parse(&mut arguments, &item.ident, &contract, errors),
                Kind::Command => Versions::default(),
            };
            let known = match kind {
                Kind::Event => EVENT_KEYS,
                Kind::Command => &["name", "version", "crate"],
            };
            arguments.finish(known, errors);
            let tags = tags(kind, &data.fields, reached, errors);
            contract.source = source(&item.ident, &item.attrs, &data.fields, &tags);
            let stored = data.fields.iter().filter(|field| may_lack_serde(field));
            Shape::One {
                contract,
                versions: Box::new(versions),
                tags,
                stream,
                stored: stored.map(|field| field.ty.clone()).collect(),
            }
        }
        Data::Enum(data) => {
            let retired = match kind {
                Kind::Event => arguments.texts("retired", errors),
                Kind::Command => Vec::new(),
            };
            arguments.finish(&["crate"], errors);
            if data.variants.is_empty() {
                let help = "write a variant for each of them, or leave the derive out";
                errors.add(
                    &item.ident,
                    format!("an enum of {}s needs at least one variant", kind.word()),
                    help,
                );
            }
            let variants = data.variants.into_iter();
            Shape::Set {
                variants: variants.map(|found| variant(kind, found, errors)).collect(),
                retired,
            }
        }
        Data::Union(data) => {
            let help = format!(
                "write a struct for {}, or an enum for several",
                kind.a_word()
            );
            errors.add(
                data.union_token,
                format!("a union cannot be {}", kind.a_word()),
                help,
            );
            return None;
        }
    };
    generic.then_some(Message {
        kind,
        runtime,
        ident: item.ident,
        deprecated: item
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("deprecated")),
        shape,
    })
}

/// Whether a field may hold what serde cannot write or read: a type of the user's own, as far as a macro can know, and
/// without serde attributes, which can have it written and read in other ways.
fn may_lack_serde(field: &Field) -> bool {
    let Type::Path(path) = &field.ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| !is_standard(&last.ident))
        && !field.attrs.iter().any(|attribute| {
            ["serde", "cfg"]
                .iter()
                .any(|name| attribute.path().is_ident(name))
        })
}

/// Whether a type of this name, as far as a macro can know, is one that can stand in every message.
pub(super) fn is_standard(name: &Ident) -> bool {
    const STANDARD: [&str; 16] = [
        "String", "Uuid", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "u8",
        "u16", "u32", "u64", "u128",
    ];
    STANDARD.contains(&&*name.to_string())
}

/// A message is stored and read without knowing more than its name, so it has no parameters.
fn check_generics(kind: Kind, generics: &Generics, errors: &mut Errors) -> bool {
    for lifetime in generics.lifetimes() {
        let help = "own the data: `String` for `&str`, `Vec<T>` for `&[T]`";
        errors.add(
            lifetime,
            format!("{} cannot borrow: it outlives what made it", kind.a_word()),
            help,
        );
    }
    for parameter in generics.type_params() {
        let help = format!(
            "write a struct for each type that `{}` stands for",
            parameter.ident
        );
        errors.add(
            parameter,
            format!(
                "{} cannot be generic: it is read by its name alone",
                kind.a_word()
            ),
            help,
        );
    }
    for parameter in generics.const_params() {
        let help = "write the number in the struct";
        errors.add(
            parameter,
            format!(
                "{} cannot be generic: it is read by its name alone",
                kind.a_word()
            ),
            help,
        );
    }
    generics.params.is_empty()
}

fn contract(arguments: &mut Arguments, ident: &Ident, errors: &mut Errors) -> Contract {
    let name = arguments.text("name", errors);
    if let Some(name) = &name
        && name.value().chars().any(char::is_control)
    {
        errors.add(
            name,
            "a stored name cannot contain a control character",
            "write letters, digits and dots",
        );
    }
    let named = name.is_some();
    let name = name.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()));
    Contract {
        name,
        named,
        version_place: arguments.span("version"),
        version: arguments.number("version", errors).unwrap_or(1),
        source: None,
    }
}

/// A field of a struct, by reference.
pub(crate) fn reached(number: usize, field: &Field) -> TokenStream {
    match &field.ident {
        Some(ident) => quote!(&self.#ident),
        None => {
            let index = Index::from(number);
            quote!(&self.#index)
        }
    }
}

pub(crate) fn tags(
    kind: Kind,
    fields: &Fields,
    value: impl Fn(usize, &Field) -> TokenStream,
    errors: &mut Errors,
) -> Vec<Tag> {
    let mut tags = Vec::new();
    for (number, field) in fields.iter().enumerate() {
        if let Some(misplaced) = find(&field.attrs, kind.word()) {
            let help = "for another name in the payload write `#[serde(rename = \"…\")]`, for a tag `#[tag]`";
            errors.add(
                misplaced,
                format!("`#[{}]` does not stand on a field", kind.word()),
                help,
            );
        }
        let marks: Vec<_> = field
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("tag"))
            .collect();
        if let (Kind::Command, Some(mark)) = (kind, marks.first()) {
            errors.add(
                mark,
                "a command has no tags",
                "put `#[tag]` on the fields of its events",
            );
            continue;
        }
        let before = tags.len();
        for mark in &marks {
            if let Some(name) = tag_name(mark, field, errors) {
                if tags[before..]
                    .iter()
                    .any(|earlier: &Tag| earlier.name.value() == name.value())
                {
                    errors.add(mark, "`#[tag]` is given twice", "leave one of them out");
                    continue;
                }
                let value = value(number, field);
                tags.push(Tag {
                    field: number,
                    cfg: cfgs(&field.attrs),
                    name,
                    ty: field.ty.clone(),
                    value,
                });
            }
        }
    }
    tags
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes
        .iter()
        .find(|attribute| attribute.path().is_ident(name))
}

/// That no `#[tag]` stands on a whole struct, enum or variant.
fn check_no_tag(attributes: &[Attribute], errors: &mut Errors) {
    if let Some(mark) = find(attributes, "tag") {
        errors.add(
            mark,
            "`#[tag]` stands on a field",
            "move it to the field whose value is the tag",
        );
    }
}

fn tag_name(mark: &Attribute, field: &Field, errors: &mut Errors) -> Option<LitStr> {
    match (&mark.meta, &field.ident) {
        (Meta::NameValue(pair), _) => {
            let name = syn::parse2::<LitStr>(pair.value.to_token_stream()).ok();
            let name = name.filter(|name| !name.value().is_empty() && !name.value().contains(':'));
            if name.is_none() {
                errors.add(
                    &pair.value,
                    "the name of a tag is a text without a colon",
                    "write `#[tag = \"name\"]`",
                );
            }
            name
        }
        (Meta::Path(_), Some(ident)) => Some(LitStr::new(&ident.unraw().to_string(), ident.span())),
        (Meta::Path(_), None) => {
            errors.add(
                mark,
                "a tag on a field without a name needs one",
                "write `#[tag = \"name\"]`",
            );
            None
        }
        (Meta::List(list), _) => {
            errors.add(
                list,
                "`#[tag]` has no arguments",
                "write `#[tag]`, or `#[tag = \"name\"]` for another name",
            );
            None
        }
    }
}

fn variant(kind: Kind, variant: syn::Variant, errors: &mut Errors) -> Variant {
    check_no_tag(&variant.attrs, errors);
    let mut arguments = Arguments::of(kind.word(), &variant.attrs, errors);
    let newtype = matches!(&variant.fields, Fields::Unnamed(fields) if fields.unnamed.len() == 1);
    let named_itself = variant
        .attrs
        .iter()
        .any(|attribute| attribute.path().is_ident(kind.word()));
    let body = match variant.fields.iter().next() {
        Some(field) if newtype && !named_itself => Body::Of(field.ty.clone()),
        _ => {
            let mut contract = contract(&mut arguments, &variant.ident, errors);
            let tags = tags(
                kind,
                &variant.fields,
                |number, field| binding(number, field).into_token_stream(),
                errors,
            );
            contract.source = source(&variant.ident, &variant.attrs, &variant.fields, &tags);
            let own = |(number, field): (usize, &Field)| OwnField {
                field: field.clone(),
                binding: binding(number, field),
            };
            Body::Own {
                contract,
                fields: variant.fields.iter().enumerate().map(own).collect(),
                named: matches!(variant.fields, Fields::Named(_)),
                unit: matches!(variant.fields, Fields::Unit),
                tags,
            }
        }
    };
    arguments.finish(&["name", "version"], errors);
    Variant {
        cfg: cfgs(&variant.attrs),
        ident: variant.ident,
        body,
    }
}

/// The name that a field of a variant is bound to in a pattern.
fn binding(number: usize, field: &Field) -> Ident {
    format_ident!("__field{number}", span = field.span())
}
