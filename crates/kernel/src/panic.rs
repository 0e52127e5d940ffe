// SPDX-License-Identifier: GPL-2.0

//! What happens on a panic: the message goes to the log, then the thread dies as by C's `BUG()`.

#[cfg(not(rkmbuild_panic_short))]
use crate::print::{print, Level};
#[cfg(not(rkmbuild_panic_short))]
use core::fmt;
use core::panic::PanicInfo;

/// Prints the message and its place, and ends this thread with a BUG.
///
/// The rest of the kernel lives on, unless `panic_on_oops` is set. The module stays loaded for
/// good: the thread may have died with a lock held or a value half-written.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    #[cfg(not(rkmbuild_panic_short))]
    {
        let name = crate::module::name().to_bytes_with_nul();
        print(Level::Emerg, name, format_args!("{}\n", Told(info)));
    }
    // As `panic = "short"` in Cargo.toml asks for: the place alone, in the same form. C writes its
    // numbers, and nothing of `core::fmt` is needed.
    #[cfg(rkmbuild_panic_short)]
    if let Some(place) = info.location() {
        let file = place.file();
        // SAFETY: the file's name is as long as is said.
        unsafe {
            bindings::rust_helper_panicked_at(
                file.as_ptr().cast(),
                file.len(),
                place.line(),
                place.column(),
            );
        }
    }
    // SAFETY: it takes a reference to the module that is running, hence loaded.
    unsafe { bindings::rust_helper_module_panicked() };
    bug()
}

/// What a panic says, in the words of [`PanicInfo`]: but without what Rust has for widths and signs,
/// which most modules need for nothing else.
#[cfg(not(rkmbuild_panic_short))]
struct Told<'a>(&'a PanicInfo<'a>);

#[cfg(not(rkmbuild_panic_short))]
impl fmt::Display for Told<'_> {
    #[cfg(not(rustc_before_1_81))]
    #[allow(clippy::incompatible_msrv)] // an older rustc has the other one
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("panicked at ")?;
        if let Some(place) = self.0.location() {
            to.write_str(place.file())?;
            for number in [place.line(), place.column()] {
                to.write_str(":")?;
                to.write_str(decimal(number, &mut [0; 10]))?;
            }
        }
        to.write_str(":\n")?;
        self.0.message().fmt(to)
    }

    #[cfg(rustc_before_1_81)]
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(to)
    }
}

/// Writes a number at the end of `room`, which the largest one fills, and returns it.
#[cfg(not(any(rkmbuild_panic_short, rustc_before_1_81)))]
#[inline(never)]
fn decimal(number: u32, room: &mut [u8; 10]) -> &str {
    let (mut left, mut start) = (number, room.len());
    loop {
        start = start.saturating_sub(1);
        // The rest of a division by ten: it fits.
        #[allow(clippy::cast_possible_truncation)]
        let digit = b'0' | (left % 10) as u8;
        // SAFETY: a number of 32 bits has at most as many digits as there is room for.
        unsafe { *room.get_unchecked_mut(start) = digit };
        left /= 10;
        if left == 0 {
            // SAFETY: from there on there are digits, which were just written.
            return unsafe { core::str::from_utf8_unchecked(room.get_unchecked(start..)) };
        }
    }
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
