//! A command that a handler declares: `#[command]` on the method, its parameters as the fields.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Ident, Pat, PatType, Signature, Type};

use crate::errors::Errors;
use crate::method::block;
use crate::method::check::last_name;
use crate::method::model::Declared;

/// Whether a method takes the command that `#[command]` on it would declare.
pub(super) fn takes_what_it_declares(
    signature: &Signature,
    parameters: &[&PatType],
    errors: &mut Errors,
) -> bool {
    let name = pascal_case(&signature.ident.unraw().to_string());
    let taken = parameters
        .iter()
        .find(|parameter| last_name(&parameter.ty).is_some_and(|own| *own == name));
    if let Some(parameter) = taken {
        let problem =
            format!("`#[command]` declares `{name}` here, and the method takes it as well");
        let help = "leave `#[command]` out, or write the command's fields as parameters";
        errors.add(&parameter.ty, problem, help);
    }
    taken.is_some()
}

/// The command that a handler declares, and the parameters that are not its fields.
pub(super) fn declared<'p>(
    found: &block::Method,
    attribute: &Attribute,
    parameters: &[&'p PatType],
    errors: &mut Errors,
) -> (Declared, Vec<&'p PatType>) {
    let name = pascal_case(&found.signature.ident.unraw().to_string());
    let mut fields = Vec::new();
    let mut context = Vec::new();
    for (number, parameter) in parameters.iter().enumerate() {
        match (&*parameter.ty, &*parameter.pat) {
            (Type::Reference(reference), _)
                if last_name(&reference.elem).is_none_or(|name| name != "Context") =>
            {
                let help = "write the owned type: `String` for `&str`, `Vec<T>` for `&[T]`";
                errors.add(&parameter.ty, "a field of a command is owned", help);
            }
            (Type::Reference(_), _) if number + 1 < parameters.len() => {
                errors.add(
                    parameter,
                    "the context comes last",
                    "move it behind the fields of the command",
                );
            }
            (Type::Reference(_), _) => context.push(*parameter),
            (ty, _) if last_name(ty).is_some_and(|name| name == "Context") => {
                errors.add(
                    ty,
                    "the context comes by reference",
                    "write `&Context<Self>`",
                );
            }
            (ty, _) if has_no_name(ty) => {
                let help = "write a type that has a name: `String` for `impl Into<String>`";
                errors.add(
                    ty,
                    "a field of a command has one type, and this is any",
                    help,
                );
            }
            (ty, Pat::Ident(pattern)) if pattern.subpat.is_none() => {
                fields.push((parameter.attrs.clone(), pattern.ident.clone(), ty.clone()));
            }
            (_, pattern) => {
                errors.add(
                    pattern,
                    "a field of the command needs a name",
                    "write a name for the parameter",
                );
            }
        }
    }
    let arguments = match &attribute.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let docs = found
        .attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .cloned()
        .collect();
    let ident = Ident::new(&name, found.signature.ident.span());
    (
        Declared {
            docs,
            vis: found.vis.clone(),
            ident,
            arguments,
            fields,
        },
        context,
    )
}

/// Whether `impl Trait` is in a type.
fn has_no_name(ty: &Type) -> bool {
    fn any(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => word == "impl",
            TokenTree::Group(group) => any(group.stream()),
            _ => false,
        })
    }
    any(ty.to_token_stream())
}

/// `place_order` becomes `PlaceOrder`.
pub(super) fn pascal_case(name: &str) -> String {
    let mut result = String::new();
    for word in name.split('_').filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        result.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        result.extend(letters);
    }
    result
}
