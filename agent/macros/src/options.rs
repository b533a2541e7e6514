//! What stands in an attribute's brackets: which options there are, what each takes, which go together.

use std::fmt;

use proc_macro2::{Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, Ident, Lit, LitBool, LitStr, Path, Result, Token, ext::IdentExt};

/// Every option's name, in the order in which messages list them.
const NAMES: [&str; 6] = ["flavor", "worker_threads", "start_paused", "unhandled_panic", "name", "crate"];

/// How much the agent does, if the environment does not say. Given as a word of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    On,
    Log,
    Debug,
}

impl Mode {
    /// The words, in the order in which messages list them.
    const WORDS: [(&str, Mode); 3] = [("on", Mode::On), ("log", Mode::Log), ("debug", Mode::Debug)];

    fn of(word: &Ident) -> Option<Self> {
        Self::WORDS.iter().find(|(name, _)| word == name).map(|(_, mode)| *mode)
    }

    /// The name of the agent's variant.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::On => "On",
            Self::Log => "Log",
            Self::Debug => "Debug",
        }
    }
}

/// Which of tokio's runtimes to build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Flavor {
    #[default]
    MultiThread,
    CurrentThread,
    Local,
}

impl Flavor {
    fn parse(value: &LitStr) -> Result<Self> {
        let word = value.value();
        let hint = match word.as_str() {
            "multi_thread" => return Ok(Self::MultiThread),
            "current_thread" => return Ok(Self::CurrentThread),
            "local" => return Ok(Self::Local),
            "single_thread" | "single_threaded" | "basic_scheduler" => {
                "; this one is called \"current_thread\""
            }
            "threaded_scheduler" | "threaded" => "; this one is called \"multi_thread\"",
            _ => "",
        };
        let message = format!(
            "no flavor \"{word}\"{hint}: the flavors are \"multi_thread\", \"current_thread\" and \"local\""
        );
        Err(Error::new(value.span(), message))
    }
}

/// What tokio does when a task panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnhandledPanic {
    Ignore,
    ShutdownRuntime,
}

impl UnhandledPanic {
    /// The name of tokio's variant.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Self::Ignore => "Ignore",
            Self::ShutdownRuntime => "ShutdownRuntime",
        }
    }

    fn parse(value: &LitStr) -> Result<(Self, Span)> {
        match value.value().as_str() {
            "ignore" => Ok((Self::Ignore, value.span())),
            "shutdown_runtime" => Ok((Self::ShutdownRuntime, value.span())),
            _ => Err(Error::new(value.span(), "`unhandled_panic` takes \"ignore\" or \"shutdown_runtime\"")),
        }
    }
}

/// Whose options these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Entry {
    #[default]
    Main,
    Test,
}

impl Entry {
    /// What tokio's attribute of that name takes.
    fn flavor(self) -> Flavor {
        match self {
            Self::Main => Flavor::MultiThread,
            Self::Test => Flavor::CurrentThread,
        }
    }
}

/// A kind of finding that a test may leave behind: anywhere, or at places whose path holds a text.
pub(crate) struct Allowed {
    pub(crate) kind: Ident,
    pub(crate) path: Option<LitStr>,
}

/// The options, each as it was given.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) entry: Entry,
    pub(crate) flavor: Flavor,
    pub(crate) allowed: Vec<Allowed>,
    pub(crate) worker_threads: Option<Expr>,
    pub(crate) start_paused: Option<LitBool>,
    pub(crate) unhandled_panic: Option<(UnhandledPanic, Span)>,
    pub(crate) name: Option<LitStr>,
    pub(crate) agent: Option<Path>,
    pub(crate) mode: Option<(Mode, Span)>,
}

impl Options {
    /// Those of an attribute with nothing in its brackets.
    pub(crate) fn of(entry: Entry) -> Self {
        Self { entry, flavor: entry.flavor(), ..Self::default() }
    }

    /// Reads what stands in the brackets of such an attribute.
    pub(crate) fn read(entry: Entry, brackets: TokenStream) -> Result<Self> {
        let parse = |input: ParseStream<'_>| Self::of(entry).parse(input);
        parse.parse2(brackets)
    }

    fn set(&mut self, name: &Ident, value: &Expr) -> Result<()> {
        match name.unraw().to_string().as_str() {
            "flavor" => self.flavor = Flavor::parse(&string(name, value)?)?,
            "worker_threads" => self.worker_threads = Some(count(name, value)?),
            "start_paused" => self.start_paused = Some(boolean(name, value)?),
            "unhandled_panic" => self.unhandled_panic = Some(UnhandledPanic::parse(&string(name, value)?)?),
            "name" => self.name = Some(not_blank(string(name, value)?)?),
            "crate" => self.agent = Some(path(&string(name, value)?)?),
            _ if Mode::of(name).is_some() => {
                return Err(Error::new(name.span(), format!("`{name}` takes no value")));
            }
            _ => return Err(unknown(name)),
        }
        Ok(())
    }

    fn set_mode(&mut self, word: &Ident) -> Result<()> {
        match Mode::of(word) {
            Some(_) if self.mode.is_some() => Err(Error::new(word.span(), "one mode is enough")),
            Some(mode) => {
                self.mode = Some((mode, word.span()));
                Ok(())
            }
            None => Err(without_value(word)),
        }
    }

