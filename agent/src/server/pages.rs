//! What goes to a client, in pages of the size that its socket takes.

use super::client::Client;
use super::news::News;
use std::io;
use taskscope_model::At;

/// Makes pages for a client and sends them, as long as there is something and the socket takes it.
pub(super) fn pages(client: &mut Client, news: &News, now: At) -> io::Result<()> {
    loop {
        client.write(now)?;
        if !client.has_room() || !client.page(news) {
            return Ok(());
        }
    }
}
