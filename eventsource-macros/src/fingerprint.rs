//! A number for tokens, which changes when one of them does, and not with white space or comments.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// FNV-1a over the tokens, with `more` before them. Doc comments are left out.
pub(crate) fn fingerprint(more: u64, tokens: TokenStream) -> u64 {
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    hash.bytes(&more.to_le_bytes());
    hash.tokens(tokens);
    hash.0
}

struct Hash(u64);

impl Hash {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// A byte that no text has stands between two tokens.
    fn token(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if is_hash(&token) {
                let inner = tokens.next_if(is_bang);
                if tokens.next_if(is_doc).is_some() {
                    continue;
                }
                self.token("#");
                if inner.is_some() {
                    self.token("!");
                }
                continue;
            }
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Brace => ("{", "}"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::None => ("", ""),
                    };
                    self.token(open);
                    self.tokens(group.stream());
                    self.token(close);
                }
                // How close it stands to the next one is white space.
                TokenTree::Punct(punct) => self.token(punct.as_char().encode_utf8(&mut [0; 4])),
                TokenTree::Ident(ident) => self.token(&ident.to_string()),
                TokenTree::Literal(literal) => self.token(&literal.to_string()),
            }
        }
    }
}

fn is_hash(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#')
}

fn is_bang(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!')
}

fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else {
        return false;
    };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(word)) if word == "doc")
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;

    fn of(text: &str) -> u64 {
        let tokens: TokenStream = text.parse().expect("tokens");
        super::fingerprint(0, tokens)
    }

    #[test]
    fn white_space_and_comments_change_nothing() {
        let plain = of("{ self.balance += event.amount; if self.open { f(&mut x) } }");
        let other = "{\n// why\nself . balance+=event.amount;/* so */ if self.open{\n/// docs\nf(& mut x)}\n}";
        assert_eq!(of(other), plain);
        assert_eq!(of("{ //! inner\n 1 }"), of("{ 1 }"));
    }

    #[test]
    fn every_token_counts() {
        let all = [
            "{ a + b }",
            "{ a - b }",
            "{ ab }",
            "{ a b }",
            "{ (a) b }",
            "{ a (b) }",
            "{ [a] b }",
            "{ \"a\" b }",
            "{ 'a' b }",
            "{ a } b",
            "{ #[cfg(a)] b }",
            "{ #![cfg(a)] b }",
            "",
        ];
        let mut seen: Vec<u64> = all.iter().map(|text| of(text)).collect();
        seen.push(super::fingerprint(1, TokenStream::new()));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all.len() + 1);
    }
}
