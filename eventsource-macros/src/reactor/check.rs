//! The rules for the signatures of a reactor's methods, beside those that it shares with projections.

use syn::{FnArg, PatType, Signature, Type};

use crate::errors::Errors;
use crate::method::check::last_name;
use crate::projection::check::is_mutable;
use crate::projection::model::Role;

/// `fn opened(event: …)`, `fn opened(&mut self, …)`.
pub(super) fn check_receiver(signature: &Signature, errors: &mut Errors) -> bool {
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) if is_mutable(receiver) == Some(false) => true,
        Some(FnArg::Receiver(receiver)) => {
            let problem = "a reactor's method takes `&self`";
            let help = "write `&self`; what changes belongs behind a lock, or outside";
            errors.add(receiver, problem, help);
            false
        }
        _ => {
            errors.add(
                &signature.ident,
                format!("`{}` has no `self`", signature.ident),
                format!("write `{}`", Role::Reactor.example()),
            );
            false
        }
    }
}

/// `fn opened(&self, …)`: a side effect waits for something.
pub(super) fn check_async(signature: &Signature, errors: &mut Errors) -> bool {
    let name = &signature.ident;
    if signature.asyncness.is_none() {
        errors.add(
            name,
            format!("`{name}` is not async: a side effect waits for somebody"),
            format!("write `async fn {name}`"),
        );
    }
    signature.asyncness.is_some()
}

/// What stands behind the event: the key, or what cannot be there.
pub(super) fn check_rest(rest: &[&PatType], errors: &mut Errors) -> bool {
    let help = "leave it out, or write `key: &ReactionKey`; what a method needs beside the event belongs in the fields \
                of the reactor";
    let is_key = |parameter: &&&PatType| matches!(&*parameter.ty, Type::Reference(reference) if reference.mutability.is_none() && last_name(&reference.elem).is_some_and(|name| name == "ReactionKey"));
    let wrong = match rest.first().filter(|first| !is_key(first)) {
        Some(first) => Some(first),
        None => rest.get(1),
    };
    if let Some(wrong) = wrong {
        errors.add(
            wrong,
            "a reactor's method takes an event and, if it likes, its key",
            help,
        );
    }
    wrong.is_none()
}
