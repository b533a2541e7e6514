//! Tasks that spawn tasks, of which the middle one has ended.

use crate::say;
use tokio::sync::oneshot;

/// `main` spawns the grandparent, that the parent, and that the child; then the parent returns.
#[taskscope_agent::main]
pub(crate) async fn nested() {
    let (tell, told) = oneshot::channel::<()>();
    tokio::spawn(grandparent(tell)); // expect: grandparent
    told.await.expect("the child is there");
    say("ready");
    std::future::pending::<()>().await;
}

async fn grandparent(tell: oneshot::Sender<()>) {
    let parent = tokio::spawn(parent(tell)); // expect: parent
    parent.await.expect("the parent returns");
    std::future::pending::<()>().await;
}

async fn parent(tell: oneshot::Sender<()>) {
    let (begun, has_begun) = oneshot::channel();
    tokio::spawn(child(begun, tell)); // expect: child
    has_begun.await.expect("the child begins");
}

async fn child(begun: oneshot::Sender<()>, tell: oneshot::Sender<()>) {
    begun.send(()).expect("the parent waits");
    tell.send(()).expect("main waits");
    std::future::pending::<()>().await;
}
