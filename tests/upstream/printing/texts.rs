// SPDX-License-Identifier: GPL-2.0

/// Hands texts with values of all kinds to a macro that prints: of the kernel, or of a program.
macro_rules! each_text {
    ($say:ident) => {{
        $say!("nothing but words\n");
        $say!("{{braces}} and 100% of %s, %pA, %d\n");
        $say!("{} {} {} {}\n", u8::MAX, i64::MIN, u128::MAX, usize::MIN);
        $say!("{:x} {:#X} {:#o} {:#010b} {:+}\n", 255, 255u8, 8, 5, 7);
        $say!("[{:>6}] [{:<6}] [{:^6}] [{:*^7}]\n", "ab", "cd", "ef", "gh");
        $say!("[{:06}] [{:<6}] [{:+}]\n", -12, 34, 56);
        $say!("{0} {1} {0} {name}\n", 'a', true, name = "named");
        $say!("{:?} {:?} {:?}\n", "quo\"ted", 'c', "\u{e9}\u{1f980}");
        $say!("{:?} {:?}\n", Some(1), None::<u8>);
        $say!(
            "{:?} {:?}\n",
            3u8.checked_sub(4).ok_or(-5),
            "7".parse::<u8>()
        );
        $say!("{:?} {:?}\n", [1, 2, 3], ("a", 2, 'c'));
        $say!("{:02x?} {:?}\n", [0xdeu8, 0xad], &[""; 2]);
        $say!("{:.3} {:>8.2} {:5}|\n", "abcdef", "xyz", "");
        $say!(
            "{}\n",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        );
        $say!("{:>300}|\n", "far");
    }};
}
