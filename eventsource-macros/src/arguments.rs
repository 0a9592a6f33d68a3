//! What stands between the parentheses of an attribute: `key`, `key = value` and `key(list)`, in any order.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, Lit, LitInt, LitStr, Path, Token, Type, token};

use crate::errors::Errors;
use crate::runtime::Runtime;
use crate::suggest::{listed, nearest};

/// The arguments of one or more attributes of one name. Each is taken out by its key; what is left is unknown.
pub(crate) struct Arguments {
    attribute: &'static str,
    /// They stand in the list of another argument, and `attribute` is its key.
    within: bool,
    list: Vec<Argument>,
    /// What `crate = …` says, once it has been taken out.
    runtime: Option<Runtime>,
}

/// One argument.
pub(crate) struct Argument {
    pub(crate) key: Ident,
    /// The key, read once: it is compared with many words.
    word: String,
    pub(crate) value: Value,
}

/// What follows a key.
pub(crate) enum Value {
    None,
    Equals(TokenStream),
    List(Group),
}

/// A type in a list, with the conditions under which it is there.
pub(crate) struct Listed {
    pub(crate) cfg: Vec<Attribute>,
    pub(crate) path: Path,
}

impl Arguments {
    /// Reads the tokens between the parentheses.
    pub(crate) fn parse(attribute: &'static str, tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self {
            attribute,
            within: false,
            list: Vec::new(),
            runtime: None,
        };
        arguments.read(tokens, errors);
        arguments
    }

    /// Reads the tokens between the parentheses of an argument.
    pub(crate) fn within(key: &'static str, tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut arguments = Self {
            attribute: key,
            within: true,
            list: Vec::new(),
            runtime: None,
        };
        arguments.read(tokens, errors);
        arguments
    }

    /// Reads every attribute of this name.
    pub(crate) fn of(
        attribute: &'static str,
        attributes: &[Attribute],
        errors: &mut Errors,
    ) -> Self {
        let mut arguments = Self {
            attribute,
            within: false,
            list: Vec::new(),
            runtime: None,
        };
        for found in attributes
            .iter()
            .filter(|found| found.path().is_ident(attribute))
        {
            let tokens = match &found.meta {
                syn::Meta::Path(_) => continue,
                syn::Meta::List(list) => list.tokens.clone(),
                syn::Meta::NameValue(pair) => {
                    let help = format!("write `#[{attribute}(name = \"…\")]`");
                    errors.add(
                        pair,
                        format!("`#[{attribute}]` takes its arguments in parentheses"),
                        help,
                    );
                    continue;
                }
            };
            arguments.read(tokens, errors);
        }
        arguments
    }

    fn read(&mut self, tokens: TokenStream, errors: &mut Errors) {
        let example = |given: &str| match self.within {
            false => format!("write `#[{}(name = {given})]`", self.attribute),
            true => "write its name and `=` before it".to_owned(),
        };
        let list = (|input: ParseStream<'_>| parse_list(&example, input, errors)).parse2(tokens);
        let list = errors.keep(list).unwrap_or_default();
        self.extend(list, errors);
    }

    fn extend(&mut self, list: Vec<Argument>, errors: &mut Errors) {
        for argument in list {
            match self
                .list
                .iter()
                .any(|earlier| earlier.word == argument.word)
            {
                true => errors.add(
                    &argument.key,
                    format!("`{}` is given twice", argument.key),
                    match argument.word == "from" || argument.word == "alias" {
                        true => format!("write both in one list: `{}(…, …)`", argument.key),
                        false => "leave one of them out".to_owned(),
                    },
                ),
                false => self.list.push(argument),
            }
        }
    }

    /// Takes out the argument with this key.
    pub(crate) fn take(&mut self, key: &str) -> Option<Argument> {
        let index = self.list.iter().position(|argument| argument.word == key)?;
        Some(self.list.remove(index))
    }

    /// Reports a misspelled key, and goes on as if it had been spelled right: one mistake, one error.
    pub(crate) fn correct(&mut self, known: &[&str], errors: &mut Errors) {
        for index in 0..self.list.len() {
            let word = &self.list[index].word;
            let given = word.trim_start_matches("r#").to_owned();
            if known.contains(&&*given) {
                continue;
            }
            let Some(meant) = nearest(&given, known) else {
                continue;
            };
            if !self.has(meant) {
                let key = &self.list[index].key;
                errors.add(
                    key,
                    self.unknown(&given),
                    format!("did you mean `{meant}`?"),
                );
                self.list[index].key = Ident::new(meant, key.span());
                meant.clone_into(&mut self.list[index].word);
            }
        }
    }

    fn unknown(&self, given: &str) -> String {
        match self.within {
            false => format!("`#[{}]` has no argument `{given}`", self.attribute),
            true => format!("`{}(…)` has no argument `{given}`", self.attribute),
        }
    }

    /// Whether there is an argument with this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.is(key, |_| true)
    }

    /// Whether there is an argument with this key, and its value is so.
    pub(crate) fn is(&self, key: &str, so: impl Fn(&Value) -> bool) -> bool {
        self.list
            .iter()
            .any(|argument| argument.word == key && so(&argument.value))
    }

    /// Where the argument with this key stands.
    pub(crate) fn span(&self, key: &str) -> Option<Span> {
        let mut arguments = self.list.iter();
        arguments
            .find(|argument| argument.word == key)
            .map(|argument| argument.key.span())
    }

    /// Takes out a text, `key = "…"`.
    pub(crate) fn text(&mut self, key: &str, errors: &mut Errors) -> Option<LitStr> {
        let text = self.parsed(key, "a text in quotes", "\"…\"", errors)?;
        filled(key, text, errors)
    }

    /// Takes out a number, `key = 2`.
    pub(crate) fn number(&mut self, key: &str, errors: &mut Errors) -> Option<u32> {
        let number: LitInt = self.parsed(key, "a whole number", "2", errors)?;
        match number.base10_parse::<u32>() {
            Ok(0) => errors.add(
                &number,
                format!("`{key}` begins at 1"),
                format!("write `{key} = 1`"),
            ),
            Ok(number) => return Some(number),
            Err(_) => errors.add(
                &number,
                format!("`{key}` is a whole number"),
                format!("write `{key} = 2`"),
            ),
        }
        None
    }

    /// Takes out a type, `key = Type`.
    pub(crate) fn type_(&mut self, key: &str, example: &str, errors: &mut Errors) -> Option<Type> {
        self.parsed(key, "a type", example, errors)
    }

    /// Takes out `crate = path`. It may be asked for again.
    pub(crate) fn runtime(&mut self, errors: &mut Errors) -> Runtime {
        if let Some(runtime) = &self.runtime {
            return runtime.clone();
        }
        let parser = |input: ParseStream<'_>| input.call(Path::parse_mod_style);
        let path = self.parsed_by(
            "crate",
            "the path of the runtime",
            "::eventsource_core",
            parser,
            errors,
        );
        self.runtime.insert(Runtime::new(path)).clone()
    }

    /// Takes out a type, `key = A`, or a list of types, `key(A, B)`.
    pub(crate) fn types_or_one(
        &mut self,
        key: &str,
        example: &str,
        errors: &mut Errors,
    ) -> Vec<Listed> {
        if self.is(key, |value| matches!(value, Value::List(_))) {
            return self.types(key, errors).unwrap_or_default();
        }
        let path = self.parsed(key, "a type", example, errors);
        let one = path.map(|path| Listed {
            cfg: Vec::new(),
            path,
        });
        one.into_iter().collect()
    }

    /// Takes out a text, `key = "…"`, or a list of texts, `key("…", "…")`.
    pub(crate) fn texts(&mut self, key: &str, errors: &mut Errors) -> Vec<LitStr> {
        if !self.is(key, |value| matches!(value, Value::List(_))) {
            return self.text(key, errors).into_iter().collect();
        }
        let texts = self.list_of(key, "a list of texts in quotes", "\"…\", \"…\"", errors);
        let filled = texts
            .into_iter()
            .filter_map(|text| filled(key, text, errors));
        filled.collect()
    }

    /// Takes out a list of numbers with a path for each, `key(1 = path, 2 = path)`.
    pub(crate) fn numbered(
        &mut self,
        key: &str,
        example: &str,
        errors: &mut Errors,
    ) -> Vec<(LitInt, Path)> {
        let what = "a list of versions, each with a path";
        let each = self.list_of::<Numbered>(key, what, &format!("1 = {example}"), errors);
        each.into_iter()
            .map(|Numbered(number, path)| (number, path))
            .collect()
    }

    /// Takes out a list, `key(…, …)`.
    fn list_of<T: Parse>(
        &mut self,
        key: &str,
        what: &str,
        example: &str,
        errors: &mut Errors,
    ) -> Vec<T> {
        let Some(argument) = self.take(key) else {
            return Vec::new();
        };
        let place = match &argument.value {
            Value::List(group) if group.delimiter() == Delimiter::Parenthesis => {
                let parser = Punctuated::<T, Token![,]>::parse_terminated;
                match parser.parse2(group.stream()) {
                    Ok(list) => return list.into_iter().collect(),
                    Err(error) => error.span(),
                }
            }
            _ => argument.key.span(),
        };
        errors.add_at(
            place,
            format!("`{key}` is {what}"),
            format!("write `{key}({example})`"),
        );
        Vec::new()
    }

    /// Takes out a list of types, `key(A, B)`.
    pub(crate) fn types(&mut self, key: &str, errors: &mut Errors) -> Option<Vec<Listed>> {
        let argument = self.take(key)?;
        let Value::List(group) = &argument.value else {
            errors.add(
                &argument.key,
                format!("`{key}` is a list of types"),
                format!("write `{key}(First, Second)`"),
            );
            return None;
        };
        if group.delimiter() != Delimiter::Parenthesis {
            let help = format!("write `{key}(First, Second)`");
            errors.add(
                &argument.key,
                format!("the types of `{key}` stand in parentheses"),
                help,
            );
        }
        let mut listed = Vec::new();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                let attributes = input.call(Attribute::parse_outer)?;
                let (cfg, others): (Vec<_>, Vec<_>) = attributes
                    .into_iter()
                    .partition(|attribute| attribute.path().is_ident("cfg"));
                for attribute in others {
                    let problem = "only `#[cfg(…)]` can stand on a type in this list";
                    errors.add(attribute, problem, "move it to the type itself");
                }
                let quoted: Option<LitStr> = input.parse()?;
                let path = match &quoted {
                    Some(text) => text.parse()?,
                    None => input.parse()?,
                };
                if let Some(text) = quoted {
                    let help = format!("write `{}`", text.value());
                    errors.add(text, "a type stands without quotes", help);
                }
                listed.push(Listed { cfg, path });
                // A forgotten comma is told, and the rest is read as if it were there.
                let forgotten = !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none();
                if forgotten && input.peek(Ident::peek_any) {
                    let problem = format!("a comma is missing in `{key}(…)`");
                    errors.add_at(input.span(), problem, "write a comma between two types");
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(group.stream()) {
            errors.add_at(
                error.span(),
                format!("`{key}(…)` is a list of types with commas between them"),
                format!("write `{key}(First, Second)`"),
            );
            return None;
        }
        Some(listed)
    }

    /// Takes out a value that `Parse` reads.
    pub(crate) fn parsed<T: Parse>(
        &mut self,
        key: &str,
        what: &str,
        example: &str,
        errors: &mut Errors,
    ) -> Option<T> {
        self.parsed_by(key, what, example, T::parse, errors)
    }

    fn parsed_by<P: Parser>(
        &mut self,
        key: &str,
        what: &str,
        example: &str,
        parser: P,
        errors: &mut Errors,
    ) -> Option<P::Output> {
        let argument = self.take(key)?;
        let help = format!("write `{key} = {example}`");
        let parsed = match &argument.value {
            Value::Equals(tokens) if !tokens.is_empty() => match parser.parse2(tokens.clone()) {
                Ok(parsed) => return Some(parsed),
                Err(_) => tokens.clone(),
            },
            _ => argument.key.to_token_stream(),
        };
        errors.add(parsed, format!("`{key}` is {what}"), help);
        None
    }

    /// Reports every argument that nobody has taken.
    pub(crate) fn finish(self, known: &[&str], errors: &mut Errors) {
        for Argument { key, .. } in &self.list {
            let given = key.unraw().to_string();
            let help = match nearest(&given, known) {
                Some(word) => format!("did you mean `{word}`?"),
                None if known == ["crate"] => {
                    "leave it out: there is nothing to say here".to_owned()
                }
                None => format!("known are {}", listed(known)),
            };
            errors.add(key, self.unknown(&given), help);
        }
    }
}

