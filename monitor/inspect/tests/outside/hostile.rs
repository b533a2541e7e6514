//! Memory that lies: values are changed at random while they are read. Whatever comes of it is an answer or a
//! refusal, soon, and never a panic.

use crate::outside::fixture::Build;
use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use taskscope_inspect::{Error, Mapping, Memory, Socket, Target, Thread};
use taskscope_model::At;

/// A program's memory, with errors.
struct Lying {
    inner: Box<dyn Memory>,
    state: AtomicU64,
    /// One word of this many is wrong.
    rate: u64,
}

impl Lying {
    fn random(&self) -> u64 {
        let mut x = self.state.load(Ordering::Relaxed);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.state.store(x, Ordering::Relaxed);
        x
    }

    /// A wrong word: often one that is nearly right, or right elsewhere.
    fn wrong(&self, word: u64, address: u64) -> u64 {
        match self.random() % 8 {
            0 => self.random(),
            1 => 0,
            2 => u64::MAX,
            3 => word ^ (1 << (self.random() % 64)),
            4 => word.wrapping_add(8),
            5 => address,
            6 => address & !0xfff,
            _ => self.random() % 256,
        }
    }
}

impl Memory for Lying {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<usize, Error> {
        let read = self.inner.read(address, into)?;
        for (number, word) in into[..read].as_chunks_mut::<8>().0.iter_mut().enumerate() {
            if self.random().is_multiple_of(self.rate) {
                *word = self.wrong(u64::from_le_bytes(*word), address + number as u64 * 8).to_le_bytes();
            }
        }
        Ok(read)
    }

    fn mappings(&self) -> Result<Vec<Mapping>, Error> {
        self.inner.mappings()
    }

    fn resident(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, Error> {
        self.inner.resident(range)
    }

    fn threads(&self) -> Result<Vec<Thread>, Error> {
        self.inner.threads()
    }

    fn file(&self, mapping: &Mapping) -> Option<File> {
        self.inner.file(mapping)
    }

    fn now(&self) -> Option<At> {
        self.inner.now()
    }

    fn sockets(&self, descriptors: &[i32]) -> HashMap<i32, Socket> {
        self.inner.sockets(descriptors)
    }

    fn program(&self) -> String {
        self.inner.program()
    }
}

/// A generous bound on what one look may take, debug build and a busy machine included.
const BOUND: Duration = Duration::from_secs(30);

#[test]
#[expect(clippy::disallowed_methods, reason = "a bound on time")]
fn wrong_values_lead_to_no_panic_and_no_endless_walk() {
    let running = Build::BASE.start(&[]);
    let mut looked = 0;
    for (round, rate) in [3, 10, 30, 100, 1_000, 10_000].into_iter().cycle().take(60).enumerate() {
        let inner = taskscope_inspect::live(running.pid()).expect("it lives");
        let state = AtomicU64::new(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(round as u64 + 1));
        let begun = Instant::now();
        if let Ok(mut target) = Target::new(Box::new(Lying { inner, state, rate })) {
            for _ in 0..3 {
                looked += target.snapshot().map_or(0, |snapshot| snapshot.tasks.len());
            }
        }
        assert!(begun.elapsed() < BOUND, "round {round}: {:?}", begun.elapsed());
    }
    assert!(looked > 0, "now and then a task is seen all the same");
}
