//! From the tokens of an impl block to its [`Process`], with every mistake on the way.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{FnArg, PatType, parse_quote};

use super::check::{
    check_begins, check_found, check_input, check_not_async, check_receiver, check_rest, take_key,
};
use super::model::{Key, Method, Process};
use crate::arguments::{Arguments, cfgs};
use crate::errors::Errors;
use crate::message::documentation;
use crate::method::block::{self, Block, Item};
use crate::projection::check::{check_new, check_qualifiers};
use crate::projection::model::Role;
use crate::projection::parse::{block_of, check_other, output};
use crate::reactor::from_start;
use crate::runtime::lints_off;

const KNOWN: [&str; 3] = ["tag", "from", "crate"];

pub(super) fn parse(
    arguments: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Option<(TokenStream, Process)> {
    let mut mistakes = Errors::default();
    let mut arguments = Arguments::parse("process", arguments, &mut mistakes);
    arguments.correct(&KNOWN, &mut mistakes);
    let runtime = arguments.runtime(&mut mistakes);
    let has_tag = arguments.has("tag");
    let tag = arguments.text("tag", &mut mistakes);
    let from_start = from_start(Role::Process, &mut arguments, &mut mistakes);
    if let Some(name) = arguments.take("name") {
        mistakes.add(
            name.key,
            "a process has the name of its aggregate",
            "leave it out here, and write it in `#[aggregate(…)]`",
        );
    }
    arguments.finish(&KNOWN, &mut mistakes);

    let Some(mut block) = block_of(Role::Process, item, &mut mistakes) else {
        errors.append(mistakes);
        return None;
    };
    let mut methods = Vec::new();
    for item in &mut block.items {
        match item {
            Item::Other(other) => check_other(Role::Process, other, &mut mistakes),
            Item::Method(found) => methods.extend(method(found, has_tag, &methods, &mut mistakes)),
        }
    }
    if methods.is_empty() && mistakes.is_empty() {
        mistakes.add(
            &block.owner,
            "a process without a method takes nothing",
            "write a method for each event, refusal and timer that it takes",
        );
    }
    methods.sort_by_key(|method| method.takes);
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
        clippy::unnecessary_wraps,
        clippy::unused_self
    });
    let output = quote! {
        #(#attributes)*
        #lints
        #head { #(#items)* }
    };
    let process = Process {
        runtime,
        owner,
        docs,
        tag,
        from_start,
        methods,
        broken,
    };
    Some((output, process))
}

fn method(
    found: &mut block::Method,
    has_tag: bool,
    earlier: &[Method],
    errors: &mut Errors,
) -> Option<Method> {
    check_qualifiers(Role::Process, &found.signature, errors);
    // A mistake that was reported is not left in the output, where the compiler would report it again.
    found.signature.constness = None;
    let receiver = check_receiver(&found.signature, errors);
    let at_once = check_not_async(&found.signature, errors);
    let typed = found
        .signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter.clone()),
            FnArg::Receiver(_) => None,
        });
    let parameters: Vec<PatType> = typed.collect();
    let parameters: Vec<&PatType> = parameters.iter().collect();
    let first = parameters.first().copied();
    let input = check_input(&found.signature, first, errors);
    let alone = check_rest(parameters.get(1..).unwrap_or_default(), errors);
    let (takes, message) = input?;
    let key = take_key(found, takes, errors).ok()?;
    if key.is_some() {
        // The parameter may be there for the key alone.
        found
            .attributes
            .push(parse_quote!(#[allow(unused_variables)]));
    }
    let signature = &found.signature;
    let begins = !receiver?;
    let stands = (!begins || check_begins(signature, takes, errors))
        & check_found(signature, has_tag, key.is_some(), takes, errors);
    if !(stands && alone && at_once) {
        return None;
    }
    let method = Method {
        cfg: cfgs(&found.attributes),
        ident: signature.ident.clone(),
        takes,
        message,
        begins,
        key: key.zip(first).map(|(value, first)| Key {
            parameter: (*first.pat).clone(),
            value,
        }),
        output: output(signature),
    };
    let mut same = earlier.iter().filter(|other| other.takes == takes);
    let is_new = check_new(same.by_ref().map(Method::taken), &method.taken(), errors);
    is_new.then_some(method)
}