/// A number and a path, `1 = path`.
struct Numbered(LitInt, Path);

impl Parse for Numbered {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let number = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self(number, input.parse()?))
    }
}

/// A text that has something in it.
fn filled(key: &str, text: LitStr, errors: &mut Errors) -> Option<LitStr> {
    if text.value().is_empty() {
        errors.add(
            &text,
            format!("`{key}` is empty"),
            format!("write `{key} = \"…\"` with at least one character"),
        );
        return None;
    }
    Some(text)
}

/// Reads on after a mistake: what follows it may be right, and shall not be missed.
fn parse_list(
    example: &dyn Fn(&str) -> String,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Vec<Argument>> {
    let mut list = Vec::new();
    while !input.is_empty() {
        for attribute in input.call(Attribute::parse_outer)? {
            let help = "write `#[cfg(…)]` in the list, before the type";
            errors.add(attribute, "no attribute stands before an argument", help);
        }
        if input.peek(Ident::peek_any) {
            list.push(argument(input, errors)?);
        } else {
            let tokens = up_to_comma(input)?;
            let help = match syn::parse2::<LitStr>(tokens.clone()) {
                Ok(_) => example(&tokens.to_string()),
                Err(_) => example("\"…\""),
            };
            errors.add(tokens, "an argument begins with its name", help);
        }
        if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
            let problem = "a comma is missing between two arguments";
            errors.add_at(input.span(), problem, "write a comma before this");
            if !input.peek(Ident::peek_any) {
                up_to_comma(input)?;
                input.parse::<Option<Token![,]>>()?;
            }
        }
    }
    Ok(list)
}

