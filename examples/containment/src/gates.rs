// SPDX-License-Identifier: GPL-2.0

//! Where it is decided what processes inside may do: the functions by which the kernel asks its security
//! modules. There it knows the file itself, and no more the name in a process' memory, which another
//! thread could change in between, and whatever system call it came by.

use crate::members;
use crate::reports::What;
use kernel::bindings;
use kernel::ftrace::{Entry, FtraceGate, Gate};
use kernel::prelude::*;
use kernel::task::Pid;

/// What the arguments of functions are.
#[derive(Clone, Copy)]
enum Kind {
    /// The first is a `struct file *`.
    File,
    /// This one is a `const struct path *`, or both are.
    Path(u32, Option<u32>),
    /// The first is the `struct dentry *` of a file, the second the `const struct path *` of a folder, which
    /// lies in the same mount.
    Link,
    /// The first is a `struct task_struct *`.
    Task,
    /// They do not matter: nobody inside may do it.
    Never,
}

struct Guard(Kind);

impl Gate for Guard {
    fn enter(&self, entry: &Entry<'_>) -> Option<c_long> {
        let what = What::Function(entry.ip);
        let pointer = |n| entry.argument(n) as *const c_void;
        members::with_current(|container, is_inside| {
            let see = |path: *const bindings::path, tell: bool| {
                // SAFETY: it is the function's argument, which is valid while it runs.
                let allowed = unsafe { container.has(path) };
                let result = if allowed { 0 } else { EACCES.to_errno() };
                if tell || !allowed {
                    // SAFETY: as above.
                    container.tell(what, result, |report| unsafe { report.set_path(path) });
                }
                allowed
            };
            let refused = match self.0 {
                Kind::File => {
                    // SAFETY: it is the function's argument, which is valid while it runs.
                    let path = unsafe { bindings::containment_path(pointer(0).cast()) };
                    (!see(path, true)).then_some(EACCES)
                }
                Kind::Path(first, second) => {
                    let mut paths = [Some(first), second].into_iter().flatten();
                    let allowed = paths.all(|n| see(pointer(n).cast(), false));
                    (!allowed).then_some(EACCES)
                }
                Kind::Link => {
                    let folder: *const bindings::path = pointer(1).cast();
                    let file = bindings::path {
                        // SAFETY: it is the function's argument, which is valid while it runs.
                        mnt: unsafe { (*folder).mnt },
                        dentry: pointer(0).cast_mut().cast(),
                    };
                    let allowed = see(&file, false) && see(folder, false);
                    (!allowed).then_some(EACCES)
                }
                Kind::Task => {
                    // Not ESRCH, as if it were not there: kill(2) would look for it again, for ever
                    // (`kill_pid_info()` in kernel/signal.c).
                    let pid = tgid(pointer(0));
                    let refused = (!is_inside(pid)).then_some(EPERM);
                    let result = refused.map_or(0, Error::to_errno);
                    container.tell(what, result, |report| report.set_pid(pid));
                    refused
                }
                Kind::Never => {
                    container.tell(what, EPERM.to_errno(), |_| {});
                    Some(EPERM)
                }
            };
            refused.map(|error| error.to_errno() as c_long)
        })
        .flatten()
    }
}

/// Returns the number of the process that a `struct task_struct *` is of.
fn tgid(task: *const c_void) -> Pid {
    // SAFETY: it is the function's argument, which is valid while it runs.
    unsafe { (*task.cast::<bindings::task_struct>()).tgid }
}

#[pin_data]
pub(crate) struct Gates {
    #[pin]
    files: FtraceGate<Guard>,
    #[pin]
    paths: FtraceGate<Guard>,
    #[pin]
    links: FtraceGate<Guard>,
    #[pin]
    renames: FtraceGate<Guard>,
    #[pin]
    tasks: FtraceGate<Guard>,
    #[pin]
    never: FtraceGate<Guard>,
}

/// Open files, however they come to be: openat(2), execve(2), uselib(2), io_uring, or by another process.
const FILES: &[&CStr; 2] = &[c"security_file_open", c"security_file_receive"];
const PATHS: &[&CStr; 10] = &[
    c"security_inode_getattr",
    c"security_path_chmod",
    c"security_path_chown",
    c"security_path_chroot",
    c"security_path_mkdir",
    c"security_path_mknod",
    c"security_path_rmdir",
    c"security_path_symlink",
    c"security_path_truncate",
    c"security_path_unlink",
];
const LINKS: &[&CStr; 1] = &[c"security_path_link"];
const RENAMES: &[&CStr; 1] = &[c"security_path_rename"];
const TASKS: &[&CStr; 2] = &[c"security_ptrace_access_check", c"security_task_kill"];
/// What would move the folder's walls: mounts, and code in the kernel.
const NEVER: &[&CStr; 6] = &[
    c"security_kernel_load_data",
    c"security_kernel_read_file",
    c"security_move_mount",
    c"security_sb_mount",
    c"security_sb_pivotroot",
    c"security_sb_umount",
];

impl Gates {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // SAFETY: here and below: include/linux/lsm_hook_defs.h has what the functions take, the same
            // in 6.1, 6.12 and 7.3. They return 0 or an errno, and do nothing but to ask; who calls
            // one is ready for each errno. What they ask others is not asked where the answer is no.
            files <- unsafe { FtraceGate::register(FILES, Guard(Kind::File)) },
            // SAFETY: as above; the first argument is a path.
            paths <- unsafe { FtraceGate::register(PATHS, Guard(Kind::Path(0, None))) },
            // SAFETY: as above; the file that is there, the folder of the new name.
            links <- unsafe { FtraceGate::register(LINKS, Guard(Kind::Link)) },
            // SAFETY: as above; folder and file, the old and the new.
            renames <- unsafe { FtraceGate::register(RENAMES, Guard(Kind::Path(0, Some(2)))) },
            // SAFETY: as above; the first argument is a task.
            tasks <- unsafe { FtraceGate::register(TASKS, Guard(Kind::Task)) },
            // SAFETY: as above.
            never <- unsafe { FtraceGate::register(NEVER, Guard(Kind::Never)) },
        })
    }
}
