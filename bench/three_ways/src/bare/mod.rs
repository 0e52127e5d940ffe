// SPDX-License-Identifier: GPL-2.0

//! Rust on bare bindings: what C does, with the same pointers and the same functions of the kernel's.

mod device;
mod killer;
mod map;
mod packet;
mod tick;

use core::cell::UnsafeCell;
use core::ptr::addr_of_mut;
use kernel::bindings;
use kernel::prelude::*;

/// A static of C's: nothing but its user's care keeps threads apart.
struct Static<T>(UnsafeCell<T>);

// SAFETY: each has a lock, or is used by one thread.
unsafe impl<T> Sync for Static<T> {}

impl<T> Static<T> {
    const fn zeroed() -> Self {
        // SAFETY: what is in statics here are types of C's, of which all zeroes are a value.
        Self(UnsafeCell::new(unsafe { core::mem::zeroed() }))
    }

    const fn get(&self) -> *mut T {
        self.0.get()
    }
}

/// What the functions of a way are given.
struct Way {
    killer: killer::Killer,
    map: map::Map,
    tick: tick::Tick,
}

static WAY: Static<Way> = Static::zeroed();

/// # Safety
///
/// Once, before [`stop`].
pub(crate) unsafe fn start() -> Result<bindings::way> {
    let way = WAY.get();
    // SAFETY: nobody uses it yet.
    unsafe {
        killer::start(addr_of_mut!((*way).killer))?;
        map::start(addr_of_mut!((*way).map));
        tick::start(addr_of_mut!((*way).tick));
        if let Err(error) = device::start() {
            killer::stop(addr_of_mut!((*way).killer));
            return Err(error);
        }
    }
    Ok(bindings::way {
        name: c"bare".as_ptr().cast(),
        me: way.cast(),
        add: Some(killer::add),
        choose: Some(killer::choose),
        count: Some(map::count),
        parse: Some(packet::parse),
        // SAFETY: it is a static.
        timer: unsafe { addr_of_mut!((*way).tick.timer) },
        ticks: Some(tick::ticks),
    })
}

/// # Safety
///
/// Once, after [`start`].
pub(crate) unsafe fn stop() {
    let way = WAY.get();
    // SAFETY: it was started, and nobody uses it any more.
    unsafe {
        device::stop();
        tick::stop(addr_of_mut!((*way).tick));
        killer::stop(addr_of_mut!((*way).killer));
    }
}

/// Makes a mutex.
unsafe fn new_mutex(lock: *mut bindings::mutex) {
    static KEY: Static<bindings::lock_class_key> = Static::zeroed();
    // SAFETY: the caller's lock; name and key are static.
    unsafe { bindings::rust_helper___mutex_init(lock, c"bare".as_ptr().cast(), KEY.get()) };
}
