//! From the item of an aggregate to an [`Aggregate`], with every mistake on the way.

use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Expr, Ident, LitStr, Type};

use crate::aggregate::model::{Aggregate, Entry, List, Messages};
use crate::aggregate::snapshot;
use crate::arguments::{Arguments, Listed, Value};
use crate::errors::Errors;
use crate::message::{Kind, documentation};
use crate::runtime::Runtime;

const KNOWN: [&str; 9] = [
    "name",
    "id",
    "error",
    "events",
    "commands",
    "retired",
    "invariant",
    "snapshot",
    "crate",
];

/// What was understood; where that is not enough, the path of the runtime alone.
pub(crate) fn parse(
    item: DeriveInput,
    mut arguments: Arguments,
    errors: &mut Errors,
) -> Result<Aggregate, Runtime> {
    let runtime = arguments.runtime(errors);
    understand(item, arguments, &runtime, errors).ok_or(runtime)
}

fn understand(
    item: DeriveInput,
    mut arguments: Arguments,
    runtime: &Runtime,
    errors: &mut Errors,
) -> Option<Aggregate> {
    if let Data::Union(data) = &item.data {
        errors.add(
            data.union_token,
            "a union cannot be an aggregate",
            "write a struct, or an enum of states",
        );
        return None;
    }
    if !item.generics.params.is_empty() {
        let help = "write an aggregate for each kind: its streams are found by its name alone";
        errors.add(&item.generics, "an aggregate cannot be generic", help);
        return None;
    }
    if let Data::Enum(data) = &item.data
        && data.variants.is_empty()
    {
        errors.add(
            &item.ident,
            "an aggregate needs at least one state",
            "write a variant for each state",
        );
        return None;
    }

    arguments.correct(&KNOWN, errors);
    let name = name(&mut arguments, &item.ident, errors);
    let id = required(
        &mut arguments,
        ("id", "AccountId"),
        &item.ident,
        runtime,
        errors,
    );
    let error = required(
        &mut arguments,
        ("error", "AccountError"),
        &item.ident,
        runtime,
        errors,
    );
    let mut events = messages(Kind::Event, "events", &mut arguments, &item.ident, errors);
    retire(&mut arguments, events.as_mut(), errors);
    let commands = messages(
        Kind::Command,
        "commands",
        &mut arguments,
        &item.ident,
        errors,
    );
    let invariant: Option<Expr> =
        arguments.parsed("invariant", "a function", "Self::is_sound", errors);
    if let Some(Expr::Lit(literal)) = &invariant {
        errors.add(
            literal,
            "`invariant` is a function",
            "write `invariant = Self::is_sound`",
        );
    }
    let invariant = invariant.filter(|invariant| !matches!(invariant, Expr::Lit(_)));
    let snapshot = snapshot::parse(&mut arguments, &item, errors);
    arguments.finish(&KNOWN, errors);

    Some(Aggregate {
        runtime: runtime.clone(),
        vis: item.vis,
        docs: documentation(&item.attrs),
        name,
        id: id?,
        error: error?,
        events: events?,
        commands: commands?,
        invariant,
        snapshot,
        ident: item.ident,
    })
}

fn name(arguments: &mut Arguments, ident: &Ident, errors: &mut Errors) -> LitStr {
    let name = arguments.text("name", errors);
    if let Some(name) = &name
        && name
            .value()
            .chars()
            .any(|character| character == '/' || character.is_control())
    {
        let problem = "an aggregate's name cannot contain a slash or a control character";
        errors.add(
            name,
            problem,
            "the slash stands between the name and the id in the name of a stream",
        );
    }
    name.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()))
}

/// The type under a key. Where there is none, the error itself stands in its place.
fn required(
    arguments: &mut Arguments,
    (key, example): (&str, &str),
    ident: &Ident,
    runtime: &Runtime,
    errors: &mut Errors,
) -> Option<Type> {
    if arguments.has(key) {
        let found = arguments.type_(key, example, errors);
        return found.or_else(|| errors.last_as_type(runtime));
    }
    let problem = format!("the aggregate `{ident}` does not say what its {key} is");
    errors.add(
        ident,
        problem,
        format!("write `#[aggregate({key} = {example}, …)]`"),
    );
    errors.last_as_type(runtime)
}

/// `retired("…")`: events that are stored, and of which nothing comes any more.
fn retire(arguments: &mut Arguments, events: Option<&mut Messages>, errors: &mut Errors) {
    let place = arguments.span("retired");
    let retired = arguments.texts("retired", errors);
    match (events, place) {
        (Some(Messages::Listed(list)), _) => list.retired = retired,
        (Some(Messages::Own(own)), Some(place)) => {
            let problem = "the events of this aggregate are an enum of your own, which says itself what is retired";
            let own = own.to_token_stream();
            let help = format!("write `#[event(retired(\"…\"))]` on `{own}`");
            errors.add_at(place, problem, help);
        }
        _ => {}
    }
}

fn messages(
    kind: Kind,
    key: &str,
    arguments: &mut Arguments,
    ident: &Ident,
    errors: &mut Errors,
) -> Option<Messages> {
    if arguments.is(key, |value| matches!(value, Value::Equals(_))) {
        let example = if kind == Kind::Event {
            "AccountEvent"
        } else {
            "AccountCommand"
        };
        let own = arguments.type_(key, example, errors)?;
        if !matches!(own, Type::Path(_)) {
            let problem = format!("`{key} = …` is an enum of your own");
            let help = format!("write `{key}(First, Second)` for a list, or `{key} = {example}`");
            errors.add(&own, problem, help);
            return None;
        }
        return Some(Messages::Own(own));
    }
    let listed = if arguments.has(key) {
        arguments.types(key, errors)?
    } else {
        Vec::new()
    };
    let suffix = if kind == Kind::Event {
        "Event"
    } else {
        "Command"
    };
    let name = format_ident!("{}{suffix}", ident.unraw(), span = ident.span());
    Some(Messages::Listed(List {
        kind,
        ident: name,
        entries: entries(kind, listed, errors),
        retired: Vec::new(),
    }))
}

pub(crate) fn entries(kind: Kind, listed: Vec<Listed>, errors: &mut Errors) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let letter = if kind == Kind::Event { 'E' } else { 'C' };
    for (number, Listed { cfg, path }) in (0_u16..).zip(listed) {
        let Some(segment) = path.segments.last() else {
            continue;
        };
        let variant = segment.ident.clone();
        let text = |path: &syn::Path| path.to_token_stream().to_string();
        if let Some(earlier) = entries
            .iter()
            .find(|earlier| earlier.variant == variant && cfg.is_empty())
        {
            if text(&earlier.path) == text(&path) {
                errors.add(
                    &path,
                    format!("`{variant}` is listed twice"),
                    "leave one of them out",
                );
            } else {
                let problem = format!("two {}s of this list are called `{variant}`", kind.word());
                errors.add(
                    &path,
                    problem,
                    "bring one of them in under another name, with `use … as …`",
                );
            }
            continue;
        }
        let alias = format_ident!("__{letter}{number}", span = variant.span());
        entries.push(Entry {
            cfg,
            path,
            variant,
            alias,
        });
    }
    entries
}
