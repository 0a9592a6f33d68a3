//! `snapshot(every = 100, version = 1)`: that the states of an aggregate can be kept, and what tells one version of the
//! code that makes them from another.

use proc_macro2::{Delimiter, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Field, Fields, Type, Visibility};

use crate::aggregate::model::{Aggregate, Columns, Messages, Snapshot};
use crate::arguments::{Argument, Arguments, Value};
use crate::errors::Errors;
use crate::fingerprint::fingerprint;
use crate::runtime::moved;

/// Takes the argument out, if there is one.
pub(crate) fn parse(
    arguments: &mut Arguments,
    item: &DeriveInput,
    errors: &mut Errors,
) -> Option<Snapshot> {
    let Argument { key, value, .. } = arguments.take("snapshot")?;
    let said = match value {
        Value::None => TokenStream::new(),
        Value::List(group) if group.delimiter() == Delimiter::Parenthesis => group.stream(),
        Value::List(_) | Value::Equals(_) => {
            let problem = "`snapshot` takes its arguments in parentheses";
            errors.add(&key, problem, "write `snapshot(every = 100)`");
            TokenStream::new()
        }
    };
    let mut inner = Arguments::within("snapshot", said, errors);
    inner.correct(&["every", "version"], errors);
    let every = inner.number("every", errors);
    let version = inner.number("version", errors).unwrap_or(1);
    inner.finish(&["every", "version"], errors);
    Some(Snapshot {
        state: fingerprint(version.into(), state(item)),
        every,
        fields: fields(item),
        span: key.span(),
    })
}

fn fields(item: &DeriveInput) -> Vec<Type> {
    let fields: Vec<&Fields> = match &item.data {
        Data::Struct(data) => vec![&data.fields],
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| &variant.fields)
            .collect(),
        Data::Union(_) => Vec::new(),
    };
    let plain = |field: &&Field| !field.attrs.iter().any(|own| own.path().is_ident("serde"));
    let fields = fields.into_iter().flatten().filter(plain);
    fields.map(|field| field.ty.clone()).collect()
}

/// The state as it is written, but for who may see its fields; and what serde is told about it.
fn state(item: &DeriveInput) -> TokenStream {
    let serde = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"));
    let hidden = |mut fields: Fields| {
        for field in &mut fields {
            field.vis = Visibility::Inherited;
        }
        fields
    };
    let fields = match item.data.clone() {
        Data::Struct(data) => hidden(data.fields).to_token_stream(),
        Data::Enum(data) => data.variants.to_token_stream(),
        Data::Union(_) => TokenStream::new(),
    };
    quote!(#(#serde)* #fields)
}

/// The implementation of `Snapshotted`.
pub(crate) fn expand(aggregate: &Aggregate) -> Option<TokenStream> {
    let Snapshot {
        state,
        every,
        fields,
        span,
    } = aggregate.snapshot.as_ref()?;
    // Before serde's derives say it of each method that they call.
    let fields = fields.iter().map(|ty| {
        let kept =
            quote_spanned!(ty.span()=> const _: __p::KeptField<__Field> = __p::KeptField::NEW;);
        quote!(const _: () = { type __Field = #ty; #kept };)
    });
    let owner = moved(&aggregate.ident, *span);
    let state = Literal::u64_unsuffixed(*state);
    let every = every.map(|every| {
        let every = Literal::u32_unsuffixed(every);
        quote!(const EVERY: u64 = #every;)
    });
    let methods = match &aggregate.events {
        Messages::Own(own) => quote!(<Self as __p::Apply<#own>>::TOKENS),
        Messages::Listed(list) => {
            let Columns { cfgs, aliases, .. } = list.columns();
            quote!(#(#(#cfgs)* <Self as __p::Apply<__Event<#aliases>>>::TOKENS,)*)
        }
    };
    let head = quote_spanned!(*span=> impl __p::Snapshotted for #owner);
    Some(quote! {
        #(#fields)*
        #head {
            const FINGERPRINT: __p::Fingerprint = __p::fingerprint::<Self>(#state, &[#methods]);
            #every
        }
    })
}
