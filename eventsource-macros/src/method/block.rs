//! An impl block, read as far as its signatures: a body is one opaque group, so that a half-typed one breaks nothing.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Signature, Token, Type, Visibility, braced};

/// The block.
pub(crate) struct Block {
    pub(crate) attributes: Vec<Attribute>,
    /// Everything before the braces.
    pub(crate) head: TokenStream,
    pub(crate) generics: Generics,
    pub(crate) of_trait: Option<Type>,
    pub(crate) owner: Type,
    pub(crate) items: Vec<Item>,
}

/// One item of the block.
pub(crate) enum Item {
    Method(Box<Method>),
    /// A constant, a type, a macro call.
    Other(TokenStream),
}

/// One method.
pub(crate) struct Method {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    /// Its braces and what is in them; a semicolon, which the compiler reports.
    pub(crate) body: TokenTree,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let start = input.fork();
        input.parse::<Option<Token![unsafe]>>()?;
        input.parse::<Token![impl]>()?;
        let generics = match input.peek(Token![<]) {
            true => input.parse()?,
            false => Generics::default(),
        };
        let mut owner: Type = input.parse()?;
        let mut of_trait = None;
        if input.parse::<Option<Token![for]>>()?.is_some() {
            of_trait = Some(owner);
            owner = input.parse()?;
        }
        input.parse::<Option<syn::WhereClause>>()?;
        let head = up_to(&start, input)?;
        let content;
        braced!(content in input);
        let mut items = Vec::new();
        while !content.is_empty() {
            items.push(content.parse()?);
        }
        Ok(Self {
            attributes,
            head,
            generics,
            of_trait,
            owner,
            items,
        })
    }
}

/// The tokens between two places of one stream.
fn up_to(start: ParseStream<'_>, end: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while start.cursor() != end.cursor() && !start.is_empty() {
        tokens.extend([start.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        if let Ok(method) = ahead.parse() {
            input.advance_to(&ahead);
            return Ok(Self::Method(Box::new(method)));
        }
        let mut tokens = TokenStream::new();
        while !input.is_empty() {
            let token: TokenTree = input.parse()?;
            let last = match &token {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                _ => false,
            };
            tokens.extend([token]);
            if last {
                break;
            }
        }
        Ok(Self::Other(tokens))
    }
}

impl Parse for Method {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            signature: input.parse()?,
            body: match input.peek(Token![;]) {
                true => input.parse()?,
                false => TokenTree::Group(input.parse()?),
            },
        })
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Other(other) => other.to_tokens(tokens),
            Self::Method(method) => {
                let Method {
                    attributes,
                    vis,
                    signature,
                    body,
                } = &**method;
                tokens.extend(quote!(#(#attributes)* #vis #signature #body));
            }
        }
    }
}
