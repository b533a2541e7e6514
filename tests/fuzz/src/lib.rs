//! What the targets call: the functions that the model's own tests call with other bytes.

#[path = "../../../agent/model/tests/model/survive.rs"]
mod survive;

/// Any bytes, read as a client and as a program do, then folded and asked.
pub fn frames(bytes: &[u8]) {
    survive::frames(bytes);
}

/// Any text as a query.
pub fn query(text: &str) {
    survive::query(text);
}
