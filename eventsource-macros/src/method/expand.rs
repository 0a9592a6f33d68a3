//! From the [`Methods`] of a block to one trait implementation each.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::method::model::{Declared, Method, Methods, Role};
use crate::runtime::{quiet, respanned};

pub(crate) fn expand(methods: &Methods) -> TokenStream {
    if methods.list.is_empty() && methods.unknown.is_none() {
        return TokenStream::new();
    }
    let declarations = methods.list.iter().filter_map(|method| {
        let declared = method.declares.as_ref()?;
        Some(declaration(methods, method, declared))
    });
    let known = known(methods);
    let implementations = methods.list.iter().enumerate().map(|(number, method)| {
        let content = match methods.role {
            Role::Apply => apply(methods, method),
            Role::Handle => handle(methods, method),
        };
        implementation(methods, number, method, content)
    });
    let unknown = methods.unknown.as_ref();
    let unknown = unknown.map(|mistake| stand_in(methods, mistake));
    let listed = listed(methods);
    let quiet = quiet();
    quote! {
        #(#declarations)*
        #quiet
        const _: () = {
            #known
            #listed
            #(#implementations)*
            #unknown
        };
    }
}

/// For a method of which nobody knows what it is for: it has been reported, and that there is no method for an event or
/// a command shall not be reported beside it. The implementation is one for the compiler's error type.
fn stand_in(Methods { runtime, role, .. }: &Methods, mistake: &TokenStream) -> TokenStream {
    let every = quote!(<__Unknown as #runtime::private::Known<{ __MISTAKE }>>::Type);
    let implementation = match role {
        Role::Apply => quote! {
            impl<__E> #runtime::Apply<__E> for #every {
                fn apply(
                    &mut self,
                    _: &__E,
                    _: &#runtime::EventMeta<'_>,
                ) -> ::core::result::Result<(), #runtime::Misapplied> {
                    ::core::unreachable!()
                }
            }
        },
        Role::Handle => quote! {
            impl<__C> #runtime::Handle<__C> for #every {
                fn handle(
                    _: ::core::option::Option<&Self>,
                    _: __C,
                    _: &#runtime::Context<'_, Self>,
                    _: &mut #runtime::Events<Self>,
                ) -> ::core::result::Result<(), #runtime::Rejection<<Self as #runtime::Aggregate>::Error>> {
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
            quote_spanned!(span=> <#owner as #at::private::State>::IS_STATE),
            Some(quote! {
                enum __Block {}
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
fn implementation(
    methods: &Methods,
    number: usize,
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
    let (runtime, owner) = (methods.runtime.at(span), respanned(&methods.owner, span));
    // In the head of an implementation a misspelled type would be reported once more, as a forgotten type parameter.
    let alias = format_ident!("__Message{number}");
    let interface = match methods.role {
        Role::Apply => quote_spanned!(span=> #runtime::Apply<#alias>),
        Role::Handle => quote_spanned!(span=> #runtime::Handle<#alias>),
    };
    let mut braces = Group::new(Delimiter::Brace, content);
    braces.set_span(span);
    let bound = match methods.role {
        Role::Apply => quote_spanned!(span=> #runtime::private::StateIf),
        Role::Handle => quote_spanned!(span=> #runtime::private::AggregateIf),
    };
    let head = quote_spanned! {span=>
        impl #interface for #owner where for<'__a> #owner: #bound<'__a>
    };
    quote! {
        #(#cfg)*
        type #alias = #message;
        #(#cfg)*
        #[automatically_derived]
        #head #braces
    }
}

/// That the aggregate lists the messages: an obligation on each, and so reported at it. A decision with an event that is
/// applied and not listed is not reported beside it: where that constant does not compile, every type is a decision.
fn listed(methods: &Methods) -> TokenStream {
    let Methods {
        runtime,
        role,
        owner,
        list,
        ..
    } = methods;
    let of = match role {
        Role::Apply => quote!(#runtime::EventOf),
        Role::Handle => quote!(#runtime::ListedCommand),
    };
    let listed = list.iter().map(|Method { cfg, message, .. }| {
        quote!(#(#cfg)* let () = <#message as #of<__Known<#owner>>>::LISTED;)
    });
    let decision = (*role == Role::Apply).then(|| {
        quote! {
            impl #runtime::Decision<#owner> for <__Block as #runtime::private::Known<{ __LISTED }>>::Type
            where
                for<'__a> #owner: #runtime::private::AggregateIf<'__a>,
            {
                fn record(
                    self,
                    _: &mut #runtime::Events<#owner>,
                ) -> ::core::result::Result<(), <#owner as #runtime::Aggregate>::Error> {
                    match self {}
                }
            }
        }
    });
    quote! {
        const __LISTED: bool = {
            #(#listed)*
            true
        };
        #decision
    }
}

fn apply(methods: &Methods, method: &Method) -> TokenStream {
    let Methods { runtime, owner, .. } = methods;
    let Method {
        ident,
        message,
        creates,
        ..
    } = method;
    let (meta, passed) = second("meta", method);
    let passed = passed.map(|passed| quote!(, #passed));
    if method.broken {
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
        let create = quote_spanned!(output_start(method)=> ::core::option::Option::Some(<__Known<#owner>>::#ident(event #passed)));
        quote! {
            const CREATES: bool = true;

            fn create(event: &#message, #meta: &#runtime::EventMeta<'_>) -> ::core::option::Option<Self> {
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
                #meta: &#runtime::EventMeta<'_>,
            ) -> ::core::result::Result<(), #runtime::Misapplied> {
                <__Known<#owner>>::#ident(self, event #passed);
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// The second parameter of the implementation, and how it is passed on: over the whole place of the user's own type,
/// where it is reported if the two do not fit.
fn second(name: &str, method: &Method) -> (Ident, Option<TokenStream>) {
    let Some((first, last)) = method.second else {
        return (Ident::new(name, Span::call_site()), None);
    };
    let name = Ident::new(name, last);
    let (and, passed) = (quote_spanned!(first=> &), quote_spanned!(last=> *#name));
    let passed = quote!(#and #passed);
    (name, Some(passed))
}

fn output_start(method: &Method) -> Span {
    method
        .output
        .map_or(method.ident.span(), |(first, _)| first)
}

fn handle(methods: &Methods, method: &Method) -> TokenStream {
    let Methods { runtime, .. } = methods;
    let message = &method.message;
    let (context, passed) = second("context", method);
    let body = match method.broken {
        true => quote!(::core::unreachable!()),
        false => decision(methods, method, &context, passed),
    };
    let creates = method.creates.then(|| {
        quote!(
            const CREATES: bool = true;
        )
    });
    quote! {
        #creates
        #[inline]
        fn handle(
            state: ::core::option::Option<&Self>,
            command: #message,
            #context: &#runtime::Context<'_, Self>,
            events: &mut #runtime::Events<Self>,
        ) -> ::core::result::Result<(), #runtime::Rejection<<Self as #runtime::Aggregate>::Error>> {
            #body
        }
    }
}

/// Looks at whether the aggregate is there, calls the method, and records what it returns.
fn decision(
    methods: &Methods,
    method: &Method,
    context: &Ident,
    passed: Option<TokenStream>,
) -> TokenStream {
    let Methods { runtime, owner, .. } = methods;
    let Method {
        ident,
        creates,
        declares,
        output,
        ..
    } = method;
    let (check, receiver) = match creates {
        true => (quote!(#runtime::private::absent(#context)?;), None),
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
    let passed = passed.map(|passed| quote!(#passed,));
    let call = quote!(<__Known<#owner>>::#ident(#receiver #arguments #passed));
    // The path stands over the whole type that the method returns: what is wrong with it is reported there.
    let (first, last) = output.unwrap_or((ident.span(), ident.span()));
    let (at, end) = (runtime.at(first), quote_spanned!(last=> >));
    let returned = quote_spanned!(first=> #at::private::Same<_ #end);
    let record = quote!(<#returned as #runtime::Decision<__Known<#owner>>>::record);
    quote! {
        #check
        let decision = #call;
        let record = #record;
        #runtime::private::decided(record(decision, events))
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
