//! What every example has in common: its first doc line names the findings to expect, it takes `--for`, prints
//! one line `ready` when it is in its interesting state, and stays there until it is told to stop.

use std::fmt;
use std::io::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

/// The options of every example.
#[derive(Debug, Clone, Args)]
pub struct Stay {
    /// End after this long instead of at SIGTERM: 500ms, 5s, 2m
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    limit: Option<Duration>,
}

impl Stay {
    /// Waits until the program should end: SIGTERM, Ctrl-C, or the time given with `--for`.
    ///
    /// # Errors
    /// If the signals cannot be listened for.
    pub async fn until_told(&self) -> Result<()> {
        let limit = async {
            match self.limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = limit => Ok(()),
            stopped = terminated() => stopped,
            stopped = tokio::signal::ctrl_c() => stopped.context("cannot listen for Ctrl-C"),
        }
    }
}

/// Says that the interesting state has been reached.
pub fn ready() {
    tell(format_args!("ready"));
}

/// The same, of a server that listens on `address`.
pub fn ready_on(address: impl fmt::Display) {
    tell(format_args!("ready on {address}"));
}

/// If nobody reads the output any more, the program goes on all the same.
fn tell(line: fmt::Arguments<'_>) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

#[cfg(unix)]
async fn terminated() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?.recv().await;
    Ok(())
}

#[cfg(not(unix))]
async fn terminated() -> Result<()> {
    std::future::pending().await
}

fn time(text: &str) -> Result<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().context("a time begins with a whole number, as in 5s")?;
    match &text[digits..] {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        _ => bail!("a time needs a unit: 500ms, 5s or 2m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_a_unit() {
        assert_eq!(time("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(time("5s").unwrap(), Duration::from_secs(5));
        assert_eq!(time("2m").unwrap(), Duration::from_secs(120));
        for wrong in ["", "5", "s", "5 s", "-1s", "1h", "99999999999999999999s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_time_given_ends_it() {
        Stay { limit: Some(Duration::ZERO) }.until_told().await.unwrap();
    }
}
