//! What a client is told of observed futures: the await trees of the tasks that it looks at, also of one that
//! has ended, and the sums of places.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::future::pending;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;
use taskscope_agent::{Observe as _, observe};
use taskscope_model::codes::TreeKind;
use taskscope_model::frame::{self, FrameWriter, Read as Item, Reader, Told};
use taskscope_model::hello::Greeting;
use taskscope_model::request::{Request, Subscribe};
use taskscope_model::task::By;
use taskscope_model::world::Names;
use taskscope_model::{At, LocationId, Source, TaskId, World};

/// A client that folds what it is told.
struct Client {
    stream: UnixStream,
    reader: Reader<Told>,
    world: World,
}

impl Client {
    fn attach() -> Self {
        let path = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR").unwrap()).join("taskscope");
        let mut stream = UnixStream::connect(path.join(format!("{}.sock", std::process::id()))).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let greeting = Greeting { client: "test".to_owned(), token: None };
        stream.write_all(&frame::preamble(&greeting).unwrap()).unwrap();
        Self { stream, reader: Reader::default(), world: World::default() }
    }

    fn ask(&mut self, asked: Subscribe) {
        let mut frames = FrameWriter::default();
        frames.push(&Request::from(asked));
        self.stream.write_all(&frames.take()).unwrap();
    }

    /// Waits until it has been told.
    fn until<T>(&mut self, told: impl Fn(&World) -> Option<T>) -> T {
        // Each turn takes what there is, or 20 ms.
        for _ in 0..3_000 {
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => panic!("the agent has closed the connection"),
                Ok(count) => self.reader.feed(&bytes[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("{error}"),
            }
            while let Some(item) = self.reader.next().unwrap() {
                if let Item::Message(Told::Change(change)) = item {
                    self.world.apply(&change);
                }
            }
            if let Some(told) = told(&self.world) {
                return told;
            }
        }
        panic!("waited in vain; the World has {} tasks", self.world.len());
    }
}

/// Depth and last part of the label of each node.
type Nodes = Vec<(u16, String)>;

/// The await tree of a task as it was told, and since when each node is there.
fn tree(world: &World, task: TaskId) -> Option<(Nodes, Vec<At>)> {
    let By { source, id: awaits } = world.task(task)?.awaits_by(TreeKind::OBSERVED)?;
    let tree = world.tree(By { source, id: awaits.tree })?;
    let name = |function: &str| function.rsplit("::").next().unwrap_or_default().to_owned();
    Some((tree.nodes.iter().map(|node| (node.depth, name(&node.function))).collect(), awaits.since.clone()))
}

#[observe]
async fn outer() {
    // Neither is done before the other.
    tokio::join!(left(), async { right().await }.observed("a label"));
}

#[observe]
async fn left() {
    pending::<()>().await;
}

#[observe]
async fn right() {
    tokio::task::yield_now().await;
    pending::<()>().await;
}

#[observe]
async fn forgotten() {}

fn expected() -> Nodes {
    [(0, "outer"), (1, "left"), (1, "a label"), (2, "right")]
        .map(|(depth, name)| (depth, name.to_owned()))
        .to_vec()
}

#[test]
fn trees_and_sums_are_told() {
    let folder = tempfile::tempdir().unwrap();
    // SAFETY: no other thread is there yet but the harness's, which waits.
    unsafe { std::env::set_var("XDG_RUNTIME_DIR", folder.path()) };
    let runtime = taskscope_agent::Builder::new().build().unwrap();
    // Wrapped: so its end is seen on stable tokio too.
    let _here = runtime.enter();
    let task = taskscope_agent::spawn(async { outer().await });
    let id = TaskId(task.id().to_string().parse().unwrap());

    let mut client = Client::attach();
    client.ask(Subscribe { number: 1, detail: vec![id], totals: true, ..Subscribe::default() });
    let since =
        client.until(|world| tree(world, id).filter(|(nodes, _)| *nodes == expected()).map(|found| found.1));
    assert!(since.iter().all(|at| *at > At(0)) && since.is_sorted_by_key(|at| *at), "{since:?}");

    let forgetful = runtime.spawn(async {
        #[expect(clippy::let_underscore_future, reason = "what is tested")]
        let _ = forgotten();
    });
    runtime.block_on(forgetful).unwrap();
    let (at, count) = client.until(|world| {
        let all = world.places().filter_map(|(place, view)| Some((place, view.observed.clone()?)));
        let found = all.filter(|(_, it)| it.label.ends_with("::forgotten") && it.forgotten > 0).last();
        found.map(|(place, it)| (world.location(place).map(|location| location.file.clone()), it.forgotten))
    });
    assert_eq!((at.as_deref(), count), (Some(file!()), 1));
    let names = By { source: Source::AGENT, id: LocationId(0) };
    assert!(client.world.location(names).is_some());

    // Its last tree is told to who was there, and to who comes later.
    task.abort();
    runtime.block_on(task).unwrap_err();
    let ended = |world: &World| world.task(id).and_then(|task| task.ended()).is_some();
    client.until(|world| ended(world).then_some(()));
    assert_eq!(tree(&client.world, id).map(|found| found.0), Some(expected()));
    let mut late = Client::attach();
    late.ask(Subscribe { number: 1, detail: vec![id], ended: true, ..Subscribe::default() });
    let (nodes, since_then) = late.until(|world| tree(world, id).filter(|_| ended(world)));
    assert_eq!(nodes, expected());
    assert_eq!(since_then.len(), since.len());
    let topic = late.world.coverage_of("never awaited").unwrap();
    assert_eq!(topic.seen, taskscope_model::codes::Seen::YES, "{topic:?}");
}
