//! From the [`Methods`] of a block to one trait implementation each.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use crate::method::model::{Declared, Method, Methods, Role};
use crate::runtime::{quiet, respanned};

pub(crate) fn expand(methods: &Methods) -> TokenStream {
    if methods.list.is_empty() {
        return TokenStream::new();
    }
    let declarations = methods.list.iter().filter_map(|method| {
        let declared = method.declares.as_ref()?;
        Some(declaration(methods, method, declared))
    });
    let known = known(methods);
    let implementations = methods.list.iter().map(|method| match methods.role {
        Role::Apply => apply(methods, method),
        Role::Handle => handle(methods, method),
    });
    let quiet = quiet();
    quote! {
        #(#declarations)*
        #quiet
        const _: () = {
            #known
            #(#implementations)*
        };
    }
}

/// That the type is an aggregate, said once, and the type as `__Known<…>`: an error type if it is none, so that nothing
/// else is reported. Where there is an `#[apply]` block, it is the one to say so.
fn known(
    Methods {
        runtime,
        role,
        owner,
        ..
    }: &Methods,
) -> TokenStream {
    let span = owner.span();
    let at = runtime.at(span);
    let (by_itself, mention) = match role {
        Role::Apply => (
            quote_spanned!(span=> <#owner as #at::Aggregate>::IS_AGGREGATE),
            Some(quote! {
                struct __Block;
                impl #runtime::private::Mentioned<__Known<__Block>> for __Known<#owner> {
                    const IS_AGGREGATE: bool = __IS_AGGREGATE;
                }
            }),
        ),
        Role::Handle => {
            let by = quote_spanned!(span=> #at::private::ByItself);
            (
                quote_spanned!(span=> <#owner as #at::private::Mentioned<#by>>::IS_AGGREGATE),
                None,
            )
        }
    };
    quote! {
        const __IS_AGGREGATE: bool = #by_itself;
        type __Known<T> = <T as #runtime::private::Known<{ __IS_AGGREGATE }>>::Type;
        #mention
    }
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
    let (runtime, owner) = (methods.runtime.at(span), respanned(&methods.owner, span));
    let interface = match methods.role {
        Role::Apply => quote_spanned!(span=> #runtime::Apply<#message>),
        Role::Handle => quote_spanned!(span=> #runtime::Handle<#message>),
    };
    let mut braces = Group::new(Delimiter::Brace, content);
    braces.set_span(span);
    let head = quote_spanned! {span=>
        impl #interface for #owner where for<'__a> #owner: #runtime::private::AggregateIf<'__a>
    };
    let listed = listed(methods, method);
    quote! {
        #(#cfg)*
        #[automatically_derived]
        #head #braces
        #(#cfg)*
        #listed
    }
}

/// That the aggregate lists the message: an obligation on the message, and so reported at it.
fn listed(methods: &Methods, method: &Method) -> TokenStream {
    let Methods { runtime, owner, .. } = methods;
    let message = &method.message;
    match methods.role {
        Role::Apply => {
            quote!(const _: () = <#message as #runtime::EventOf<__Known<#owner>>>::LISTED;)
        }
        Role::Handle => {
            quote!(const _: () = <#message as #runtime::CommandOf<__Known<#owner>>>::LISTED;)
        }
    }
}

fn apply(methods: &Methods, method: &Method) -> TokenStream {
    let Methods { runtime, owner, .. } = methods;
    let Method {
        ident,
        message,
        creates,
        second,
        ..
    } = method;
    let meta = second.then(|| quote!(, meta));
    let body = if method.broken {
        quote! {
            fn apply(
                &mut self,
                _: &#message,
                _: &#runtime::EventMeta<'_>,
            ) -> ::core::result::Result<(), #runtime::Misapplied> {
                ::core::unreachable!()
            }
        }
    } else if *creates {
        let create = quote_spanned!(output_span(method)=> ::core::option::Option::Some(<#owner>::#ident(event #meta)));
        quote! {
            const CREATES: bool = true;

            fn create(event: &#message, meta: &#runtime::EventMeta<'_>) -> ::core::option::Option<Self> {
                #create
            }

            fn apply(
                &mut self,
                _: &#message,
                _: &#runtime::EventMeta<'_>,
            ) -> ::core::result::Result<(), #runtime::Misapplied> {
                ::core::result::Result::Err(#runtime::Misapplied::CreatedTwice)
            }
        }
    } else {
        quote! {
            #[inline]
            fn apply(
                &mut self,
                event: &#message,
                meta: &#runtime::EventMeta<'_>,
            ) -> ::core::result::Result<(), #runtime::Misapplied> {
                <#owner>::#ident(self, event #meta);
                ::core::result::Result::Ok(())
            }
        }
    };
    implementation(methods, method, body)
}

fn output_span(method: &Method) -> proc_macro2::Span {
    method
        .output
        .as_ref()
        .map_or_else(|| method.ident.span(), Spanned::span)
}

fn handle(methods: &Methods, method: &Method) -> TokenStream {
    let Methods { runtime, .. } = methods;
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
    implementation(
        methods,
        method,
        quote! {
            #creates
            #[inline]
            fn handle(
                state: ::core::option::Option<&Self>,
                command: #message,
                context: &#runtime::Context<'_, Self>,
                events: &mut #runtime::Events<Self>,
            ) -> ::core::result::Result<(), #runtime::Rejection<<Self as #runtime::Aggregate>::Error>> {
                #body
            }
        },
    )
}

/// Looks at whether the aggregate is there, calls the method, and records what it returns.
fn decision(methods: &Methods, method: &Method) -> TokenStream {
    let Methods { runtime, owner, .. } = methods;
    let Method {
        ident,
        creates,
        second,
        declares,
        output,
        ..
    } = method;
    let (check, receiver) = match creates {
        true => (quote!(#runtime::private::absent(context)?;), None),
        false => (
            quote!(let state = #runtime::private::existing(state)?;),
            Some(quote!(state,)),
        ),
    };
    let arguments = match declares {
        None => quote!(command,),
        Some(Declared { fields, .. }) => {
            let names = fields.iter().map(|(_, name, _)| name);
            quote!(#(command.#names,)*)
        }
    };
    let context = second.then(|| quote!(context,));
    let call = quote!(<#owner>::#ident(#receiver #arguments #context));
    let span = output_span(method);
    let record = match output {
        Some(output) if named(output) => {
            quote_spanned!(span=> <#output as #runtime::Decision<__Known<#owner>>>::record(decision, events))
        }
        _ => quote_spanned!(span=> #runtime::Decision::<__Known<#owner>>::record(decision, events)),
    };
    quote! {
        #check
        let decision = #call;
        let recorded = #record;
        #runtime::private::decided(recorded)
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
