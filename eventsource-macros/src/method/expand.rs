//! From the [`Methods`] of a block to one trait implementation each.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Token};

use crate::method::model::{Declared, Method, Methods, Role};
use crate::runtime::{moved_type, scope, variable};

pub(crate) fn expand(methods: &Methods) -> TokenStream {
    if methods.list.is_empty() && methods.unknown.is_none() {
        return TokenStream::new();
    }
    let declarations = methods.list.iter().filter_map(|method| {
        let declared = method.declares.as_ref()?;
        Some(declaration(methods, method, declared))
    });
    let known = known(methods);
    let implementations: TokenStream = methods
        .list
        .iter()
        .enumerate()
        .map(|(number, method)| {
            // In the head of an implementation a misspelled type would be reported once more, as a forgotten type parameter.
            let alias = format_ident!("__M{number}");
            let content = match methods.role {
                Role::Apply => apply(&alias, method),
                Role::Handle => handle(&alias, method),
            };
            implementation(methods, &alias, method, content)
        })
        .collect();
    let unknown = methods.unknown.as_ref();
    let unknown = unknown.map(|mistake| stand_in(methods, mistake));
    let listed = listed(methods);
    let scope = scope(
        &methods.runtime,
        quote! {
            #known
            #listed
            #implementations
            #unknown
        },
    );
    quote!(#(#declarations)* #scope)
}

/// For a method of which nobody knows what it is for: it has been reported, and that there is no method for an event or
/// a command shall not be reported beside it. The implementation is one for the compiler's error type.
fn stand_in(Methods { role, .. }: &Methods, mistake: &TokenStream) -> TokenStream {
    let every = quote!(<__Unknown as __p::Known<{ __MISTAKE }>>::Type);
    let implementation = match role {
        Role::Apply => quote! {
            impl<__E> __p::Apply<__E> for #every {
                fn apply(&mut self, _: &__E, _: &__p::EventMeta<'_>) {
                    ::core::unreachable!()
                }
            }
        },
        Role::Handle => quote! {
            impl<__C> __p::Handle<__C> for #every {
                fn handle(_: __C, _: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
                    ::core::unreachable!()
                }
            }
        },
    };
    quote! {
        enum __Unknown {}
        const __MISTAKE: bool = #mistake;
        #implementation
    }
}

