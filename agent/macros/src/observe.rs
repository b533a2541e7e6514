//! `#[observe]`: an `async fn` becomes a function that returns its future, observed.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Attribute, Error, FnArg, ImplItem, LitStr, Pat, PatIdent, Path, Result, ReturnType, Signature, Token,
    Type,
};

use crate::function::Function;
use crate::main_attribute::fix_output;

/// Attributes that rewrite an `async fn`, and have to see it first.
const FIRST: &[&str] = &["instrument", "async_trait"];

/// The whole of `#[observe]`. With something wrong it yields what stands below it, beside the error.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let observed = syn::parse2::<Agent>(options).and_then(|agent| agent.item(item.clone()));
    observed.unwrap_or_else(|error| item.into_iter().chain(error.into_compile_error()).collect())
}

/// Where the agent is found.
struct Agent(Option<LitStr>);

impl Parse for Agent {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self(None));
        }
        let name = input.call(Ident::parse_any)?;
        if name != "crate" {
            return Err(Error::new(name.span(), format!("no option `{name}`: the only option is `crate`")));
        }
        let _equals: Token![=] = input.parse()?;
        let path: LitStr = input.parse()?;
        path.parse::<Path>()?;
        let _comma: Option<Token![,]> = input.parse()?;
        Ok(Self(Some(path)))
    }
}

impl Agent {
    fn path(&self) -> TokenStream {
        let path = self.0.as_ref().and_then(|path| path.parse::<Path>().ok());
        path.map_or_else(|| quote!(::taskscope_agent), Path::into_token_stream)
    }

    /// This attribute, to be put below others.
    fn attribute(&self) -> Attribute {
        let path = self.path();
        let options = self.0.as_ref().map(|path| quote!((crate = #path)));
        syn::parse_quote!(#[#path::observe #options])
    }

    fn item(&self, item: TokenStream) -> Result<TokenStream> {
        let (attributes, rest) = (|input: ParseStream<'_>| {
            Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?))
        })
        .parse2(item.clone())?;
        let is_impl = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "impl");
        let words = rest.clone().into_iter().take(2).take_while(|token| matches!(token, TokenTree::Ident(_)));
        if words.into_iter().any(|token| is_impl(&token)) {
            return self.block(attributes, rest);
        }
        self.function(parse_function(item)?)
    }

