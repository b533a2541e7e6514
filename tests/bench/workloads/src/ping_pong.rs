//! Two tasks with a channel each way; an operation is a message there and back.

use crate::{Variant, counter};
use tokio::sync::mpsc;

pub(crate) fn start<V: Variant>() {
    let (ping, mut pings) = mpsc::channel::<u64>(1);
    let (pong, mut pongs) = mpsc::channel::<u64>(1);
    let pong_side = async move {
        while let Some(ball) = pings.recv().await {
            pong.send(ball).await.expect("the other side plays");
        }
    };
    let ping_side = async move {
        loop {
            ping.send(1).await.expect("the other side plays");
            pongs.recv().await.expect("the other side plays");
            counter::count();
        }
    };
    drop((V::spawn(pong_side), V::spawn(ping_side)));
}
