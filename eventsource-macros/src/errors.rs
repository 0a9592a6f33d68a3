//! Collects every mistake of one item, so that they are reported together.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::runtime::Runtime;

/// The mistakes that were found so far.
#[derive(Default)]
#[must_use = "errors must be put into the output"]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds a mistake: where it is, what is wrong, and what to write instead.
    pub(crate) fn add(
        &mut self,
        place: impl ToTokens,
        problem: impl ToString,
        help: impl ToString,
    ) {
        self.add_tokens(
            place.to_token_stream(),
            &problem.to_string(),
            &help.to_string(),
        );
    }

    // Apart from the one before, which is compiled again for each kind of place and of text.
    fn add_tokens(&mut self, place: TokenStream, problem: &str, help: &str) {
        self.0
            .push(syn::Error::new_spanned(place, message(problem, help)));
    }

    /// Adds a mistake that has a span but no tokens.
    pub(crate) fn add_at(&mut self, span: Span, problem: impl ToString, help: impl ToString) {
        self.0.push(syn::Error::new(
            span,
            message(&problem.to_string(), &help.to_string()),
        ));
    }

    /// Adds an error of the parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// Adds all of another collection.
    pub(crate) fn append(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The value, unless it is an error, which is kept.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The mistake that was added last, in place of an expression.
    pub(crate) fn last(&self) -> Option<TokenStream> {
        self.0.last().map(syn::Error::to_compile_error)
    }

    /// The mistake that was added last, in place of a type. To the compiler it is an error type, since the constant in
    /// it does not compile: it reports the mistake, and nothing about what is built on the type.
    pub(crate) fn last_as_type(&self, runtime: &Runtime) -> Option<Type> {
        let mistake = self.last()?;
        syn::parse2(quote!(<() as #runtime::private::Known<{ #mistake }>>::Type)).ok()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn message(problem: &str, help: &str) -> String {
    format!("{problem}\n\nhelp: {help}")
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.0.iter().map(syn::Error::to_compile_error));
    }
}
