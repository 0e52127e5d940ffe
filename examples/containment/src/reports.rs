// SPDX-License-Identifier: GPL-2.0

//! What is told of the processes in a container, until somebody reads it.

use core::fmt::{self, Write};
use kernel::bindings;
use kernel::prelude::*;
use kernel::task::Pid;

/// How many reports wait for a reader; those that come then are counted, and lost.
const CAPACITY: usize = 256;
/// How much of a path is kept.
const NAME: usize = 256;
/// As much as a line can take: each byte of a path may become four.
pub(crate) const LINE: usize = 4 * NAME + 128;

/// What happened.
#[derive(Clone, Copy)]
pub(crate) enum What {
    /// A function of the kernel was entered: that at this address.
    Function(usize),
    Fork,
    Exec,
    Exit,
}

#[derive(Clone, Copy)]
enum Detail {
    None,
    Pid(Pid),
    Path(usize),
}

/// A report.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    number: u64,
    pid: Pid,
    what: What,
    result: i32,
    detail: Detail,
    name: [u8; NAME],
}

impl Report {
    const EMPTY: Self = Self {
        number: 0,
        pid: 0,
        what: What::Exit,
        result: 0,
        detail: Detail::None,
        name: [0; NAME],
    };

    /// Says which other process it is about.
    pub(crate) fn set_pid(&mut self, pid: Pid) {
        self.detail = Detail::Pid(pid);
    }

    /// Says which file it is about. One whose path is too long has none.
    ///
    /// # Safety
    ///
    /// The path must be valid.
    pub(crate) unsafe fn set_path(&mut self, path: *const bindings::path) {
        let name = self.name.as_mut_ptr();
        // SAFETY: the caller's promise; the room is as large as is said.
        let length = unsafe { bindings::containment_name(path, name, NAME) };
        self.detail = usize::try_from(length).map_or(Detail::None, Detail::Path);
    }

    /// Writes it as a line: its number, the process, what it did, 0 or an errno, and to what.
    pub(crate) fn write(&self, line: &mut Line) -> fmt::Result {
        write!(line, "{} {} ", self.number, self.pid)?;
        match self.what {
            What::Function(address) => {
                let mut name = [0; 64];
                // SAFETY: the room is as large as is said.
                let length =
                    unsafe { bindings::containment_symbol(address, name.as_mut_ptr(), name.len()) };
                let name = core::str::from_utf8(&name[..length]).unwrap_or_default();
                line.write_str(name.strip_prefix("security_").unwrap_or(name))?;
            }
            What::Fork => line.write_str("fork")?,
            What::Exec => line.write_str("exec")?,
            What::Exit => line.write_str("exit")?,
        }
        write!(line, " {}", self.result)?;
        match self.detail {
            Detail::None => {}
            Detail::Pid(pid) => write!(line, " {pid}")?,
            Detail::Path(length) => write!(line, " {}", Escaped(&self.name[..length]))?,
        }
        line.write_char('\n')
    }
}

/// A path, no byte of which ends a word or a line.
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0 {
            if byte.is_ascii_graphic() && byte != b'\\' {
                f.write_char(byte.into())?;
            } else {
                write!(f, "\\{byte:03o}")?;
            }
        }
        Ok(())
    }
}

/// Reports in their order.
pub(crate) struct Ring {
    places: KVVec<Report>,
    first: usize,
    waiting: usize,
    number: u64,
    lost: u64,
    ended: bool,
}

/// What comes of a look for a report.
// It is on a reader's stack, for one line; a box for it would have to be made under the lock.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Next {
    Report(Report),
    /// So many were lost: none came after those that waited.
    Lost(u64),
    Nothing,
    /// There will be none any more.
    End,
}

impl Ring {
    pub(crate) fn new() -> Result<Self> {
        let mut places = KVVec::with_capacity(CAPACITY, GFP_KERNEL)?;
        for _ in 0..CAPACITY {
            places.push(Report::EMPTY, GFP_KERNEL)?;
        }
        Ok(Self {
            places,
            first: 0,
            waiting: 0,
            number: 0,
            lost: 0,
            ended: false,
        })
    }

    /// Adds a report by the process `pid`, which `fill` completes where there is room.
    pub(crate) fn add(
        &mut self,
        pid: Pid,
        what: What,
        result: i32,
        fill: impl FnOnce(&mut Report),
    ) {
        self.number += 1;
        // As long as some were lost the reader is told so first.
        if self.waiting == CAPACITY || self.lost > 0 {
            self.lost += 1;
            return;
        }
        let place = &mut self.places[(self.first + self.waiting) % CAPACITY];
        place.number = self.number;
        place.pid = pid;
        place.what = what;
        place.result = result;
        place.detail = Detail::None;
        fill(place);
        self.waiting += 1;
    }

    /// Says that there will be none any more.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Tells whether a reader need not wait.
    pub(crate) fn is_ready(&self) -> bool {
        self.waiting > 0 || self.lost > 0 || self.ended
    }

    /// Returns how many were lost that nobody was told of.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Returns how many there have been.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Takes the next one.
    pub(crate) fn next(&mut self) -> Next {
        if self.waiting > 0 {
            let report = self.places[self.first];
            self.first = (self.first + 1) % CAPACITY;
            self.waiting -= 1;
            return Next::Report(report);
        }
        match core::mem::take(&mut self.lost) {
            0 if self.ended => Next::End,
            0 => Next::Nothing,
            lost => Next::Lost(lost),
        }
    }
}

/// Room for a line.
pub(crate) struct Line(KVec<u8>);

impl Line {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(KVec::with_capacity(LINE, GFP_KERNEL)?))
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            self.0.push_within_capacity(byte).map_err(|_| fmt::Error)?;
        }
        Ok(())
    }
}