fn argument(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Argument> {
    let key = input.call(Ident::parse_any)?;
    let value =
        if input.peek(token::Paren) || input.peek(token::Bracket) || input.peek(token::Brace) {
            Value::List(input.parse()?)
        } else if input.parse::<Option<Token![=]>>()?.is_some() {
            Value::Equals(value(input)?)
        } else if input.peek(Token![:]) || input.peek(Lit) {
            let help = format!("write `{key} = …`");
            errors.add_at(
                input.span(),
                format!("between `{key}` and its value stands `=`"),
                help,
            );
            input.parse::<Option<Token![:]>>()?;
            Value::Equals(value(input)?)
        } else {
            Value::None
        };
    let word = key.to_string();
    Ok(Argument { key, word, value })
}

/// What stands behind `=`: one literal, or the tokens up to the comma.
fn value(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.peek(Lit) && !input.peek2(Token![.]) {
        return Ok(input.parse::<Lit>()?.into_token_stream());
    }
    up_to_comma(input)
}

/// The tokens up to the next comma that stands outside of `<…>`.
fn up_to_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        if input.peek(Token![->]) {
            input.parse::<Token![->]>()?.to_tokens(&mut tokens);
            continue;
        }
        let token: TokenTree = input.parse()?;
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.extend([token]);
    }
    Ok(tokens)
}

impl Value {
    /// The words of a list.
    pub(crate) fn words(&self) -> Option<Vec<Ident>> {
        let Self::List(group) = self else { return None };
        if group.delimiter() != Delimiter::Parenthesis {
            return None;
        }
        let parser = Punctuated::<Ident, Token![,]>::parse_terminated;
        parser
            .parse2(group.stream())
            .ok()
            .map(|words| words.into_iter().collect())
    }
}

/// The `#[cfg(…)]`s among attributes.
pub(crate) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .cloned()
        .collect()
}
