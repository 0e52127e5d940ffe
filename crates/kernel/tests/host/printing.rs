// SPDX-License-Identifier: GPL-2.0

//! Messages: which records the kernel is given.

use crate::kernel_side::log;
use kernel::print::RateLimit;
use kernel::{pr_cont, pr_emerg, pr_info};

/// What one record of the kernel's log holds, less the longest prefix.
const RECORD: usize = 1024 - 57;

fn texts() -> Vec<String> {
    let records = log();
    assert!(records.iter().all(|(_, _, text)| text.len() <= RECORD));
    assert!(records.iter().all(|(_, prefix, _)| prefix == "host"));
    let texts = records.into_iter().map(|(_, _, text)| text);
    texts.map(|text| String::from_utf8(text).unwrap()).collect()
}

#[test]
fn a_message_is_one_record_with_its_level_and_prefix() {
    pr_info!("{} of {}\n", 1, 2);
    pr_emerg!("plain\n");
    pr_cont!("more\n");
    let records = log();
    let level = |index: usize| char::from(records[index].0);
    assert_eq!((level(0), level(1), level(2)), ('6', '0', 'c'));
    assert_eq!((&*records[0].1, &*records[2].1), ("host", ""));
    assert_eq!(records[0].2, b"1 of 2\n");
}

#[test]
fn a_percent_is_no_format() {
    pr_info!("100 %s %n\n");
    assert_eq!(texts(), ["100 %s %n\n"]);
}

#[test]
fn no_byte_of_a_long_message_is_lost() {
    for length in [1, 191, 192, 193, 911, 912, 913, 5000] {
        let text = "0123456789".repeat(500)[..length].to_owned();
        pr_info!("{text}");
        assert_eq!(texts().concat(), text, "{length}");
        pr_info!("{}|{}\n", &text[..length / 2], &text[length / 2..]);
        assert_eq!(texts().concat().replace('|', ""), format!("{text}\n"));
    }
}

#[test]
fn a_long_message_is_cut_at_the_end_of_a_line() {
    let line = format!("{}\n", "x".repeat(99));
    pr_info!("{}", line.repeat(30));
    let texts = texts();
    assert!(texts.len() > 1);
    assert!(texts.iter().all(|text| text.ends_with('\n')));
    assert_eq!(texts.concat(), line.repeat(30));
}

#[test]
fn a_character_is_not_cut() {
    for shift in 0..4 {
        let text = "a".repeat(shift) + &"\u{1f4a9}".repeat(600);
        pr_info!("{text}");
        // Each record is text for itself, which `texts` checks.
        assert_eq!(texts().concat(), text);
    }
}

#[test]
fn what_printk_would_act_on_is_written_out() {
    pr_info!("{}\n", "a\0b\u{1}c");
    pr_info!("a\0b");
    assert_eq!(texts(), ["a\\x00b\\x01c\n", "a\\x00b"]);
}

#[test]
fn the_name_of_a_limit_is_a_string_whatever_it_is_given() {
    static LIMIT: RateLimit = RateLimit::new();
    for (given, seen) in [
        (b"host\0".as_slice(), "host"),
        (b"no end", ""),
        (b"", ""),
        (b"a\0b", "a"),
    ] {
        assert!(LIMIT.allows(given));
        assert_eq!(log()[0].1, seen);
    }
}
