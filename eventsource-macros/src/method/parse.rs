//! From the tokens of an impl block to its [`Methods`], with every mistake on the way.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{
    Attribute, FnArg, Ident, Pat, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature,
    Type,
};

use crate::arguments::{Arguments, cfgs};
use crate::errors::Errors;
use crate::method::block::{self, Block, Item};
use crate::method::model::{Declared, Method, Methods, Parsed, Role};

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
        proc_macro2::TokenTree::Ident(word) if word != "unsafe" => Some(word),
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
    let mut block: Block = errors.keep(syn::parse2(item))?;
    let usable = check_block(role, &block, errors);
    let mut list: Vec<Method> = Vec::new();
    for item in &mut block.items {
        match item {
            Item::Method(_) if !usable => {}
            Item::Other(other) => {
                let problem = format!("only methods belong in a block with `#[{}]`", role.word());
                errors.add(&*other, problem, "move it to an impl block of its own");
            }
            Item::Method(found) => {
                let own = take_command(role, found, errors);
                let understood = method(role, &block.owner, found, own, errors);
                // A mistake that was reported is not left in the output, where the compiler would report it again.
                found.signature.constness = None;
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
    // The shape of these signatures is ours, so the lints that would have another one are off.
    let output = quote! {
        #(#attributes)*
        #[allow(
            clippy::missing_const_for_fn,
            clippy::missing_errors_doc,
            clippy::must_use_candidate,
            clippy::needless_pass_by_ref_mut,
            clippy::needless_pass_by_value,
            clippy::trivially_copy_pass_by_ref,
            clippy::unnecessary_wraps,
            clippy::unused_self
        )]
        #head { #(#items)* }
    };
    Some(Parsed {
        output,
        methods: Methods {
            runtime,
            role,
            owner,
            list,
        },
    })
}

/// Whether no method before takes the same event or command. (In another block the compiler finds it: E0119.)
fn check_new(role: Role, earlier: &[Method], found: &Method, errors: &mut Errors) -> bool {
    let same = |other: &&Method| {
        other.cfg.is_empty() && found.cfg.is_empty() && text(&other.message) == text(&found.message)
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

fn check_block(role: Role, block: &Block, errors: &mut Errors) -> bool {
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
            "this is not an aggregate",
            format!("write `#[{word}] impl Account {{ … }}`"),
        );
        return false;
    }
    true
}

/// Takes `#[command]` off a method.
fn take_command(role: Role, method: &mut block::Method, errors: &mut Errors) -> Option<Attribute> {
    let index = method
        .attributes
        .iter()
        .position(|attribute| attribute.path().is_ident("command"))?;
    let attribute = method.attributes.remove(index);
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
    Some(Method {
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

fn check_qualifiers(role: Role, signature: &Signature, errors: &mut Errors) {
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

fn check_receiver(role: Role, receiver: &Receiver, errors: &mut Errors) {
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

/// Whether there is a second parameter; no third.
fn check_second(role: Role, rest: &[&PatType], errors: &mut Errors) -> bool {
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
    let Some(parameter) = rest.first() else {
        return false;
    };
    if !matches!(&*parameter.ty, Type::Reference(_)) {
        let problem = format!("the parameter after {} is `&{second}`", role.message());
        let help = match role {
            Role::Apply => format!("write `meta: &{second}`, or put the data into the event"),
            Role::Handle => format!("write `context: &{second}`, or put the data into the command"),
        };
        errors.add(parameter, problem, help);
    }
    true
}

fn check_output(
    role: Role,
    creates: bool,
    signature: &Signature,
    owner: &Type,
    errors: &mut Errors,
) -> Option<Type> {
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
            Some((**returned).clone())
        }
        (Role::Handle, _, ReturnType::Type(_, returned)) => Some((**returned).clone()),
        (Role::Apply, false, ReturnType::Default) => None,
    }
}

/// Whether a type is the aggregate itself, by name.
fn is_self(returned: &Type, owner: &Type) -> bool {
    last_name(returned).is_some_and(|name| name == "Self" || Some(name) == last_name(owner))
}

/// The last name in the path of a type.
fn last_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}

/// Whether a method takes the command that `#[command]` on it would declare.
fn takes_what_it_declares(
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
fn declared<'p>(
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

/// `place_order` becomes `PlaceOrder`.
fn pascal_case(name: &str) -> String {
    let mut result = String::new();
    for word in name.split('_').filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        result.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        result.extend(letters);
    }
    result
}

fn ident_type(ident: &Ident) -> Type {
    Type::Path(syn::TypePath {
        attrs: Vec::new(),
        qself: None,
        path: ident.clone().into(),
    })
}

/// Tokens as a person would write them.
fn text(tokens: &impl ToTokens) -> String {
    tokens
        .to_token_stream()
        .to_string()
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
}
