//! What is emitted of a method after a mistake in its signature: with the signature that it should have had, so that the
//! compiler reports nothing about its body beside it.

use syn::{Receiver, ReceiverKind, ReturnType, Signature, Token, Type, parse_quote_spanned};

use crate::method::block::Method;
use crate::method::model::Role;

/// Corrects what has been reported.
pub(super) fn correct(role: Role, method: &mut Method) {
    method.signature.constness = None;
    let by_value = matches!(method.signature.output, ReturnType::Type(..));
    let Some(receiver) = receiver(&mut method.signature) else {
        return;
    };
    // One that handles a command may be given more than it is due: its body compiles.
    if role == Role::Apply && mutable(receiver, by_value) {
        let span = receiver.self_token.span;
        let allowed = parse_quote_spanned!(span=> #[allow(unused_mut)]);
        method.attributes.push(allowed);
    }
}

fn receiver(signature: &mut Signature) -> Option<&mut Receiver> {
    match signature.inputs.first_mut() {
        Some(syn::FnArg::Receiver(receiver)) => Some(receiver),
        _ => None,
    }
}

/// Makes `self` one that can be changed: by reference, or by value if the method returns what becomes of it. Whether
/// that is new and a value, which nothing may then change.
fn mutable(receiver: &mut Receiver, by_value: bool) -> bool {
    let span = receiver.self_token.span;
    let new = Token![mut](span);
    match &mut receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => *mutability = mutability.or(Some(new)),
        ReceiverKind::Typed(_, ty) => {
            if let Type::Reference(reference) = &mut **ty {
                reference.mutability = reference.mutability.or(Some(new));
            }
        }
        ReceiverKind::Value if by_value => {
            let is_new = receiver.mutability.is_none();
            receiver.mutability = Some(new);
            return is_new;
        }
        ReceiverKind::Value => {
            receiver.mutability = None;
            receiver.kind = ReceiverKind::Reference(Token![&](span), None, Some(new));
        }
        _ => {}
    }
    false
}
