//! The function below an attribute: its signature parsed, its body left as the tokens it is.
//!
//! A body that does not parse is the compiler's to complain about: it does so better than `syn`, and an
//! editor keeps completing inside it.

use crate::options::Entry;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Result, ReturnType, Signature, Type, Visibility};

/// A function with its body unread.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Function {
    /// Whether it can be run as an entry point: `async`, and without arguments if it is `main` or a test.
    pub(crate) fn check(&self, entry: Entry) -> Result<()> {
        let mut errors = Vec::new();
        if self.signature.asyncness.is_none() {
            let message = "this function is not `async`: write `async fn`";
            errors.push(Error::new_spanned(self.signature.fn_token, message));
        }
        if self.signature.ident == "main" && !self.signature.inputs.is_empty() {
            let message = "`main` takes no arguments: read them with `std::env::args()`";
            errors.push(Error::new_spanned(&self.signature.inputs, message));
        }
        if entry == Entry::Test && !self.signature.inputs.is_empty() {
            let message = "a test takes no arguments";
            errors.push(Error::new_spanned(&self.signature.inputs, message));
        }
        crate::options::all_of(errors)
    }

    /// Whether it bears an attribute of that name.
    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|it| it.path().is_ident(attribute))
    }

    /// The body in its own braces, after `first`: what the compiler says of the block points at them.
    pub(crate) fn body_after(&self, first: TokenStream) -> Group {
        self.braces(first.into_iter().chain(self.body.stream()).collect())
    }

    /// Where the body's last token stands, or its braces if it is empty.
    pub(crate) fn end(&self) -> Span {
        self.body.stream().into_iter().last().map_or_else(|| self.body.span(), |last| last.span())
    }

    fn braces(&self, body: TokenStream) -> Group {
        let mut braces = Group::new(Delimiter::Brace, body);
        braces.set_span(self.body.span());
        braces
    }

    /// The type it returns, if that can be written in a `let`: not `!`, and without `impl Trait`.
    pub(crate) fn nameable_output(&self) -> Option<TokenStream> {
        match &self.signature.output {
            ReturnType::Default => Some(quote_spanned!(self.signature.ident.span()=> ())),
            ReturnType::Type(_, output) if matches!(**output, Type::Never(_)) => None,
            ReturnType::Type(_, output) => {
                let tokens = output.to_token_stream();
                (!mentions_impl(tokens.clone())).then_some(tokens)
            }
        }
    }

    /// The same function, no longer `async`, with another body.
    pub(crate) fn with_body(mut self, body: TokenStream) -> TokenStream {
        self.body = self.braces(body);
        self.signature.asyncness = None;
        self.into_tokens()
    }

    /// The function as it is.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens = TokenStream::new();
        tokens.extend(self.attributes.into_iter().map(Attribute::into_token_stream));
        self.visibility.to_tokens(&mut tokens);
        self.signature.to_tokens(&mut tokens);
        tokens.extend([TokenTree::from(self.body)]);
        tokens
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let braces = input.step(|cursor| match cursor.token_tree() {
            Some((TokenTree::Group(group), rest)) if group.delimiter() == Delimiter::Brace => {
                Ok((group, rest))
            }
            _ => Err(cursor.error("expected the function's body in braces")),
        })?;
        let (inner, body) = syn::parse::Parser::parse2(inner_attributes, braces.stream())?;
        let mut group = Group::new(Delimiter::Brace, body);
        group.set_span(braces.span());
        attributes.extend(inner);
        Ok(Self { attributes, visibility, signature, body: group })
    }
}

/// Takes `#![…]` off the body's front and makes it `#[…]`: a block cannot carry them, the function can.
fn inner_attributes(input: ParseStream<'_>) -> Result<(Vec<Attribute>, TokenStream)> {
    let mut attributes = input.call(Attribute::parse_inner)?;
    for attribute in &mut attributes {
        attribute.style = syn::AttrStyle::Outer;
    }
    Ok((attributes, input.parse()?))
}

/// `impl` is a keyword: in a type it can only be `impl Trait`, however deep.
fn mentions_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "impl",
        TokenTree::Group(group) => mentions_impl(group.stream()),
        _ => false,
    })
}
