// SPDX-License-Identifier: GPL-2.0

//! Prints messages of all kinds.

#![no_std]

use core::fmt;
use kernel::prelude::*;

module! {
    type: Printing,
    name: "printing",
    authors: ["The rkmbuild developers"],
    description: "Messages of all kinds",
    license: "GPL",
}

struct Printing;

/// So many letters, and an end that shows that none was lost.
struct Long(usize);

impl fmt::Display for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for n in 0..self.0 {
            fmt::Write::write_char(f, char::from(b'a' + (n % 26) as u8))?;
        }
        f.write_str("<end>")
    }
}

impl kernel::Module for Printing {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        pr_emerg!("level 0\n");
        pr_alert!("level 1\n");
        pr_crit!("level 2\n");
        pr_err!("level 3\n");
        pr_warn!("level 4\n");
        pr_notice!("level 5\n");
        pr_info!("level 6\n");
        pr_debug!("level 7\n");
        pr_info!("100% %s %n {}\n", "%d%%");
        pr_info!("nul \0 and {}\n", "soh \x014 here");
        pr_info!("begun, ");
        pr_cont!("{}", "gone on, ");
        pr_cont!("ended\n");
        for length in [190, 300, 880, 907, 908, 1000, 5000] {
            pr_info!("{length} {}\n", Long(length));
        }
        pr_info!("lines of {}\nand {}\nend\n", Long(600), Long(600));
        pr_info!("é{}\n", Repeat::repeat("é"));
        for n in 0..3 {
            pr_info_once!("once {n}\n");
        }
        for n in 0..50 {
            pr_info_ratelimited!("limited {n}\n");
        }
        kernel::dbg!(1 + 1);
        Ok(Printing)
    }
}

trait Repeat {
    fn repeat(&self) -> Repeated<'_>;
}

struct Repeated<'a>(&'a str);

impl Repeat for str {
    fn repeat(&self) -> Repeated<'_> {
        Repeated(self)
    }
}

impl fmt::Display for Repeated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..1000).try_for_each(|_| f.write_str(self.0))
    }
}