    /// Options that tokio takes with one kind of scheduler only.
    fn check_flavor(&self) -> Result<()> {
        let several_threads = self.flavor == Flavor::MultiThread;
        let wrong = |span: Span, option: &str, flavor: &str| {
            Error::new(span, format!("`{option}` goes only with `flavor = \"{flavor}\"`"))
        };
        let mut errors = Vec::new();
        if let Some(value) = self.worker_threads.as_ref().filter(|_| !several_threads) {
            errors.push(wrong(value.span(), "worker_threads", "multi_thread"));
        }
        if let Some(value) = self.start_paused.as_ref().filter(|_| several_threads) {
            errors.push(wrong(value.span(), "start_paused", "current_thread"));
        }
        if let Some((_, span)) = self.unhandled_panic.filter(|_| several_threads) {
            errors.push(wrong(span, "unhandled_panic", "current_thread"));
        }
        all_of(errors)
    }

    fn parse(self, input: ParseStream<'_>) -> Result<Self> {
        let mut options = self;
        let mut seen: Vec<Ident> = Vec::new();
        let mut errors = Vec::new();
        for Given { name, value } in Punctuated::<Given, Token![,]>::parse_terminated(input)? {
            if seen.contains(&name) {
                errors.push(Error::new(name.span(), format!("`{name}` is given twice")));
                continue;
            }
            match value {
                Value::Of(value) => errors.extend(options.set(&name, &value).err()),
                Value::List(allowed) if name == "allow" && options.entry == Entry::Test => {
                    options.allowed.push(allowed);
                    // It may be given for several kinds.
                    continue;
                }
                Value::List(_) => return Err(unknown(&name)),
                Value::None => errors.extend(options.set_mode(&name).err()),
            }
            seen.push(name);
        }
        all_of(errors)?;
        options.check_flavor()?;
        Ok(options)
    }
}

/// One `name = value`, `name(…)`, or a word alone.
struct Given {
    name: Ident,
    value: Value,
}

enum Value {
    None,
    Of(Expr),
    List(Allowed),
}

impl Parse for Allowed {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let kind = input.call(Ident::parse_any)?;
        let path = match input.parse::<Option<Token![,]>>()? {
            Some(_) if !input.is_empty() => Some(input.parse()?),
            _ => None,
        };
        if input.is_empty() {
            Ok(Self { kind, path })
        } else {
            Err(input.error("`allow` takes a kind and a path"))
        }
    }
}

impl Parse for Given {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name = input.call(Ident::parse_any)?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Self { name, value: Value::None });
        }
        if input.peek(syn::token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            return Ok(Self { name, value: Value::List(list.parse()?) });
        }
        let _equals: Token![=] = input.parse()?;
        Ok(Self { name, value: Value::Of(input.parse()?) })
    }
}

/// One error that tells all of them, or none.
pub(crate) fn all_of(errors: Vec<Error>) -> Result<()> {
    let all = errors.into_iter().reduce(|mut all, next| {
        all.combine(next);
        all
    });
    all.map_or(Ok(()), Err)
}

fn without_value(name: &Ident) -> Error {
    let word = name.unraw().to_string();
    match word.as_str() {
        "multi_thread" | "current_thread" | "local" => {
            Error::new(name.span(), format!("a flavor is given as `flavor = \"{word}\"`"))
        }
        known if NAMES.contains(&known) => {
            Error::new(name.span(), format!("`{word}` needs a value: `{word} = …`"))
        }
        _ => unknown(name),
    }
}

fn unknown(name: &Ident) -> Error {
    let modes = Mode::WORDS.map(|(word, _)| word);
    let list: Vec<_> = NAMES.iter().chain(&modes).map(|name| format!("`{name}`")).collect();
    let list = list.join(", ");
    Error::new(name.span(), format!("no option `{name}`: the options are {list}"))
}

fn wrong_type(name: &Ident, value: &Expr, expected: impl fmt::Display) -> Error {
    Error::new_spanned(value, format!("`{name}` takes {expected}"))
}

fn string(name: &Ident, value: &Expr) -> Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        _ => Err(wrong_type(name, value, "a string in quotes")),
    }
}

fn boolean(name: &Ident, value: &Expr) -> Result<LitBool> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Bool(flag), .. }) => Ok(flag.clone()),
        _ => Err(wrong_type(name, value, "`true` or `false`")),
    }
}

/// A literal is checked here; of any other expression the compiler checks that it is a `usize`.
fn count(name: &Ident, value: &Expr) -> Result<Expr> {
    if let Expr::Lit(ExprLit { lit, .. }) = value {
        let Lit::Int(number) = lit else {
            return Err(wrong_type(name, value, "a number of threads"));
        };
        if number.base10_parse::<usize>()? == 0 {
            return Err(wrong_type(name, value, "at least 1"));
        }
    }
    Ok(value.clone())
}

fn not_blank(value: LitStr) -> Result<LitStr> {
    if value.value().trim().is_empty() {
        return Err(Error::new(value.span(), "`name` may not be empty"));
    }
    Ok(value)
}

fn path(value: &LitStr) -> Result<Path> {
    value.parse().map_err(|_| {
        Error::new(
            value.span(),
            format!("`crate` takes a path like \"::taskscope_agent\", not \"{}\"", value.value()),
        )
    })
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
