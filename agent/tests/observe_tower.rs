//! A web service whose client hangs up.

#![expect(clippy::unwrap_used, reason = "tests")]

use axum::Router;
use axum::extract::MatchedPath;
use axum::routing::{get, post};
use std::future::pending;
use std::time::Duration;
use taskscope_agent::observe;
use taskscope_agent::tower::{MOST_LABELS, OTHER_ROUTES, ObserveLayer};
use taskscope_model::change::{HalfWay, Observed};
use taskscope_model::codes::DropKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

#[observe]
async fn charge() {
    pending::<()>().await;
}

async fn order() {
    charge().await;
}

fn told(label: &str) -> Option<(Observed, Option<HalfWay>)> {
    let mut all = taskscope_agent::__private::observed().into_iter();
    let (_, observed, half_way) = all.find(|(_, observed, _)| observed.label == label)?;
    Some((observed, half_way))
}

async fn ask(address: std::net::SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(format!("{request} HTTP/1.1\r\nhost: here\r\ncontent-length: 0\r\n\r\n").as_bytes())
        .await
        .unwrap();
    stream
}

#[test]
fn a_client_hangs_up() {
    let runtime = taskscope_agent::Builder::new().build().unwrap();
    runtime.block_on(async {
        let layer = ObserveLayer::new().route(|request| {
            request.extensions.get::<MatchedPath>().map_or("(no route)", MatchedPath::as_str)
        });
        let paths = ObserveLayer::new();
        let app = Router::new()
            .route("/orders/{id}", post(order))
            .route("/health", get(|| async { "well" }))
            .layer(layer)
            .merge(Router::new().route("/by/{path}", get(|| async { "path" })).layer(paths));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, app).await });

        let mut healthy = ask(address, "GET /health").await;
        healthy.read_exact(&mut [0; 12]).await.unwrap();
        let impatient = ask(address, "POST /orders/7").await;
        while told("POST /orders/{id}").is_none_or(|(observed, _)| observed.polled == 0) {
            sleep(Duration::from_millis(1)).await;
        }
        drop(impatient);
        let half_way = loop {
            if let Some((_, Some(half_way))) = told("POST /orders/{id}") {
                break half_way;
            }
            sleep(Duration::from_millis(1)).await;
        };
        assert_eq!(half_way.kind, DropKind::REQUEST);
        assert!(half_way.after.0 > 0 && half_way.task.is_some());
        assert!(half_way.waiting_for.ends_with("::charge"), "{half_way:?}");
        assert!(half_way.waiting_at.is_some_and(|at| at != half_way.location));
        let (health, none) = told("GET /health").unwrap();
        assert_eq!((health.completed, health.half_way, none), (1, 0, None));

        // The paths of requests are anybody's to choose.
        let mut stream = TcpStream::connect(address).await.unwrap();
        for number in 0..MOST_LABELS + 10 {
            let request = format!("GET /by/{number} HTTP/1.1\r\nhost: here\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            while !answer.ends_with(b"path") {
                answer.push(stream.read_u8().await.unwrap());
            }
        }
        let (other, _) = told(&format!("GET {OTHER_ROUTES}")).unwrap();
        assert_eq!(other.completed, 10);
    });
}