    /// An `impl` block: each of its async functions.
    fn block(&self, mut attributes: Vec<Attribute>, block: TokenStream) -> Result<TokenStream> {
        let mut header: Vec<TokenTree> = block.clone().into_iter().collect();
        let Some(TokenTree::Group(body)) = header.pop().filter(is_block) else {
            return Err(Error::new_spanned(block, "expected an `impl` block in braces"));
        };
        if attributes.iter().any(runs_first) {
            attributes.push(self.attribute());
            return Ok(quote!(#(#attributes)* #block));
        }
        let items = |input: ParseStream<'_>| {
            let inner = input.call(Attribute::parse_inner)?;
            let mut items = quote!(#(#inner)*);
            while !input.is_empty() {
                items.extend(self.member(input)?);
            }
            Ok(items)
        };
        let mut observed = Group::new(Delimiter::Brace, items.parse2(body.stream())?);
        observed.set_span(body.span());
        Ok(quote!(#(#attributes)* #(#header)* #observed))
    }

    fn member(&self, input: ParseStream<'_>) -> Result<TokenStream> {
        let fork = input.fork();
        match fork.parse::<Function>() {
            Ok(function) => {
                input.advance_to(&fork);
                let untouched = function.clone();
                let is_async = function.signature.asyncness.is_some();
                match self.function(function) {
                    Err(_) if !is_async => Ok(untouched.into_tokens()),
                    observed => observed,
                }
            }
            Err(_) => input.parse::<ImplItem>().map(ImplItem::into_token_stream),
        }
    }

    fn function(&self, mut function: Function) -> Result<TokenStream> {
        if function.attributes.iter().any(runs_first) {
            function.attributes.push(self.attribute());
            return Ok(function.into_tokens());
        }
        let agent = self.path();
        let body = if function.signature.asyncness.is_some() {
            rewrite(&mut function, &agent)
        } else {
            boxed(function.body.stream(), &agent).ok_or_else(|| {
                let message = "this function is not `async`: write `async fn`, or call `.observed(\"label\")` on the \
                               future that it returns";
                Error::new_spanned(function.signature.fn_token, message)
            })?
        };
        if !function.attributes.iter().any(|attribute| attribute.path().is_ident("track_caller")) {
            function.attributes.push(syn::parse_quote!(#[track_caller]));
        }
        Ok(function.with_body(body))
    }
}

fn parse_function(item: TokenStream) -> Result<Function> {
    let without_body = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<syn::Visibility>()?;
        let signature: Signature = input.parse()?;
        input.parse::<Token![;]>().map(|_| signature)
    };
    if let Ok(signature) = without_body.parse2(item.clone()) {
        let message = "nothing to observe here: put `#[observe]` on the function that has a body";
        return Err(Error::new_spanned(signature.ident, message));
    }
    let is_function = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<syn::Visibility>()?;
        let found = input.parse::<Signature>();
        input.parse::<TokenStream>()?;
        found
    };
    if is_function.parse2(item.clone()).is_err() {
        return Err(Error::new(
            Span::call_site(),
            "`#[observe]` goes on an `async fn` or on an `impl` block",
        ));
    }
    syn::parse2(item)
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn runs_first(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| FIRST.iter().any(|first| segment.ident == first))
}

/// Makes the signature one that returns a future, and gives the body that makes it. All arguments move into
/// the future, used or not, as those of an `async fn` do.
fn rewrite(function: &mut Function, agent: &TokenStream) -> TokenStream {
    let output = function.nameable_output();
    let arguments: TokenStream = function.signature.inputs.iter_mut().enumerate().map(argument).collect();
    let result = Ident::new("__taskscope_output", Span::mixed_site());
    let given = output.as_ref().map(|output| quote!(: #output));
    let fixed = output.map(fix_output);
    let body = &function.body;
    let future = quote! {
        async move {
            #arguments
            #fixed
            #[allow(
                unused_braces,
                clippy::diverging_sub_expression,
                clippy::let_unit_value,
                clippy::semicolon_if_nothing_returned,
                reason = "the body of a function, not the value of a variable"
            )]
            let #result #given = #body;
            #[allow(unreachable_code, reason = "the body may never end")]
            #result
        }
    };
    let returned = match &function.signature.output {
        ReturnType::Default => quote!(()),
        // As a type of its own `!` is not stable; as what a function returns it is.
        ReturnType::Type(_, output) if matches!(**output, Type::Never(_)) => {
            quote!(<fn() -> ! as #agent::__private::Returns>::Output)
        }
        ReturnType::Type(_, output) => output.to_token_stream(),
    };
    function.signature.asyncness = None;
    // `impl` is a word of this crate's edition here: since 2024 it captures all lifetimes.
    function.signature.output = syn::parse_quote!(-> impl ::core::future::Future<Output = #returned>);
    quote!(#agent::__private::observe(#future))
}

/// Gives an argument a name, and moves it into the future under its pattern.
fn argument((index, argument): (usize, &mut FnArg)) -> TokenStream {
    let argument = match argument {
        FnArg::Receiver(receiver) => {
            let this = receiver.self_token;
            return quote!(let _ = &#this;);
        }
        FnArg::Typed(argument) => argument,
    };
    let attributes = argument.attrs.clone();
    if let Pat::Ident(PatIdent { by_ref: None, subpat: None, mutability, ident, .. }) = &mut *argument.pat {
        let moved = quote!(#(#attributes)* let #mutability #ident = #ident;);
        *mutability = None;
        return moved;
    }
    let name = format_ident!("__taskscope_{index}", span = Span::mixed_site());
    let pattern = std::mem::replace(&mut *argument.pat, syn::parse_quote!(#name));
    quote! {
        #(#attributes)* let #name = #name;
        #(#attributes)* let #pattern = #name;
    }
}

/// What `#[async_trait]` leaves: a body that ends with `Box::pin(async move { … })`.
fn boxed(body: TokenStream, agent: &TokenStream) -> Option<TokenStream> {
    let mut tokens: Vec<TokenTree> = body.into_iter().collect();
    let TokenTree::Group(pinned) = tokens.pop()? else { return None };
    let calls_pin = matches!(tokens.last(), Some(TokenTree::Ident(word)) if word == "pin");
    let inside: Vec<TokenTree> = pinned.stream().into_iter().collect();
    let is_async = match inside.as_slice() {
        [TokenTree::Ident(first), TokenTree::Ident(second), block] => {
            first == "async" && second == "move" && is_block(block)
        }
        _ => false,
    };
    if !(calls_pin && is_async) {
        return None;
    }
    let future = pinned.stream();
    let observed = quote_spanned!(Span::call_site()=> (#agent::__private::observe(#future)));
    Some(tokens.into_iter().chain(observed).collect())
}
