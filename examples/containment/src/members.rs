// SPDX-License-Identifier: GPL-2.0

//! Which processes are inside, and where.
//!
//! A process is known by its number, of which all its threads have the same, whatever `execve(2)` does.
//! It is taken out when its last thread ends, and its number is nobody else's before it was
//! waited for, which comes later: so a number never stands for another process.
//!
//! The lock is taken where preemption is off, and never in an interrupt.

use crate::container::Container;
use crate::reports::What;
use kernel::bindings;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::sync::Arc;
use kernel::task::{Pid, Task};

struct Member {
    tgid: Pid,
    container: Arc<Container>,
}

kernel::sync::global_lock! {
    // SAFETY: `init` calls MEMBERS.init() before anything uses it.
    // Sorted by the number.
    unsafe(uninit) static MEMBERS: SpinLock<KVec<Member>> = KVec::new();
}

/// How many there are: most machines have none inside at most times, and then nothing else is looked at.
static COUNT: Atomic<usize> = Atomic::<usize>::new(0);

/// Prepares the table. Once, by the module's init.
pub(crate) fn init() {
    // SAFETY: the module's init calls this, once, before all else.
    unsafe { MEMBERS.init() };
}

/// Forgets all: the module goes, and nobody is inside.
pub(crate) fn end() {
    *MEMBERS.lock() = KVec::new();
}

fn place(members: &[Member], tgid: Pid) -> core::result::Result<usize, usize> {
    members.binary_search_by_key(&tgid, |member| member.tgid)
}

/// Tells whether a process is inside.
pub(crate) fn is_inside(tgid: Pid) -> bool {
    COUNT.load(Relaxed) != 0 && place(&MEMBERS.lock(), tgid).is_ok()
}

/// Runs `f` with the container of the process that runs this, if it is inside, and with what tells whether
/// another one is in there too. It must not sleep.
pub(crate) fn with_current<T>(f: impl FnOnce(&Container, &dyn Fn(Pid) -> bool) -> T) -> Option<T> {
    let tgid = current!().tgid();
    // SAFETY: it only reads.
    if COUNT.load(Relaxed) == 0 || !unsafe { bindings::containment_in_task() } {
        return None;
    }
    let members = MEMBERS.lock();
    let container = &members[place(&members, tgid).ok()?].container;
    Some(f(container, &|other| {
        place(&members, other).is_ok_and(|found| Arc::ptr_eq(&members[found].container, container))
    }))
}

/// Puts a process in.
///
/// # Errors
///
/// `ESRCH` where the process is over, `EEXIST` where it is inside, `EBUSY` where it is inside
/// another, `ENOMEM`.
pub(crate) fn add(task: &Task, container: &Arc<Container>) -> Result {
    let mut members = MEMBERS.lock();
    match place(&members, task.tgid()) {
        Ok(found) if Arc::ptr_eq(&members[found].container, container) => Err(EEXIST),
        Ok(_) => Err(EBUSY),
        Err(at) => insert(&mut members, at, task, container.clone()),
    }
}

/// Puts the child of a process in, if the process is inside, and tells of it. It does not sleep.
///
/// # Errors
///
/// `ENOMEM`: it is outside, where it must not be.
pub(crate) fn fork(parent: Pid, child: &Task) -> Result {
    if COUNT.load(Relaxed) == 0 {
        return Ok(());
    }
    let mut members = MEMBERS.lock();
    let Ok(found) = place(&members, parent) else {
        return Ok(());
    };
    let container = members[found].container.clone();
    if let Err(at) = place(&members, child.tgid()) {
        insert(&mut members, at, child, container.clone())?;
    }
    container.tell(What::Fork, 0, |report| report.set_pid(child.tgid()));
    Ok(())
}

fn insert(members: &mut KVec<Member>, at: usize, task: &Task, container: Arc<Container>) -> Result {
    // Who ends counts down first, and then looks whether there is anybody: either we see that it is over, or it
    // sees that there is, and comes to the lock that we have.
    COUNT.add(1, Full);
    let tgid = task.tgid();
    // SAFETY: the task is valid.
    let inserted = if unsafe { bindings::containment_is_over(task.as_ptr()) } {
        Err(ESRCH)
    } else {
        let member = Member { tgid, container };
        members.push(member, GFP_ATOMIC).map_err(Into::into)
    };
    if inserted.is_err() {
        COUNT.store(COUNT.load(Relaxed) - 1, Relaxed);
        return inserted;
    }
    members[at..].rotate_right(1);
    // SAFETY: the module runs, and is let go when the process is taken out.
    unsafe { bindings::containment_hold() };
    Ok(())
}

/// Takes a process out, and runs `f` with where it was. It must not sleep.
///
/// # Errors
///
/// `ENOENT` where it is not inside, or not in the container that is asked for.
pub(crate) fn remove(
    tgid: Pid,
    from: Option<&Arc<Container>>,
    f: impl FnOnce(&Container),
) -> Result {
    if COUNT.load(Relaxed) == 0 {
        return Err(ENOENT);
    }
    let mut members = MEMBERS.lock();
    let at = place(&members, tgid).map_err(|_| ENOENT)?;
    if from.is_some_and(|from| !Arc::ptr_eq(from, &members[at].container)) {
        return Err(ENOENT);
    }
    f(&members[at].container);
    members[at..].rotate_left(1);
    // The list of containers has another reference: nothing is freed here.
    members.pop();
    gone(1);
    Ok(())
}

/// Takes all out of a container.
pub(crate) fn clear(container: &Arc<Container>) {
    let mut members = MEMBERS.lock();
    let mut kept = 0;
    for i in 0..members.len() {
        if !Arc::ptr_eq(&members[i].container, container) {
            members.swap(kept, i);
            kept += 1;
        }
    }
    let taken = members.len() - kept;
    members.truncate(kept);
    gone(taken);
}

fn gone(count: usize) {
    for _ in 0..count {
        // SAFETY: each that was inside held it.
        unsafe { bindings::containment_let_go() };
    }
    // The caller has the table's lock, without which nobody writes it.
    COUNT.store(COUNT.load(Relaxed) - count, Relaxed);
}

/// Returns how many are in a container.
pub(crate) fn count(container: &Arc<Container>) -> usize {
    let members = MEMBERS.lock();
    let inside = |member: &&Member| Arc::ptr_eq(&member.container, container);
    members.iter().filter(inside).count()
}
