// SPDX-License-Identifier: GPL-2.0

//! Prints what is easily printed in another way than a kernel with `CONFIG_RUST` does it.

use core::ffi::{c_int, c_void, CStr};
use core::fmt;
use kernel::prelude::*;
use kernel::{bindings, pr_cont};

module! {
    type: Printing,
    name: "printing",
    AUTHORS,
    description: "A module for tests",
    license: "GPL",
}

extern "C" {
    fn shown_device() -> *mut c_void;
    fn shown_begin() -> c_int;
    fn shown_end();
}

// As upstream's `SeqFile::call_printf` and `Device::printk` do it, which are younger than 6.12.

fn show(file: *mut c_void, arguments: fmt::Arguments<'_>) {
    let format = c"%pA".as_ptr().cast();
    // SAFETY: The file is C's, and `%pA` is told the address of what it takes.
    unsafe { bindings::seq_printf(file.cast(), format, &raw const arguments) }
}

fn tell(level: &CStr, arguments: fmt::Arguments<'_>) {
    let (level, format) = (level.as_ptr().cast(), c"%pA".as_ptr().cast());
    // SAFETY: The device is never freed, and `%pA` is told the address of what it takes.
    unsafe {
        bindings::_dev_printk(level, shown_device().cast(), format, &raw const arguments);
    }
}

/// Writes the file in /proc.
#[no_mangle]
extern "C" fn said_in(file: *mut c_void) {
    show(file, format_args!("{:>8}|{:<8}|{:^8}|{:08x}|{:+}\n", "a", "b", "ü", 48879, 7));
    show(file, format_args!("a zero \0 byte, and {:?}\n", "a \"quoted\"\ttext"));
    show(file, format_args!(""));
    show(file, format_args!("{:=>9000}\n", ""));
    show(file, format_args!("{:->40000}{:->30000}\n", "", ""));
}

struct Printing;

impl kernel::Module for Printing {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_emerg!("emerg {}\n", 0);
        pr_alert!("alert {}\n", 1);
        pr_crit!("crit {}\n", 2);
        pr_err!("err {}\n", 3);
        pr_warn!("warn {}\n", 4);
        pr_notice!("notice {}\n", 5);
        pr_info!("{:>8}|{:<8}|{:^8}|{:08x}|{:#x?}\n", "a", "b", "ü", 48879, [1, 17]);
        pr_info!("no format of C's: %s %pA %d%%\n");
        pr_info!("two\nlines\n");
        pr_info!("a zero \0 byte\n");
        pr_info!("\x016a level in the text\n");
        pr_info!("");
        pr_info!("without an end");
        pr_cont!(", continued");
        pr_cont!(" {}{:>5}\n", "twice", 1);
        pr_info!("{:.>990}\n", "");
        pr_info!("{:.>1009}\n", "");
        pr_info!("{:.>1010}\n", "");
        pr_info!("{:.>1011}\n", "");
        pr_info!("{:.>1012}\n", "");
        pr_info!("{:.>1013}\n", "");
        pr_info!("{:.>1014}\n", "");
        pr_info!("{:.>1023}\n", "");
        pr_info!("{:.>1024}\n", "");
        pr_info!("{:.>1025}\n", "");
        pr_info!("{:.>3000}\n", "");
        // The length of a record is counted in 16 bits.
        pr_info!("{:.>40000}{:.>25550}\n", "", "");
        pr_info!("begun");
        pr_cont!("{:_>2000}\n", "");
        tell(c"\x013", format_args!("{:>8}|{:<8}|\n", "a", "b"));
        tell(c"\x016", format_args!("no end, %s, a zero \0 byte"));
        tell(c"\x014", format_args!("{:.>2000}\n", ""));
        tell(c"\x015", format_args!("{:.>40000}{:.>25520}\n", "", ""));
        // SAFETY: It is called once.
        match unsafe { shown_begin() } {
            0 => Ok(Printing),
            _ => Err(ENOMEM),
        }
    }
}

impl Drop for Printing {
    fn drop(&mut self) {
        // SAFETY: What it ends was begun.
        unsafe { shown_end() };
    }
}
