//! What becomes of observed futures: the evidence, for the true cases and for their near misses.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::future::{Future, pending, ready};
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use taskscope_agent::{Observe as _, observe};
use taskscope_model::change::{HalfWay, Observed};
use tokio::time::{sleep, timeout};

/// One runtime for all tests of the process, with two workers.
fn runtime() -> &'static taskscope_agent::Runtime {
    static RUNTIME: OnceLock<taskscope_agent::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut tokio = tokio::runtime::Builder::new_multi_thread();
        taskscope_agent::Builder::new().build_from(tokio.worker_threads(2).enable_all()).unwrap()
    })
}

/// What is told of the futures with this label.
fn told(label: &str) -> (Observed, Option<HalfWay>) {
    let ends =
        |observed: &Observed| observed.label == label || observed.label.ends_with(&format!("::{label}"));
    let mut all =
        taskscope_agent::__private::observed().into_iter().filter(|(_, observed, _)| ends(observed));
    let (_, observed, half_way) = all.next().unwrap_or_else(|| panic!("nothing is told of {label}"));
    assert!(all.next().is_none(), "{label} is of several places");
    (observed, half_way)
}

/// Made, polled, completed, unpolled, forgotten, half way.
fn counts(label: &str) -> [u64; 6] {
    let (it, _) = told(label);
    [it.made, it.polled, it.completed, it.unpolled, it.forgotten, it.half_way]
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A task that is plain: nothing around its body is observed.
fn in_task<F: Future<Output = ()> + Send + 'static>(body: F) {
    runtime().block_on(async { tokio::spawn(body).await.unwrap() });
}

mod forgotten {
    use super::*;

    #[observe]
    async fn in_a_statement(_: u32) {}

    #[test]
    #[expect(unused_must_use, reason = "what is tested")]
    fn a_statement_forgets() {
        in_task(async {
            for number in 0..3 {
                in_a_statement(number);
            }
        });
        assert_eq!(counts("in_a_statement"), [3, 0, 0, 3, 3, 0]);
        let (told, _) = told("in_a_statement");
        assert!(told.last_forgotten.is_some() && told.forgotten_by.is_some());
    }

    #[observe]
    async fn in_a_let(_: u32, _: &str) {}

    #[test]
    fn let_underscore_forgets() {
        in_task(async {
            #[expect(clippy::let_underscore_future, reason = "what is tested")]
            let _ = in_a_let(
                1,
                "long enough to be written over several lines, which is what rustfmt does with such a call as this",
            );
        });
        assert_eq!(counts("in_a_let"), [1, 0, 0, 1, 1, 0]);
    }

    struct Client;

    #[observe]
    impl Client {
        async fn method(&mut self) {}
    }

    #[test]
    #[expect(unused_must_use, reason = "what is tested")]
    fn a_method_outside_of_any_runtime_is_forgotten_too() {
        runtime();
        let mut client = Client;
        client.method();
        async {}.observed("labelled and forgotten");
        assert_eq!(counts("Client::method"), [1, 0, 0, 1, 1, 0]);
        assert_eq!(counts("labelled and forgotten"), [1, 0, 0, 1, 1, 0]);
    }

    #[observe]
    async fn a_hundred_thousand() {}

    #[test]
    #[expect(unused_must_use, reason = "what is tested")]
    fn many_are_one_place() {
        in_task(async {
            for _ in 0..100_000 {
                a_hundred_thousand();
            }
        });
        assert_eq!(counts("a_hundred_thousand"), [100_000, 0, 0, 100_000, 100_000, 0]);
    }

    #[observe]
    async fn in_a_plain_function() {}

    #[expect(unused_must_use, reason = "what is tested")]
    #[inline(never)]
    fn plain(wanted: bool) {
        if wanted {
            in_a_plain_function();
        }
    }

    #[test]
    fn in_the_tail_of_a_function() {
        runtime();
        plain(std::hint::black_box(true));
        let [made, polled, _, unpolled, forgotten, _] = counts("in_a_plain_function");
        assert_eq!([made, polled, unpolled], [1, 0, 1]);
        // An optimizer may leave nothing of that function on the stack.
        assert!(forgotten == 1 || !cfg!(debug_assertions), "{forgotten}");
    }
}

/// Dropped without a poll, and not forgotten.
mod near_misses {
    use super::*;

    fn unpolled(label: &str, count: u64) {
        assert_eq!(counts(label), [count, 0, 0, count, 0, 0]);
    }

    #[observe]
    async fn select_loser() {}

    #[test]
    fn a_loser_of_select() {
        in_task(async {
            for _ in 0..20 {
                tokio::select! {
                    biased;
                    () = ready(()) => {}
                    () = select_loser() => {}
                }
            }
        });
        unpolled("select_loser", 20);
    }

