//! The rules for a block and for the signatures in it: each is one function, and says what to write instead.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Ident, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type};

use crate::errors::Errors;
use crate::method::block::Block;
use crate::method::model::{Method, Role};

/// Whether no method before takes the same event or command. (In another block the compiler finds it: E0119.)
pub(super) fn check_new(
    role: Role,
    earlier: &[Method],
    found: &Method,
    errors: &mut Errors,
) -> bool {
    let same = |other: &&Method| {
        other.cfg.is_empty()
            && found.cfg.is_empty()
            && last_name(&other.message) == last_name(&found.message)
            && text(&other.message) == text(&found.message)
    };
    let Some(first) = earlier.iter().find(same) else {
        return true;
    };
    let verb = if role == Role::Apply {
        "applied"
    } else {
        "handled"
    };
    let problem = format!("`{}` is {verb} twice", text(&found.message));
    errors.add(
        &found.ident,
        problem,
        format!(
            "`{}` is the first method for it: put both into one",
            first.ident
        ),
    );
    false
}

pub(super) fn check_block(role: Role, block: &Block, errors: &mut Errors) -> bool {
    let word = role.word();
    if let Some(of_trait) = &block.of_trait {
        let problem =
            format!("`#[{word}]` stands on an impl block of the aggregate itself, not of a trait");
        errors.add(
            of_trait,
            problem,
            format!("write `#[{word}] impl {} {{ … }}`", text(&block.owner)),
        );
        return false;
    }
    if !block.generics.params.is_empty() {
        errors.add(
            &block.generics,
            "an aggregate cannot be generic",
            "write an aggregate for each kind",
        );
        return false;
    }
    if !matches!(block.owner, Type::Path(_)) {
        errors.add(
            &block.owner,
            format!("`{}` is not an aggregate", text(&block.owner)),
            format!("write `#[{word}] impl Account {{ … }}`"),
        );
        return false;
    }
    true
}

/// Whether a block is for a type that certainly is another crate's.
pub(super) fn check_foreign(role: Role, owner: &Type, errors: &mut Errors) -> bool {
    const PRIMITIVE: [&str; 17] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8",
        "u16", "u32", "u64", "u128", "usize",
    ];
    const GENERIC: [&str; 8] = [
        "Arc", "BTreeMap", "Box", "HashMap", "Option", "Rc", "Result", "Vec",
    ];
    let Type::Path(path) = owner else {
        return false;
    };
    let foreign = path.path.segments.last().is_some_and(|last| {
        let names: &[&str] = match last.arguments.is_none() {
            true => &PRIMITIVE,
            false => &GENERIC,
        };
        names.contains(&&*last.ident.to_string())
    });
    if foreign {
        errors.add(
            owner,
            format!("`{}` is not an aggregate", text(owner)),
            format!(
                "write `#[{}] impl Account {{ … }}`, with a type of your own",
                role.word()
            ),
        );
    }
    foreign
}

pub(super) fn check_qualifiers(role: Role, signature: &Signature, errors: &mut Errors) {
    let (what, pure) = match role {
        Role::Apply => (
            "applies an event",
            "an event is a fact already, and applying it only changes the state",
        ),
        Role::Handle => (
            "handles a command",
            "a decision only looks at the state; what it needs from outside belongs in the command",
        ),
    };
    if let Some(word) = &signature.asyncness {
        errors.add(
            word,
            format!("a method that {what} cannot be async"),
            format!("leave `async` out: {pure}"),
        );
    }
    if let Some(word) = &signature.constness {
        errors.add(
            word,
            format!("a method that {what} cannot be const"),
            "leave `const` out",
        );
    }
    if !matches!(signature.safety, Safety::Default) {
        errors.add(
            &signature.safety,
            format!("a method that {what} cannot be unsafe"),
            "leave `unsafe` out",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.add(
            abi,
            format!("a method that {what} cannot be extern"),
            "leave `extern` out",
        );
    }
    if !signature.generics.params.is_empty() {
        errors.add(
            &signature.generics,
            format!("a method that {what} cannot be generic"),
            "write one method for each type",
        );
    }
}

pub(super) fn check_receiver(role: Role, receiver: &Receiver, errors: &mut Errors) {
    let mutable = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => Some(mutability.is_some()),
        ReceiverKind::Typed(_, ty) => match &**ty {
            Type::Reference(reference) => Some(reference.mutability.is_some()),
            _ => None,
        },
        _ => None,
    };
    match (role, mutable) {
        (Role::Apply, Some(true)) | (Role::Handle, Some(false)) => {}
        (Role::Apply, ..) => {
            errors.add(
                receiver,
                "a method that applies an event takes `&mut self`",
                "write `&mut self`: it changes the state",
            );
        }
        (Role::Handle, ..) => errors.add(
            receiver,
            "a method that handles a command takes `&self`",
            "write `&self`: a decision only looks at the state, and its events change it",
        ),
    }
}