/// That the type is an aggregate, said once, and the type as `__Owner`: an error type if it is none, so that nothing
/// else is reported. Where there is an `#[apply]` block, it is the one to say so.
fn known(Methods { role, owner, .. }: &Methods) -> TokenStream {
    let span = owner.span();
    match role {
        Role::Apply => {
            let known = quote_spanned!(span=> <#owner as __p::State>::IS_STATE);
            quote! {
                const __KNOWN: bool = #known;
                type __Owner = <#owner as __p::Known<{ __KNOWN }>>::Type;
                enum __Block {}
                impl __p::Mentioned<<__Block as __p::Known<{ __KNOWN }>>::Type> for __Owner {
                    const IS_AGGREGATE: bool = __KNOWN;
                }
            }
        }
        Role::Handle => {
            let known =
                quote_spanned!(span=> <#owner as __p::Mentioned<__p::ByItself>>::IS_AGGREGATE);
            quote!(type __Owner = <#owner as __p::Known<{ #known }>>::Type;)
        }
    }
}

/// The implementation of the trait. All of it stands at the method's name, where the compiler then reports a second one.
fn implementation(
    methods: &Methods,
    alias: &Ident,
    method: &Method,
    content: TokenStream,
) -> TokenStream {
    let Method {
        cfg,
        ident,
        message,
        ..
    } = method;
    let span = ident.span();
    let owner = moved_type(&methods.owner, span);
    let (interface, bound) = match methods.role {
        Role::Apply => ("Apply", None),
        // What is no aggregate cannot have `Handle`; that has been reported.
        Role::Handle => ("Handle", Some(&owner)),
    };
    let (interface, bound) = (Ident::new(interface, span), bound.iter());
    quote_spanned! {span=>
        #(#cfg)*
        type #alias = #message;
        #(#cfg)*
        impl __p::#interface<#alias> for #owner #(where for<'a> #bound: __p::AggregateIf<'a>)* {
            #content
        }
    }
}

/// That the aggregate lists the messages: an obligation on each, and so reported at it. A decision with an event that is
/// applied and not listed is not reported beside it: where that constant does not compile, every type is a decision.
fn listed(methods: &Methods) -> TokenStream {
    let Methods {
        role, owner, list, ..
    } = methods;
    let cfgs = list.iter().map(|method| &method.cfg);
    let messages = list.iter().map(|method| &method.message);
    match role {
        Role::Handle => quote! {
            const _: () = { #(#(#cfgs)* <#messages as __p::ListedCommand<__Owner>>::LISTED;)* };
        },
        Role::Apply => quote! {
            const __LISTED: bool = {
                #(#(#cfgs)* <#messages as __p::EventOf<__Owner>>::LISTED;)*
                true
            };
            impl __p::Decision<#owner> for <__Block as __p::Known<{ __LISTED }>>::Type
            where
                for<'a> #owner: __p::AggregateIf<'a>,
            {
                type By = __p::Itself;
            }
        },
    }
}

fn apply(message: &Ident, method: &Method) -> TokenStream {
    let Method {
        ident,
        creates,
        tokens,
        ..
    } = method;
    if method.broken {
        return quote! {
            fn apply(&mut self, _: &#message, _: &__p::EventMeta<'_>) {
                ::core::unreachable!()
            }
        };
    }
    let (meta, passed) = second("meta", None, method);
    let unnamed = Token![_](Span::call_site());
    let meta: &dyn ToTokens = match passed {
        Some(_) => &meta,
        None => &unnamed,
    };
    let (tokens, passed) = (Literal::u64_unsuffixed(*tokens), passed.iter());
    if *creates {
        let event = variable("event", output_start(method));
        let create =
            quote_spanned!(output_start(method)=> __p::Some(__Owner::#ident(#event #(, #passed)*)));
        return quote! {
            const TOKENS: u64 = #tokens;
            const CREATES: bool = true;

            fn create(event: &#message, #meta: &__p::EventMeta<'_>) -> __p::Option<Self> {
                #create
            }

            fn apply(&mut self, _: &#message, _: &__p::EventMeta<'_>) {}
        };
    }
    quote! {
        const TOKENS: u64 = #tokens;
        #[inline]
        fn apply(&mut self, event: &#message, #meta: &__p::EventMeta<'_>) {
            __Owner::#ident(self, event #(, #passed)*);
        }
    }
}

/// What the implementation calls `name`, and how the second argument is passed on, which is `name` or a field of it: over
/// the whole place of the user's own type, where it is reported if the two do not fit.
fn second(name: &str, field: Option<&str>, method: &Method) -> (Ident, Option<TokenStream>) {
    let Some((first, last)) = method.second else {
        return (Ident::new(name, Span::call_site()), None);
    };
    let name = Ident::new(name, last);
    let field = field.map(|field| Ident::new(field, last));
    let (and, field) = (Token![&](first), field.iter());
    let passed = quote_spanned!(last=> #and *#name #(.#field)*);
    (name, Some(passed))
}

fn output_start(method: &Method) -> Span {
    method
        .output
        .map_or(method.ident.span(), |(first, _)| first)
}

/// Calls the method, and records what it returns.
fn handle(message: &Ident, method: &Method) -> TokenStream {
    let Method {
        ident,
        creates,
        declares,
        output,
        broken,
        ..
    } = method;
    let (on, passed) = second("on", Some("context"), method);
    if *broken {
        return quote! {
            const CREATES: bool = #creates;
            fn handle(_: #message, _: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
                ::core::unreachable!()
            }
        };
    }
    let creates = creates.then_some(true);
    let (absent, existing) = match creates {
        Some(_) => (Some(&on), None),
        None => (None, Some(&on)),
    };
    let (creates, absent, existing) = (creates.iter(), absent.iter(), existing.iter());
    let command = Ident::new("command", Span::call_site());
    let (whole, fields) = match declares {
        None => (Some(&command), [].iter()),
        Some(Declared { fields, .. }) => (None, fields.iter()),
    };
    let (whole, fields) = (whole.iter(), fields.map(|(_, name, _)| name));
    let passed = passed.iter();
    // The path stands over the whole type that the method returns: what is wrong with it is reported there.
    let (first, last) = output.unwrap_or((ident.span(), ident.span()));
    let end = Token![>](last);
    let returned = quote_spanned!(first=> __p::Same<_ #end);
    quote! {
        #(const CREATES: bool = #creates;)*
        fn handle(command: #message, #on: __p::Deciding<'_, Self>) -> __p::Decided<Self> {
            #(#absent.absent()?;)*
            let to = <#returned as __p::Decision<__Owner>>::conclude;
            to(__Owner::#ident(
                #(#existing.existing()?,)*
                #(#whole,)*
                #(command.#fields,)*
                #(#passed,)*
            ), #on)
        }
    }
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
