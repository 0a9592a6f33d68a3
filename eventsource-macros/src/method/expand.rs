//! From the [`Methods`] of a block to one trait implementation each.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::method::model::{Declared, Method, Methods, Role};
use crate::runtime::{respanned, scope};

pub(crate) fn expand(methods: &Methods) -> TokenStream {
    if methods.list.is_empty() {
        return TokenStream::new();
    }
    let declared = methods.list.iter().filter_map(|method| {
        let declared = method.declares.as_ref()?;
        Some(declaration(methods, method, declared))
    });
    let implementations = methods.list.iter().map(|method| {
        let content = match methods.role {
            Role::Apply => apply(method),
            Role::Handle => handle(methods, method),
        };
        implementation(methods, method, content)
    });
    let listed = methods.list.iter().map(|method| listed(methods, method));
    let scope = scope(
        &methods.runtime,
        quote! {
            #(#implementations)*
            const _: &[()] = &[#(#listed)*];
        },
    );
    quote!(#(#declared)* #scope)
}

/// The implementation of the trait. Its head and its braces stand at the method's name, where the compiler then reports
/// a second one.
fn implementation(methods: &Methods, method: &Method, content: TokenStream) -> TokenStream {
    let Method {
        cfg,
        ident,
        message,
        ..
    } = method;
    let span = ident.span();
    let owner = respanned(&methods.owner, span);
    let interface = match methods.role {
        Role::Apply => quote_spanned!(span=> __p::Apply<#message>),
        Role::Handle => quote_spanned!(span=> __p::Handle<#message>),
    };
    let mut braces = Group::new(Delimiter::Brace, content);
    braces.set_span(span);
    let head = quote_spanned!(span=> impl #interface for #owner);
    quote! {
        #(#cfg)*
        #head #braces
    }
}

/// That the aggregate lists the message: an obligation on the message, and so reported at it.
fn listed(methods: &Methods, Method { cfg, message, .. }: &Method) -> TokenStream {
    let owner = &methods.owner;
    match methods.role {
        Role::Apply => quote!(#(#cfg)* <#message as __p::EventOf<#owner>>::LISTED,),
        Role::Handle => quote!(#(#cfg)* <#message as __p::CommandOf<#owner>>::LISTED,),
    }
}

fn apply(method: &Method) -> TokenStream {
    let Method {
        ident,
        message,
        creates,
        second,
        ..
    } = method;
    let meta = second.then(|| quote!(, meta));
    if method.broken {
        return quote! {
            fn apply(&mut self, _: &#message, _: &__p::EventMeta<'_>) {
                ::core::unreachable!()
            }
        };
    }
    if *creates {
        let create = quote_spanned!(output_span(method)=> __p::Some(Self::#ident(event #meta)));
        return quote! {
            const CREATES: bool = true;

            fn create(event: &#message, meta: &__p::EventMeta<'_>) -> __p::Option<Self> {
                #create
            }

            fn apply(&mut self, _: &#message, _: &__p::EventMeta<'_>) {}
        };
    }
    quote! {
        #[inline]
        fn apply(&mut self, event: &#message, meta: &__p::EventMeta<'_>) {
            Self::#ident(self, event #meta);
        }
    }
}

fn output_span(method: &Method) -> proc_macro2::Span {
    method
        .output
        .as_ref()
        .map_or_else(|| method.ident.span(), Spanned::span)
}

fn handle(methods: &Methods, method: &Method) -> TokenStream {
    let message = &method.message;
    let body = match method.broken {
        true => quote!(::core::unreachable!()),
        false => decision(methods, method),
    };
    let creates = method.creates.then(|| {
        quote!(
            const CREATES: bool = true;
        )
    });
    quote! {
        #creates
        #[inline]
        fn handle(command: #message, on: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
            #body
        }
    }
}

/// Looks at whether the aggregate is there, calls the method, and records what it returns.
fn decision(methods: &Methods, method: &Method) -> TokenStream {
    let owner = &methods.owner;
    let Method {
        ident,
        creates,
        second,
        declares,
        output,
        ..
    } = method;
    let (check, receiver) = match creates {
        true => (Some(quote!(on.absent()?;)), None),
        false => (None, Some(quote!(on.existing()?,))),
    };
    let arguments = match declares {
        None => quote!(command,),
        Some(Declared { fields, .. }) => {
            let names = fields.iter().map(|(_, name, _)| name);
            quote!(#(command.#names,)*)
        }
    };
    let context = second.then(|| quote!(on.context,));
    let decision = quote!(Self::#ident(#receiver #arguments #context));
    let span = output_span(method);
    let conclude = match output {
        Some(output) if named(output) => {
            quote_spanned!(span=> <#output as __p::Decision<#owner>>::conclude)
        }
        _ => quote_spanned!(span=> __p::Decision::<#owner>::conclude),
    };
    quote! {
        #check
        #conclude(#decision, on)
    }
}

/// Whether a type can be written down again: not with `impl` in it.
fn named(output: &Type) -> bool {
    let tokens = quote!(#output);
    !tokens
        .into_iter()
        .any(|token| matches!(token, proc_macro2::TokenTree::Ident(word) if word == "impl"))
}

/// The struct of a command that a handler declares.
fn declaration(methods: &Methods, method: &Method, declared: &Declared) -> TokenStream {
    let Methods { runtime, .. } = methods;
    let Declared {
        docs,
        vis,
        ident,
        arguments,
        fields,
    } = declared;
    let cfg = &method.cfg;
    let body = if fields.is_empty() {
        quote!(;)
    } else {
        let fields = fields.iter().map(|(attributes, name, ty)| {
            let about = format!(" See [`{ident}`].");
            quote!(#(#attributes)* #[doc = #about] #vis #name: #ty,)
        });
        quote!({ #(#fields)* })
    };
    let about = docs.is_empty().then(|| {
        let about = format!(" The command that `{}` handles.", method.ident);
        quote!(#[doc = #about])
    });
    quote! {
        #(#cfg)*
        #(#docs)*
        #about
        #[#runtime::command(crate = #runtime, #arguments)]
        #vis struct #ident #body
    }
}
