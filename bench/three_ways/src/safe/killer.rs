// SPDX-License-Identifier: GPL-2.0

//! Chooses whom to kill, as the kernel does where memory runs out (`mm/oom_kill.c`).

use kernel::prelude::*;
use kernel::sync::Mutex;
use kernel::task::Pid;

const CANDIDATES: usize = 128;
const ADJ_MIN: i16 = -1000;
const PAGE_SIZE: usize = 4096;

/// A task that may be killed: sizes in pages, but for its page tables', which is in bytes.
pub(crate) struct Candidate {
    pub(crate) pid: Pid,
    pub(crate) adj: i16,
    pub(crate) untouchable: bool,
    pub(crate) rss: usize,
    pub(crate) swap: usize,
    pub(crate) tables: usize,
}

#[pin_data]
pub(crate) struct Killer {
    #[pin]
    tasks: Mutex<KVec<Candidate>>,
}

fn badness(task: &Candidate, total: usize) -> isize {
    if task.untouchable || task.adj == ADJ_MIN {
        return isize::MIN;
    }
    let points = task.rss + task.swap + task.tables / PAGE_SIZE;
    points as isize + isize::from(task.adj) * (total / 1000) as isize
}

impl Killer {
    pub(crate) fn choose(&self, total: usize) -> Pid {
        let mut most = isize::MIN;
        let mut victim = 0;

        let tasks = self.tasks.lock();
        for task in tasks.iter() {
            let points = badness(task, total);

            if points > most {
                most = points;
                victim = task.pid;
            }
        }
        drop(tasks);
        victim
    }

    pub(crate) fn add(&self, task: Candidate) -> Result {
        let mut tasks = self.tasks.lock();
        if tasks.len() == CANDIDATES {
            return Err(ENOMEM);
        }
        tasks.push(task, GFP_KERNEL)?;
        Ok(())
    }

    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            tasks <- kernel::new_mutex!(KVec::with_capacity(CANDIDATES, GFP_KERNEL)?),
        })
    }
}
