//! From a [`Message`] to the code that implements it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::message::model::{Body, Contract, Kind, Message, OwnField, Shape, Stream, Tag, Variant};
use crate::message::stream;
use crate::runtime::Runtime;

/// The implementation, without the constant around it.
pub(crate) fn expand(message: &Message) -> TokenStream {
    match &message.shape {
        Shape::One {
            contract,
            tags,
            stream,
            stored,
        } => one(message, contract, tags, stream.as_ref(), stored),
        Shape::Set(variants) => set(message, variants),
    }
}

fn one(
    message: &Message,
    Contract { name, version }: &Contract,
    tags: &[Tag],
    stream: Option<&Stream>,
    stored: &[Type],
) -> TokenStream {
    let Message {
        kind,
        runtime,
        ident,
        ..
    } = message;
    let interface = match kind {
        Kind::Event => quote!(#runtime::Event),
        Kind::Command => quote!(#runtime::Command),
    };
    let tags = (!tags.is_empty()).then(|| {
        let adds = adds(runtime, tags);
        let names = tags
            .iter()
            .map(|Tag { cfg, name, .. }| quote!(#(#cfg)* #name));
        quote! {
            const TAGS: &'static [&'static str] = &[#(#names),*];

            fn tags(&self, tags: &mut #runtime::Tags) {
                #(#adds)*
            }
        }
    });
    let stream = stream.map(|found| stream::expand(runtime, found));
    let place = place(runtime);
    // Before serde's derives say it of each method that they call.
    let stored = stored.iter().map(|ty| {
        let (span, at) = (ty.span(), runtime.at(ty.span()));
        let stored = quote_spanned!(span=> const _: #at::private::Stored<__Field> = #at::private::Stored::NEW;);
        quote!(const _: () = { type __Field = #ty; #stored };)
    });
    quote! {
        #(#stored)*
        #[automatically_derived]
        impl #interface for #ident {
            const NAME: &'static str = #name;
            const VERSION: u32 = #version;
            const PLACE: #runtime::message::Place = #place;
            #tags
            #stream
        }
    }
}

/// What adds the values of tags to `tags`.
pub(crate) fn adds<'t>(
    runtime: &'t Runtime,
    tags: &'t [Tag],
) -> impl Iterator<Item = TokenStream> + 't {
    tags.iter().map(
        move |Tag {
                  cfg,
                  name,
                  ty,
                  value,
              }| {
            let value = quote!(<#ty as #runtime::TagValue>::tag_value(#value));
            quote!(#(#cfg)* tags.add(#name, #value);)
        },
    )
}

/// Where the macro was called.
pub(crate) fn place(runtime: &Runtime) -> TokenStream {
    quote!(#runtime::message::Place { file: ::core::file!(), line: ::core::line!() })
}

fn set(message: &Message, variants: &[Variant]) -> TokenStream {
    let Message {
        kind,
        runtime,
        ident,
        ..
    } = message;
    let parts: Vec<_> = (0_u16..)
        .zip(variants)
        .map(|(number, variant)| part(message, number, variant))
        .collect();
    let (payloads, rows) = (
        parts.iter().map(|part| &part.payloads),
        parts.iter().map(|part| &part.row),
    );
    let (writes, reads) = (
        parts.iter().map(|part| &part.write),
        parts.iter().map(|part| &part.read),
    );
    let tags = parts.iter().map(|part| &part.tags);
    let numbered = (0_u16..).zip(variants).skip(1);
    let unique = numbered.map(|(number, variant)| {
        unique(
            runtime,
            *kind,
            ident,
            (number, &variant.ident),
            &variant.cfg,
        )
    });
    let interface = match kind {
        Kind::Event => quote! {
            #[automatically_derived]
            impl #runtime::EventSet for #ident {
                fn tags(&self, tags: &mut #runtime::Tags) {
                    match *self { #(#tags)* }
                }
            }
        },
        Kind::Command => command_set(runtime, ident),
    };
    quote! {
        #(#payloads)*
        #[automatically_derived]
        impl #runtime::message::MessageSet for #ident {
            const ROWS: &'static [#runtime::message::Row] = &[#(#rows)*];

            fn write<W: #runtime::message::MessageWriter>(
                &self,
                writer: W,
            ) -> ::core::result::Result<W::Ok, W::Error> {
                match *self { #(#writes)* }
            }

            fn read<R: #runtime::message::MessageReader>(
                variant: u16,
                reader: R,
            ) -> ::core::result::Result<Self, R::Error> {
                match variant {
                    #(#reads)*
                    _ => ::core::result::Result::Err(reader.no_such_variant()),
                }
            }
        }
        const _: () = { #(#unique)* };
        #interface
    }
}

/// That no other message of the set has the stored name of this one: else the constant is an error at `span`.
fn unique(
    runtime: &Runtime,
    kind: Kind,
    set: &Ident,
    (number, variant): (u16, &Ident),
    cfg: &[syn::Attribute],
) -> TokenStream {
    let message = format!(
        "the stored name of `{variant}` is the name of another {0} in this set: give each its own with \
         `#[{0}(name = \"…\")]`",
        kind.word()
    );
    let runtime = runtime.at(variant.span());
    quote_spanned!(variant.span()=> #(#cfg)* #runtime::private::distinct(
        <#set as #runtime::message::MessageSet>::ROWS, #number, #message
    );)
}

/// What makes an enum of messages one that can be executed.
fn command_set(runtime: &Runtime, commands: &Ident) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #runtime::CommandSet for #commands {}
        #[automatically_derived]
        impl #runtime::AnyCommand for #commands {
            fn write_any<W: #runtime::message::MessageWriter>(
                &self,
                writer: W,
            ) -> ::core::result::Result<W::Ok, W::Error> {
                #runtime::message::MessageSet::write(self, writer)
            }
        }
    }
}

/// What a variant adds to each of the functions.
struct Part {
    payloads: TokenStream,
    row: TokenStream,
    write: TokenStream,
    read: TokenStream,
    tags: TokenStream,
}

fn part(message: &Message, number: u16, variant: &Variant) -> Part {
    match &variant.body {
        Body::Of(inner) => part_of(message, number, variant, inner),
        Body::Own {
            contract,
            fields,
            named,
            unit,
            tags,
        } => own_part(
            message, number, variant, contract, fields, *named, *unit, tags,
        ),
    }
}

fn part_of(message: &Message, number: u16, variant: &Variant, inner: &TokenStream) -> Part {
    let Message { kind, runtime, .. } = message;
    let Variant { cfg, ident, .. } = variant;
    let (interface, write, read) = match kind {
        Kind::Event => (
            quote!(#runtime::Event),
            quote!(write_event),
            quote!(read_event),
        ),
        Kind::Command => (
            quote!(#runtime::Command),
            quote!(write_command),
            quote!(read_command),
        ),
    };
    Part {
        payloads: TokenStream::new(),
        row: quote! {
            #(#cfg)*
            #runtime::message::Row {
                variant: #number,
                name: <#inner as #interface>::NAME,
                version: <#inner as #interface>::VERSION,
                type_name: ::core::any::type_name::<#inner>,
                place: <#inner as #interface>::PLACE,
            },
        },
        write: quote!(#(#cfg)* Self::#ident(ref message) => <#inner as #interface>::#write(message, writer),),
        read: quote! {
            #(#cfg)*
            #number => ::core::result::Result::Ok(Self::#ident(<#inner as #interface>::#read(reader)?)),
        },
        tags: quote!(#(#cfg)* Self::#ident(ref message) => <#inner as #runtime::Event>::tags(message, tags),),
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the fields of one enum variant of the model"
)]
fn own_part(
    message: &Message,
    number: u16,
    variant: &Variant,
    Contract { name, version }: &Contract,
    fields: &[OwnField],
    named: bool,
    unit: bool,
    tags: &[Tag],
) -> Part {
    let Message {
        runtime,
        ident: set,
        ..
    } = message;
    let Variant { cfg, ident, .. } = variant;
    let (owned, borrowed) = (format_ident!("__{ident}"), format_ident!("__{ident}Ref"));
    let serde = runtime.serde();
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
    let adds = adds(runtime, tags);
    let place = place(runtime);
    Part {
        payloads: quote! {
            #(#cfg)*
            #[derive(#runtime::private::serde::Deserialize)]
            #[serde(crate = #serde)]
            struct #owned #owned_body
            #(#cfg)*
            #[derive(#runtime::private::serde::Serialize)]
            #[serde(crate = #serde)]
            struct #borrowed #lifetime #borrowed_body
        },
        row: quote! {
            #(#cfg)*
            #runtime::message::Row {
                variant: #number,
                name: #name,
                version: #version,
                type_name: ::core::any::type_name::<#set>,
                place: #place,
            },
        },
        write: quote!(#(#cfg)* Self::#ident #pattern => writer.write(#name, #version, &#borrowed #values),),
        read: quote! {
            #(#cfg)*
            #number => {
                let __payload: #owned = reader.read()?;
                ::core::result::Result::Ok(Self::#ident #build)
            }
        },
        tags: quote!(#(#cfg)* Self::#ident #pattern => { #(#adds)* }),
    }
}

/// The attributes of a field that its payload needs too: all but ours and the documentation.
fn passed_on(attributes: &[syn::Attribute]) -> Vec<&syn::Attribute> {
    attributes
        .iter()
        .filter(|attribute| {
            ["serde", "cfg"]
                .iter()
                .any(|name| attribute.path().is_ident(name))
        })
        .collect()
}
