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
    /// Waits until the program should end: SIGTERM, Ctrl-C, or the time given with `--for`. They are listened for
    /// from the call on, so who calls this before [`ready`] is told of no signal too early.
    ///
    /// # Errors
    /// If the signals cannot be listened for.
    pub fn until_told(&self) -> impl Future<Output = Result<()>> + use<> {
        let (limit, stopped) = (self.limit, stopped());
        async move {
            let limit = async {
                match limit {
                    Some(limit) => tokio::time::sleep(limit).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = limit => Ok(()),
                stopped = stopped => stopped,
            }
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

/// SIGTERM or Ctrl-C.
#[cfg(unix)]
fn stopped() -> impl Future<Output = Result<()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("cannot listen for signals");
    let both = listen(SignalKind::terminate()).and_then(|end| Ok((end, listen(SignalKind::interrupt())?)));
    async move {
        let (mut terminated, mut interrupted) = both?;
        tokio::select! {
            _ = terminated.recv() => Ok(()),
            _ = interrupted.recv() => Ok(()),
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
async fn stopped() -> Result<()> {
    tokio::signal::ctrl_c().await.context("cannot listen for Ctrl-C")
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