    #[observe]
    async fn select_winner() {}
    #[observe]
    async fn loser_beside_an_observed_winner() {}

    #[test]
    fn a_loser_beside_an_observed_winner() {
        in_task(async {
            tokio::select! { biased; () = select_winner() => {} () = loser_beside_an_observed_winner() => {} }
        });
        unpolled("loser_beside_an_observed_winner", 1);
    }

    #[observe]
    async fn after_question_mark() -> Result<(), String> {
        Ok(())
    }
    #[observe]
    async fn beside_question_mark() {}
    #[observe]
    async fn before_return() {}

    fn fails() -> Result<(), String> {
        Err("no".to_owned())
    }

    async fn takes(first: impl Future<Output = ()>, (): ()) -> Result<(), String> {
        first.await;
        Ok(())
    }

    async fn held_over_a_question_mark() -> Result<(), String> {
        let work = after_question_mark();
        fails()?;
        work.await
    }

    #[rustfmt::skip]
    async fn on_one_line() -> Result<(), String> { takes(beside_question_mark(), fails()?).await?; Ok(()) }

    async fn returns_early(early: bool) {
        let work = before_return();
        if early {
            return;
        }
        work.await;
    }

    #[test]
    fn an_early_return() {
        in_task(async {
            held_over_a_question_mark().await.unwrap_err();
            on_one_line().await.unwrap_err();
            returns_early(true).await;
        });
        unpolled("after_question_mark", 1);
        unpolled("beside_question_mark", 1);
        unpolled("before_return", 1);
    }

    #[observe]
    async fn in_a_variable() {}
    #[observe]
    async fn in_a_variable_on_one_line() {}
    #[observe]
    async fn in_a_vec() {}
    #[observe]
    async fn in_a_vec_in_a_statement() {}
    #[observe]
    async fn in_a_box() {}
    #[observe]
    async fn given_to_drop() {}
    #[observe]
    async fn given_to_a_thread() {}
    #[observe]
    async fn given_away() {}

    fn swallow(_: impl Future<Output = ()>) {}

    #[test]
    fn a_value_that_went_somewhere() {
        in_task(async {
            let _held = in_a_variable();
            #[rustfmt::skip]
            fn one_line() { let _held = in_a_variable_on_one_line(); }
            one_line();
            let many = vec![in_a_vec(), in_a_vec()];
            drop(many);
            let _ = vec![in_a_vec_in_a_statement()];
            let boxed: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(in_a_box());
            drop(boxed);
            drop(given_to_drop());
            swallow(given_away());
            let sent = given_to_a_thread();
            std::thread::spawn(move || drop(sent)).join().unwrap();
        });
        unpolled("in_a_variable", 1);
        unpolled("in_a_variable_on_one_line", 1);
        let all: Vec<_> = taskscope_agent::__private::observed();
        let vec = all.iter().filter(|(_, observed, _)| observed.label.ends_with("::in_a_vec"));
        assert!(
            vec.clone().count() == 2 && vec.clone().all(|(_, it, _)| (it.unpolled, it.forgotten) == (1, 0))
        );
        unpolled("in_a_vec_in_a_statement", 1);
        unpolled("in_a_box", 1);
        unpolled("given_to_drop", 1);
        unpolled("given_to_a_thread", 1);
        unpolled("given_away", 1);
    }

    #[observe]
    async fn in_an_unwind() {}

    struct ForgetsInItsDrop;

    impl Drop for ForgetsInItsDrop {
        #[expect(unused_must_use, reason = "what is tested")]
        fn drop(&mut self) {
            in_an_unwind();
        }
    }

    #[test]
    fn an_unwind() {
        let task = async {
            tokio::spawn(async {
                let _forgets = ForgetsInItsDrop;
                panic!("for the test");
            })
            .await
            .unwrap_err();
        };
        in_task(task);
        unpolled("in_an_unwind", 1);
    }

    #[observe]
    async fn inside_of_another(inner: impl Future<Output = ()>) {
        inner.await;
    }
    #[observe]
    async fn inner_of_another() {}
    #[observe]
    async fn inside_of_an_aborted_task() {}

    #[test]
    #[expect(unused_must_use, reason = "what is tested")]
    fn an_enclosing_future_or_task() {
        in_task(async {
            inside_of_another(inner_of_another());
            let task = tokio::spawn(async {
                let later = inside_of_an_aborted_task();
                pending::<()>().await;
                later.await;
            });
            sleep(Duration::from_millis(5)).await;
            task.abort();
            task.await.unwrap_err();
        });
        unpolled("inner_of_another", 1);
        unpolled("inside_of_an_aborted_task", 1);
        assert_eq!(counts("inside_of_another"), [1, 0, 0, 1, 1, 0]);
    }

