//! The function that comes out: what it keeps, and what it hands to the agent.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Entry, expand};

/// The expansion without white space, so that a test can look for pieces of it.
fn expanded(options: TokenStream, item: TokenStream) -> String {
    expand(Entry::Main, options, item).to_string().replace(char::is_whitespace, "")
}

fn contains(tokens: &str, piece: TokenStream) {
    let piece = piece.to_string().replace(char::is_whitespace, "");
    assert!(tokens.contains(&piece), "{piece}\nis not in\n{tokens}");
}

#[test]
fn attributes_visibility_arguments_and_the_return_type_are_kept() {
    let item = quote! {
        /// Serves.
        #[inline]
        pub(crate) async fn serve(port: u16) -> Result<(), Error> { #![allow(unused)] bind(port).await?; Ok(()) }
    };
    let tokens = expanded(quote!(), item);
    contains(
        &tokens,
        quote! {
            #[doc = r" Serves."]
            #[inline]
            #[allow(unused)]
            pub(crate) fn serve(port: u16) -> Result<(), Error>
        },
    );
    contains(&tokens, quote!(bind(port).await?; Ok(())));
}

#[test]
fn the_settings_are_handed_over() {
    let options = quote!(worker_threads = 1 + 1, name = "api");
    let tokens = expanded(
        options,
        quote!(
            async fn main() {}
        ),
    );
    contains(
        &tokens,
        quote! {
            ::taskscope_agent::__private::run(
                ::taskscope_agent::__private::Settings {
                    flavor: ::taskscope_agent::__private::Flavor::MultiThread,
                    worker_threads: ::core::option::Option::Some(1 + 1),
                    name: ::core::option::Option::Some("api"),
                    mode: ::core::option::Option::None,
                    configure: |_runtime| { _runtime.name("api"); },
                },
                body
            )
        },
    );
}

#[test]
fn what_needs_a_feature_is_called_on_tokios_builder() {
    let options =
        quote!(flavor = "current_thread", start_paused = true, unhandled_panic = "shutdown_runtime");
    let tokens = expanded(
        options,
        quote!(
            async fn main() {}
        ),
    );
    contains(&tokens, quote!(flavor: ::taskscope_agent::__private::Flavor::CurrentThread));
    contains(
        &tokens,
        quote! {
            configure: |_runtime| {
                _runtime.start_paused(true);
                _runtime.unhandled_panic(
                    ::taskscope_agent::__private::tokio::runtime::UnhandledPanic::ShutdownRuntime
                );
            },
        },
    );
    let tokens = expanded(
        quote!(flavor = "local"),
        quote!(
            async fn main() {}
        ),
    );
    contains(&tokens, quote!(::taskscope_agent::__private::run_with));
    contains(&tokens, quote!(runtime.build_local));
}

#[test]
fn the_agent_is_found_at_another_path() {
    let tokens = expanded(
        quote!(crate = "crate::vendor::agent"),
        quote!(
            async fn main() {}
        ),
    );
    contains(&tokens, quote!(crate::vendor::agent::__private::run));
    assert!(!tokens.contains("taskscope_agent"), "{tokens}");
}

#[test]
fn the_output_is_fixed_where_it_has_a_name() {
    contains(
        &expanded(
            quote!(),
            quote!(
                async fn main() {}
            ),
        ),
        quote!(let output: () =),
    );
    contains(
        &expanded(
            quote!(),
            quote!(
                async fn main() -> Vec<u8> {}
            ),
        ),
        quote!(let output: Vec<u8> =),
    );
    for item in [
        quote!(
            async fn main() -> ! {}
        ),
        quote!(
            async fn main() -> Result<impl Sized, ()> {}
        ),
    ] {
        assert!(!expanded(quote!(), item).contains("letoutput"));
    }
}

#[test]
fn a_mistake_leaves_the_function_beside_the_error() {
    for (options, item, message) in [
        (
            quote!(colour = 1),
            quote!(
                async fn main() {}
            ),
            "no option `colour`",
        ),
        (
            quote!(),
            quote!(
                fn main() {}
            ),
            "this function is not `async`",
        ),
        (
            quote!(),
            quote!(
                async fn main(n: u8) {}
            ),
            "`main` takes no arguments",
        ),
    ] {
        let tokens = expanded(options, item);
        contains(&tokens, quote!(fn main));
        assert!(tokens.contains(&message.replace(' ', "")), "{tokens}");
    }
}

#[test]
fn what_is_no_function_is_left_as_it_is() {
    let tokens = expanded(
        quote!(),
        quote!(
            struct Main;
        ),
    );
    assert!(tokens.starts_with("structMain;") && tokens.contains("compile_error"), "{tokens}");
}
