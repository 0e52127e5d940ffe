// SPDX-License-Identifier: GPL-2.0

//! Values in debugfs, in sysfs and in sysctl.

use alloc::string::String;
use core::fmt;
use kernel::attribute::{Attribute, Bounded};
use kernel::debugfs::{Dir, File, Scope, ScopedDir};
use kernel::kobject::Kobject;
use kernel::prelude::*;
use kernel::seq_file::{seq_print, SeqFile};
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::{Arc, Mutex};
use kernel::types::ARef;
use kernel::uaccess::UserSliceReader;
use kernel::{new_mutex, proc_fs, sysctl, sysfs};

static LIMIT: Bounded<i32> = Bounded::new(Atomic::<i32>::new(3), 0..=10);

/// Says when it goes, and shows as many bytes as it is told to.
struct Long(Atomic<usize>);

impl Attribute for Long {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..self.0.load(Relaxed)).try_for_each(|_| f.write_str("x"))
    }

    fn store(&self, text: &str) -> Result {
        pr_info!("long: {text:?}\n");
        self.0.store(text.parse()?, Relaxed);
        Ok(())
    }
}

impl Drop for Long {
    fn drop(&mut self) {
        pr_info!("long gone\n");
    }
}

struct Constant;

impl Attribute for Constant {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("42")
    }
}

impl proc_fs::Show for Constant {
    fn show(&self, m: &SeqFile) -> Result {
        seq_print!(m, "42\n");
        Ok(())
    }
}

fn hexadecimal(value: &Atomic<u32>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{:#x}", value.load(Relaxed))
}

fn sum(value: &Atomic<u32>, reader: &mut UserSliceReader) -> Result {
    let mut bytes = [0; 4];
    let bytes = bytes.get_mut(..reader.len()).ok_or(E2BIG)?;
    reader.read_slice(bytes)?;
    value.store(bytes.iter().map(|&byte| u32::from(byte)).sum(), Relaxed);
    Ok(())
}

/// Shown by several files; says when it goes.
#[pin_data(PinnedDrop)]
struct Counts {
    good: Atomic<u32>,
    #[pin]
    bad: Mutex<i8>,
    #[pin]
    bytes: Mutex<[u8; 8]>,
}

#[pinned_drop]
impl PinnedDrop for Counts {
    fn drop(self: Pin<&mut Self>) {
        pr_info!("counts gone\n");
    }
}

#[pin_data]
pub(crate) struct Values {
    #[pin]
    vector: File<KVVec<u16>>,
    #[pin]
    counts: Scope<Counts>,
    #[pin]
    number: File<Atomic<u64>>,
    #[pin]
    words: File<Mutex<KVec<&'static str>>>,
    #[pin]
    secret: File<Atomic<u32>>,
    #[pin]
    callbacks: File<Atomic<u32>>,
    #[pin]
    twice: File<u8>,
    others: Others,
}

impl Values {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        let debug = Dir::new(c"rkm-files");
        let below = debug.subdir(c"below");
        try_pin_init!(Self {
            counts <- below.scope(
                pin_init!(Counts {
                    good: Atomic::<u32>::new(1),
                    bad <- new_mutex!(-1),
                    bytes <- new_mutex!(*b"8 bytes\n"),
                }),
                c"counts",
                |counts: &Counts, folder: &ScopedDir<'_, '_>| {
                    folder.read_write_file(c"good", &counts.good);
                    folder.read_write_binary_file(c"bytes", &counts.bytes);
                    folder.dir(c"worse").read_write_file(c"bad", &counts.bad);
                },
            ),
            vector <- below.read_binary_file(c"vector", KVVec::from_elem(0x4142_u16, 3, GFP_KERNEL)),
            number <- debug.read_write_file(c"number", Atomic::<u64>::new(7)),
            words <- below.read_only_file(
                c"words",
                new_mutex!(kernel::kvec!["one", "two"].unwrap_or_default()),
            ),
            secret <- below.write_only_file(c"secret", Atomic::<u32>::new(0)),
            callbacks <- debug.read_write_callback_file(
                c"callbacks",
                Atomic::<u32>::new(255),
                &hexadecimal,
                &sum,
            ),
            twice <- debug.read_callback_file(c"number", 1, &|n: &u8, f: &mut fmt::Formatter<'_>| {
                write!(f, "{n}")
            }),
            others: Others::new()?,
            _: {
                number.store(number.load(Relaxed) + 1, Relaxed);
                assert_eq!((words.lock().len(), **twice, secret.load(Relaxed)), (2, 1, 0));
                assert_eq!(callbacks.load(Relaxed), 255);
            },
        }? Error)
    }
}

pub(crate) struct Others {
    _proc: proc_fs::Entry<Constant>,
    _files: [sysfs::File; 5],
    _folder: ARef<Kobject>,
    _settings: sysctl::Table,
}

impl Others {
    /// Makes the files, and proves what errors there are.
    fn new() -> Result<Self> {
        let folder = Kobject::create_and_add(c"rkm-files", None)?;
        let inner = Kobject::create_and_add(c"inner", Some(&folder))?;
        let name = Arc::pin_init(new_mutex!(String::from("none")), GFP_KERNEL)?;
        let files = [
            sysfs::File::new(&folder, c"limit", 0o666, &LIMIT)?,
            sysfs::File::new(&folder, c"constant", 0o644, Constant)?,
            sysfs::File::new(&inner, c"long", 0o644, Long(Atomic::<usize>::new(9)))?,
            sysfs::File::new(&inner, c"name", 0o600, name.clone())?,
            sysfs::File::new(&inner, c"on", 0o644, Atomic::<bool>::new(true))?,
        ];
        drop(inner);
        let again = sysfs::File::new(&folder, c"limit", 0o444, Constant);
        assert_eq!(again.err(), Some(EEXIST));
        assert_eq!(
            Kobject::create_and_add(c"rkm-files", None).err(),
            Some(EEXIST)
        );
        let settings = sysctl::Table::register(
            c"dev/rkm-files",
            [
                sysctl::Entry::new(c"limit", 0o644, &LIMIT)?,
                sysctl::Entry::new(c"name", 0o600, name)?,
                sysctl::Entry::new(c"constant", 0o444, Constant)?,
                sysctl::Entry::new(c"long", 0o644, Long(Atomic::<usize>::new(5000)))?,
            ],
        )?;
        let twice = [
            sysctl::Entry::new(c"twice", 0o444, Constant)?,
            sysctl::Entry::new(c"twice", 0o444, Constant)?,
        ];
        let again = sysctl::Table::register(c"dev/rkm-files", twice);
        assert_eq!(again.err(), Some(EEXIST));
        let again = sysctl::Table::register(
            c"dev/rkm-files",
            [sysctl::Entry::new(
                c"limit",
                0o644,
                Long(Atomic::<usize>::new(0)),
            )?],
        );
        assert_eq!(again.err(), Some(EEXIST));
        let proc = proc_fs::Entry::new(c"rkm-files", 0o440, KBox::new(Constant, GFP_KERNEL)?)?;
        let again = proc_fs::Entry::new(c"rkm-files", 0o440, KBox::new(Constant, GFP_KERNEL)?);
        assert_eq!(again.err(), Some(EEXIST));
        Ok(Self {
            _proc: proc,
            _files: files,
            _folder: folder,
            _settings: settings,
        })
    }
}
