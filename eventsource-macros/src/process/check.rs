//! The rules for the signatures of a process's methods, beside those that it shares with projections and reactors.

use syn::{Attribute, Expr, FnArg, GenericArgument, Meta, PatType, PathArguments, Signature, Type};

use super::model::Takes;
use crate::errors::Errors;
use crate::method::block;
use crate::method::check::{last_name, text};
use crate::projection::check::is_mutable;
use crate::projection::model::Role;

/// `fn f(&mut self, …)`, `fn f(self, …)`: whether the method has a `self` at all.
pub(super) fn check_receiver(signature: &Signature, errors: &mut Errors) -> Option<bool> {
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) if is_mutable(receiver) == Some(false) => Some(true),
        Some(FnArg::Receiver(receiver)) => {
            errors.add(
                receiver,
                "a process's method takes `&self`: its state changes only when its own events are applied",
                "write `&self`, and return the events with `Next::record(…)`",
            );
            None
        }
        _ => Some(false),
    }
}

/// `async fn`: what comes next follows from the state and the input alone.
pub(super) fn check_not_async(signature: &Signature, errors: &mut Errors) -> bool {
    if let Some(word) = &signature.asyncness {
        errors.add(
            word,
            "a process's method cannot be async: what comes next follows from its state and the input alone",
            "leave `async` out; what has to wait for something is a command, or the work of a reactor",
        );
    }
    signature.asyncness.is_none()
}

/// Nothing, something owned, something mutable: what the parameter says that the method takes.
pub(super) fn check_input(
    signature: &Signature,
    parameter: Option<&PatType>,
    errors: &mut Errors,
) -> Option<(Takes, Type)> {
    let Some(parameter) = parameter else {
        errors.add(
            &signature.ident,
            format!("`{}` takes nothing", signature.ident),
            format!(
                "write `{}`, or move the method to an impl block of its own",
                Role::Process.example()
            ),
        );
        return None;
    };
    let bare = match &*parameter.ty {
        Type::Reference(reference) if reference.mutability.is_none() => &*reference.elem,
        other => {
            let bare = match other {
                Type::Reference(reference) => &*reference.elem,
                owned => owned,
            };
            errors.add(
                other,
                "a process's method takes its input by reference",
                format!("write `&{}`", text(bare)),
            );
            return None;
        }
    };
    Some(match argument_of(bare) {
        Some(("Recorded", event)) => (Takes::Event, event),
        Some(("Refused", command)) => (Takes::Refusal, command),
        _ => (Takes::Timer, bare.clone()),
    })
}

/// The type in `Recorded<…>` or `Refused<…>`, and which of the two it is.
fn argument_of(ty: &Type) -> Option<(&'static str, Type)> {
    let Type::Path(path) = ty else { return None };
    let known = ["Recorded", "Refused"];
    let name = last_name(ty)?.to_string();
    let name = known.into_iter().find(|known| *known == name)?;
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(argument) => Some((name, argument.clone())),
        _ => None,
    }
}

/// A second parameter.
pub(super) fn check_rest(rest: &[&PatType], errors: &mut Errors) -> bool {
    if let Some(second) = rest.first() {
        errors.add(
            second,
            "a process's method takes an event, a refusal or a timer, and nothing else",
            "leave it out: what it decides follows from its state and the input alone",
        );
    }
    rest.is_empty()
}

/// A refusal or a timer without `self`: there is none before the process has begun.
pub(super) fn check_begins(signature: &Signature, takes: Takes, errors: &mut Errors) -> bool {
    let of = match takes {
        Takes::Event => return true,
        Takes::Refusal => "a refusal",
        Takes::Timer => "a timer",
    };
    errors.add(
        &signature.ident,
        format!(
            "`{}` has no `self`, and {of} comes only to a process that has begun",
            signature.ident
        ),
        "write `&self` before it; or take an event, `&Recorded<…>`",
    );
    false
}

/// Takes `#[key(…)]` off a method.
pub(super) fn take_key(
    method: &mut block::Method,
    takes: Takes,
    errors: &mut Errors,
) -> Result<Option<Expr>, ()> {
    let is_key = |attribute: &Attribute| attribute.path().is_ident("key");
    let (keys, others): (Vec<_>, Vec<_>) = method.attributes.drain(..).partition(is_key);
    method.attributes = others;
    let Some(key) = keys.first() else {
        return Ok(None);
    };
    if let Some(second) = keys.get(1) {
        errors.add(second, "`#[key]` is given twice", "leave one of them out");
        return Err(());
    }
    if takes != Takes::Event {
        errors.add(
            key,
            "`#[key]` stands on a method for an event: a refusal and a timer come to the process that they are of",
            "leave it out",
        );
        return Err(());
    }
    let value = match &key.meta {
        Meta::List(list) => syn::parse2(list.tokens.clone()).ok(),
        _ => None,
    };
    if value.is_none() {
        errors.add(
            key,
            "`#[key]` says by which value an event finds its process",
            "write `#[key(event.event.transfer)]`, with the name that the parameter has",
        );
    }
    value.map(Some).ok_or(())
}

/// An event of which nothing says which process it concerns.
pub(super) fn check_found(
    signature: &Signature,
    has_tag: bool,
    has_key: bool,
    takes: Takes,
    errors: &mut Errors,
) -> bool {
    let found = has_tag || has_key || takes != Takes::Event;
    if !found {
        errors.add(
            &signature.ident,
            format!("nothing says which process `{}` is about", signature.ident),
            "write `#[key(event.event.…)]` on it, or `#[process(tag = \"…\")]` for all methods",
        );
    }
    found
}