    #[observe]
    async fn sometimes_awaited() {}

    #[test]
    fn a_place_with_a_healthy_one() {
        in_task(async {
            for awaited in [false, false, true] {
                let work = sometimes_awaited();
                if awaited {
                    work.await;
                }
            }
        });
        assert_eq!(counts("sometimes_awaited"), [3, 1, 1, 2, 0, 0]);
    }
}

mod half_way {
    use super::*;

    #[observe]
    async fn timed_out() {
        waits_inside().await;
    }
    #[observe]
    async fn waits_inside() {
        pending().await
    }

    #[test]
    fn a_time_out_in_a_plain_task() {
        in_task(async {
            timeout(Duration::from_millis(5), timed_out()).await.unwrap_err();
        });
        assert_eq!(counts("timed_out"), [1, 1, 0, 0, 0, 1]);
        assert_eq!(counts("waits_inside"), [1, 1, 0, 0, 0, 0]);
        let (_, half_way) = told("timed_out");
        let half_way = half_way.unwrap();
        assert!(half_way.after.0 >= 4_000_000, "{half_way:?}");
        assert_eq!(half_way.waiting_at, Some(told("waits_inside").0.location));
        assert!(half_way.waiting_for.ends_with("waits_inside"));
        assert!(half_way.task.is_some());
    }

    #[observe]
    async fn outer_of_a_loser() {
        for _ in 0..300 {
            tokio::select! { biased; () = loser_inside() => {} () = ready(()) => {} }
        }
    }
    #[observe]
    async fn loser_inside() {
        pending().await
    }
    #[observe]
    async fn loser_in_a_plain_task() {
        pending().await
    }

    #[test]
    fn losers_of_select() {
        in_task(async {
            outer_of_a_loser().await;
            for _ in 0..100 {
                tokio::select! { biased; () = loser_in_a_plain_task() => {} () = ready(()) => {} }
            }
        });
        assert_eq!(counts("loser_inside"), [300, 300, 0, 0, 0, 300]);
        assert_eq!(counts("loser_in_a_plain_task"), [100, 100, 0, 0, 0, 100]);
        assert_eq!(counts("outer_of_a_loser"), [1, 1, 1, 0, 0, 0]);
    }

    #[observe]
    async fn aborted() {
        pending().await
    }
    #[observe]
    async fn panics() {
        tokio::task::yield_now().await;
        panic!("for the test");
    }
    #[observe]
    async fn caught() {
        panic!("for the test");
    }
    #[observe]
    async fn shut_down() {
        pending().await
    }

    #[test]
    fn not_with_the_task() {
        in_task(async {
            let task = tokio::spawn(async { aborted().await });
            let set = {
                let mut set = tokio::task::JoinSet::new();
                set.spawn(aborted_in_a_set());
                set
            };
            sleep(Duration::from_millis(5)).await;
            task.abort();
            task.await.unwrap_err();
            drop(set);
            tokio::spawn(async { panics().await }).await.unwrap_err();
            let mut future = pin!(caught());
            let poll = std::panic::AssertUnwindSafe(|| poll_once(future.as_mut()));
            std::panic::catch_unwind(poll).unwrap_err();
        });
        let other = taskscope_agent::Builder::new().build().unwrap();
        let started = std::sync::Arc::new(AtomicBool::new(false));
        let inside = std::sync::Arc::clone(&started);
        other.spawn(async move {
            let mut work = pin!(shut_down());
            let _ = poll_once(work.as_mut());
            inside.store(true, Ordering::Release);
            work.await;
        });
        while !started.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        drop(other);
        for label in ["aborted", "panics", "caught", "shut_down"] {
            assert_eq!(counts(label), [1, 1, 0, 0, 0, 0], "{label}");
        }
        let [.., half_way] = counts("aborted_in_a_set");
        assert_eq!(half_way, 0);
    }

    #[observe]
    async fn aborted_in_a_set() {
        pending().await
    }

    #[observe]
    async fn dropped_by_hand() {
        pending().await
    }

    /// No task, no runtime.
    #[test]
    fn by_hand() {
        runtime();
        {
            let mut future = pin!(dropped_by_hand());
            assert!(poll_once(future.as_mut()).is_pending());
        }
        assert_eq!(counts("dropped_by_hand"), [1, 1, 0, 0, 0, 1]);
        let (_, half_way) = told("dropped_by_hand");
        assert_eq!(half_way.unwrap().task, None);
    }
}
