//! A web server as people write it, with requests that do not end. See `plain` for what the marks mean. A
//! connection is a task: it waits for its socket, for the request's handler within the time limit, and for the end
//! of the server.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tower_http::timeout::TimeoutLayer;

/// Long enough for a test, and for a person with a debugger.
const LONG: Duration = Duration::from_secs(86_400);

#[derive(Clone)]
struct Shared {
    lock: Arc<Mutex<u64>>,
}

// root: root = root.1 > socket
#[tokio::main]
async fn main() {
    let shared = Shared { lock: Arc::new(Mutex::new(0)) };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("address {}", listener.local_addr().expect("an address"));
    let router = Router::new()
        .route("/hold", get(hold))
        .route("/wait", get(wait))
        .route("/fast", get(|| async { "fast" }))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONG))
        .with_state(shared);
    println!("ready");
    axum::serve(listener, router).await.expect("it serves"); // at: root.1
}

// task: /hold = [socket, hold.2 > query.1 > sleep, sleep, watch]
async fn hold(State(shared): State<Shared>) -> String {
    let mut guard = shared.lock.lock().await;
    *guard += 1;
    query(*guard).await; // at: hold.2
    guard.to_string()
}

// task: /wait = [socket, wait.1 > mutex, sleep, watch]
// task: /fast = [socket, watch]
async fn wait(State(shared): State<Shared>) -> String {
    let guard = shared.lock.lock().await; // at: wait.1
    guard.to_string()
}

async fn query(n: u64) {
    tokio::time::sleep(LONG + Duration::from_secs(n)).await; // at: query.1
}
