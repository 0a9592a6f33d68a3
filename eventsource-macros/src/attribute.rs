//! `#[event]`, `#[command]`, `#[aggregate]` and `#[value]` on an item: what the derive of the same name would write (a value
//! has none), and the derives that such an item always has.
//!
//! What a derive sees has gone through the compiler: it has decided each `cfg`, and takes the attributes off that are the
//! derive's own. Only an item with such attributes is left to the derive; it is the same code that does the work.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Fields, GenericParam, Ident, Path, Token};

use crate::arguments::{Arguments, Value};
use crate::errors::Errors;
use crate::message::{Kind, OwnTypes};
use crate::suggest::{listed, nearest};
use crate::{aggregate, decision_model, message, timer};

/// One of the short attributes.
pub(crate) struct Short {
    /// Its name.
    name: &'static str,
    /// The derive that it stands for, if it stands for one.
    derive: Option<Derive>,
    /// The derives that it adds.
    adds: &'static [Added],
    /// The derives that it adds beside them where it has an argument.
    adds_for: Option<(&'static str, &'static [Added])>,
}

/// The derive that a short attribute stands for: its name, and what it does.
type Derive = (
    &'static str,
    fn(DeriveInput, Arguments, Errors, Option<&OwnTypes>) -> TokenStream,
);

/// A derive that a short attribute adds: its name, and the module of `core` in which it is, if it is not serde's.
struct Added {
    name: &'static str,
    module: Option<&'static str>,
}

const DEBUG: Added = Added {
    name: "Debug",
    module: Some("fmt"),
};
const CLONE: Added = Added {
    name: "Clone",
    module: Some("clone"),
};
const EQUAL: Added = Added {
    name: "PartialEq",
    module: Some("cmp"),
};
const WRITE: Added = Added {
    name: "Serialize",
    module: None,
};
const READ: Added = Added {
    name: "Deserialize",
    module: None,
};

pub(crate) const EVENT: Short = Short {
    name: "event",
    derive: Some(("Event", |item, arguments, errors, own| {
        message::implement(Kind::Event, item, arguments, errors, own)
    })),
    adds: &[DEBUG, CLONE, EQUAL, WRITE, READ],
    adds_for: None,
};
pub(crate) const COMMAND: Short = Short {
    name: "command",
    derive: Some(("Command", |item, arguments, errors, own| {
        message::implement(Kind::Command, item, arguments, errors, own)
    })),
    adds: &[DEBUG, CLONE, EQUAL, WRITE, READ],
    adds_for: None,
};
pub(crate) const TIMER: Short = Short {
    name: "timer",
    derive: Some(("Timer", timer::implement)),
    adds: &[DEBUG, CLONE, EQUAL, WRITE, READ],
    adds_for: None,
};
pub(crate) const AGGREGATE: Short = Short {
    name: "aggregate",
    derive: Some(("Aggregate", |item, arguments, errors, _| {
        aggregate::implement(item, arguments, errors)
    })),
    adds: &[DEBUG],
    adds_for: Some(("snapshot", &[WRITE, READ])),
};
pub(crate) const DECISION_MODEL: Short = Short {
    name: "decision_model",
    derive: Some(("DecisionModel", |item, arguments, errors, _| {
        decision_model::implement(item, arguments, errors)
    })),
    adds: &[DEBUG, CLONE],
    adds_for: None,
};
pub(crate) const VALUE: Short = Short {
    name: "value",
    derive: None,
    adds: &[DEBUG, CLONE, EQUAL, WRITE, READ],
    adds_for: None,
};

