//! console-subscriber on an address of the test's choice, on a thread of its own as `init()` has it: only that
//! with `init()` nobody learns which port it got.

use crate::fakes::Fake;
use console_api::instrument::instrument_server::InstrumentServer;
use console_subscriber::{ConsoleLayer, ServerParts};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Duration;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tokio_vsock::{VMADDR_CID_LOCAL, VsockAddr, VsockListener};
use tonic::transport::Server;
use tonic::transport::server::Router;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::prelude::*;

/// Where it listens.
pub(crate) enum Place {
    /// `host:port`.
    Tcp(String),
    /// A socket's path.
    Unix(String),
    /// A port of this machine, for this machine.
    Vsock(u32),
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
    /// It is made where it is served: it needs a runtime.
    Vsock(VsockAddr),
}

/// Sets the subscriber of this process and serves it; returns the address.
pub(crate) fn start(place: &Place, retention: Duration, every: Duration) -> String {
    let builder = ConsoleLayer::builder().retention(retention).publish_interval(every);
    let (layer, server) = builder.build();
    let (listener, address) = listen(place);
    std::thread::Builder::new()
        .name("console_subscriber".to_owned())
        .spawn(move || {
            // What serves is not to be seen.
            let _unseen = tracing::subscriber::set_default(NoSubscriber::default());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(real(listener, server.into_parts()));
        })
        .expect("a thread");
    let filter = tracing_subscriber::filter::FilterFn::new(|metadata| {
        metadata.target().starts_with("tokio") || metadata.target().starts_with("runtime")
    });
    tracing_subscriber::registry().with(layer.with_filter(filter)).init();
    address
}

fn listen(place: &Place) -> (Listener, String) {
    match place {
        Place::Tcp(at) => {
            let listener = TcpListener::bind(at).expect("the address is free");
            let address = listener.local_addr().expect("it has an address");
            (Listener::Tcp(listener), address.to_string())
        }
        Place::Unix(path) => {
            (Listener::Unix(UnixListener::bind(path).expect("the path is free")), path.clone())
        }
        Place::Vsock(port) => {
            let at = VsockAddr::new(VMADDR_CID_LOCAL, *port);
            (Listener::Vsock(at), format!("vsock:{VMADDR_CID_LOCAL}:{port}"))
        }
    }
}

/// Serves what is no console-subscriber until the end; says where.
pub(crate) fn fake(place: &Place, fake: Fake) {
    let (listener, address) = listen(place);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        println!("ready on {address}");
        serve(listener, Server::builder().add_service(InstrumentServer::new(fake))).await;
    });
}

async fn real(listener: Listener, parts: ServerParts) {
    // As console-subscriber starts it, it takes in 128 events a turn (tokio's budget): of fifty thousand tasks the last
    // would be told after a minute.
    tokio::spawn(tokio::task::unconstrained(parts.aggregator.run()));
    serve(listener, Server::builder().add_service(parts.instrument_server)).await;
}

async fn serve(listener: Listener, router: Router) {
    let served = match listener {
        Listener::Tcp(listener) => {
            listener.set_nonblocking(true).expect("a listener can be set");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            router.serve_with_incoming(TcpListenerStream::new(listener)).await
        }
        Listener::Unix(listener) => {
            listener.set_nonblocking(true).expect("a listener can be set");
            let listener = tokio::net::UnixListener::from_std(listener).expect("a listener");
            router.serve_with_incoming(UnixListenerStream::new(listener)).await
        }
        Listener::Vsock(at) => {
            let listener = VsockListener::bind(at).expect("the port is free, and there is a loopback");
            router.serve_with_incoming(listener.incoming()).await
        }
    };
    served.expect("it serves until the end");
}
