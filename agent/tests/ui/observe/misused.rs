#![deny(unused_must_use)]

use std::rc::Rc;
use taskscope_agent::{Observe as _, observe};

#[observe]
async fn forgotten() {}

#[observe]
async fn not_send(shared: Rc<u8>) {
    forgotten().await;
    drop(shared);
}

#[observe]
async fn wrong_type() -> u32 {
    "text"
}

fn send(_: impl Send) {}

fn main() {
    forgotten();
    async {}.observed("label");
    send(not_send(Rc::new(1)));
}