/// Where the second parameter's type stands; no third.
pub(super) fn check_second(
    role: Role,
    rest: &[&PatType],
    errors: &mut Errors,
) -> Option<(Span, Span)> {
    let second = role.second();
    if let Some(third) = rest.get(1) {
        let problem = format!(
            "a method that takes {} has at most one parameter more",
            role.message()
        );
        errors.add(
            third,
            problem,
            format!(
                "after {} it may take `&{second}`, and nothing else",
                role.message()
            ),
        );
    }
    let parameter = rest.first()?;
    let fits = match &*parameter.ty {
        Type::Reference(reference) => {
            reference.mutability.is_none() && !is_other(role, &reference.elem)
        }
        _ => false,
    };
    if !fits {
        let problem = format!("the parameter after {} is `&{second}`", role.message());
        let help = match role {
            Role::Apply => format!("write `meta: &{second}`, or put the data into the event"),
            Role::Handle => format!("write `context: &{second}`, or put the data into the command"),
        };
        errors.add(&parameter.ty, problem, help);
    }
    Some(first_and_last(&parameter.ty))
}

/// Whether a type is certainly not that of the second parameter. Another name may stand for it.
fn is_other(role: Role, ty: &Type) -> bool {
    const OTHERS: [&str; 9] = [
        "str", "String", "Vec", "bool", "u32", "u64", "i64", "Uuid", "Metadata",
    ];
    let taken_elsewhere = match role {
        Role::Apply => "Context",
        Role::Handle => "EventMeta",
    };
    match last_name(ty) {
        Some(name) => name == taken_elsewhere || OTHERS.iter().any(|other| name == other),
        None => true,
    }
}

/// Where the tokens of something begin, and where they end.
pub(crate) fn first_and_last(tokens: &impl ToTokens) -> (Span, Span) {
    let mut spans = tokens
        .to_token_stream()
        .into_iter()
        .map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

pub(super) fn check_output(
    role: Role,
    creates: bool,
    signature: &Signature,
    owner: &Type,
    errors: &mut Errors,
) -> Option<(Span, Span)> {
    match (role, creates, &signature.output) {
        (Role::Apply, true, ReturnType::Default) => {
            let help = "write `-> Self`, or `&mut self` as the first parameter";
            errors.add(
                &signature.ident,
                "a method without `self` creates the aggregate, and this one returns nothing",
                help,
            );
            None
        }
        // `fn opened(self, …) -> Self`: the receiver is the mistake, and has been reported.
        (Role::Apply, false, ReturnType::Type(_, returned))
            if is_self(returned, owner) && !errors.is_empty() =>
        {
            None
        }
        (Role::Apply, false, ReturnType::Type(_, returned)) => {
            let problem = "a method that applies an event returns nothing: the event has happened, and cannot fail";
            errors.add(
                returned,
                problem,
                "leave the return type out, and refuse in the `#[handle]` method",
            );
            None
        }
        (Role::Handle, _, ReturnType::Default) => {
            let problem = format!("`{}` returns no events", signature.ident);
            let help = "write `-> Result<Opened, AccountError>`: the event that the command leads to, or the refusal";
            errors.add(&signature.ident, problem, help);
            None
        }
        (Role::Apply, true, ReturnType::Type(_, returned)) => {
            if !is_self(returned, owner) {
                let problem = "a method without `self` creates the aggregate, and returns it";
                errors.add(
                    returned,
                    problem,
                    "write `-> Self`, or `&mut self` as the first parameter",
                );
            }
            Some(first_and_last(returned))
        }
        (Role::Handle, _, ReturnType::Type(_, returned)) => Some(first_and_last(returned)),
        (Role::Apply, false, ReturnType::Default) => None,
    }
}

/// Whether a type is the aggregate itself, by name.
pub(super) fn is_self(returned: &Type, owner: &Type) -> bool {
    last_name(returned).is_some_and(|name| name == "Self" || Some(name) == last_name(owner))
}

/// The last name in the path of a type.
pub(crate) fn last_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// Tokens as a person would write them.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    tokens
        .to_token_stream()
        .to_string()
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
}
