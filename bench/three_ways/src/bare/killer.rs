// SPDX-License-Identifier: GPL-2.0

//! Chooses whom to kill, as the kernel does where memory runs out (`mm/oom_kill.c`).

use super::{new_mutex, Way};
use core::ptr::{addr_of_mut, null};
use kernel::bindings::{self, candidate, pid_t};
use kernel::prelude::*;

pub(super) struct Killer {
    lock: bindings::mutex,
    length: c_uint,
    tasks: *mut candidate,
}

unsafe fn badness(task: *const candidate, total: c_ulong) -> c_long {
    // SAFETY: the caller's task.
    unsafe {
        if (*task).untouchable || c_int::from((*task).adj) == bindings::OOM_SCORE_ADJ_MIN {
            return c_long::MIN;
        }
        let points = (*task).rss + (*task).swap + (*task).tables / bindings::PAGE_SIZE as c_ulong;
        points as c_long + c_long::from((*task).adj) * (total / 1000) as c_long
    }
}

pub(super) unsafe extern "C" fn choose(me: *mut c_void, total: c_ulong) -> pid_t {
    // SAFETY: it is the way that was started.
    let killer = unsafe { addr_of_mut!((*me.cast::<Way>()).killer) };
    let mut most = c_long::MIN;
    let mut victim = 0;
    let mut i = 0;

    // SAFETY: the killer was started; there are so many tasks.
    unsafe {
        bindings::mutex_lock(addr_of_mut!((*killer).lock));
        while i < (*killer).length {
            let task = (*killer).tasks.add(i as usize);
            let points = badness(task, total);

            if points > most {
                most = points;
                victim = (*task).pid;
            }
            i += 1;
        }
        bindings::mutex_unlock(addr_of_mut!((*killer).lock));
    }
    victim
}

pub(super) unsafe extern "C" fn add(me: *mut c_void, task: *const candidate) -> c_int {
    // SAFETY: it is the way that was started.
    let killer = unsafe { addr_of_mut!((*me.cast::<Way>()).killer) };
    let mut error = 0;

    // SAFETY: the killer was started; there is room for so many tasks.
    unsafe {
        bindings::mutex_lock(addr_of_mut!((*killer).lock));
        if (*killer).length < bindings::CANDIDATES {
            *(*killer).tasks.add((*killer).length as usize) = *task;
            (*killer).length += 1;
        } else {
            error = -(bindings::ENOMEM as c_int);
        }
        bindings::mutex_unlock(addr_of_mut!((*killer).lock));
    }
    error
}

pub(super) unsafe fn start(killer: *mut Killer) -> Result {
    // SAFETY: nobody uses it yet.
    unsafe {
        new_mutex(addr_of_mut!((*killer).lock));
        (*killer).length = 0;
        let size = bindings::CANDIDATES as usize * size_of::<candidate>();
        (*killer).tasks = bindings::rust_helper_krealloc(null(), size, bindings::GFP_KERNEL).cast();
        if (*killer).tasks.is_null() {
            return Err(ENOMEM);
        }
    }
    Ok(())
}

pub(super) unsafe fn stop(killer: *mut Killer) {
    // SAFETY: nobody uses it any more.
    unsafe { bindings::kfree((*killer).tasks.cast()) };
}
