// SPDX-License-Identifier: GPL-2.0

//! What happens on a panic: the message goes to the log, then the thread dies as by C's `BUG()`.

use crate::print::{print, Level};
use core::panic::PanicInfo;

/// Prints the message and its place, and ends this thread with a BUG.
///
/// The rest of the kernel lives on, unless `panic_on_oops` is set. The module stays loaded for
/// good: the thread may have died with a lock held or a value half-written.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let name = crate::module::name().to_bytes_with_nul();
    print(Level::Emerg, name, format_args!("{info}\n"));
    // SAFETY: it takes a reference to the module that is running, hence loaded.
    unsafe { bindings::rust_helper_module_panicked() };
    bug()
}

/// C's `BUG()`: dumps registers and stack to the log and ends this thread.
#[allow(unreachable_code)] // some releases of bindgen know that the call does not come back
fn bug() -> ! {
    // SAFETY: `BUG` has no precondition.
    unsafe { bindings::rust_helper_BUG() };
    // The call does not come back. To objtool, which sees this function alone, a call is a call:
    // the trap says that the path ends here.
    //
    // SAFETY: it is never reached, and would end the thread all the same.
    unsafe { core::arch::asm!("ud2", options(noreturn, nomem, nostack)) }
}
