#![deny(unused_must_use)]

use taskscope_agent::{Observe as _, observe};

#[observe]
async fn forgotten() {}

struct Client;

#[observe]
impl Client {
    async fn method(&self) {}
}

fn main() {
    forgotten();
    Client.method();
    async {}.observed("label");
}
