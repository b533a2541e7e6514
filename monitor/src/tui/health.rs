//! How a program does that is not the one that is shown: asked once, judged as everywhere else.

use super::wanted::LIMIT;
use crate::clock::Deadline;
use crate::rows::findings::Health;
use crate::session::Session;
use crate::source::{Address, Live};
use std::time::Duration;
use taskscope_model::request::Subscribe;

/// How the program at that address does; `None` if it did not say in that time.
pub(super) fn of(address: &Address, within: Duration) -> Option<Health> {
    let deadline = Deadline::after(Some(within));
    let mut live = Live::open(address, within).ok()?;
    let mut session = Session::new(live.hello());
    let once = Subscribe { once: true, totals: true, ended: true, limit: LIMIT, ..Subscribe::default() };
    live.asker().ask(&session.subscribe(once)).ok()?;
    while !session.is_complete() {
        let left = deadline.left().ok()?;
        if let Some(heard) = live.next(left).ok()? {
            session.take(heard);
        }
    }
    session.settle();
    Some(session.health())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::FakeAgent;
    use std::path::PathBuf;
    use taskscope_model::hello::Rights;

    #[test]
    fn a_program_is_judged_as_by_the_findings_command() {
        let agent = FakeAgent::order_server(Rights::READ);
        let address = Address::Unix { path: PathBuf::from(agent.path()), pid: None };
        let health = of(&address, Duration::from_secs(30)).expect("it answers");
        assert!(health.ills() > 0, "{health:?}");
        drop(agent);
        assert_eq!(of(&address, Duration::from_secs(30)), None);
    }
}
