//! From the tokens of an impl block to its [`Projection`], with every mistake on the way.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::{FnArg, Ident, LitStr, PatType, ReturnType, Signature};

use crate::arguments::{Arguments, cfgs};
use crate::errors::Errors;
use crate::message::documentation;
use crate::method::block::{self, Block, Item};
use crate::method::check::first_and_last;
use crate::projection::check::{
    check_block, check_event, check_into, check_marked, check_new, check_once, check_qualifiers,
    check_receiver, check_rest, check_same,
};
use crate::projection::model::{Into, Mark, Method, Parsed, Projection, Role};
use crate::runtime::lints_off;

pub(crate) fn parse(
    arguments: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Option<Parsed> {
    let mut mistakes = Errors::default();
    let mut arguments = Arguments::parse("projection", arguments, &mut mistakes);
    arguments.correct(&["name", "version", "crate"], &mut mistakes);
    let runtime = arguments.runtime(&mut mistakes);
    let has_name = arguments.has("name");
    let name = arguments.text("name", &mut mistakes);
    let version = arguments.has("version");
    let version = match version {
        true => arguments.number("version", &mut mistakes),
        false => Some(1),
    };
    arguments.finish(&["name", "version", "crate"], &mut mistakes);

    let Some(mut block) = block_of(Role::Projection, item, &mut mistakes) else {
        errors.append(mistakes);
        return None;
    };
    if !has_name {
        mistakes.add(
            &block.owner,
            "a projection needs a name, under which its checkpoint is kept",
            "write `#[projection(name = \"…\")]`",
        );
    }
    let mut found = Found::default();
    for item in &mut block.items {
        match item {
            Item::Other(other) => check_other(Role::Projection, other, &mut mistakes),
            Item::Method(method) => found.method(method, &mut mistakes),
        }
    }
    if found.methods.is_empty() && mistakes.is_empty() {
        mistakes.add(
            &block.owner,
            "a projection without a method sees no event",
            "write a method for each event that it is made of",
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
        clippy::missing_const_for_fn,
        clippy::missing_errors_doc,
        clippy::needless_pass_by_ref_mut,
        clippy::trivially_copy_pass_by_ref,
        clippy::unnecessary_wraps,
        clippy::unused_async,
        clippy::unused_self
    });
    let output = quote! {
        #(#attributes)*
        #lints
        #head { #(#items)* }
    };
    let into = found.into.map_or(Into::State, |(_, into)| into);
    Some(Parsed {
        output,
        projection: Some(Projection {
            runtime,
            owner,
            docs,
            name: name.unwrap_or_else(|| LitStr::new("", Span::call_site())),
            version: version.unwrap_or(1),
            into,
            methods: found.methods,
            create: found.create,
            forget: found.forget,
            broken,
        }),
    })
}

/// The impl block that an attribute stands on.
pub(crate) fn block_of(role: Role, item: TokenStream, errors: &mut Errors) -> Option<Block> {
    let starts = item.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word != "unsafe" => Some(word),
        _ => None,
    });
    if starts.is_none_or(|word| word != "impl") {
        let problem = format!("`#[{}]` stands on an impl block", role.word());
        let help = format!("write `{}`", role.block());
        errors.add_at(Span::call_site(), problem, help);
        return None;
    }
    let block: Option<Block> = errors.keep(syn::parse2(item));
    block.filter(|block| check_block(role, block, errors))
}

/// Something else than a method in a block.
pub(crate) fn check_other(role: Role, other: &TokenStream, errors: &mut Errors) {
    // A method that cannot be read: the compiler says why.
    if !begins_like_a_method(other) {
        errors.add(
            other,
            format!("only methods belong in a block with `#[{}]`", role.word()),
            "move it to an impl block of its own",
        );
    }
}

/// Whether the tokens begin like a method.
fn begins_like_a_method(tokens: &TokenStream) -> bool {
    let words = tokens.clone().into_iter().map_while(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    words.into_iter().any(|word| word == "fn")
}

/// What the methods say so far.
#[derive(Default)]
struct Found {
    methods: Vec<Method>,
    /// Where they write to, by the first of them.
    into: Option<(Ident, Into)>,
    create: Option<(Ident, Vec<syn::Attribute>)>,
    forget: Option<(Ident, Vec<syn::Attribute>)>,
}

impl Found {
    fn method(&mut self, found: &mut block::Method, errors: &mut Errors) {
        let mark = take_mark(found, errors);
        check_qualifiers(Role::Projection, &found.signature, errors);
        // A mistake that was reported is not left in the output, where the compiler would report it again.
        found.signature.constness = None;
        let signature = &found.signature;
        let Some(mutable) = check_receiver(Role::Projection, signature, errors) else {
            return;
        };
        let typed = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        });
        let parameters: Vec<&PatType> = typed.collect();
        let cfg = cfgs(&found.attributes);
        if let Some(mark) = mark {
            let tx = check_marked(mark, signature, &parameters, errors);
            if let Some(tx) = tx
                && let Some(into) = check_into(signature, mutable, Some(tx), errors)
                && self.goes_with(signature, into, errors)
            {
                let slot = match mark {
                    Mark::Create => &mut self.create,
                    Mark::Forget => &mut self.forget,
                };
                check_once(mark, slot.as_ref(), &signature.ident, errors);
                *slot = Some((signature.ident.clone(), cfg));
            }
            return;
        }
        let event = check_event(
            Role::Projection,
            signature,
            parameters.first().copied(),
            errors,
        );
        check_rest(parameters.get(2..).unwrap_or_default(), errors);
        let Some(event) = event else { return };
        let tx = parameters.get(1).copied();
        let Some(into) = check_into(signature, mutable, tx, errors) else {
            return;
        };
        if !self.goes_with(signature, into, errors) {
            return;
        }
        let method = Method {
            cfg,
            ident: signature.ident.clone(),
            event,
            output: output(signature),
        };
        if check_new(
            self.methods.iter().map(Method::taken),
            &method.taken(),
            errors,
        ) {
            self.methods.push(method);
        }
    }

    fn goes_with(&mut self, signature: &Signature, into: Into, errors: &mut Errors) -> bool {
        match &self.into {
            None => {
                self.into = Some((signature.ident.clone(), into));
                true
            }
            Some((first, earlier)) => check_same((first, earlier), signature, &into, errors),
        }
    }
}

/// Where the type that a method returns begins and ends; where its name stands, if it returns nothing.
pub(crate) fn output(signature: &Signature) -> (Span, Span) {
    let name = signature.ident.span();
    match &signature.output {
        ReturnType::Default => (name, name),
        ReturnType::Type(_, returned) => first_and_last(returned),
    }
}

/// Takes `#[create]` or `#[forget]` off a method.
fn take_mark(method: &mut block::Method, errors: &mut Errors) -> Option<Mark> {
    let mut found = None;
    method.attributes.retain(|attribute| {
        let named = |mark: &Mark| attribute.path().is_ident(mark.word());
        let Some(mark) = [Mark::Create, Mark::Forget].into_iter().find(named) else {
            return true;
        };
        if !matches!(attribute.meta, syn::Meta::Path(_)) {
            let word = mark.word();
            errors.add(
                attribute,
                format!("`#[{word}]` takes no arguments"),
                format!("write `#[{word}]`"),
            );
        }
        found = Some(mark);
        false
    });
    found
}
