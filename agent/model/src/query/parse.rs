//! Text to terms.

use super::key::{Key, Takes, Value};
use super::{Relation, Term, Test};
use crate::ids::TaskId;
use crate::time::Nanos;
use std::ops::Range;

/// A query is wrong: where, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wrong query at column {}: {message}", .place.start + 1)]
pub struct QueryError {
    /// The part that is wrong, in characters from the start.
    pub place: Range<usize>,
    /// What is wrong with it, and what could stand there.
    pub message: String,
}

/// A piece of the text between blanks, its quotes taken off.
struct Token {
    place: Range<usize>,
    text: String,
    /// Where in `text` (bytes) the part that was quoted began: no operator is looked for behind it.
    quoted_from: usize,
}

pub(super) fn parse(text: &str) -> Result<Vec<Term>, QueryError> {
    tokens(text)?.into_iter().map(term).collect()
}

fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some(&(start, first)) = chars.peek() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let mut token = Token { place: start..start, text: String::new(), quoted_from: usize::MAX };
        let mut quote = None;
        while let Some(&(at, c)) = chars.peek() {
            if quote.is_none() && c.is_whitespace() {
                break;
            }
            chars.next();
            token.place.end = at + 1;
            if c != '"' {
                token.text.push(c);
            } else if quote.take().is_none() {
                quote = Some(at);
                token.quoted_from = token.quoted_from.min(token.text.len());
            }
        }
        if let Some(at) = quote {
            return Err(QueryError {
                place: at..token.place.end,
                message: "a `\"` has no counterpart".to_owned(),
            });
        }
        tokens.push(token);
    }
    Ok(tokens)
}

fn term(token: Token) -> Result<Term, QueryError> {
    let negated = token.text.starts_with('-') && token.quoted_from > 0;
    let body = if negated { &token.text[1..] } else { &token.text[..] };
    let wrong = |message: String| QueryError { place: token.place.clone(), message };
    if body.is_empty() {
        let message =
            if negated { "`-` wants a word or a key behind it" } else { "an empty word matches nothing" };
        return Err(wrong(message.to_owned()));
    }
    let body_quoted_from = token.quoted_from.saturating_sub(usize::from(negated));
    let test = match operator(body, body_quoted_from) {
        Some((key, relation, value)) => keyed(key, relation, value).map_err(wrong)?,
        None => Test::Word { text: body.to_lowercase(), id: body.parse().ok() },
    };
    Ok(Term { negated, test })
}

/// Splits `key op value`. The key is letters and `_` only, so `main.rs:42` and `std::net` are words.
fn operator(body: &str, quoted_from: usize) -> Option<(&str, Relation, &str)> {
    let at = body.find(|c: char| !c.is_ascii_alphabetic() && c != '_').filter(|at| *at > 0)?;
    let (key, rest) = body.split_at(at);
    if rest.starts_with("::") {
        return None;
    }
    let operators = [
        (">=", Relation::AtLeast),
        ("<=", Relation::AtMost),
        (">", Relation::More),
        ("<", Relation::Less),
        (":", Relation::Is),
        ("=", Relation::Is),
    ];
    let (name, relation) =
        operators.into_iter().find(|(name, _)| rest.starts_with(name) && at + name.len() <= quoted_from)?;
    Some((key, relation, &rest[name.len()..]))
}

fn keyed(name: &str, relation: Relation, value: &str) -> Result<Test, String> {
    let name = name.to_lowercase();
    let key = Key::named(&name).ok_or_else(|| format!("`{name}` is no key; there are {}", Key::list()))?;
    let ordered = matches!(key.takes, Takes::Number | Takes::Span);
    if relation != Relation::Is && !ordered {
        return Err(format!("`{name}` has no order: write `{name}:{value}`"));
    }
    if value.is_empty() {
        return Err(format!("`{name}` wants a value: {}", key.takes.example()));
    }
    let value = key
        .takes
        .read(value)
        .ok_or_else(|| format!("`{value}` is not {} for `{name}`", key.takes.example()))?;
    Ok(Test::Key { key, relation, value })
}

impl Takes {
    fn read(self, value: &str) -> Option<Value> {
        match self {
            Takes::Text => Some(Value::Text(value.to_lowercase())),
            Takes::Number => value.parse().ok().map(Value::Number),
            Takes::Span => Nanos::parse(value).ok().map(Value::Span),
            Takes::Task => value.parse::<TaskId>().ok().map(Value::Task),
            Takes::Choice(words) => {
                words.iter().find(|word| word.eq_ignore_ascii_case(value)).map(|word| Value::Choice(word))
            }
        }
    }

    fn example(self) -> String {
        match self {
            Takes::Text => "a text".to_owned(),
            Takes::Number => "a whole number".to_owned(),
            Takes::Span => "a duration with its unit, such as 150ms".to_owned(),
            Takes::Task => "a task, such as 42 or main".to_owned(),
            Takes::Choice(words) => format!("one of {}", words.join(", ")),
        }
    }
}
