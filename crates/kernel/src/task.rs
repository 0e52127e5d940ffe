// SPDX-License-Identifier: GPL-2.0

//! Threads and processes.

use crate::cred::Credential;
use crate::ffi::c_long;
use crate::str::CStr;
use crate::sync::aref::{ARef, AlwaysRefCounted};
use crate::types::{NotThreadSafe, Opaque};
use core::ops::Deref;
use core::panic::Location;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub use crate::cred::Kuid;

/// Wait for ever: C's `MAX_SCHEDULE_TIMEOUT`.
pub const MAX_SCHEDULE_TIMEOUT: c_long = c_long::MAX;

/// The number of a thread.
pub type Pid = bindings::pid_t;

/// Returns the thread that runs this.
#[macro_export]
macro_rules! current {
    () => {
        // SAFETY: the reference does not outlive the expression's own scope, where the thread that
        // runs is the same.
        unsafe { &*$crate::task::Task::current() }
    };
}

/// A thread: the kernel's `struct task_struct`.
#[repr(transparent)]
pub struct Task(Opaque<bindings::task_struct>);

// SAFETY: a task counts its users by itself, on whatever thread.
unsafe impl Send for Task {}
// SAFETY: what is read here is constant or read as a whole.
unsafe impl Sync for Task {}

impl Task {
    /// Returns the thread that runs this.
    ///
    /// # Safety
    ///
    /// The result must not be used by, or given to, another thread.
    #[must_use]
    #[inline]
    pub unsafe fn current() -> impl Deref<Target = CurrentTask> {
        struct Current(*const CurrentTask);
        impl Deref for Current {
            type Target = CurrentTask;

            fn deref(&self) -> &CurrentTask {
                // SAFETY: a thread that runs exists.
                unsafe { &*self.0 }
            }
        }
        // SAFETY: it has no precondition.
        Current(unsafe { bindings::rust_helper_get_current() }.cast())
    }

    /// Returns the task as C has it.
    #[must_use]
    pub const fn as_ptr(&self) -> *mut bindings::task_struct {
        self.0.get()
    }

    /// Returns its number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        // SAFETY: the number of a task never changes.
        unsafe { (*self.as_ptr()).pid }
    }

    /// Returns the number of its process.
    #[must_use]
    pub fn tgid(&self) -> Pid {
        // SAFETY: as above.
        unsafe { (*self.as_ptr()).tgid }
    }

    /// Returns its user.
    #[must_use]
    pub fn uid(&self) -> Kuid {
        // SAFETY: the task is valid.
        Kuid::from_raw(unsafe { bindings::rust_helper_task_uid(self.as_ptr()) })
    }

    /// Returns its effective user.
    #[must_use]
    pub fn euid(&self) -> Kuid {
        // SAFETY: the task is valid.
        Kuid::from_raw(unsafe { bindings::rust_helper_task_euid(self.as_ptr()) })
    }

    /// Returns its credentials, as they are now.
    #[must_use]
    pub fn cred(&self) -> ARef<Credential> {
        // SAFETY: the task is valid.
        let cred = unsafe { bindings::get_task_cred(self.as_ptr()) };
        // SAFETY: a task has credentials, and they were counted once more.
        unsafe { ARef::from_raw(NonNull::new_unchecked(cred.cast_mut().cast())) }
    }

    /// Returns its name.
    #[must_use]
    pub fn comm(&self) -> Comm {
        let mut name = [0; bindings::TASK_COMM_LEN as usize];
        // SAFETY: the room is as large as a name can be.
        unsafe {
            bindings::rust_helper_get_task_comm(name.as_mut_ptr().cast(), self.as_ptr());
        }
        Comm(name)
    }

    /// Tells whether a signal waits for it.
    #[must_use]
    pub fn signal_pending(&self) -> bool {
        // SAFETY: the task is valid.
        unsafe { bindings::rust_helper_signal_pending(self.as_ptr()) }
    }

    /// Wakes it if it sleeps.
    pub fn wake_up(&self) {
        // SAFETY: the task is valid.
        unsafe { bindings::wake_up_process(self.as_ptr()) };
    }
}

/// The thread that runs this: a [`Task`] that stays with it.
#[repr(transparent)]
pub struct CurrentTask(Task, NotThreadSafe);

impl CurrentTask {
    /// Returns the first thread of its process.
    #[must_use]
    pub fn group_leader(&self) -> &Task {
        // SAFETY: a thread that runs has a leader, which exists as long and is another only when this
        // thread calls execve(2).
        unsafe { &*(*self.as_ptr()).group_leader.cast() }
    }
}

impl Deref for CurrentTask {
    type Target = Task;

    fn deref(&self) -> &Task {
        &self.0
    }
}

// SAFETY: that is what the two functions do.
unsafe impl AlwaysRefCounted for Task {
    fn inc_ref(&self) {
        // SAFETY: the task is valid.
        unsafe { bindings::rust_helper_get_task_struct(self.as_ptr()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper_put_task_struct(obj.as_ptr().cast()) };
    }
}

impl PartialEq for Task {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
    }
}

/// The name of a thread.
pub struct Comm([u8; bindings::TASK_COMM_LEN as usize]);

impl Deref for Comm {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

/// Whether [`might_sleep`] looks.
static LOOKS: AtomicBool = AtomicBool::new(false);

/// Has [`might_sleep`] look. Called by `module!` in a build with debug assertions, or for tests.
///
/// A call, and no code in the module itself: without optimisation, a store to an atomic value comes
/// with a panic behind which objtool finds instructions that nothing reaches.
#[doc(hidden)]
#[inline(never)]
pub fn look_for_sleep() {
    LOOKS.store(true, Relaxed);
}

/// Says that this may sleep: what sleeps where nobody may is a bug, of which a thread rarely dies
/// at once. In a build with debug assertions (the `dev` profile) and in tests, it is reported then,
/// as the kernel itself does where `CONFIG_DEBUG_ATOMIC_SLEEP` is set, with the line that called:
/// under a spin lock, with interrupts or preemption off, in an interrupt, and while
/// [RCU](crate::sync::rcu) is read.
///
/// Where the kernel has no `CONFIG_PREEMPT_RCU`, RCU waits for none who sleeps, and what is read is
/// freed meanwhile: so it looks in every build. It cannot see more than the kernel counts: without
/// `CONFIG_PREEMPT_COUNT`, interrupts alone.
#[track_caller]
#[inline]
pub fn might_sleep() {
    might_sleep_at(Location::caller());
}

/// As [`might_sleep`], which `caller` called.
#[inline]
pub(crate) fn might_sleep_at(caller: &Location<'_>) {
    if !cfg!(CONFIG_PREEMPT_RCU) || LOOKS.load(Relaxed) {
        look(caller);
    }
}

#[cold]
fn look(caller: &Location<'_>) {
    let file = caller.file();
    // SAFETY: the file's name is as long as is said.
    unsafe {
        bindings::rust_helper_might_sleep(file.as_ptr().cast(), file.len(), caller.line());
    }
}

/// Returns the thread that runs this, or that is interrupted by it: to compare, not to look into.
#[inline]
pub(crate) fn this_thread() -> *mut bindings::task_struct {
    // SAFETY: there is always a current thread.
    unsafe { bindings::rust_helper_get_current() }
}

/// Returns the thread that runs this, as a counted reference.
#[must_use]
pub fn current() -> ARef<Task> {
    ARef::from(&**current!())
}
