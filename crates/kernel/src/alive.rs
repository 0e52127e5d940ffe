// SPDX-License-Identifier: GPL-2.0

//! Registrations that live: what the kernel may still call of a module.
//!
//! A value in a static is never dropped, and `KBox::leak` and [`core::mem::forget`] keep any other
//! from it. Where such a value is a registration (a timer, a thread, a device, …), the kernel goes on
//! to call its functions, and would run what is freed once the module is unloaded. So whatever tells
//! the kernel of a function of the module keeps an [`Alive`] for as long as that may be called. While
//! there is one, the module stays where it is: unloading it says what lives, and does not return.
//!
//! What a module registers by [`bindings`] alone, it counts by a value of its own:
//!
//! ```
//! use kernel::alive::Alive;
//! use kernel::prelude::*;
//!
//! struct MyHook {
//!     // Dropped after `drop` has taken the hook away.
//!     _alive: Alive,
//! }
//!
//! impl MyHook {
//!     fn register() -> Result<Self> {
//!         // The kernel is told of a function here.
//!         Ok(Self { _alive: kernel::alive!(MyHook) })
//!     }
//! }
//!
//! impl Drop for MyHook {
//!     fn drop(&mut self) {
//!         // The kernel forgets it here, and waits for whoever runs it.
//!     }
//! }
//! ```

use crate::ffi::{c_int, c_uint};
use crate::module::this_module;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

pub use crate::alive;

/// How many registrations live, of whatever kind.
static ALL: AtomicUsize = AtomicUsize::new(0);
/// The kind that was listed last; each knows the one before.
static KINDS: AtomicPtr<Kind> = AtomicPtr::new(ptr::null_mut());

/// Makes an [`Alive`] of a type, which a message names with the module that this stands in.
#[macro_export]
macro_rules! alive {
    ($name:ident) => {{
        static KIND: $crate::alive::Kind = $crate::alive::Kind::new(::core::concat!(
            ::core::module_path!(),
            "::",
            ::core::stringify!($name)
        ));
        $crate::alive::Alive::new(&KIND)
    }};
}

/// A kind of registrations: a static.
pub struct Kind {
    name: &'static str,
    count: AtomicUsize,
    listed: AtomicBool,
    next: AtomicPtr<Kind>,
    end: Option<fn(End)>,
}

/// What is asked of a [`Kind`] when the module ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// That what ends by itself does so soon.
    Hasten,
    /// That who ran the last of them has left the module's code.
    Leave,
}

impl Kind {
    /// Makes one; the name is for a message.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            count: AtomicUsize::new(0),
            listed: AtomicBool::new(false),
            next: AtomicPtr::new(ptr::null_mut()),
            end: None,
        }
    }

    /// Makes one that does something itself when the module ends.
    pub(crate) const fn with_end(name: &'static str, end: fn(End)) -> Self {
        let mut kind = Self::new(name);
        kind.end = Some(end);
        kind
    }

    /// Sees to it that it is known when the module ends.
    pub(crate) fn list(&'static self) {
        if self.listed.load(Ordering::Relaxed) || self.listed.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut before = KINDS.load(Ordering::Relaxed);
        loop {
            self.next.store(before, Ordering::Relaxed);
            let this = ptr::from_ref(self).cast_mut();
            // Release: who comes by it sees what it knows.
            match KINDS.compare_exchange(before, this, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => before = now,
            }
        }
    }
}

/// Says that a registration lives. Dropped when the kernel has forgotten it.
#[must_use = "it is to be kept for as long as the kernel may call the module"]
pub struct Alive(&'static Kind);

impl Alive {
    /// Counts one. Best by [`alive!`](crate::alive!), which makes the kind.
    pub fn new(kind: &'static Kind) -> Self {
        kind.list();
        kind.count.fetch_add(1, Ordering::Relaxed);
        ALL.fetch_add(1, Ordering::Relaxed);
        Self(kind)
    }

    /// Keeps it counted, until [`end`](Self::end).
    pub(crate) fn keep(self) {
        core::mem::forget(self);
    }

    /// Takes back what was [kept](Self::keep) of a kind.
    pub(crate) fn end(kind: &'static Kind) {
        drop(Self(kind));
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
        // Release: all that was done to end it comes before whoever sees that it ended.
        ALL.fetch_sub(1, Ordering::Release);
    }
}

/// Returns all kinds that there were registrations of.
fn kinds() -> impl Iterator<Item = &'static Kind> {
    let listed = |place: &AtomicPtr<Kind>| {
        // SAFETY: it is null or a static; acquire: what was written to it before is seen.
        unsafe { place.load(Ordering::Acquire).as_ref::<'static>() }
    };
    core::iter::successors(listed(&KINDS), move |kind| listed(&kind.next))
}

fn tell(end: End) {
    for kind in kinds() {
        if let Some(function) = kind.end {
            function(end);
        }
    }
}

/// Milliseconds after which a message says what is waited for.
const PATIENCE: c_uint = 1000;

/// Waits until no registration lives, and nobody uses the module where `failed` is what its init
/// failed with. `false`: the process was killed, which ends the wait for the latter alone.
pub(crate) fn wait(failed: c_int) -> bool {
    let (mut waited, mut pause, mut said) = (0, 1, false);
    // SAFETY: it is this module.
    let used = || failed != 0 && unsafe { bindings::rust_helper_module_is_used(this_module()) };
    let live = || ALL.load(Ordering::Acquire) != 0;
    loop {
        tell(End::Hasten);
        // Twice: whoever used it may have registered something just before.
        if !live() && !used() && !live() {
            tell(End::Leave);
            return true;
        }
        if waited >= PATIENCE && !said {
            said = true;
            say(failed);
        }
        // SAFETY: a thread that loads or unloads a module may sleep.
        if unsafe { bindings::rust_helper_module_pause(pause, failed != 0) } {
            return false;
        }
        waited = waited.saturating_add(pause);
        pause = PATIENCE.min(pause * 2);
    }
}

/// Says why the module stays. C's format: no module has to carry Rust's for it.
#[cold]
fn say(failed: c_int) {
    // SAFETY: it is this module.
    unsafe { bindings::rust_helper_module_stays(this_module(), failed) };
    for kind in kinds() {
        let count = kind.count.load(Ordering::Relaxed);
        if count != 0 {
            // SAFETY: the name is as long as is said.
            unsafe {
                bindings::rust_helper_module_lives(
                    this_module(),
                    count,
                    kind.name.as_ptr().cast(),
                    kind.name.len(),
                );
            }
        }
    }
}
