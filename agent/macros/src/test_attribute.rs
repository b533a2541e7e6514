//! What `#[test]` adds to `#[main]`: the agent judges what the test has left behind.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, ReturnType, Type};

use crate::function::Function;
use crate::options::{Allowed, Options};

/// The kinds of findings that fail a test, by their names in the agent.
const KINDS: [(&str, &str); 6] = [
    ("pending_at_shutdown", "PendingAtShutdown"),
    ("panic_unseen", "PanicUnseen"),
    ("error_unseen", "ErrorUnseen"),
    ("never_awaited", "NeverAwaited"),
    ("blocked_worker", "BlockedWorker"),
    ("slow_poll", "SlowPoll"),
];

/// What the agent has to know to judge the test.
pub(crate) fn verdict(
    function: &Function,
    options: &Options,
    agent: &TokenStream,
    span: Span,
) -> TokenStream {
    let name = function.signature.ident.to_string();
    let should_panic = function.has("should_panic");
    let allowed = options.allowed.iter().map(|allowed| allow(allowed, agent));
    quote_spanned! {span=>
        #agent::__private::Test {
            name: ::core::concat!(::core::module_path!(), "::", #name),
            should_panic: #should_panic,
            allowed: &[#(#allowed),*],
        }
    }
}

/// How to tell from what the body returns that the test has failed by itself.
pub(crate) fn has_failed(function: &Function, span: Span) -> TokenStream {
    let is_result = match &function.signature.output {
        ReturnType::Type(_, output) => match &**output {
            Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Result"),
            _ => false,
        },
        ReturnType::Default => false,
    };
    if is_result { quote_spanned!(span=> |output| output.is_err()) } else { quote_spanned!(span=> |_| false) }
}

fn allow(allowed: &Allowed, agent: &TokenStream) -> TokenStream {
    let Allowed { kind, path } = allowed;
    let Some((_, variant)) = KINDS.iter().find(|(name, _)| kind == name) else {
        let list = KINDS.map(|(name, _)| format!("`{name}`")).join(", ");
        let message = format!("no kind `{kind}` fails a test: those that do are {list}");
        return Error::new(kind.span(), message).into_compile_error();
    };
    let variant = Ident::new(variant, kind.span());
    let path = match path {
        Some(path) => quote!(::core::option::Option::Some(#path)),
        None => quote!(::core::option::Option::None),
    };
    quote!((#agent::__private::Kind::#variant, #path))
}
