// SPDX-License-Identifier: GPL-2.0

//! What calls the safe way from C: the measuring loops have pointers, and it takes none.

use crate::safe::killer::Candidate;
use crate::safe::{packet, Way};
use core::ptr::from_ref;
use core::slice;
use kernel::bindings;
use kernel::prelude::*;
use kernel::sync::atomic::Relaxed;

/// # Safety
///
/// `me` must be the way that [`of`] was given, and there.
unsafe fn way<'a>(me: *mut c_void) -> &'a Way {
    // SAFETY: the caller says so.
    unsafe { &*me.cast() }
}

unsafe extern "C" fn add(me: *mut c_void, task: *const bindings::candidate) -> c_int {
    // SAFETY: the caller's way, and its task.
    let (way, task) = unsafe { (way(me), &*task) };
    let added = way.killer.add(Candidate {
        pid: task.pid,
        adj: task.adj,
        untouchable: task.untouchable,
        rss: task.rss as usize,
        swap: task.swap as usize,
        tables: task.tables as usize,
    });
    added.map_or_else(Error::to_errno, |()| 0)
}

unsafe extern "C" fn choose(me: *mut c_void, total: c_ulong) -> bindings::pid_t {
    // SAFETY: the caller's way.
    unsafe { way(me) }.killer.choose(total as usize)
}

unsafe extern "C" fn count(me: *mut c_void, key: u64, more: u64) -> u64 {
    // SAFETY: the caller's way.
    unsafe { way(me) }.map.count(key, more)
}

unsafe extern "C" fn parse(
    _me: *mut c_void,
    data: *const u8,
    size: usize,
    out: *mut bindings::flow,
) -> c_int {
    // SAFETY: the data has this size.
    match packet::parse(unsafe { slice::from_raw_parts(data, size) }) {
        Ok(flow) => {
            // SAFETY: it is the caller's.
            unsafe {
                *out = bindings::flow {
                    source: flow.source,
                    dest: flow.dest,
                    source_port: flow.source_port,
                    dest_port: flow.dest_port,
                    payload: flow.payload,
                };
            }
            0
        }
        Err(error) => error.to_errno(),
    }
}

unsafe extern "C" fn ticks(me: *mut c_void) -> u64 {
    // SAFETY: the caller's way.
    unsafe { way(me) }.tick.callback().0.load(Relaxed)
}

/// Returns the safe way as C has it; it may be used for as long as `way` is there.
pub(crate) fn of(way: &Way) -> bindings::way {
    bindings::way {
        name: c"safe".as_ptr().cast(),
        me: from_ref(way).cast_mut().cast(),
        add: Some(add),
        choose: Some(choose),
        count: Some(count),
        parse: Some(parse),
        // C's timer is the first field.
        timer: from_ref(&way.tick).cast_mut().cast(),
        ticks: Some(ticks),
    }
}
