//! An impl block, read as far as its signatures: a body is one opaque group, so that a half-typed one breaks nothing.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Path, Signature, Token, Type, Visibility, braced};

/// The block.
pub(crate) struct Block {
    pub(crate) attributes: Vec<Attribute>,
    /// Everything before the braces.
    pub(crate) head: TokenStream,
    pub(crate) generics: Generics,
    pub(crate) of_trait: Option<Path>,
    pub(crate) owner: Type,
    pub(crate) items: Vec<Item>,
}

/// One item of the block.
pub(crate) enum Item {
    Method(Method),
    /// A constant, a type, a macro call.
    Other(TokenStream),
}

/// One method.
pub(crate) struct Method {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenTree,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let start = input.fork();
        let unsafety: Option<Token![unsafe]> = input.parse()?;
        input.parse::<Token![impl]>()?;
        let generics: Generics = if input.peek(Token![<]) { input.parse()? } else { Generics::default() };
        let mut owner: Type = input.parse()?;
        let mut of_trait = None;
        if input.peek(Token![for]) {
            input.parse::<Token![for]>()?;
            if let Type::Path(path) = &owner {
                of_trait = Some(path.path.clone());
            }
            owner = input.parse()?;
        }
        if input.peek(Token![where]) {
            input.parse::<syn::WhereClause>()?;
        }
        let _ = unsafety;
        let head = up_to_braces(&start)?;
        let content;
        braced!(content in input);
        let mut items = Vec::new();
        while !content.is_empty() {
            items.push(content.parse()?);
        }
        Ok(Self { attributes, head, generics, of_trait, owner, items })
    }
}

fn up_to_braces(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut head = TokenStream::new();
    while !input.peek(syn::token::Brace) {
        head.extend([input.parse::<TokenTree>()?]);
    }
    Ok(head)
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let start = input.fork();
        let attributes = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let before = input.fork();
        if let Ok(signature) = before.parse::<Signature>()
            && before.peek(syn::token::Brace)
        {
            let signature_read: Signature = input.parse()?;
            let _ = signature;
            return Ok(Self::Method(Method { attributes, vis, signature: signature_read, body: input.parse()? }));
        }
        while !input.is_empty() {
            let token: TokenTree = input.parse()?;
            let last = match &token {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                _ => false,
            };
            if last {
                break;
            }
        }
        Ok(Self::Other(consumed(&start, input)?))
    }
}

/// The tokens between two places of one stream.
fn consumed(start: ParseStream<'_>, end: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while start.cursor() != end.cursor() && !start.is_empty() {
        tokens.extend([start.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Other(other) => other.to_tokens(tokens),
            Self::Method(Method { attributes, vis, signature, body }) => {
                tokens.extend(quote!(#(#attributes)* #vis #signature #body));
            }
        }
    }
}
