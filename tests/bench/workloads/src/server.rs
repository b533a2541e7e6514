//! A small axum server: `/` answers, `/spawn` lets a task answer. An operation is a request.

use crate::{Variant, counter};
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

/// Starts it and gives its address.
pub(crate) async fn start<V: Variant>() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let router = Router::new().route("/", get(direct)).route("/spawn", get(spawned::<V>));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn direct() -> &'static str {
    counter::count();
    "hello"
}

async fn spawned<V: Variant>() -> &'static str {
    counter::count();
    V::spawn(async { "hello" }).await.expect("the task ends")
}
