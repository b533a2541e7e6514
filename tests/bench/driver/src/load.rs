//! A load generator: keep-alive connections on loopback, a few to a thread. The server has processor 0, the
//! load generator processor 1, if there are two.

use rustix::thread::{CpuSet, sched_setaffinity};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const THREADS: usize = 2;
/// A thread sends on all of its connections, then reads from all of them.
const CONNECTIONS: usize = 16;

/// Latency of every request, nanoseconds.
pub fn run(address: &str, path: &str, time: Duration) -> io::Result<Vec<u64>> {
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (address, path) = (address.to_owned(), path.to_owned());
            std::thread::spawn(move || waves(&address, &path, time))
        })
        .collect();
    let mut latencies = Vec::new();
    for thread in threads {
        latencies.extend(thread.join().map_err(|_| io::Error::other("a load thread panicked"))??);
    }
    Ok(latencies)
}

/// The latency that `share` of the requests do not exceed, nanoseconds.
pub fn percentile(latencies: &mut [u64], share: f64) -> u64 {
    if latencies.is_empty() {
        return 0;
    }
    let place = ((latencies.len() - 1) as f64 * share) as usize;
    *latencies.select_nth_unstable(place).1
}

fn waves(address: &str, path: &str, time: Duration) -> io::Result<Vec<u64>> {
    let mut processors = CpuSet::new();
    processors.set(1);
    let _ = sched_setaffinity(None, &processors);
    let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        connections.push(stream);
    }
    let (mut latencies, mut sent, begin) = (Vec::new(), Vec::new(), Instant::now());
    while begin.elapsed() < time {
        sent.clear();
        for connection in &mut connections {
            sent.push(Instant::now());
            connection.write_all(request.as_bytes())?;
        }
        for (connection, sent) in connections.iter_mut().zip(&sent) {
            answer(connection)?;
            latencies.push(sent.elapsed().as_nanos() as u64);
        }
    }
    Ok(latencies)
}

/// Reads one answer: its head, and a body as short as we expect.
fn answer(connection: &mut TcpStream) -> io::Result<()> {
    const BODY: &[u8] = b"\r\n\r\nhello";
    let (mut bytes, mut read) = ([0; 1024], 0);
    while !bytes[..read].ends_with(BODY) {
        let more = connection.read(&mut bytes[read..])?;
        if more == 0 {
            return Err(io::Error::other("the server has hung up"));
        }
        read += more;
    }
    if bytes.starts_with(b"HTTP/1.1 200") { Ok(()) } else { Err(io::Error::other("the server is unwell")) }
}
