//! From the tokens of an impl block to its [`Reactor`], with every mistake on the way.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{FnArg, Ident, LitStr, PatType};

use super::check::{check_async, check_receiver, check_rest};
use super::model::{Method, Reactor};
use crate::arguments::{Arguments, cfgs};
use crate::errors::Errors;
use crate::message::documentation;
use crate::method::block::{self, Block, Item};
use crate::method::check::first_and_last;
use crate::projection::check::{check_event, check_new, check_qualifiers};
use crate::projection::model::Role;
use crate::projection::parse::{block_of, check_other, output};
use crate::runtime::lints_off;

const KNOWN: [&str; 3] = ["name", "from", "crate"];

pub(super) fn parse(
    arguments: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Option<(TokenStream, Reactor)> {
    let mut mistakes = Errors::default();
    let mut arguments = Arguments::parse("reactor", arguments, &mut mistakes);
    arguments.correct(&KNOWN, &mut mistakes);
    let runtime = arguments.runtime(&mut mistakes);
    let has_name = arguments.has("name");
    let name = arguments.text("name", &mut mistakes);
    let from_start = from_start(Role::Reactor, &mut arguments, &mut mistakes);
    arguments.finish(&KNOWN, &mut mistakes);

    let Some(mut block) = block_of(Role::Reactor, item, &mut mistakes) else {
        errors.append(mistakes);
        return None;
    };
    if !has_name {
        mistakes.add(
            &block.owner,
            "a reactor needs a name, from which the keys of its reactions follow",
            "write `#[reactor(name = \"…\")]`",
        );
    }
    let mut methods = Vec::new();
    for item in &mut block.items {
        match item {
            Item::Other(other) => check_other(Role::Reactor, other, &mut mistakes),
            Item::Method(found) => methods.extend(method(found, &methods, &mut mistakes)),
        }
    }
    if methods.is_empty() && mistakes.is_empty() {
        mistakes.add(
            &block.owner,
            "a reactor without a method reacts to nothing",
            "write a method for each event that it reacts to",
        );
    }
    let broken = !mistakes.is_empty();
    errors.append(mistakes);
    let Block {
        attributes,
        head,
        items,
        owner,
        ..
    } = block;
    let docs = documentation(&attributes);
    let lints = lints_off(quote! {
        clippy::missing_errors_doc,
        clippy::trivially_copy_pass_by_ref,
        clippy::unused_async,
        clippy::unused_self
    });
    let output = quote! {
        #(#attributes)*
        #lints
        #head { #(#items)* }
    };
    let reactor = Reactor {
        runtime,
        owner,
        docs,
        name: name.unwrap_or_else(|| LitStr::new("", Span::call_site())),
        from_start,
        methods,
        broken,
    };
    Some((output, reactor))
}

/// `from = start` or `from = now`.
pub(crate) fn from_start(role: Role, arguments: &mut Arguments, errors: &mut Errors) -> bool {
    let from: Option<Ident> = arguments.parsed("from", "`start` or `now`", "start", errors);
    let Some(from) = from else { return false };
    if from != "start" && from != "now" {
        errors.add(
            &from,
            format!("a {} does not begin from `{from}`", role.word()),
            "write `from = start`; or `from = now`, as it does if nothing is said",
        );
    }
    from == "start"
}

fn method(found: &mut block::Method, earlier: &[Method], errors: &mut Errors) -> Option<Method> {
    check_qualifiers(Role::Reactor, &found.signature, errors);
    // A mistake that was reported is not left in the output, where the compiler would report it again.
    found.signature.constness = None;
    let signature = &found.signature;
    if !check_receiver(signature, errors) {
        return None;
    }
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    });
    let parameters: Vec<&PatType> = typed.collect();
    let event = check_event(
        Role::Reactor,
        signature,
        parameters.first().copied(),
        errors,
    )?;
    let rest = parameters.get(1..).unwrap_or_default();
    if !check_async(signature, errors) | !check_rest(rest, errors) {
        return None;
    }
    let method = Method {
        cfg: cfgs(&found.attributes),
        ident: signature.ident.clone(),
        event,
        key: rest.first().map(|key| first_and_last(&key.ty)),
        output: output(signature),
    };
    check_new(earlier.iter().map(Method::taken), &method.taken(), errors).then_some(method)
}