/// Puts the derives on the item, and what its own derive would write beside it; or the arguments back, for that to read.
pub(crate) fn expand(short: &Short, arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed: Option<DeriveInput> = syn::parse2(item.clone()).ok();
    let parsed = parsed.filter(|parsed| !matches!(parsed.data, Data::Union(_)));
    let unread = match parsed {
        Some(_) => Vec::new(),
        None if check_item(short, &item, &mut errors).is_none() => return quote!(#item #errors),
        None => match errors.keep(first_attributes.parse2(item.clone())) {
            Some(attributes) => attributes,
            None => return quote!(#item #errors),
        },
    };
    let attributes = parsed.as_ref().map_or(&unread, |parsed| &parsed.attrs);

    let mut found = Errors::default();
    let mut read = Arguments::parse(short.name, arguments.clone(), &mut found);
    let runtime = read.runtime(&mut found);
    let without = read
        .take("without")
        .map(|argument| words(short, &argument.key, &argument.value, &mut errors));
    let without = without.unwrap_or_default();
    let present = derives(attributes);

    let missing = |added: &&Added| {
        !present
            .iter()
            .chain(&without)
            .any(|there| there == added.name)
    };
    let more = short.adds_for.filter(|(argument, _)| read.has(argument));
    let more = more.map_or(&[][..], |(_, added)| added);
    let added: Vec<_> = short.adds.iter().chain(more).filter(missing).collect();
    let own = short
        .derive
        .filter(|(own, _)| !present.iter().any(|there| there == own));
    let serde = added.iter().any(|added| added.module.is_none()) && !names_serde(attributes);
    let serde = serde.then(|| runtime.serde()).into_iter();
    // That it could be `Eq` as well is for the user to say, and no lint's business.
    let lint = added.iter().any(|added| added.name == EQUAL.name);
    let lint = lint.then(|| Ident::new("derive_partial_eq_without_eq", Span::call_site()));
    let lint = lint.iter();

    let (mut types, mut bounded) = (None, None);
    let mut helper = None;
    let implemented = match (own, parsed) {
        (Some((_, implement)), Some(parsed)) if is_plain(&parsed) => {
            // With all of the five, what a field's type lacks is reported once: three are written out, serde's two have a bound.
            if short.adds.len() == 5 && added.len() == 5 {
                types = message::own_types(&parsed);
            }
            if let Some(types) = &types {
                let mut item = parsed.clone();
                message::bound(&mut item, types, &runtime);
                bounded = Some(item);
            }
            Some(implement(parsed, read, found, types.as_ref()))
        }
        _ => {
            // The derive reports what is wrong with its arguments; where there is none, it is done here.
            if short.derive.is_none() {
                read.finish(&["crate", "without"], &mut found);
                errors.append(found);
            }
            let arguments = without_without(arguments);
            let name = Ident::new(short.name, Span::call_site());
            let left = short.derive.filter(|_| !arguments.is_empty());
            helper = left.map(|_| quote_spanned!(name.span()=> #[#name(#arguments)]));
            None
        }
    };
    let item = bounded.map_or(item, ToTokens::into_token_stream);

    let own = own.filter(|_| implemented.is_none());
    let own = own.map(|(derive, _)| Ident::new(derive, Span::call_site()));
    let own = own.iter();
    let (mut standard, mut modules, mut serdes) = (Vec::new(), Vec::new(), Vec::new());
    for Added { name, module } in &added {
        let name = Ident::new(name, Span::call_site());
        match module {
            Some(module) if types.is_none() => {
                modules.push(Ident::new(module, Span::call_site()));
                standard.push(name);
            }
            Some(_) => {}
            None => serdes.push(name),
        }
    }
    let derives = (!added.is_empty() || own.len() > 0).then(|| {
        quote! {
            #[derive(
                #(::core::#modules::#standard,)*
                #(#runtime::private::serde::#serdes,)*
                #(#runtime::#own)*
            )]
        }
    });
    let mut output = derives.unwrap_or_default();
    output.extend(quote! {
        #(#[serde(crate = #serde)])*
        #(#[cfg_attr(clippy, allow(clippy::#lint))])*
        #helper
    });
    output.extend(item);
    output.extend(implemented);
    errors.to_tokens(&mut output);
    output
}

/// Whether nothing in an item is for the compiler, or for a derive, to take out.
fn is_plain(item: &DeriveInput) -> bool {
    const KEPT: [&str; 5] = ["allow", "deprecated", "derive", "doc", "serde"];
    let kept = |attributes: &[Attribute]| {
        attributes.iter().all(|attribute| {
            let name = attribute.path().get_ident().map(Ident::to_string);
            name.is_some_and(|name| KEPT.contains(&&*name))
        })
    };
    let parameters = item
        .generics
        .params
        .iter()
        .all(|parameter| match parameter {
            GenericParam::Lifetime(parameter) => kept(&parameter.attrs),
            GenericParam::Type(parameter) => kept(&parameter.attrs),
            GenericParam::Const(parameter) => kept(&parameter.attrs),
        });
    let fields = |fields: &Fields| fields.iter().all(|field| kept(&field.attrs));
    kept(&item.attrs)
        && parameters
        && match &item.data {
            Data::Struct(data) => fields(&data.fields),
            Data::Enum(data) => data
                .variants
                .iter()
                .all(|variant| kept(&variant.attrs) && fields(&variant.fields)),
            Data::Union(_) => false,
        }
}

/// The attributes of an item that cannot be read.
fn first_attributes(input: ParseStream<'_>) -> syn::Result<Vec<Attribute>> {
    let attributes = input.call(Attribute::parse_outer)?;
    TokenStream::parse(input)?;
    Ok(attributes)
}

/// Says what is wrong with an item that is neither a struct nor an enum.
fn check_item(short: &Short, item: &TokenStream, errors: &mut Errors) -> Option<()> {
    const KINDS: [&str; 10] = [
        "struct", "enum", "union", "fn", "impl", "trait", "mod", "type", "const", "static",
    ];
    let name = short.name;
    let mut words = item.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    let kind = words.find(|word| KINDS.iter().any(|kind| word == kind));
    let text = kind.as_ref().map(Ident::to_string);
    let help = match (name, text.as_deref()) {
        (_, Some("struct" | "enum")) => return Some(()),
        ("command", Some("fn")) => {
            "it declares a command only on a method of an impl block with `#[handle]`".to_owned()
        }
        (_, Some("impl")) => "on an impl block stands `#[handle]` or `#[apply]`".to_owned(),
        _ => format!("write `#[{name}] pub struct …`"),
    };
    let span = kind.map_or_else(Span::call_site, |kind| kind.span());
    let items = match name {
        "decision_model" => "a struct",
        _ => "a struct or an enum",
    };
    errors.add_at(span, format!("`#[{name}]` stands on {items}"), help);
    None
}

/// The words of `without(…)`.
fn words(short: &Short, key: &Ident, value: &Value, errors: &mut Errors) -> Vec<String> {
    let more = short.adds_for.map_or(&[][..], |(_, added)| added);
    let all = short.adds.iter().chain(more);
    let known: Vec<_> = all.map(|added| added.name).collect();
    let Some(words) = value.words() else {
        errors.add(
            key,
            "`without` is a list of derives",
            format!("write `without({})`", known[0]),
        );
        return Vec::new();
    };
    for word in &words {
        let given = word.to_string();
        if !known.contains(&given.as_str()) {
            let help = nearest(&given, &known).map_or_else(
                || format!("it adds {}", listed(&known)),
                |near| format!("did you mean `{near}`?"),
            );
            errors.add(
                word,
                format!("`#[{}]` adds no derive `{given}`", short.name),
                help,
            );
        }
    }
    words.iter().map(Ident::to_string).collect()
}

/// The last names of the derives that stand below the attribute.
fn derives(attributes: &[Attribute]) -> Vec<String> {
    let derives = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"));
    let paths = derives.filter_map(|derive| {
        derive
            .parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)
            .ok()
    });
    paths
        .flatten()
        .filter_map(|path| Some(path.segments.last()?.ident.to_string()))
        .collect()
}

/// Whether a `#[serde(crate = …)]` is there already.
fn names_serde(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .any(|attribute| {
            let syn::Meta::List(list) = &attribute.meta else {
                return false;
            };
            let mut quiet = Errors::default();
            Arguments::parse("serde", list.tokens.clone(), &mut quiet)
                .take("crate")
                .is_some()
        })
}

/// The arguments that the derive knows: all but `without(…)`.
fn without_without(arguments: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = arguments.into_iter();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(word) if word == "without" => {
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                while tokens.next().is_some_and(|token| !is_comma(&token)) {}
            }
            _ => kept.extend([token]),
        }
    }
    kept
}
