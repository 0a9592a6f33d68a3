//! From the item of a decision model to a [`DecisionModel`], with every mistake on the way.

use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Ident, LitStr};

use crate::aggregate::{List, entries};
use crate::arguments::{Arguments, Value, cfgs};
use crate::decision_model::model::{DecisionModel, Events, Field};
use crate::errors::Errors;
use crate::message::{self, Kind, Tag, documentation};

const KNOWN: [&str; 5] = ["name", "events", "retired", "any_event", "crate"];

pub(crate) fn parse(
    item: DeriveInput,
    mut arguments: Arguments,
    errors: &mut Errors,
) -> Option<DecisionModel> {
    let fields = match item.data {
        Data::Struct(data) => data.fields,
        Data::Enum(data) => {
            no_struct(&data.enum_token, errors);
            return None;
        }
        Data::Union(data) => {
            no_struct(&data.union_token, errors);
            return None;
        }
    };
    if !item.generics.params.is_empty() {
        errors.add(
            &item.generics,
            "a decision model cannot be generic",
            "write a model for each kind, and own its data: `String` for `&str`",
        );
        return None;
    }
    if let Fields::Unnamed(unnamed) = &fields {
        errors.add(
            unnamed,
            "the fields of a decision model have names",
            format!("write `struct {} {{ #[tag] name: … }}`", item.ident),
        );
        return None;
    }

    arguments.correct(&KNOWN, errors);
    let runtime = arguments.runtime(errors);
    let name = arguments.text("name", errors);
    let name =
        name.unwrap_or_else(|| LitStr::new(&item.ident.unraw().to_string(), item.ident.span()));
    let tags = message::tags(Kind::Event, &fields, message::reached, errors);
    let events = events(&mut arguments, &item.ident, &tags, errors);
    arguments.finish(&KNOWN, errors);
    let fields = fields.iter().filter_map(|field| {
        Some(Field {
            cfg: cfgs(&field.attrs),
            ident: field.ident.clone()?,
            ty: field.ty.clone(),
            tag: field.attrs.iter().any(|found| found.path().is_ident("tag")),
        })
    });
    Some(DecisionModel {
        runtime,
        vis: item.vis,
        docs: documentation(&item.attrs),
        name,
        events: events?,
        tags,
        fields: fields.collect(),
        ident: item.ident,
    })
}

fn no_struct(word: &impl quote::ToTokens, errors: &mut Errors) {
    let help =
        "write a struct: its `#[tag]` fields say what it is about, the others what is known of it";
    errors.add(word, "a decision model is a struct", help);
}

fn events(
    arguments: &mut Arguments,
    ident: &Ident,
    tags: &[Tag],
    errors: &mut Errors,
) -> Option<Events> {
    let any = arguments.take("any_event");
    if let Some(any) = &any {
        if !matches!(any.value, Value::None) {
            errors.add(
                &any.key,
                "`any_event` has no value",
                "write `any_event` alone",
            );
        }
        if arguments.has("events") {
            let problem = "`any_event` and `events(…)` exclude each other";
            errors.add(&any.key, problem, "leave one of them out");
        } else if tags.is_empty() {
            let problem =
                "a decision model of any event needs a tag, or it would read the whole store";
            errors.add(
                &any.key,
                problem,
                "put `#[tag]` on a field, or list types in `events(…)`",
            );
        }
        drop(arguments.take("events"));
        return Some(Events::Any);
    }
    if !arguments.has("events") {
        errors.add(
            ident,
            format!("the decision model `{ident}` does not say of which events it is made"),
            "write `#[decision_model(events(…))]`, or `any_event` for every event with its tags",
        );
        return None;
    }
    let listed = arguments.types("events", errors)?;
    if listed.is_empty() {
        errors.add(
            ident,
            format!("the decision model `{ident}` lists no event, and would never see anything"),
            "write `events(First, Second)`",
        );
        return None;
    }
    Some(Events::Listed(List {
        kind: Kind::Event,
        ident: format_ident!("__{}Event", ident.unraw(), span = ident.span()),
        entries: entries(Kind::Event, listed, errors),
        // Of what it does not list, a model reads nothing anyway, but for parts of events that were split.
        retired: arguments.texts("retired", errors),
    }))
}
