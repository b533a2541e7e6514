//! Healthy programs under load: nothing is found in them. With `TASKSCOPE_HEALTHY_LONG` they are
//! watched for a minute.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use taskscope_tests::{Place, Process, Traffic, connect, echo_server, example, until, watched_taskscope};

const CONNECTIONS: usize = 50;
const CUSTOMERS: usize = 4;

/// Watches a program, and fails with what is found.
#[track_caller]
fn watch(place: &Place, program: &Process) {
    let long = std::env::var_os("TASKSCOPE_HEALTHY_LONG").is_some();
    // A command is not waited for for a whole minute.
    let spans: &[&str] = if long { &["20s"; 3] } else { &["3s"] };
    for span in spans {
        let ran = place.taskscope(&["check", &program.target(), "--for", span]);
        assert_eq!(ran.code, 0, "{}{}", ran.output, ran.errors);
    }
}

#[test]
fn an_echo_server_under_load() {
    let place = Place::new();
    let server = place.start(echo_server(), &[]);
    let traffic = Traffic::on(connect(server.address(), CONNECTIONS));
    watch(&place, &server);
    assert!(traffic.rounds() > 0);
}

#[test]
fn an_axum_server_under_load() {
    let place = Place::new();
    let shop = place.start(example("background_order"), &["--healthy"]);
    let customers = Customers::of(shop.address());
    until("an order", || if customers.served() > 0 { Ok(()) } else { Err("none".to_owned()) });
    watch(&place, &shop);
    let before = customers.served();
    until("more orders", || if customers.served() > before { Ok(()) } else { Err(before.to_string()) });
}

#[test]
#[ignore = "it builds the monitor once more"]
fn the_monitor_itself() {
    let place = Place::new();
    let program = place.console(&["tasks"], 1);
    let watches = format!("http://{}", program.address());
    let mut command = place.command(watched_taskscope());
    let monitor = Process::begin(command.args(["ps", &watches, "--watch", "--json"]));
    until("a line", || if monitor.output().contains('\n') { Ok(()) } else { Err(monitor.errors()) });
    watch(&place, &monitor);
    let tasks = place.taskscope(&["ps", &monitor.target(), "--json"]).json();
    assert!(tasks["tasks"].as_array().is_some_and(|tasks| tasks.len() > 1), "{tasks}");
}

/// People who order again and again, each over a connection of their own.
struct Customers {
    served: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Customers {
    fn of(server: SocketAddr) -> Self {
        let (served, enough) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let customer = || {
            let (served, enough) = (Arc::clone(&served), Arc::clone(&enough));
            std::thread::spawn(move || {
                let mut connection = TcpStream::connect(server).expect("the shop is open");
                while !enough.load(Ordering::Relaxed) {
                    order(&mut connection);
                    served.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        let threads = (0..CUSTOMERS).map(|_| customer()).collect();
        Self { served, enough, threads }
    }

    fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for Customers {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // If it panicked, it has said so.
            let _ = thread.join();
        }
    }
}

fn order(connection: &mut TcpStream) {
    let request = b"POST /orders/7 HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n";
    connection.write_all(request).expect("the shop listens");
    let mut answer = Vec::new();
    while !answer.ends_with(b"thank you") {
        let mut piece = [0; 512];
        let length = connection.read(&mut piece).expect("the shop answers");
        assert!(length > 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..length]);
    }
}
