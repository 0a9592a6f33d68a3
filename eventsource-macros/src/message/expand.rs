//! From a [`Message`] to the code that implements it.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitStr, Type};

use crate::message::model::{Body, Contract, Kind, Message, OwnField, Shape, Stream, Tag, Variant};
use crate::message::{stream, versions};
use crate::runtime::{scope, variable};

pub(crate) fn expand(message: &Message, standard: Option<&TokenStream>) -> TokenStream {
    match &message.shape {
        Shape::One {
            contract,
            versions,
            tags,
            stream,
            stored,
        } => {
            let versions = versions::expand(&message.ident, versions);
            let stream = stream.as_ref();
            one(message, contract, versions, tags, stream, stored, standard)
        }
        Shape::Set { variants, retired } => scope(
            &message.runtime,
            set(message.kind, &message.ident, variants, retired),
        ),
    }
}

/// Of a struct. Where it has only a name, that is said without a scope: most messages are such.
fn one(
    message: &Message,
    contract: &Contract,
    versions: Option<versions::Parts>,
    tags: &[Tag],
    stream: Option<&Stream>,
    stored: &[Type],
    standard: Option<&TokenStream>,
) -> TokenStream {
    let Message { runtime, .. } = message;
    if versions.is_none() && tags.is_empty() && stream.is_none() && stored.is_empty() {
        return named(message, contract);
    }
    let (name, items, beside) = match versions {
        Some(parts) => (parts.name, parts.items, parts.beside),
        None => Default::default(),
    };
    let name = name.unwrap_or_else(|| contract.name.to_token_stream());
    let tags = (!tags.is_empty()).then(|| {
        let adds = adds(tags);
        let names = tags
            .iter()
            .map(|Tag { cfg, name, .. }| quote!(#(#cfg)* #name));
        quote! {
            const TAGS: &'static [&'static str] = &[#(#names),*];

            fn tags(&self, tags: &mut __p::Tags) {
                #(#adds)*
            }
        }
    });
    let stream = stream.map(stream::expand);
    // Before serde's derives say it of each method that they call. The standard traits come with a question of their own.
    let stored = stored.iter().filter(|_| standard.is_none()).map(|ty| {
        let stored = quote_spanned!(ty.span()=> const _: __p::Stored<__Field> = __p::Stored::NEW;);
        quote!(const _: () = { type __Field = #ty; #stored };)
    });
    let more = quote!(#tags #items #stream);
    let scoped = Ident::new("__p", Span::call_site());
    let implementation = implementation(message, contract, name, scoped, None, Some(&more));
    scope(
        runtime,
        quote!(#(#stored)* #standard #implementation #beside),
    )
}

fn named(message: &Message, contract: &Contract) -> TokenStream {
    let Message {
        runtime,
        deprecated,
        ..
    } = message;
    let mut lints = Vec::new();
    if *deprecated {
        lints.push(quote!(deprecated));
    }
    if runtime.is_named() {
        lints.push(quote!(unused_qualifications));
    }
    let allowed = (!lints.is_empty()).then(|| quote!(#[allow(#(#lints),*)]));
    let name = &contract.name;
    implementation(message, contract, name, runtime, allowed.as_ref(), None)
}

/// The implementation of the trait, with the runtime by this path. `name` is in place of the contract's.
fn implementation(
    Message { kind, ident, .. }: &Message,
    Contract {
        version, source, ..
    }: &Contract,
    name: impl ToTokens,
    runtime: impl ToTokens,
    allowed: Option<&TokenStream>,
    more: Option<&TokenStream>,
) -> TokenStream {
    let interface = kind.interface();
    let version = (*version != 1).then(|| Literal::u32_unsuffixed(*version));
    let (version, source) = (version.iter(), source.as_deref().unwrap_or_default());
    quote! {
        #allowed
        impl #runtime::#interface for #ident {
            const NAME: &'static str = #name;
            #(const VERSION: u32 = #version;)*
            const SOURCE: #runtime::Source = #runtime::Source::here(#source);
            #more
        }
    }
}

/// What adds the values of tags to `tags`.
pub(crate) fn adds(tags: &[Tag]) -> impl Iterator<Item = TokenStream> {
    tags.iter().map(
        |Tag {
             cfg,
             name,
             ty,
             value,
             ..
         }| {
            let value = quote!(<#ty as __p::TagValue>::tag_value(#value));
            quote!(#(#cfg)* tags.add(#name, #value);)
        },
    )
}

/// A set that is an enum of the user's own, for use in a scope. `retired` are the stored names of events that were retired.
fn set(kind: Kind, ident: &Ident, variants: &[Variant], retired: &[LitStr]) -> TokenStream {
    // Events that are structs have their tags in their own implementations.
    let tagged = kind == Kind::Event && variants.iter().any(Variant::is_own);
    let parts: Vec<_> = (0_u16..)
        .zip(variants)
        .map(|(number, variant)| part(kind, ident, number, variant, tagged))
        .collect();
    let payloads = parts.iter().filter_map(|part| part.payloads.as_ref());
    let rows = parts.iter().map(|part| &part.row);
    let (writes, reads) = (
        parts.iter().map(|part| &part.write),
        parts.iter().map(|part| &part.read),
    );
    let names = variants
        .iter()
        .map(|variant| (&variant.cfg[..], &variant.ident));
    let distinct = distinct(kind, ident, names, false);
    let retired = (!retired.is_empty())
        .then(|| quote!(const RETIRED: &'static [&'static str] = &[#(#retired),*];));
    let interface = match kind {
        Kind::Event if tagged => event_set(ident, &parts),
        Kind::Event => quote!(impl __p::EventSet for #ident {}),
        Kind::Command => command_set(ident),
    };
    quote! {
        #(#payloads)*
        impl __p::MessageSet for #ident {
            const ROWS: &'static [__p::Row] = &[#(#rows)*];
            #retired

            fn write<W: __p::MessageWriter>(&self, to: W) -> __p::Result<W::Ok, W::Error> {
                match *self { #(#writes)* }
            }

            fn read<R: __p::MessageReader>(variant: u16, from: R) -> __p::Result<Self, R::Error> {
                match variant {
                    #(#reads)*
                    _ => __p::Err(from.no_such_variant()),
                }
            }
        }
        #interface
        #distinct
    }
}

/// That no message has the stored name of one before it, and what else must hold of each: else the constant is an error
/// at the variant. `listed` in the list of an aggregate or a decision model, which knows all parts of an event that was
/// split.
pub(crate) fn distinct<'a>(
    kind: Kind,
    set: &Ident,
    variants: impl Iterator<Item = (&'a [Attribute], &'a Ident)>,
    listed: bool,
) -> TokenStream {
    let rule = match kind {
        Kind::Event if listed => "listed",
        _ => "distinct",
    };
    // Of the first command there is nothing to say; an event may be an earlier version.
    let variants = (0_u16..)
        .zip(variants)
        .skip(usize::from(kind == Kind::Command));
    let rules = variants.map(|(number, (cfg, variant))| {
        let (rule, number) = (
            Ident::new(rule, variant.span()),
            Literal::u16_unsuffixed(number),
        );
        quote_spanned!(variant.span()=> #(#cfg)* __p::#rule::<#set>(#number);)
    });
    let rules: TokenStream = rules.collect();
    quote!(const _: () = { #rules };)
}

/// What makes an enum of messages one that can be recorded, with the tags of each.
fn event_set(events: &Ident, parts: &[Part]) -> TokenStream {
    let tags = parts.iter().map(|part| &part.tags);
    quote! {
        #[automatically_derived]
        impl __p::EventSet for #events {
            fn tags(&self, tags: &mut __p::Tags) {
                match *self { #(#tags)* }
            }
        }
    }
}

/// What makes an enum of messages one that can be executed.
fn command_set(commands: &Ident) -> TokenStream {
    quote! {
        impl __p::CommandSet for #commands {}
        impl __p::AnyCommand for #commands {
            type By = __p::AsCommandSet;
        }
    }
}

/// What a variant adds to each of the functions.
struct Part {
    payloads: Option<TokenStream>,
    row: TokenStream,
    write: TokenStream,
    read: TokenStream,
    tags: Option<TokenStream>,
}

fn part(kind: Kind, set: &Ident, number: u16, variant: &Variant, tagged: bool) -> Part {
    let number = Literal::u16_unsuffixed(number);
    match &variant.body {
        Body::Of(inner) => part_of(kind, number, variant, inner, tagged),
        Body::Own {
            contract,
            fields,
            named,
            unit,
            tags,
        } => own_part(
            kind, set, number, variant, contract, fields, *named, *unit, tags,
        ),
    }
}

/// Of a variant around a message. All of it stands at the message's type: that it is none is said there, once.
fn part_of(kind: Kind, number: Literal, variant: &Variant, inner: &Type, tagged: bool) -> Part {
    let Variant { cfg, ident, .. } = variant;
    let (span, name) = (inner.span(), ident.to_string());
    let interface = kind.interface();
    let (write, read) = match kind {
        Kind::Event => ("write_event", "read_event"),
        Kind::Command => ("write_command", "read_command"),
    };
    let (write, read) = (Ident::new(write, span), Ident::new(read, span));
    let [to, from] = ["to", "from"].map(|name| variable(name, span));
    Part {
        payloads: None,
        row: quote!(#(#cfg)* <#inner as __p::#interface>::ROW.at(#number, #name),),
        write: quote_spanned!(span=> #(#cfg)* Self::#ident(ref it) => __p::#interface::#write(it, #to),),
        read: quote_spanned!(span=> #(#cfg)* #number => __p::#interface::#read(#from).map(Self::#ident),),
        tags: tagged.then(
            || quote!(#(#cfg)* Self::#ident(ref it) => <#inner as __p::Event>::tags(it, tags),),
        ),
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the fields of one enum variant of the model"
)]
fn own_part(
    kind: Kind,
    set: &Ident,
    number: Literal,
    variant: &Variant,
    Contract {
        name,
        version,
        source,
        ..
    }: &Contract,
    fields: &[OwnField],
    named: bool,
    unit: bool,
    tags: &[Tag],
) -> Part {
    let Variant { cfg, ident, .. } = variant;
    let (owned, borrowed) = (
        format_ident!("__{ident}Payload"),
        format_ident!("__{ident}PayloadRef"),
    );
    let (label, kind) = (ident.to_string(), kind.word());
    let version = Literal::u32_unsuffixed(*version);
    let source = source.iter();
    let attributes: Vec<Vec<_>> = fields
        .iter()
        .map(|own| passed_on(&own.field.attrs))
        .collect();
    let types: Vec<_> = fields.iter().map(|own| &own.field.ty).collect();
    let bindings: Vec<_> = fields.iter().map(|own| &own.binding).collect();
    let members: Vec<_> = fields
        .iter()
        .filter_map(|own| own.field.ident.as_ref())
        .collect();
    let cfgs: Vec<_> = fields
        .iter()
        .map(|own| crate::arguments::cfgs(&own.field.attrs))
        .collect();

    let (owned_body, borrowed_body, pattern, values, build) = if unit {
        (quote!(;), quote!(;), quote!(), quote!(), quote!())
    } else if named {
        (
            quote!({ #(#(#attributes)* #members: #types,)* }),
            quote!({ #(#(#attributes)* #members: &'__a #types,)* }),
            quote!({ #(#(#cfgs)* #members: ref #bindings,)* }),
            quote!({ #(#(#cfgs)* #members: #bindings,)* }),
            quote!({ #(#(#cfgs)* #members: __payload.#members,)* }),
        )
    } else {
        let indices = (0..fields.len()).map(syn::Index::from);
        (
            quote!((#(#(#attributes)* #types,)*);),
            quote!((#(#(#attributes)* &'__a #types,)*);),
            quote!((#(#(#cfgs)* ref #bindings,)*)),
            quote!((#(#(#cfgs)* #bindings,)*)),
            quote!((#(#(#cfgs)* __payload.#indices,)*)),
        )
    };
    let lifetime = (!fields.is_empty()).then(|| quote!(<'__a>));
    let adds = adds(tags);
    Part {
        payloads: Some(quote! {
            #(#cfg)*
            #[derive(__p::serde::Deserialize)]
            #[serde(crate = "__p::serde")]
            struct #owned #owned_body
            #(#cfg)*
            #[derive(__p::serde::Serialize)]
            #[serde(crate = "__p::serde")]
            struct #borrowed #lifetime #borrowed_body
        }),
        row: quote!(#(#cfg)* __p::Row::of::<#set>(#number, #label, #kind, #name, #version)#(.with_source(#source))*,),
        write: quote!(#(#cfg)* Self::#ident #pattern => to.write(#name, #version, &#borrowed #values),),
        read: quote! {
            #(#cfg)*
            #number => {
                let __payload: #owned = from.read()?;
                __p::Ok(Self::#ident #build)
            }
        },
        tags: Some(quote!(#(#cfg)* Self::#ident #pattern => { #(#adds)* })),
    }
}

/// The attributes of a field that its payload needs too: all but ours and the documentation.
fn passed_on(attributes: &[Attribute]) -> Vec<&Attribute> {
    attributes
        .iter()
        .filter(|attribute| {
            ["serde", "cfg"]
                .iter()
                .any(|name| attribute.path().is_ident(name))
        })
        .collect()
}
