//! From the tokens of an impl block to its [`Methods`], with every mistake on the way.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, FnArg, PatType, Type};

use crate::arguments::{Arguments, cfgs};
use crate::errors::Errors;
use crate::fingerprint::fingerprint;
use crate::method::block::{self, Block, Item};
use crate::method::check::{
    check_block, check_foreign, check_new, check_output, check_qualifiers, check_receiver,
    check_second, last_name, text,
};
use crate::method::correct::correct;
use crate::method::declare::{declared, takes_what_it_declares};
use crate::method::model::{Method, Methods, Parsed, Role};
use crate::runtime::{ident_type, lints_off};

pub(crate) fn parse(
    role: Role,
    arguments: TokenStream,
    item: TokenStream,
    errors: &mut Errors,
) -> Option<Parsed> {
    let mut arguments = Arguments::parse(role.word(), arguments, errors);
    let runtime = arguments.runtime(errors);
    arguments.finish(&["crate"], errors);

    let starts = item.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word != "unsafe" => Some(word),
        _ => None,
    });
    if starts.is_none_or(|word| word != "impl") {
        let problem = format!("`#[{}]` stands on an impl block", role.word());
        errors.add_at(
            Span::call_site(),
            problem,
            format!(
                "write `#[{}] impl Account {{ {} }}`",
                role.word(),
                role.example()
            ),
        );
        return None;
    }
    let mut block: Block = errors.keep(syn::parse2(item.clone()))?;
    if !check_block(role, &block, errors) {
        return None;
    }
    if check_foreign(role, &block.owner, errors) {
        // The compiler forbids such a block as well, and would say so: it is left out.
        return Some(Parsed {
            output: TokenStream::new(),
            methods: Methods {
                runtime,
                role,
                owner: block.owner,
                list: Vec::new(),
                unknown: None,
            },
        });
    }
    let mut list: Vec<Method> = Vec::new();
    let (mut unknown, mut changed) = (None, !errors.is_empty());
    for item in &mut block.items {
        match item {
            // A method that cannot be read: the compiler says why.
            Item::Other(other) if is_method(other) => {}
            Item::Other(other) => {
                let problem = format!("only methods belong in a block with `#[{}]`", role.word());
                errors.add(&*other, problem, "move it to an impl block of its own");
            }
            Item::Method(found) => {
                let own = take_command(role, found, errors);
                changed |= own.is_some();
                let understood = method(role, &block.owner, found, own, errors);
                if understood.is_none() {
                    unknown = unknown.or_else(|| errors.last());
                }
                correct(role, found);
                if let Some(understood) = understood
                    && check_new(role, &list, &understood, errors)
                {
                    list.push(understood);
                }
            }
        }
    }
    let Block {
        attributes,
        head,
        items,
        owner,
        ..
    } = block;
    let mut output = lints_off(role.lints());
    match changed || !errors.is_empty() {
        true => output.extend(quote!(#(#attributes)* #head { #(#items)* })),
        false => output.extend(item),
    }
    Some(Parsed {
        output,
        methods: Methods {
            runtime,
            role,
            owner,
            list,
            unknown,
        },
    })
}

/// Whether the tokens begin like a method.
fn is_method(tokens: &TokenStream) -> bool {
    let words = tokens.clone().into_iter().map_while(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    words.into_iter().any(|word| word == "fn")
}

/// Takes `#[command]` off a method.
fn take_command(role: Role, method: &mut block::Method, errors: &mut Errors) -> Option<Attribute> {
    let index = method
        .attributes
        .iter()
        .position(|attribute| attribute.path().is_ident("command"))?;
    let attribute = method.attributes.remove(index);
    method.attributes.retain(|other| {
        let again = other.path().is_ident("command");
        if again {
            errors.add(
                other,
                "`#[command]` is given twice",
                "leave one of them out",
            );
        }
        !again
    });
    if role == Role::Apply {
        errors.add(
            &attribute,
            "a method that applies an event declares no command",
            "put it in a block with `#[handle]`",
        );
        return None;
    }
    Some(attribute)
}

fn method(
    role: Role,
    owner: &Type,
    found: &block::Method,
    own: Option<Attribute>,
    errors: &mut Errors,
) -> Option<Method> {
    let mut mistakes = Errors::default();
    let signature = &found.signature;
    check_qualifiers(role, signature, &mut mistakes);
    let mut inputs = signature.inputs.iter();
    let creates = match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            inputs.next();
            check_receiver(role, receiver, &mut mistakes);
            false
        }
        _ => true,
    };
    let typed = inputs.filter_map(|input| match input {
        FnArg::Typed(parameter) => Some(parameter),
        FnArg::Receiver(_) => None,
    });
    let parameters: Vec<_> = typed.collect();
    let own = own.filter(|_| !takes_what_it_declares(signature, &parameters, &mut mistakes));
    let (message, declares, rest) = match own {
        Some(attribute) => {
            let (declared, rest) = declared(found, &attribute, &parameters, &mut mistakes);
            (ident_type(&declared.ident), Some(declared), rest)
        }
        None => match parameters.split_first() {
            Some((first, rest)) if is_second(role, &first.ty) => {
                let help = format!("write `{}`", role.example());
                let problem = format!(
                    "{} comes first, and `&{}` after it",
                    role.message(),
                    role.second()
                );
                mistakes.add(&first.ty, problem, help);
                let Some((second, _)) = rest.split_first() else {
                    errors.append(mistakes);
                    return None;
                };
                (bare(&second.ty), None, Vec::new())
            }
            Some((first, rest)) => (message(role, first, &mut mistakes), None, rest.to_vec()),
            None => {
                let help = format!("write `{}`", role.example());
                let help = if role == Role::Handle {
                    format!("{help}, or put `#[command]` on the method to declare one")
                } else {
                    help
                };
                mistakes.add(
                    &signature.ident,
                    format!(
                        "`{}` takes no parameter for {}",
                        signature.ident,
                        role.message()
                    ),
                    help,
                );
                errors.append(mistakes);
                return None;
            }
        },
    };
    let second = check_second(role, &rest, &mut mistakes);
    let output = check_output(role, creates, signature, owner, &mut mistakes);
    let broken = !mistakes.is_empty();
    errors.append(mistakes);
    let tokens = match role {
        Role::Apply => {
            let (inputs, output, body) = (&signature.inputs, &signature.output, &found.body);
            fingerprint(0, quote!((#inputs) #output #body))
        }
        Role::Handle => 0,
    };
    Some(Method {
        tokens,
        cfg: cfgs(&found.attributes),
        ident: signature.ident.clone(),
        message,
        creates,
        second,
        output,
        declares,
        broken,
    })
}

/// Whether a type is that of the second parameter.
fn is_second(role: Role, ty: &Type) -> bool {
    let name = match role {
        Role::Apply => "EventMeta",
        Role::Handle => "Context",
    };
    matches!(ty, Type::Reference(reference) if last_name(&reference.elem).is_some_and(|own| own == name))
}

/// A type without the `&` before it.
fn bare(ty: &Type) -> Type {
    match ty {
        Type::Reference(reference) => (*reference.elem).clone(),
        owned => owned.clone(),
    }
}

/// The type of the event or the command.
fn message(role: Role, parameter: &PatType, errors: &mut Errors) -> Type {
    match (role, &*parameter.ty) {
        (Role::Apply, Type::Reference(reference)) => {
            if reference.mutability.is_some() {
                let help = format!("write `&{}`", text(&reference.elem));
                errors.add(
                    &parameter.ty,
                    "an event cannot be changed: it has happened",
                    help,
                );
            }
            (*reference.elem).clone()
        }
        (Role::Apply, owned) => {
            errors.add(
                owned,
                "a method that applies an event takes it by reference",
                format!("write `&{}`", text(owned)),
            );
            owned.clone()
        }
        (Role::Handle, Type::Reference(reference)) => {
            let help = format!("write `{}`", text(&reference.elem));
            errors.add(
                &parameter.ty,
                "a method that handles a command takes it by value",
                help,
            );
            (*reference.elem).clone()
        }
        (Role::Handle, owned) => owned.clone(),
    }
}
