//! What a screen shows, as text, and without what differs from run to run.

/// The screen's rows, without blanks at their ends.
pub fn shown(screen: &vt100::Screen) -> String {
    let (_, columns) = screen.size();
    let rows: Vec<String> = screen.rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect();
    rows.join("\n")
}

/// The text with numbers, times and what they are aligned by made equal: the rest is the same in every run.
pub fn redacted(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(redacted_line).collect();
    lines.join("\n")
}

fn redacted_line(line: &str) -> String {
    let mut out = String::new();
    for word in line.split(' ') {
        match word {
            "" if out.ends_with("  ") => {}
            "" => out.push(' '),
            // The longer, the larger the number before it.
            word if word.starts_with('█') => {}
            word => {
                out.push_str(&redacted_word(word));
                out.push(' ');
            }
        }
    }
    out.trim_end().to_owned()
}

/// What stands for a word; punctuation around it stays.
fn redacted_word(word: &str) -> String {
    if let Some((file, place)) = word.split_once(".rs:")
        && place.starts_with(|c: char| c.is_ascii_digit())
    {
        return format!("{file}.rs:LINE");
    }
    let inner = word.trim_matches(|c: char| "(),:;".contains(c));
    match what(inner) {
        Some(stand_in) => word.replacen(inner, stand_in, 1),
        None => word.to_owned(),
    }
}

fn what(word: &str) -> Option<&'static str> {
    let unsigned = word.trim_start_matches('<').trim_end_matches('%');
    if !unsigned.is_empty() && unsigned.chars().all(|c| c.is_ascii_digit() || ",.-".contains(c)) {
        return unsigned.contains(|c: char| c.is_ascii_digit()).then_some("N");
    }
    is_time(word).then_some("TIME")
}

/// `12.3ms`, `1m30s`: numbers and units in turn.
fn is_time(word: &str) -> bool {
    let mut rest = word;
    while let Some(unit) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let number = &rest[..unit];
        let is_number = number.starts_with(|c: char| c.is_ascii_digit())
            && number.chars().all(|c| c.is_ascii_digit() || c == '.');
        let behind =
            rest[unit..].find(|c: char| !c.is_ascii_alphabetic()).map_or("", |end| &rest[unit + end..]);
        let unit = &rest[unit..rest.len() - behind.len()];
        if !is_number || !["ns", "us", "ms", "s", "m", "h", "d"].contains(&unit) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty() && !word.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_made_equal() {
        let line = " 39  idle   1,204   280ms  1m16s  …src/server.rs:88:9  <0.3% ████ (pid 4711) for 2.";
        let same = "N  idle  N  TIME  TIME  …src/server.rs:LINE  N (pid N) for N";
        assert_eq!(redacted(line).trim(), same);
    }

    #[test]
    fn words_stay() {
        for word in ["main", "src/main.rs", "q", "s", "-", "runtime-0", "async,", "▼BUSY", "PgUp", "▼"] {
            assert_eq!(redacted(word), word);
        }
    }
}
