//! What `#[observe]` may stand on. Compiled in edition 2021 and 2024: the function it makes captures all
//! lifetimes in both.

#![expect(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use std::cell::RefCell;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Waker};
use taskscope_agent::{Observe as _, observe};
use tracing::instrument;

fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn send<F: Future + Send>(future: F) -> F {
    future
}

#[observe]
async fn nothing() {}

#[observe]
async fn borrows(first: &str, second: &mut Vec<u8>) -> usize {
    second.push(1);
    first.len() + second.len()
}

#[observe]
async fn gives_a_borrow<'a>(first: &'a str, _second: &str) -> &'a str {
    first
}

#[observe]
pub(crate) async fn generic<T, const N: usize>(values: [T; N]) -> Vec<String>
where
    T: Display,
{
    values.iter().map(ToString::to_string).collect()
}

#[observe]
async fn takes_and_gives(values: impl IntoIterator<Item = u32>) -> impl Iterator<Item = u32> + Debug {
    values.into_iter().collect::<Vec<_>>().into_iter()
}

#[observe]
async fn patterns((first, mut second): (u32, u32), [third, ..]: [u32; 2], _: u32, mut fourth: u32) -> u32 {
    second += 1;
    fourth += 1;
    first + second + third + fourth
}

#[observe]
async fn converts(fails: bool) -> Result<u32, Box<dyn Error + Send + Sync>> {
    if fails {
        return Err("no".into());
    }
    Ok("7".parse::<u32>()?)
}

#[observe]
async fn coerces(first: bool) -> Box<dyn Display + Send> {
    if first {
        return Box::new(1);
    }
    Box::new("two")
}

#[observe]
async fn never() -> ! {
    pending().await
}

#[observe]
async fn recursive(depth: u32) -> u32 {
    if depth == 0 { 0 } else { Box::pin(recursive(depth - 1)).await + 1 }
}

/// The temporary in the tail borrows an argument.
#[observe]
async fn tail(shared: Rc<RefCell<Vec<u32>>>) -> usize {
    shared.borrow().len()
}

#[observe]
async unsafe fn is_unsafe(value: *const u32) -> u32 {
    // SAFETY: the caller's pointer is valid.
    unsafe { *value }
}

#[test]
fn functions() {
    let mut bytes = Vec::new();
    run(send(nothing()));
    assert_eq!(run(send(borrows("ab", &mut bytes))), 3);
    assert_eq!(run(gives_a_borrow("a", &String::from("b"))), "a");
    assert_eq!(run(send(generic([1, 2]))), ["1", "2"]);
    assert_eq!(run(takes_and_gives([1, 2])).sum::<u32>(), 3);
    assert_eq!(run(patterns((1, 2), [3, 4], 5, 6)), 14);
    assert_eq!(run(send(converts(false))).unwrap(), 7);
    assert_eq!(run(converts(true)).unwrap_err().to_string(), "no");
    assert_eq!(run(coerces(true)).to_string() + &run(coerces(false)).to_string(), "1two");
    assert!(pin!(never()).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(run(send(recursive(5))), 5);
    assert_eq!(run(tail(Rc::default())), 0);
    // SAFETY: it points to a number.
    assert_eq!(run(unsafe { is_unsafe(&7) }), 7);
}

struct Noted<'a>(&'static str, &'a RefCell<Vec<&'static str>>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

#[observe]
async fn observed_drops<'a>(_first: Noted<'a>, _: Noted<'a>, third: Noted<'a>) {
    let _local = Noted("local", third.1);
    Noted("tail", third.1);
}

async fn plain_drops<'a>(_first: Noted<'a>, _: Noted<'a>, third: Noted<'a>) {
    let _local = Noted("local", third.1);
    Noted("tail", third.1);
}

#[test]
fn arguments_are_dropped_as_an_async_fn_does() {
    let (observed, plain) = (RefCell::default(), RefCell::default());
    run(observed_drops(Noted("1", &observed), Noted("2", &observed), Noted("3", &observed)));
    run(plain_drops(Noted("1", &plain), Noted("2", &plain), Noted("3", &plain)));
    assert_eq!(observed, plain);
    let (observed, plain) = (RefCell::default(), RefCell::default());
    drop(observed_drops(Noted("1", &observed), Noted("2", &observed), Noted("3", &observed)));
    drop(plain_drops(Noted("1", &plain), Noted("2", &plain), Noted("3", &plain)));
    observed.borrow_mut().sort_unstable();
    plain.borrow_mut().sort_unstable();
    assert_eq!(observed, plain);
}

#[derive(Default)]
struct Counter {
    count: u32,
}

#[observe]
impl Counter {
    const STEP: u32 = 2;

    /// Not async: left as it is.
    fn get(&self) -> u32 {
        self.count
    }

    async fn add(&mut self, more: &u32) -> &mut Self {
        self.count += Self::STEP + more;
        self
    }

    async fn into_count(self: Box<Self>) -> u32 {
        self.count
    }

