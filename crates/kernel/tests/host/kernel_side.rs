// SPDX-License-Identifier: GPL-2.0

//! The kernel's side: memory that is checked, counters, and a log, each thread with its own.
//!
//! Memory is filled when it is given out and when it is taken back, so that whoever reads what was not
//! written, or is gone, finds it; a pointer that is not in the list of what a thread has ends the test.

use kernel::ffi::{c_char, c_int, c_void};
use std::alloc::{alloc, dealloc, Layout};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};

const ALIGN: usize = 4096;
const FRESH: u8 = 0xa5;
const GONE: u8 = 0xde;

thread_local! {
    /// Sizes of what is allocated, by address.
    static LIVE: RefCell<HashMap<usize, usize>> = RefCell::new(HashMap::new());
    /// How many more allocations are well.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    /// The messages, with their levels and prefixes.
    static LOG: RefCell<Vec<(u8, String, Vec<u8>)>> = const { RefCell::new(Vec::new()) };
    /// The classes of the locks that were made.
    static CLASSES: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Returns how many allocations of this thread are not freed.
pub(crate) fn live() -> usize {
    LIVE.with_borrow(HashMap::len)
}

/// Runs `f`, in which only the first `count` allocations are well.
pub(crate) fn with_allocations<R>(count: usize, f: impl FnOnce() -> R) -> R {
    LEFT.set(count);
    let result = f();
    LEFT.set(usize::MAX);
    result
}

/// Returns what was printed, and forgets it.
pub(crate) fn log() -> Vec<(u8, String, Vec<u8>)> {
    LOG.take()
}

/// Returns the classes of the locks that were made, and forgets them.
pub(crate) fn classes() -> Vec<usize> {
    CLASSES.take()
}

fn resize(old: *mut c_void, size: usize) -> *mut c_void {
    assert_ne!(size, 0, "the kernel has a special pointer for no bytes");
    let Some(left) = LEFT.get().checked_sub(1) else {
        return std::ptr::null_mut();
    };
    LEFT.set(left);
    let layout = Layout::from_size_align(size, ALIGN).unwrap();
    // SAFETY: the size is not 0.
    let new = unsafe { alloc(layout) };
    // SAFETY: it is that large.
    unsafe { new.write_bytes(FRESH, size) };
    if !old.is_null() {
        let old_size = LIVE.with_borrow(|live| live[&old.addr()]);
        // SAFETY: both are at least that large, and not the same.
        unsafe { new.copy_from_nonoverlapping(old.cast(), old_size.min(size)) };
        free(old);
    }
    LIVE.with_borrow_mut(|live| live.insert(new.addr(), size));
    new.cast()
}

fn free(old: *const c_void) {
    if old.is_null() {
        return;
    }
    let size = LIVE.with_borrow_mut(|live| live.remove(&old.addr()));
    let layout = Layout::from_size_align(size.expect("freed what is not there"), ALIGN).unwrap();
    // SAFETY: it was allocated with this layout, and is not any more.
    unsafe {
        old.cast_mut().cast::<u8>().write_bytes(GONE, layout.size());
        dealloc(old.cast_mut().cast(), layout);
    }
}

#[no_mangle]
extern "C" fn rust_helper_krealloc(old: *const c_void, size: usize, _: u32) -> *mut c_void {
    resize(old.cast_mut(), size)
}

#[no_mangle]
extern "C" fn rust_helper_kfree(old: *const c_void) {
    free(old);
}

/// As `rust_helper_krealloc`, told what size there is.
macro_rules! resize_known {
    ($($name:ident)*) => {
        $(#[no_mangle]
        extern "C" fn $name(old: *mut c_void, old_size: usize, size: usize, _: u32) -> *mut c_void {
            check_size(old, old_size);
            resize(old, size)
        })*
    };
}

resize_known! { rust_helper_vrealloc rust_helper_kvrealloc }

#[no_mangle]
extern "C" fn vfree(old: *const c_void) {
    free(old);
}

#[no_mangle]
extern "C" fn kvfree(old: *const c_void) {
    free(old);
}

fn check_size(old: *mut c_void, said: usize) {
    if !old.is_null() {
        LIVE.with_borrow(|live| assert!(live[&old.addr()] >= said, "{said} is more than it was"));
    }
}

#[no_mangle]
extern "C" fn rust_helper_refcount_set(count: &AtomicI32, n: i32) {
    count.store(n, Ordering::Relaxed);
}

#[no_mangle]
extern "C" fn rust_helper_refcount_inc(count: &AtomicI32) {
    assert_ne!(count.fetch_add(1, Ordering::Relaxed), 0, "it was gone");
}

#[no_mangle]
extern "C" fn rust_helper_refcount_dec_and_test(count: &AtomicI32) -> bool {
    let before = count.fetch_sub(1, Ordering::Relaxed);
    assert!(before > 0, "it was gone");
    before == 1
}

#[no_mangle]
extern "C" fn rust_helper_init_completion(_: *mut c_void, _: *const c_char, key: *const c_void) {
    CLASSES.with_borrow_mut(|classes| classes.push(key.addr()));
}

#[no_mangle]
extern "C" fn rust_helper_register_ftrace(
    _: *mut c_void,
    _: *const c_char,
    _: *mut c_void,
) -> c_int {
    0
}

/// ftrace has turned itself off.
#[no_mangle]
extern "C" fn rust_helper_unregister_ftrace(_: *mut c_void) -> c_int {
    -19
}

#[no_mangle]
extern "C" fn rust_helper_ktime_get() -> i64 {
    1
}

/// A thread of the host may always sleep.
#[no_mangle]
extern "C" fn rust_helper_might_sleep(_: *const c_char, _: usize, _: u32) {}

/// Notes the name as a message's prefix.
#[no_mangle]
unsafe extern "C" fn rust_helper_ratelimit(_: *mut c_void, name: *const c_char) -> bool {
    // SAFETY: the caller gives a string.
    let name = unsafe { std::ffi::CStr::from_ptr(name.cast()) };
    let name = name.to_str().unwrap().to_owned();
    LOG.with_borrow_mut(|log| log.push((b'r', name, Vec::new())));
    true
}

#[no_mangle]
unsafe extern "C" fn rust_helper_printk(
    level: c_char,
    prefix: *const u8,
    prefix_length: usize,
    text: *const u8,
    length: usize,
) {
    // SAFETY: the caller gives two texts of these lengths.
    let (prefix, text) = unsafe {
        (
            std::slice::from_raw_parts(prefix, prefix_length),
            std::slice::from_raw_parts(text, length),
        )
    };
    let prefix = String::from_utf8(prefix.to_vec()).unwrap();
    LOG.with_borrow_mut(|log| log.push((level, prefix, text.to_vec())));
}
