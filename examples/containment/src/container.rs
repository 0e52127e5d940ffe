// SPDX-License-Identifier: GPL-2.0

//! Containers: a folder, and what is told of those inside.

use crate::members;
use crate::reports::{Report, Ring, What};
use core::ptr::NonNull;
use kernel::bindings;
use kernel::error::from_err_ptr;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::poll::PollCondVar;
use kernel::sync::{Arc, SpinLock};
use kernel::workqueue::{Work, WorkItem};
use kernel::{impl_has_work, new_poll_condvar, new_spinlock, new_work};

kernel::sync::global_lock! {
    // SAFETY: `init` calls CONTAINERS.init() before anything uses it.
    unsafe(uninit) static CONTAINERS: Mutex<KVec<Arc<Container>>> = KVec::new();
}

static NEXT: Atomic<u32> = Atomic::<u32>::new(1);

/// Prepares the list. Once, by the module's init.
pub(crate) fn init() {
    // SAFETY: the module's init calls this, once, before all else.
    unsafe { CONTAINERS.init() };
}

/// A folder that a container keeps its processes in.
///
/// # Invariants
///
/// It is what `containment_root` gave.
struct Root(NonNull<bindings::path>);

// SAFETY: a path counts its users by itself, on whatever thread.
unsafe impl Send for Root {}
// SAFETY: it never changes.
unsafe impl Sync for Root {}

impl Drop for Root {
    fn drop(&mut self) {
        // SAFETY: by the invariant, and nobody uses it again.
        unsafe { bindings::containment_put_root(self.0.as_ptr()) };
    }
}

/// A container.
#[pin_data]
pub(crate) struct Container {
    pub(crate) id: u32,
    root: Root,
    /// Whether a file of the device has it.
    open: Atomic<bool>,
    pub(crate) denied: Atomic<u64>,
    #[pin]
    pub(crate) reports: SpinLock<Ring>,
    #[pin]
    pub(crate) told: PollCondVar,
}

impl Container {
    /// Makes a container of a folder that the process names.
    pub(crate) fn create(name: UserPtr) -> Result<Arc<Self>> {
        // SAFETY: it looks at the name as something of the process', which may be anything.
        let root = from_err_ptr(unsafe { bindings::containment_root(name.as_const_ptr().cast()) })?;
        // INVARIANT: it was just made.
        let root = Root(NonNull::new(root).ok_or(ENOMEM)?);
        let ring = Ring::new()?;
        let container = Arc::pin_init(
            pin_init!(Self {
                id: NEXT.fetch_add(1, Relaxed),
                root,
                open: Atomic::<bool>::new(true),
                denied: Atomic::<u64>::new(0),
                reports <- new_spinlock!(ring),
                told <- new_poll_condvar!(),
            }),
            GFP_KERNEL,
        )?;
        CONTAINERS.lock().push(container.clone(), GFP_KERNEL)?;
        Ok(container)
    }

    /// Says that no file has it any more: it is there until the last process went.
    pub(crate) fn close(&self) {
        self.open.store(false, Relaxed);
        reap();
    }

    /// Tells whether a file of the device has it.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Relaxed)
    }

    /// Has those who wait for reports know that there will be none.
    pub(crate) fn end(&self) {
        self.reports.lock().end();
        self.told.notify_all();
    }

    /// Returns the folder, to show it.
    pub(crate) fn root(&self) -> *const bindings::path {
        self.root.0.as_ptr()
    }

    /// Tells whether a file is one that processes inside may see.
    ///
    /// # Safety
    ///
    /// The path must be valid.
    pub(crate) unsafe fn has(&self, path: *const bindings::path) -> bool {
        // SAFETY: the caller's promise, and the invariant.
        unsafe { bindings::containment_below(self.root(), path) }
    }

    /// Notes something that the thread which runs this did.
    pub(crate) fn tell(&self, what: What, result: i32, report: impl FnOnce(&mut Report)) {
        if result < 0 {
            self.denied.add(1, Relaxed);
        }
        let pid = current!().tgid();
        self.reports.lock().add(pid, what, result, report);
        self.told.notify_all();
    }
}

/// Runs for each container.
pub(crate) fn for_each(mut visit: impl FnMut(&Arc<Container>)) {
    for container in CONTAINERS.lock().iter() {
        visit(container);
    }
}

/// Forgets those that no file has and nobody is in.
///
/// Who may not sleep reaches a container through [`members`] alone, under its lock: with nobody inside, and
/// no file to put somebody in, the last reference is not dropped there.
pub(crate) fn reap() {
    // Freed with no lock held: who waits for its reports is waited for.
    while let Some(container) = take_one() {
        drop(container);
    }
}

fn take_one() -> Option<Arc<Container>> {
    let mut containers = CONTAINERS.lock();
    let gone = |container: &Arc<Container>| !container.is_open() && members::count(container) == 0;
    let at = containers.iter().position(gone)?;
    containers[at..].rotate_left(1);
    containers.pop()
}

/// Gives the list's room back. Once, when the module goes.
pub(crate) fn end() {
    *CONTAINERS.lock() = KVec::new();
}

/// Forgets containers for those who may not sleep.
#[pin_data]
pub(crate) struct Reaper {
    #[pin]
    work: Work<Reaper>,
}

impl_has_work! {
    impl HasWork<Self> for Reaper { self.work }
}

impl Reaper {
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(pin_init!(Self { work <- new_work!() }), GFP_KERNEL)
    }
}

impl WorkItem for Reaper {
    type Pointer = Arc<Self>;

    fn run(_this: Arc<Self>) {
        reap();
    }
}
