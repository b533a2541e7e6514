//! Real programs, the real monitor and a real terminal: what has to hold for somebody who types `taskscope`.

#[path = "end_to_end/tasks.rs"]
mod tasks;
