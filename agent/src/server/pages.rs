//! What goes to a client, in pages of the size that its socket takes.

use super::client::Client;
use super::news::News;
use std::io;
use taskscope_model::frame::Told;
use taskscope_model::{At, Change, Fact, Source};

/// A fact of the agent's, ready to be sent.
pub(super) fn told(fact: Fact) -> Told {
    Told::Change(Change { source: Source::AGENT, fact })
}

/// Makes pages for a client and sends them, as long as there is something and the socket takes it.
pub(super) fn pages(client: &mut Client, news: &News, now: At) -> io::Result<()> {
    loop {
        client.write(now)?;
        if !client.has_room() {
            return Ok(());
        }
        let Some(mut view) = client.view.take() else { return Ok(()) };
        if view.is_over() {
            client.view = Some(view);
            return Ok(());
        }
        let ticked = view.is_scanned() && !client.told.is_up_to(news.teller.now);
        if !ticked && !view.has_news() {
            client.view = Some(view);
            return Ok(());
        }
        let mut so_far = std::mem::take(&mut client.told);
        so_far.catch_up(news, &view, &mut |fact| client.tell(&told(fact)));
        client.told = so_far;
        view.fill(&news.teller, |fact| {
            client.tell(&told(fact));
            client.has_room()
        });
        client.view = Some(view);
    }
}
