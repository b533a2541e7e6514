//! `#[main]` and `#[test]`: the body becomes a future, and the agent builds the runtime that runs it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::function::Function;
use crate::options::{Entry, Flavor, Options};
use crate::test_attribute;

/// The whole of the attribute. With something wrong it still yields the function, run with the default options,
/// beside the error: so that only what is wrong is reported, and editors go on understanding the rest.
pub(crate) fn expand(entry: Entry, options: TokenStream, item: TokenStream) -> TokenStream {
    let function: Function = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return quote!(#item).into_iter().chain(error.into_compile_error()).collect(),
    };
    let options = Options::read(entry, options);
    let mut errors = Vec::new();
    errors.extend(function.check(entry).err());
    let options = options.unwrap_or_else(|error| {
        errors.push(error);
        Options::of(entry)
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
    let run = match options.flavor {
        _ if options.entry == Entry::Test => {
            let verdict = test_attribute::verdict(&function, options, &agent, span);
            let has_failed = test_attribute::has_failed(&function, span);
            quote_spanned!(span=> test(#settings, #verdict, body, #has_failed))
        }
        Flavor::MultiThread | Flavor::CurrentThread => quote_spanned!(span=> run(#settings, body)),
        Flavor::Local => quote_spanned! {span=>
            run_with(#settings, |runtime, body| {
                let runtime = runtime.build_local(::core::default::Default::default())?;
                ::core::result::Result::Ok(runtime.block_on(body))
            }, body)
        },
    };
    let call = quote_spanned! {span=>
        #[allow(clippy::needless_return, reason = "a call in tail position would keep its temporaries too long")]
        return #agent::__private::#run;
    };
    let attribute =
        (options.entry == Entry::Test).then(|| quote_spanned!(span=> #[::core::prelude::v1::test]));
    let function = function.with_body(quote! {
        let body = async move #body;
        #call
    });
    quote!(#attribute #function)
}

/// Tells the compiler the future's output before it reads the body, so that a wrong type is reported in the
/// body, where it is, and `?` and `return` know what to convert to.
pub(crate) fn fix_output(output: TokenStream) -> TokenStream {
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
    let flavor = match options.flavor {
        Flavor::MultiThread => quote_spanned!(span=> MultiThread),
        Flavor::CurrentThread | Flavor::Local => quote_spanned!(span=> CurrentThread),
    };
    let worker_threads = option(options.worker_threads.as_ref());
    let name = option(options.name.as_ref());
    let mode = options.mode.as_ref().map(|(mode, span)| {
        let variant = Ident::new(mode.variant(), *span);
        quote_spanned!(*span=> #agent::Mode::#variant)
    });
    let mode = option(mode.as_ref());
    let calls = configuration(options, agent);
    quote_spanned! {span=>
        #agent::__private::Settings {
            flavor: #agent::__private::Flavor::#flavor,
            worker_threads: #worker_threads,
            name: #name,
            mode: #mode,
            configure: |_runtime| { #calls },
        }
    }
}

/// Calls on tokio's builder that it has only with some feature, cfg or version. They stand in the user's crate, at the
/// option, so that the compiler can say there what is missing.
fn configuration(options: &Options, agent: &TokenStream) -> TokenStream {
    let start_paused = options
        .start_paused
        .as_ref()
        .map(|value| quote_spanned!(value.span()=> _runtime.start_paused(#value);));
    let unhandled_panic = options.unhandled_panic.map(|(behavior, span)| {
        let behavior = Ident::new(behavior.variant(), span);
        quote_spanned!(span=> _runtime.unhandled_panic(#agent::__private::tokio::runtime::UnhandledPanic::#behavior);)
    });
    let name = options.name.as_ref().map(|name| quote_spanned!(name.span()=> _runtime.name(#name);));
    quote!(#start_paused #unhandled_panic #name)
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
