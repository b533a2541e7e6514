//! Expect: slow_poll, blocked_worker. A task reads with `std::fs` and waits for it with its thread.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use taskscope_examples::{Stay, ready};
use tokio::io::AsyncReadExt;

const SETTINGS: &[u8] = b"colour = blue\n";

/// A task that reads from a slow disk, for which a named pipe stands, with `std::fs`
#[derive(Parser)]
struct Options {
    /// Read with tokio::fs
    #[arg(long)]
    healthy: bool,
    #[command(flatten)]
    stay: Stay,
}

#[taskscope_agent::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let options = Options::parse();
    let told = options.stay.until_told();
    let healthy = options.healthy;
    let disk = SlowDisk::new().context("cannot make a named pipe")?;
    let path = disk.0.clone();
    std::thread::spawn(move || answer(&path));
    let path = disk.0.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            // Nobody needs what was read.
            let _ = load_settings(&path, healthy).await;
        }
    });
    ready();
    let told = told.await;
    drop(disk);
    told
}

async fn load_settings(path: &Path, healthy: bool) -> io::Result<[u8; SETTINGS.len()]> {
    let mut settings = [0; SETTINGS.len()];
    if healthy {
        tokio::fs::File::open(path).await?.read_exact(&mut settings).await?;
    } else {
        std::fs::File::open(path)?.read_exact(&mut settings)?; // expect: slow_poll, blocked_worker
    }
    Ok(settings)
}

/// A pipe with a name, in which whoever reads has to wait.
struct SlowDisk(PathBuf);

impl SlowDisk {
    fn new() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("taskscope-disk-{}", std::process::id()));
        let status = std::process::Command::new(OsStr::new("mkfifo")).arg(&path).status()?;
        if status.success() { Ok(Self(path)) } else { Err(io::Error::other("mkfifo failed")) }
    }
}

impl Drop for SlowDisk {
    fn drop(&mut self) {
        // It is in the folder for what nobody needs.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The disk: there is something to read every three seconds.
fn answer(path: &Path) -> io::Result<()> {
    let mut pipe = std::fs::File::options().read(true).write(true).open(path)?;
    loop {
        std::thread::sleep(Duration::from_secs(3));
        pipe.write_all(SETTINGS)?;
    }
}
