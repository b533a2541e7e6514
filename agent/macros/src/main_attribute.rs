//! `#[main]`: the body becomes a future, and the agent builds the runtime that runs it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::function::Function;
use crate::options::Options;

/// The whole of `#[main]`. With something wrong it still yields the function, run with the default options,
/// beside the error: so that only what is wrong is reported, and editors go on understanding the rest.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return quote!(#item).into_iter().chain(error.into_compile_error()).collect(),
    };
    let options = syn::parse2::<Options>(options);
    let mut errors = Vec::new();
    errors.extend(function.check().err());
    let options = options.unwrap_or_else(|error| {
        errors.push(error);
        Options::default()
    });
    let error = crate::options::all_of(errors).err().map(syn::Error::into_compile_error);
    let function = run(function, &options);
    quote!(#function #error)
}

/// The function whose body hands itself to the agent.
fn run(function: Function, options: &Options) -> TokenStream {
    // If the agent cannot take what the body yields, the body's end is where to look. Names resolve as at the
    // attribute.
    let span = Span::call_site().located_at(function.end());
    let agent = match &options.agent {
        Some(path) => path.to_token_stream(),
        None => quote_spanned!(span=> ::taskscope_agent),
    };
    let settings = settings(options, &agent, span);
    let body = function.body_after(function.nameable_output().map(fix_output).unwrap_or_default());
    let call = quote_spanned! {span=>
        #[allow(clippy::needless_return, reason = "a call in tail position would keep its temporaries too long")]
        return #agent::__private::run(#settings, body);
    };
    function.with_body(quote! {
        let body = async move #body;
        #call
    })
}

/// Tells the compiler the future's output before it reads the body, so that a wrong type is reported in the
/// body, where it is, and `?` and `return` know what to convert to.
fn fix_output(output: TokenStream) -> TokenStream {
    let span = output.clone().into_iter().next().map_or_else(Span::call_site, |first| first.span());
    let fixed = quote_spanned!(Span::call_site().located_at(span)=> return output;);
    quote! {
        #[allow(unreachable_code, clippy::all, clippy::pedantic, reason = "never run: it only fixes the type")]
        if false {
            let output: #output = loop {};
            #fixed
        }
    }
}

fn settings(options: &Options, agent: &TokenStream, span: Span) -> TokenStream {
    let flavor = Ident::new(options.flavor.variant(), span);
    let worker_threads = option(options.worker_threads.as_ref());
    let start_paused = option(options.start_paused.as_ref());
    let unhandled_panic = option(options.unhandled_panic.as_ref());
    let name = option(options.name.as_ref());
    quote_spanned! {span=>
        #agent::__private::Settings {
            flavor: #agent::__private::Flavor::#flavor,
            worker_threads: #worker_threads,
            start_paused: #start_paused,
            unhandled_panic: #unhandled_panic,
            name: #name,
        }
    }
}

fn option(value: Option<&impl ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

#[cfg(test)]
#[path = "main_attribute_tests.rs"]
mod tests;
