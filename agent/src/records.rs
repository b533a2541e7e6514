//! Where tasks are recorded: a slab of records, an index from task id to record, lists of touched records.
//!
//! # The protocol
//! Nothing here is ever unmapped: records, leaves and inner nodes are recycled within their own kind, all
//! their fields are atomics, and whoever follows a stale pointer finds a valid thing of the same kind that
//! says which task it is for. So a reader needs no lock and no reclamation scheme: it reads, then checks.
//!
//! **A record's life** is one word, `generation << 2 | state`.
//!
//! | state | who moves it there | ordering |
//! |---|---|---|
//! | FREE | who frees: the thread that ends the task, or the collector | Release; before a record is filled again, a Release fence |
//! | LIVE | the spawning thread, after filling it; with the next generation | Release, read with Acquire |
//! | ENDED | the thread that ends the task, if the record is on a touched list | SeqCst, see below |
//!
//! **Identity** (`location`, `chain`, `parent`, `spawned`, `runtime`, `kind`, and `id` before the first poll) is
//! written once, by the spawning thread, before LIVE. A reader copies the fields with relaxed loads between
//! two loads of `life` (Acquire; then an Acquire fence and Relaxed): equal generations mean that what it
//! copied belongs together. This is a seqlock whose writer never writes while readers may accept.
//!
//! **Poll fields** (`poll_start`, `polls`, `busy`, `max_poll`, `long`, `stamp`) have one writer at a time:
//! the thread that begins a poll of the task, or ends it. tokio's own hand-over of a task from thread to
//! thread orders their writes, so they are plain load and store, no read-modify-write. A reader may see the
//! fields of one poll without those of the same poll's others: it is at most one poll wrong.
//!
//! The end of a poll is different: tokio calls the hook when it has let go of the task, so another thread may be
//! in the next poll already. That hook knows from its own thread which poll it was, writes `poll_end` alone, and
//! only if `poll_start` is still that poll's; the poll is added up when the next one begins. If the next one
//! begins between the look and the store it looks ended until it is; and if it even ends in between, the older end
//! stands in its place, and that one poll counts as nothing.
//!
//! A record is filled as if a poll of no length had ended, from 0 to 1. If a hook that is late writes the end of the
//! record's former task there, the first poll finds one that seems to have begun at 0: that counts as none.
//!
//! **Two halves.** What polls read and write is one cache line, the record; the rest lies in another array. They
//! are one thing of one life: `Record::rest` leads from the one to the other.
//!
//! **The index** is a radix tree of `Root -> Top -> Mid -> Leaf -> record`. A leaf counts the entries that hold
//! a record, and the counts that threads have on account. Creation and end of a task meet on its entry by CAS: `null ->
//! record` by the spawning thread, `record -> null` by the ending one; if the end comes first it leaves a tombstone, `null
//! -> TOMBSTONE`, and the creation that finds it takes it away and frees the record. Ends of tasks that are never created
//! here (blocking tasks, workers) leave tombstones too; they are not counted and go with their leaf. A leaf goes
//! when nothing counts on it and a few newer leaves exist ("passed"): whoever brings `used` to `PASSED` exactly
//! moves it to DEAD under the index's lock, unlinks it and recycles it. Who counts up a DEAD or a renumbered leaf takes
//! his counts back and tries again from the root.
//!
//! **Accounts.** A count on a leaf is like any other, whoever took it. So each thread has some on account, on at most four
//! leaves, one for each value of the lowest bits of a leaf's number: an insert hands one to its entry without a look at
//! `used`, and an end in a poll takes that of its entry. They are taken and given back 64 at once, and what is left when an
//! account is opened for another leaf goes back then. A thread that spawns tasks and ends them comes to a leaf's word a few
//! times a leaf, and one that spawns what others end, and these, once for 64 tasks, where each would otherwise fetch the
//! line from the other. A leaf with a count on account is neither recycled nor renumbered; one with none may be, so an
//! account tells nothing then. What a thread keeps too long keeps an empty leaf in place: at most four, some 25 kB a slot
//! with their nodes. The accounts stay with the slot when its thread ends, for the next one.
//!
//! A thread remembers the leaves it has used last, without a count on them: that of a task that is polled stays
//! in place, and any other, recycled, leads to records of other ids. For an end the leaf's number must be the right one;
//! so must it for who counts the leaf up, and he looks at it once more after that, as after any way there.
//!
//! **Touched lists**: one a thread, intrusive by `next` (a slot number; `UNLISTED` if on no list). The polling
//! thread puts a record on its list when the epoch in the record's `stamp` is not that in its own; the collector
//! begins an epoch by writing the stamps of all threads. Only the collector
//! takes records off: it swaps the whole list out, and for each record first unlists it and then reads it,
//! so a poll after that lists it anew. A poll that runs at that very moment may have seen the old epoch and
//! the old `next`: so the collector looks at each record once more one tick later, and at each record in a
//! poll until it is not. Two threads whose stamps differ for a moment list a record once too often, never too seldom:
//! any difference lists it.
//!
//! **Freeing**: only the task's own side lists, so if it finds its record unlisted at the end it frees it at
//! once. Otherwise it stores ENDED and then looks at `next` once more, while the collector unlists and then
//! looks at `life`, all SeqCst: at least one of them sees the other's store, and the CAS `ENDED -> FREE` lets
//! exactly one of them free it.

mod index;
mod long;
mod record;
mod slab;
mod touched;

#[cfg(all(test, taskscope_loom))]
mod loom_tests;

pub(crate) use index::{Index, Inserted, Near};
#[cfg(not(taskscope_loom))]
pub(crate) use long::bucket;
#[cfg_attr(taskscope_loom, expect(unused_imports, reason = "only the record protocol is model-checked"))]
pub(crate) use record::{Copied, stamp, stamped_epoch};
pub(crate) use record::{Record, Seed};
pub(crate) use slab::Slab;
pub(crate) use touched::Touched;
