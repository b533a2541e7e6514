//! What the source says of a call: whether what it returns is dropped by its own statement.

use proc_macro2::{Delimiter, LineColumn, Punct, TokenStream, TokenTree};

/// Where the statement ends, line and column of its semicolon, if the call that begins at this line and
/// column is the last thing that it does and its value goes nowhere: `call(…);`, `it.call(…);`,
/// `let _ = call(…);`. A temporary is dropped exactly there. `None` for everything else, and if the text is
/// no longer what was compiled.
pub(super) fn end_of_dropping_statement(source: &str, line: u32, column: u32) -> Option<(u32, u32)> {
    // proc-macro2 counts columns from 0.
    let at = LineColumn { line: line as usize, column: (column as usize).checked_sub(1)? };
    let found = source.parse().ok().and_then(|file| search(file, at, false));
    proc_macro2::extra::invalidate_current_thread_spans();
    found
}

/// Looks for the token at that place, in this stream and what it encloses. `block`: the stream may be one.
fn search(stream: TokenStream, at: LineColumn, block: bool) -> Option<(u32, u32)> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        if token.span().start() == at {
            return if block { end(&tokens, index) } else { None };
        }
        if let TokenTree::Group(group) = token
            && (group.span_open().end()..=group.span_close().start()).contains(&at)
        {
            // What stands in a macro's braces may mean anything, and in its definition it is not called.
            let before = |places: usize| index.checked_sub(places).and_then(|index| tokens.get(index));
            let bang = |token: Option<&TokenTree>| token.is_some_and(|token| is_one_of(token, "!"));
            if bang(before(2)) && before(3).is_some_and(|token| is_the_word(token, "macro_rules")) {
                return None;
            }
            let of_macro = bang(before(1));
            return search(group.stream(), at, group.delimiter() == Delimiter::Brace && !of_macro);
        }
    }
    None
}

/// The end of the statement around the call that begins at this token.
fn end(tokens: &[TokenTree], call: usize) -> Option<(u32, u32)> {
    let arguments = tokens[call..].iter().position(|token| is_group(token, Delimiter::Parenthesis))? + call;
    let path = &tokens[call..arguments];
    if path.is_empty() || !path.iter().all(|token| is_word(token) || is_one_of(token, ":<>,'&")) {
        return None;
    }
    let semicolon = tokens.get(arguments + 1).filter(|token| is_one_of(token, ";"))?;
    let receiver = without_let(&tokens[start(tokens, call)..call])?;
    let is_method = receiver.last().is_some_and(|token| is_one_of(token, "."));
    if !(receiver.is_empty() || is_method && receiver.iter().all(may_be_received)) {
        return None;
    }
    let end = semicolon.span().start();
    Some((end.line.try_into().ok()?, u32::try_from(end.column).ok()? + 1))
}

/// The first token of the statement, behind its attributes.
fn start(tokens: &[TokenTree], call: usize) -> usize {
    let ends_one = |index: &usize| {
        let goes_on = tokens.get(index + 1).is_some_and(|next| is_one_of(next, ".?"));
        is_one_of(&tokens[*index], ";") || is_group(&tokens[*index], Delimiter::Brace) && !goes_on
    };
    let mut start = (0..call).rev().find(ends_one).map_or(0, |end| end + 1);
    loop {
        let bang = usize::from(tokens.get(start + 1).is_some_and(|token| is_one_of(token, "!")));
        let brackets = tokens.get(start + 1 + bang).is_some_and(|token| is_group(token, Delimiter::Bracket));
        if !(is_one_of(&tokens[start], "#") && brackets) {
            return start;
        }
        start += 2 + bang;
    }
}

/// What stands between `let _ =` or `_ =` and the call; `None` if it is another binding.
fn without_let(before: &[TokenTree]) -> Option<&[TokenTree]> {
    let rest = match before {
        [word, ..] if is_the_word(word, "let") => &before[1..],
        _ => before,
    };
    let has_let = rest.len() < before.len();
    match rest {
        [word, ..] if is_the_word(word, "_") => {
            let equals = rest.iter().position(|token| is_one_of(token, "="))?;
            Some(&rest[equals + 1..])
        }
        _ if has_let => None,
        _ => Some(rest),
    }
}

