// SPDX-License-Identifier: GPL-2.0

//! What BPF programs give to a module's functions, and what is said of these to the build.

use kernel::bpf::{self, Argument, Call, Memory, Returned};
use kernel::error::{code, Result};
use kernel::prelude::bpf_kfunc;

/// Takes what lies in a register for an argument of a type.
macro_rules! taken {
    ($type:ty, $register:expr) => {{
        // SAFETY: a number is one whatever lies beyond it.
        let value: $type = unsafe { Argument::from_raw($register, &Call) };
        value
    }};
}

#[test]
fn of_a_register_no_more_is_taken_than_the_type_holds() {
    let full = 0xffff_ffff_ffff_0000_u64;
    assert_eq!(taken!(u8, full | 0x103), 3);
    assert_eq!(taken!(u16, full | 0x103), 0x103);
    assert_eq!(taken!(u16, 0x1_0002), 2);
    assert_eq!(taken!(i8, 0xff), -1);
    assert_eq!(taken!(i8, 0x17f), 127);
    assert_eq!(taken!(i16, 0x1_8000), i16::MIN);
    assert_eq!(taken!(u32, full), 0xffff_0000);
    assert_eq!(taken!(i32, 0xffff_fffe), -2);
    assert_eq!(taken!(u64, full), full);
    for (register, expected) in [
        (0, false),
        (1, true),
        (2, true),
        (0x100, false),
        (0x101, true),
    ] {
        assert_eq!(taken!(bool, register), expected, "{register:#x}");
    }
}

#[test]
fn what_is_given_back_fills_the_register() {
    assert_eq!((-1_i8).into_raw(), -1);
    assert_eq!(255_u8.into_raw(), 255);
    assert_eq!(true.into_raw(), 1);
    assert_eq!(u32::MAX.into_raw(), 0xffff_ffff);
    assert_eq!(i32::MIN.into_raw(), i64::from(i32::MIN));
    assert_eq!(Ok(u32::MAX).into_raw(), 0xffff_ffff);
    assert_eq!(Result::<u32>::Err(code::EBUSY).into_raw(), -16);
    assert_eq!(Result::<()>::Ok(()).into_raw(), 0);
    assert_eq!(Result::<()>::Err(code::EPERM).into_raw(), -1);
}

/// Copies memory of a program's to the end of another.
#[bpf_kfunc(syscall, tc)]
fn put(from: Memory<'_>, to: Memory<'_>) -> Result<u32> {
    let mut bytes = [0; 4];
    let size = from.read(&mut bytes);
    let start = to.len().checked_sub(size).ok_or(code::E2BIG)?;
    Ok(to.part(start, size)?.write(&bytes[..size]) as u32)
}

extern "C" {
    /// The function as programs call it: a register each for pointers and sizes.
    fn host_put(from: *const u8, from_size: u64, to: *mut u8, to_size: u64) -> i64;
}

#[test]
fn memory_is_a_pointer_and_a_size_in_a_register_each() {
    let from = [1, 2, 3];
    let mut to = [9; 5];
    // SAFETY: there is so much memory; what lies beyond 32 bits is not the size.
    let put = |to: *mut u8, size| unsafe { host_put(from.as_ptr(), 7 << 32 | 3, to, size) };
    assert_eq!(put(to.as_mut_ptr(), 5), 3);
    assert_eq!(to, [9, 9, 1, 2, 3]);
    assert_eq!(put(to.as_mut_ptr(), 2), -7);
    // No byte, of nothing at all.
    assert_eq!(put(core::ptr::null_mut(), 0), -7);
    assert_eq!(to, [9, 9, 1, 2, 3]);
    // The two may be one.
    let both = to.as_mut_ptr();
    // SAFETY: as above.
    assert_eq!(unsafe { host_put(both, 4, both, 5) }, 4);
    assert_eq!(to, [9, 9, 9, 1, 2]);
}

#[test]
fn a_record_is_text() {
    const TEXTS: &[&str] = &["kfunc\t", "", "name", "\n"];
    const LEN: usize = bpf::len(TEXTS);
    assert_eq!(&bpf::join::<LEN>(TEXTS), b"kfunc\tname\n");
    assert_eq!(&bpf::digits(0), b"0000000000");
    assert_eq!(&bpf::digits(1_234_567_890), b"1234567890");
}
