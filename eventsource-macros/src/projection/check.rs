//! The rules for a projection's block and for the signatures in it: each is one function, and says what to write instead.

use syn::{
    Attribute, FnArg, GenericArgument, Ident, PatType, PathArguments, Receiver, ReceiverKind,
    Safety, Signature, Type,
};

use crate::errors::Errors;
use crate::method::block::Block;
use crate::method::check::{last_name, text};
use crate::projection::model::{Into, Mark, Role};

pub(super) fn check_block(role: Role, block: &Block, errors: &mut Errors) -> bool {
    let (word, example) = (role.word(), text(&block.owner));
    if let Some(of_trait) = &block.of_trait {
        let problem =
            format!("`#[{word}]` stands on an impl block of the {word} itself, not of a trait");
        errors.add(of_trait, problem, format!("write `impl {example} {{ … }}`"));
        return false;
    }
    if !block.generics.params.is_empty() {
        errors.add(
            &block.generics,
            format!("a {word} cannot be generic"),
            format!("write a {word} for each kind"),
        );
        return false;
    }
    true
}

/// `fn f<T>(…)`, `const fn`, `unsafe fn`, `extern fn`.
pub(crate) fn check_qualifiers(role: Role, signature: &Signature, errors: &mut Errors) {
    let role = role.word();
    if let Some(word) = &signature.constness {
        errors.add(
            word,
            format!("a {role}'s method cannot be const"),
            "leave `const` out",
        );
    }
    if !matches!(signature.safety, Safety::Default) {
        errors.add(
            &signature.safety,
            format!("a {role}'s method cannot be unsafe"),
            "leave `unsafe` out",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.add(
            abi,
            format!("a {role}'s method cannot be extern"),
            "leave `extern` out",
        );
    }
    if !signature.generics.params.is_empty() {
        errors.add(
            &signature.generics,
            format!("a {role}'s method cannot be generic"),
            "write one method for each event",
        );
    }
}

/// Whether the receiver is `&mut self`; `None` if it is neither that nor `&self`.
pub(crate) fn is_mutable(receiver: &Receiver) -> Option<bool> {
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(mutability.is_some()),
        ReceiverKind::Typed(_, ty) => match &**ty {
            Type::Reference(reference) => Some(reference.mutability.is_some()),
            _ => None,
        },
        _ => None,
    }
}

/// `fn opened(event: …)`, `fn opened(self, …)`: whether a method changes the projection's own fields.
pub(super) fn check_receiver(
    role: Role,
    signature: &Signature,
    errors: &mut Errors,
) -> Option<bool> {
    match signature.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            let mutable = is_mutable(receiver);
            if mutable.is_none() {
                errors.add(
                    receiver,
                    "a projection's method takes `&self`, or `&mut self` where it changes its own fields",
                    "write `&self`",
                );
            }
            mutable
        }
        _ => {
            errors.add(
                &signature.ident,
                format!("`{}` has no `self`", signature.ident),
                format!("write `{}`", role.example()),
            );
            None
        }
    }
}

/// `event: &Opened`, `event: Recorded<Opened>`, nothing: the event in `&Recorded<Opened>`.
pub(crate) fn check_event(
    role: Role,
    signature: &Signature,
    parameter: Option<&PatType>,
    errors: &mut Errors,
) -> Option<Type> {
    let Some(parameter) = parameter else {
        let problem = format!("`{}` takes no event", signature.ident);
        errors.add(
            &signature.ident,
            problem,
            format!(
                "write `{}`, or move the method to an impl block of its own",
                role.example()
            ),
        );
        return None;
    };
    let (bare, by_reference) = match &*parameter.ty {
        Type::Reference(reference) => (&*reference.elem, reference.mutability.is_none()),
        owned => (owned, false),
    };
    let Some(event) = recorded(bare) else {
        let problem = format!(
            "a {}'s method takes its event as `&Recorded<…>`, with its position and its stream",
            role.word()
        );
        let known = last_name(bare).map_or("Opened".into(), ToString::to_string);
        errors.add(
            &parameter.ty,
            problem,
            format!("write `&Recorded<{known}>`, and its fields as `event.event.…`"),
        );
        return None;
    };
    if !by_reference {
        errors.add(
            &parameter.ty,
            format!("a {}'s method takes its event by reference", role.word()),
            format!("write `&Recorded<{}>`", text(&event)),
        );
        return None;
    }
    Some(event)
}

pub(crate) fn recorded(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(event) if last.ident == "Recorded" => Some(event.clone()),
        _ => None,
    }
}

