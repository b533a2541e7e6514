//! What a person who mistyped a word may have meant.

/// The known word that is nearest to what was typed, if any is near.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = typed.chars().count() / 3 + 1;
    let ranked = known.into_iter().map(|word| (distance(typed, word), word));
    ranked
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// What is said of a word that is none of these.
pub(super) fn words_near(what: &str, words: &[&str]) -> String {
    let listed = words.join(", ");
    match nearest(what, words.iter().copied()) {
        Some(near) if !what.is_empty() => format!("there is no `{what}`; `{near}` is near, of {listed}"),
        _ => format!("one of {listed} is wanted"),
    }
}

/// Letters to be put in, taken out or changed to make one word of the other; two that changed places are one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_seen_and_a_guess_is_not_made() {
        let known = ["theme", "mouse", "screen", "sort"];
        assert_eq!(nearest("tehme", known), Some("theme"));
        assert_eq!(nearest("mose", known), Some("mouse"));
        assert_eq!(nearest("scren", known), Some("screen"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
    }
}
