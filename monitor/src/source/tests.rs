//! Connections and recordings, as they come and as they end.

use super::*;
use crate::fake::{self, FakeAgent, Script};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use taskscope_model::frame::{self, FrameWriter, Told};
use taskscope_model::hello::Greeting;
use taskscope_model::request::{Denied, Reason, Subscribe};

const SOON: Duration = Duration::from_secs(5);

fn open(agent: &FakeAgent) -> Live {
    Live::open(&Address::Unix { path: agent.path().into(), pid: None }, SOON).unwrap()
}

fn subscribe(live: &Live) {
    live.asker().ask(&Request::Subscribe(Subscribe { number: 1, ..Subscribe::default() })).unwrap();
}

/// Everything up to the end.
fn rest(live: &mut Live) -> (Vec<Change>, AttachError) {
    let mut changes = Vec::new();
    loop {
        match live.next(Some(SOON)) {
            Ok(Some(Heard::Changes(more))) => changes.extend(more),
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (changes, error),
        }
    }
}

#[test]
fn the_end_tells_whether_there_was_a_goodbye() {
    for goodbye in [true, false] {
        let agent = FakeAgent::start(Script::ServeAndEnd { goodbye });
        let mut live = open(&agent);
        subscribe(&live);
        let (changes, error) = rest(&mut live);
        assert_eq!(changes.len(), fake::changes().len() + 1 + usize::from(goodbye));
        assert!(matches!(error, AttachError::Lost { goodbye: told, .. } if told == goodbye), "{error:?}");
    }
}

#[test]
fn a_recording_gives_all_it_has_and_takes_every_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    for (cut, missing) in [(false, 0), (true, 1)] {
        let bytes = fake::recording();
        std::fs::write(&path, &bytes[..bytes.len() - missing]).unwrap();
        let mut live = Live::open(&Address::Recording(path.clone()), SOON).unwrap();
        subscribe(&live);
        assert_eq!(live.hello(), &fake::hello());
        let (changes, error) = rest(&mut live);
        assert_eq!(changes, fake::changes()[..fake::changes().len() - missing]);
        assert!(matches!(error, AttachError::EndOfRecording { cut: told, .. } if told == cut), "{error:?}");
    }
}

#[test]
fn nothing_within_the_time_is_no_end() {
    let agent = FakeAgent::echo_server();
    let mut live = open(&agent);
    assert_eq!(live.next(Some(Duration::from_millis(1))).unwrap(), None);
    subscribe(&live);
    assert!(matches!(live.next(Some(SOON)), Ok(Some(Heard::Changes(_)))));
}

#[test]
fn a_thread_that_waits_comes_back_when_the_connection_is_closed() {
    let agent = FakeAgent::echo_server();
    let mut live = open(&agent);
    let asker = live.asker();
    let waiting = std::thread::spawn(move || live.next(None));
    asker.close();
    assert!(matches!(waiting.join().unwrap(), Err(AttachError::Lost { goodbye: false, .. })));
}

#[test]
fn answers_and_changes_keep_their_order_however_the_bytes_come() {
    let change = |n: usize| Told::Change(fake::changes()[n].clone());
    let denied = Answer::Denied(Denied { number: 3, reason: Reason::WRONG_QUERY, message: "no".to_owned() });
    let mut frames = FrameWriter::default();
    for told in [change(0), change(1), Told::Answer(denied.clone()), change(2)] {
        frames.push(&told);
    }
    let mut bytes = frame::preamble(&fake::hello()).unwrap();
    bytes.extend(frames.take());
    let agent = FakeAgent::start(Script::Say(bytes));
    let mut live = open(&agent);
    let (mut changes, mut before) = (Vec::new(), None);
    while changes.len() < 3 {
        match live.next(Some(SOON)).unwrap().unwrap() {
            Heard::Changes(more) => changes.extend(more),
            Heard::Answer(answer) => {
                assert_eq!(answer, denied);
                before = Some(changes.len());
            }
        }
    }
    assert_eq!((changes, before), (fake::changes()[..3].to_vec(), Some(2)));
}

#[test]
fn garbage_in_the_middle_is_an_error_and_not_an_end() {
    let mut bytes = frame::preamble(&fake::hello()).unwrap();
    bytes.extend([0xff; 64]);
    let agent = FakeAgent::start(Script::Say(bytes));
    let error = open(&agent).next(Some(SOON)).unwrap_err();
    assert!(matches!(&error, AttachError::Foreign(_, why) if why.contains("out of bounds")), "{error}");
}

#[test]
fn the_token_goes_over_tcp_and_into_no_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let greeted = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 16];
        stream.read_exact(&mut head).unwrap();
        let mut json = vec![0; u32::from_le_bytes(head[12..].try_into().unwrap()) as usize];
        stream.read_exact(&mut json).unwrap();
        stream.write_all(&frame::preamble(&fake::hello()).unwrap()).unwrap();
        serde_json::from_slice::<Greeting>(&json).unwrap()
    });
    let address = Address::Tcp { at: at.clone(), token: Some(Token("secret".to_owned())) };
    assert!(!format!("{address} {address:?}").contains("secret"));
    let live = Live::open(&address, SOON).unwrap();
    assert_eq!(live.hello().program, "echo_server");
    assert_eq!(greeted.join().unwrap().token.as_deref(), Some("secret"));
    let error = Live::open(&address, SOON).unwrap_err();
    assert_eq!(error.to_string().split(':').next(), Some("nobody listens at tcp"), "{error}");
}