/// Where a method writes to, by what it takes beside the event and by whether it is async.
pub(super) fn check_into(
    signature: &Signature,
    mutable: bool,
    tx: Option<&PatType>,
    errors: &mut Errors,
) -> Option<Into> {
    let name = &signature.ident;
    let is_async = signature.asyncness.is_some();
    let Some(tx) = tx else {
        return match (is_async, mutable) {
            (true, false) => Some(Into::Outside),
            (false, true) => Some(Into::State),
            (true, true) => {
                errors.add(
                    signature.asyncness,
                    "a method that changes the projection's own fields cannot be async",
                    "leave `async` out; or write `&self`, for a method that writes somewhere else",
                );
                None
            }
            (false, false) => {
                let problem = format!("`{name}` has nothing to write into");
                errors.add(
                    name,
                    problem,
                    "take a transaction, `tx: &SqliteTx`; or write `&mut self` to change its own fields, or `async fn` to write somewhere else",
                );
                None
            }
        };
    };
    if mutable {
        let problem = "a method that writes into a transaction takes `&self`: what it writes is undone with the transaction, and its own fields are not";
        errors.add(signature.inputs.first(), problem, "write `&self`");
        return None;
    }
    match (&*tx.ty, is_async) {
        (Type::Reference(reference), false) if reference.mutability.is_none() => {
            Some(Into::Within((*reference.elem).clone()))
        }
        (Type::Reference(reference), true) if reference.mutability.is_some() => {
            Some(Into::Through((*reference.elem).clone()))
        }
        (Type::Reference(reference), true) => {
            let problem =
                "a method that writes at once, on the store's own thread, cannot be async";
            let mutable = text(&reference.elem);
            errors.add(
                signature.asyncness,
                problem,
                format!("leave `async` out; or write `tx: &mut {mutable}`, for a transaction on a server"),
            );
            None
        }
        (Type::Reference(reference), false) => {
            let shared = text(&reference.elem);
            errors.add(
                name,
                format!("`{name}` writes into a transaction on a server, and is not async"),
                format!("write `async fn {name}`; or `tx: &{shared}`, for a store in a file"),
            );
            None
        }
        (owned, _) => {
            errors.add(
                owned,
                "a projection's method takes its transaction by reference",
                format!("write `&{0}` or, in an `async fn`, `&mut {0}`", text(owned)),
            );
            None
        }
    }
}

/// What `#[create]` and `#[forget]` take: the transaction, which is returned, and for the latter a stream before it.
pub(super) fn check_marked<'a>(
    mark: Mark,
    signature: &Signature,
    parameters: &[&'a PatType],
    errors: &mut Errors,
) -> Option<&'a PatType> {
    let name = &signature.ident;
    let (stream, rest) = match mark {
        Mark::Create => (None, parameters),
        Mark::Forget => {
            let (stream, rest) = parameters.split_at(parameters.len().min(1));
            (stream.first(), rest)
        }
    };
    if mark == Mark::Forget && !stream.is_some_and(|stream| is_stream(&stream.ty)) {
        let problem = format!("`{name}` takes no stream, so it does not know what to forget");
        let help = "take `stream: &StreamName` before the transaction";
        match stream {
            Some(other) => errors.add(&other.ty, problem, help),
            None => errors.add(name, problem, help),
        }
        return None;
    }
    let Some((tx, rest)) = rest.split_first() else {
        let word = mark.word();
        let help = match mark {
            Mark::Create => "take the transaction that the other methods take",
            Mark::Forget => {
                "take the transaction that the other methods take; a projection without one is made anew as a whole"
            }
        };
        errors.add(name, format!("`{name}` has nothing to {word} in"), help);
        return None;
    };
    check_rest(rest, errors);
    Some(tx)
}

/// `&StreamName`.
fn is_stream(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    reference.mutability.is_none()
        && last_name(&reference.elem).is_some_and(|name| name == "StreamName")
}

/// A mark on two methods.
pub(super) fn check_once(
    mark: Mark,
    earlier: Option<&(Ident, Vec<Attribute>)>,
    name: &Ident,
    errors: &mut Errors,
) {
    if let Some((first, cfg)) = earlier
        && cfg.is_empty()
    {
        let word = mark.word();
        errors.add(
            name,
            format!("`#[{word}]` stands on two methods"),
            format!("`{first}` is the first one: put both into one"),
        );
    }
}

/// A third parameter.
pub(super) fn check_rest(rest: &[&PatType], errors: &mut Errors) {
    if let Some(third) = rest.first() {
        errors.add(
            third,
            "a projection's method takes an event and, if it writes into one, a transaction",
            "leave it out; what a method needs beside the event belongs in the fields of the projection",
        );
    }
}

/// Methods that write to different places.
pub(super) fn check_same(
    first: (&Ident, &Into),
    signature: &Signature,
    into: &Into,
    errors: &mut Errors,
) -> bool {
    if same(first.1, into) {
        return true;
    }
    let name = &signature.ident;
    let problem = format!(
        "`{name}` {}, and `{}` {}",
        described(into),
        first.0,
        described(first.1)
    );
    errors.add(
        name,
        problem,
        "the methods of a projection write to one place: write a projection for each",
    );
    false
}

fn same(left: &Into, right: &Into) -> bool {
    match (left, right) {
        (Into::Within(left), Into::Within(right)) | (Into::Through(left), Into::Through(right)) => {
            text(left) == text(right)
        }
        (Into::Outside, Into::Outside) | (Into::State, Into::State) => true,
        _ => false,
    }
}

fn described(into: &Into) -> String {
    match into {
        Into::Within(tx) | Into::Through(tx) => format!("writes into `{}`", text(tx)),
        Into::Outside => "takes no transaction".into(),
        Into::State => "changes its own fields".into(),
    }
}

/// What is taken by a method, and which one.
pub(crate) struct Taken<'a> {
    pub(crate) cfg: &'a [Attribute],
    pub(crate) ident: &'a Ident,
    pub(crate) event: &'a Type,
}

/// One event in two methods.
pub(crate) fn check_new<'a>(
    mut earlier: impl Iterator<Item = Taken<'a>>,
    found: &Taken<'_>,
    errors: &mut Errors,
) -> bool {
    let same = |other: &Taken<'_>| {
        other.cfg.is_empty() && found.cfg.is_empty() && text(other.event) == text(found.event)
    };
    let Some(first) = earlier.find(same) else {
        return true;
    };
    errors.add(
        found.ident,
        format!("`{}` is taken twice", text(found.event)),
        format!(
            "`{}` is the first method for it: put both into one",
            first.ident
        ),
    );
    false
}
