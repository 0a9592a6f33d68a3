//! From a struct to its [`Timer`], with every mistake on the way.

use syn::ext::IdentExt;
use syn::{Data, DeriveInput, LitStr};

use super::model::Timer;
use crate::arguments::Arguments;
use crate::errors::Errors;
use crate::message;

pub(super) fn parse(
    item: &DeriveInput,
    mut arguments: Arguments,
    errors: &mut Errors,
) -> Option<Timer> {
    let runtime = arguments.runtime(errors);
    let name = arguments.text("name", errors);
    arguments.finish(&["name", "crate"], errors);
    if let Data::Enum(data) = &item.data {
        errors.add(
            data.enum_token,
            "a timer is a struct: a process has a method for each",
            "write a struct for each variant",
        );
        return None;
    }
    if !item.generics.params.is_empty() {
        errors.add(
            &item.generics,
            "a timer cannot be generic: it is read by its name alone",
            "write a struct for each kind",
        );
        return None;
    }
    Some(Timer {
        runtime,
        name: name
            .unwrap_or_else(|| LitStr::new(&item.ident.unraw().to_string(), item.ident.span())),
        source: match &item.data {
            Data::Struct(data) => message::source(&item.ident, &item.attrs, &data.fields, &[]),
            Data::Enum(_) | Data::Union(_) => None,
        },
        ident: item.ident.clone(),
    })
}
