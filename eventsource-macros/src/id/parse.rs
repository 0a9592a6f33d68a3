//! From the tokens of a struct to an [`IdStruct`], with every mistake on the way.

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Fields, Member, Type};

use super::IdStruct;
use crate::arguments::Arguments;
use crate::errors::Errors;

const EXAMPLE: &str =
    "write `struct AccountId(String);`, around a `String`, a `Uuid` or an integer";

pub(super) fn parse(item: TokenStream, errors: &mut Errors) -> Option<IdStruct> {
    let item: DeriveInput = errors.keep(syn::parse2(item))?;
    let mut arguments = Arguments::of("id", &item.attrs, errors);
    let runtime = arguments.runtime(errors);
    arguments.finish(&["crate"], errors);
    if !item.generics.params.is_empty() {
        errors.add(&item.generics, "an id cannot be generic", EXAMPLE);
        return None;
    }
    let Data::Struct(data) = &item.data else {
        errors.add(&item.ident, "an id is a struct around one value", EXAMPLE);
        return None;
    };
    let mut fields = data.fields.iter();
    let (Some(field), None) = (fields.next(), fields.next()) else {
        match &data.fields {
            Fields::Unit => errors.add(
                &item.ident,
                "an id holds one value, and this one holds none",
                EXAMPLE,
            ),
            all => errors.add(
                all,
                format!("an id holds one value, and this one holds {}", all.len()),
                EXAMPLE,
            ),
        }
        return None;
    };
    if cannot_identify(&field.ty) {
        let problem = "an id is around a text, a `Uuid` or an integer of its own, and this is none";
        errors.add(&field.ty, problem, EXAMPLE);
        return None;
    }
    let member = field
        .ident
        .clone()
        .map_or(Member::Unnamed(0.into()), Member::Named);
    Some(IdStruct {
        runtime,
        inner: field.ty.clone(),
        member,
        ident: item.ident,
    })
}

/// Whether a type certainly is no id. Of a type that the macro does not know the compiler says it.
fn cannot_identify(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return true };
    path.path.segments.last().is_some_and(|last| {
        !last.arguments.is_none() || ["f32", "f64", "bool"].iter().any(|name| last.ident == name)
    })
}
