// SPDX-License-Identifier: GPL-2.0

//! Strings.

use crate::kernel_side::{live, with_allocations};
use kernel::error::code::{EINVAL, ENOMEM};
use kernel::fmt;
use kernel::str::{BStr, CStrExt, CString, Formatter};
use std::ffi::CStr;
use std::fmt::Write;

#[test]
fn bytes_that_are_no_text_are_written_out() {
    let bytes = BStr::from_bytes(b"plain \xf0\x9f\x92\xa9 \xff\n\"\\");
    let shown = format!("{bytes}");
    assert!(shown.starts_with("plain "), "{shown}");
    assert!(shown.is_ascii() && shown.contains("\\xff"), "{shown}");
    let quoted = format!("{bytes:?}");
    assert!(
        quoted.starts_with('"') && quoted.contains("\\\""),
        "{quoted}"
    );
}

#[test]
fn every_byte_is_shown_in_a_way_that_tells_it_from_others() {
    let all: std::collections::HashSet<String> = (0..=u8::MAX)
        .map(|byte| format!("{:?}", BStr::from_bytes(&[byte])))
        .collect();
    assert_eq!(all.len(), 256);
}

#[test]
fn a_prefix_is_taken_off_where_there_is_one() {
    let bytes = BStr::from_bytes(b"eth0");
    assert!(bytes
        .strip_prefix(BStr::from_bytes(b"eth"))
        .is_some_and(|rest| *rest == *BStr::from_bytes(b"0")));
    assert!(bytes.strip_prefix(BStr::from_bytes(b"wlan")).is_none());
}

#[test]
fn a_c_string_is_made_of_anything_that_can_be_formatted() {
    let text = CString::try_from_fmt(fmt!("{}-{:04}", "x".repeat(300), 42)).unwrap();
    assert_eq!(text.to_bytes().len(), 305);
    assert!(text.to_bytes().ends_with(b"x-0042"));
    // SAFETY: it is the pointer of a string that is there.
    let same = unsafe { CStr::from_char_ptr(text.as_char_ptr()) };
    assert_eq!(same, &*text);
    drop(text);
    assert_eq!(live(), 0);
}

#[test]
fn a_c_string_has_no_nul_inside_and_says_so_where_memory_lacks() {
    assert_eq!(CString::try_from_fmt(fmt!("a\0b")).err(), Some(EINVAL));
    let refused = with_allocations(0, || CString::try_from_fmt(fmt!("text")));
    assert_eq!(refused.err(), Some(ENOMEM));
    assert_eq!(live(), 0);
}

#[test]
fn a_formatter_fails_where_it_is_full() {
    let mut buffer = [0; 8];
    let mut text = Formatter::new(&mut buffer);
    assert!(text.write_str("12345").is_ok());
    assert!(text.write_str("6789").is_err());
    assert_eq!(text.bytes_written(), 5);
    assert!(text.write_str("678").is_ok());
    assert_eq!(&buffer, b"12345678");
}