    async fn grown(mut self) -> Self {
        self.count += 1;
        self
    }

    #[instrument(skip(self))]
    async fn traced(&self, more: u32) -> u32 {
        self.count + more
    }
}

#[test]
fn methods() {
    let mut counter = Counter::default();
    assert_eq!(run(async { counter.add(&1).await.add(&1).await.get() }), 6);
    assert_eq!(run(send(counter.traced(1))), 7);
    let counter = run(counter.grown());
    assert_eq!(run(Box::new(counter).into_count()), 7);
}

trait Store {
    async fn load(&self, key: &str) -> String;
    fn sent(&self) -> impl Future<Output = u32> + Send;
    #[observe]
    async fn fallback(&self) -> u32 {
        1
    }
}

#[observe]
impl Store for Counter {
    async fn load(&self, key: &str) -> String {
        format!("{key} {}", self.count)
    }

    async fn sent(&self) -> u32 {
        self.count
    }
}

#[expect(clippy::manual_async_fn, reason = "`Send` is what is tested")]
fn generic_caller(store: &(impl Store + Sync)) -> impl Future<Output = u32> + Send + '_ {
    async move { store.sent().await }
}

#[test]
fn traits() {
    let counter = Counter { count: 3 };
    assert_eq!(run(counter.load("a")), "a 3");
    assert_eq!(run(send(generic_caller(&counter))), 3);
    assert_eq!(run(counter.fallback()), 1);
}

#[async_trait]
trait Boxed {
    async fn name(&self, suffix: &str) -> Result<String, Box<dyn Error>>;
    async fn twice(&mut self) -> u32;
}

struct Above;
struct Below;
struct Within;

#[observe]
#[async_trait]
impl Boxed for Above {
    async fn name(&self, suffix: &str) -> Result<String, Box<dyn Error>> {
        Ok(format!("above {suffix}").parse()?)
    }
    async fn twice(&mut self) -> u32 {
        2
    }
}

#[async_trait]
#[observe]
impl Boxed for Below {
    async fn name(&self, suffix: &str) -> Result<String, Box<dyn Error>> {
        Ok(format!("below {suffix}"))
    }
    async fn twice(&mut self) -> u32 {
        2
    }
}

#[async_trait]
impl Boxed for Within {
    #[observe]
    async fn name(&self, suffix: &str) -> Result<String, Box<dyn Error>> {
        Ok(format!("within {suffix}"))
    }
    async fn twice(&mut self) -> u32 {
        2
    }
}

#[test]
fn async_trait_in_any_order() {
    let all: [Box<dyn Boxed>; 3] = [Box::new(Above), Box::new(Below), Box::new(Within)];
    let names = all.iter().map(|boxed| run(boxed.name("it")).unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["above it", "below it", "within it"]);
    assert_eq!(run(Above.twice()), 2);
}

#[observe]
#[instrument(ret)]
async fn span_below(number: u32) -> Result<u32, String> {
    Ok(number)
}

#[instrument(err)]
#[observe]
async fn span_above(number: u32) -> Result<u32, String> {
    Ok(number)
}

#[test]
fn instrument_in_any_order() {
    assert_eq!(run(send(span_below(1))).unwrap() + run(send(span_above(2))).unwrap(), 3);
}

mod elsewhere {
    pub(crate) use taskscope_agent as scope;
}

#[elsewhere::scope::observe(crate = "elsewhere::scope")]
async fn other_path() -> u32 {
    1
}

#[test]
fn labels() {
    let labelled: Pin<Box<dyn Future<Output = u32> + Send>> = Box::pin(async { 1 }.observed("a label"));
    assert_eq!(run(labelled) + run(other_path()), 2);
}

/// Without an agent the calls above were passed through; with one each is counted under its own name.
#[test]
fn names_are_the_functions() {
    let runtime = taskscope_agent::Builder::new().build().unwrap();
    runtime.block_on(async {
        let mut counter = Counter::default();
        counter.add(&1).await;
        counter.load("a").await;
        counter.traced(1).await;
        generic([1]).await;
        generic(["a"]).await;
        Above.name("").await.unwrap();
        Below.name("").await.unwrap();
        Within.name("").await.unwrap();
        span_above(1).await.unwrap();
        span_below(1).await.unwrap();
    });
    let told = taskscope_agent::__private::observed();
    let completed: Vec<_> = told.iter().filter(|(_, it, _)| it.completed > 0).collect();
    for name in [
        "::Counter::add",
        "::generic",
        "::Counter::traced",
        "Counter as ",
        "::Above as ",
        "::Below as ",
        "::Within as ",
        "::span_above",
        "::span_below",
    ] {
        let mut named =
            completed.iter().filter(|(_, it, _)| it.label.contains(name) && !it.label.ends_with('>'));
        let (place, ..) = named.next().unwrap_or_else(|| panic!("{name} is not among {completed:?}"));
        assert!(place.contains("observe_shapes.rs:"), "{place}");
    }
}
