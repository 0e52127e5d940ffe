// SPDX-License-Identifier: GPL-2.0

//! Strings, errors and numbers.

use crate::{check, Check};
use kernel::error::{from_err_ptr, from_result, to_result};
use kernel::ioctl::{_IO, _IOC_DIR, _IOC_NR, _IOC_SIZE, _IOC_TYPE, _IOR, _IOW, _IOWR};
use kernel::prelude::*;
use kernel::str::{BStr, CString};

pub(crate) const CHECKS: &[Check] = &[
    ("C strings", c_strings),
    ("bytes as text", bytes),
    ("errors", errors),
    ("ioctl numbers", ioctls),
    ("the module", module),
];

fn c_strings() -> Result {
    let name = CString::try_from_fmt(fmt!("queue{}", 7))?;
    check!(name.to_bytes(), b"queue7");
    check!(*name, *c"queue7");
    check!(CString::try_from_fmt(fmt!("a\0b")).err(), Some(EINVAL));
    check!(CString::try_from(c"copy")?.to_bytes_with_nul(), b"copy\0");
    check!(kernel::c_str!("text"), c"text");
    // SAFETY: it is a static string.
    check!(unsafe { CStr::from_char_ptr(c"ptr".as_char_ptr()) }, c"ptr");
    Ok(())
}

fn bytes() -> Result {
    let text = CString::try_from_fmt(fmt!("{}", BStr::from_bytes(b"a\n\xff%\"")))?;
    check!(text.to_bytes(), b"a\\n\\xff%\"");
    let text = CString::try_from_fmt(fmt!("{:?}", BStr::from_bytes(b"a\"\\")))?;
    check!(text.to_bytes(), b"\"a\\\"\\\\\"");
    Ok(())
}

fn errors() -> Result {
    check!(EINVAL.to_errno(), -22);
    check!(EINVAL.name(), Some("EINVAL"));
    check!(Error::from_errno(-12), ENOMEM);
    check!(Error::from_errno(5), EINVAL);
    check!(Error::from_errno(-5000), EINVAL);
    check!(to_result(-2), Err(ENOENT));
    check!(to_result(3), Ok(()));
    check!(from_err_ptr(ENODEV.to_ptr::<u8>()).err(), Some(ENODEV));
    check!(from_result::<i32>(|| Err(EBUSY)), -16);
    let parsed = || -> Result<u8> { Ok("300".parse::<u8>()?) };
    check!(parsed(), Err(EINVAL));
    let text = CString::try_from_fmt(fmt!("{EPERM} {:?}", Error::from_errno(-4000)))?;
    check!(text.to_bytes(), b"EPERM Error(4000)");
    Ok(())
}

fn ioctls() -> Result {
    // As C's macros make them.
    check!(_IO(b'|' as u32, 0x80), 0x7c80);
    check!(_IOR::<i32>(b'|' as u32, 0x81), 0x8004_7c81);
    check!(_IOW::<i32>(b'|' as u32, 0x82), 0x4004_7c82);
    check!(_IOWR::<[u8; 100]>(1, 2), 0xc064_0102);
    let number = 0xc064_0102;
    check!(
        (
            _IOC_DIR(number),
            _IOC_TYPE(number),
            _IOC_NR(number),
            _IOC_SIZE(number)
        ),
        (3, 1, 2, 100)
    );
    Ok(())
}

fn module() -> Result {
    check!(
        <crate::SelfTest as kernel::ModuleMetadata>::NAME,
        c"selftest"
    );
    check!(!crate::THIS_MODULE.as_ptr().is_null());
    check!(cfg!(kernel_6_1));
    check!(cfg!(CONFIG_MODULES));
    // No kernel has it set.
    check!(!cfg!(CONFIG_BROKEN));
    Ok(())
}