/// Whether the token may stand in what a method is called on, so that nothing but the method's value is left.
fn may_be_received(token: &TokenTree) -> bool {
    const OTHER: &[&str] =
        &["return", "break", "yield", "if", "match", "while", "for", "loop", "let", "unsafe", "in"];
    match token {
        TokenTree::Ident(word) => !OTHER.iter().any(|other| word == other),
        TokenTree::Punct(_) => is_one_of(token, ".:<>?,'!&"),
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
    }
}

fn is_word(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(_))
}

fn is_the_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == expected)
}

fn is_one_of(token: &TokenTree, characters: &str) -> bool {
    matches!(token, TokenTree::Punct(punct) if characters.contains(Punct::as_char(punct)))
}

fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

#[cfg(test)]
mod tests {
    use super::end_of_dropping_statement;

    /// The line and column of `made` in the text, and of the `;` that ends the statement if the call is
    /// taken for one that drops its value.
    fn end(body: &str) -> Option<(u32, u32)> {
        let source = format!("async fn example() {{\n    before();\n{body}\n}}\n");
        let at = source.find("made").unwrap();
        let line = source[..at].matches('\n').count() + 1;
        let column = source[..at].chars().rev().take_while(|c| *c != '\n').count() + 1;
        end_of_dropping_statement(&source, line as u32, column as u32)
    }

    #[test]
    fn a_statement_that_drops_what_it_made_is_known() {
        assert_eq!(end("    made();"), Some((3, 11)));
        assert_eq!(end("    let _ = made(1, x?);"), Some((3, 24)));
        assert_eq!(end("    let _: Box<dyn Any> = made();"), Some((3, 33)));
        assert_eq!(end("    _ = made();"), Some((3, 15)));
        assert_eq!(end("    made(\n        1,\n        \"é\",\n    );"), Some((6, 6)));
        assert_eq!(end("    made::<Vec<(u8, u8)>>(1);"), None, "a parenthesis in the path is not followed");
        assert_eq!(end("    made::path::<u8>(1);"), Some((3, 24)));
        assert_eq!(end("    self.inner[1].lock().await?.made(2);"), Some((3, 40)));
        assert_eq!(end("    async move { 1 }.made(\"label\");"), Some((3, 35)));
        assert_eq!(end("    if x { made(); }"), Some((3, 18)));
        assert_eq!(end("    if x { 1 } else { 2 }\n    made();"), Some((4, 11)));
        assert_eq!(end("    #[allow(unused_must_use)]\n    made();"), Some((4, 11)));
        assert_eq!(end("    spawn(async move { made(); other() });"), Some((3, 30)));
    }

    #[test]
    fn any_other_is_not() {
        for body in [
            "made().await;",
            "let future = made();",
            "let _future = made();",
            "let (_, _) = made();",
            "other(made());",
            "vec![made()];",
            "Some(made());",
            "{ made() };",
            "process(made(), check()?).await;",
            "return made();",
            "let _ = || made();",
            "run(|| made());",
            "made()",
            "made() + 1;",
            "x = made();",
            "select! { _ = made() => {} }",
            "run! { made(); }",
            "macro_rules! run { () => { made(); } }",
            "made!();",
            "match made() { _ => {} }",
            "let _ = match x { _ => made() };",
            "let _ = if x { 1 } else { made() };",
            "made().boxed();",
            "x < made();",
        ] {
            assert_eq!(end(body), None, "{body}");
        }
    }

    #[test]
    fn text_that_has_changed_is_not_believed() {
        assert_eq!(end_of_dropping_statement("fn a() { made(); }", 1, 11), None);
        assert_eq!(end_of_dropping_statement("fn a() { made(); }", 9, 1), None);
        assert_eq!(end_of_dropping_statement("fn a() { made(;", 1, 10), None);
        assert_eq!(end_of_dropping_statement("", 0, 0), None);
    }
}
