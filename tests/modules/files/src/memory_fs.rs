// SPDX-License-Identifier: GPL-2.0

//! A file system.

use kernel::filesystem::{Directory, FileSystem, Registration, Type};
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};

static MEMORY: Type<Memory> = Type::new();
static OTHER: Type<Other> = Type::new();
static MOUNTS: Atomic<u32> = Atomic::<u32>::new(0);

struct Memory;

impl FileSystem for Memory {
    const NAME: &'static CStr = c"rkmfs";
    const MAGIC: u32 = 0x726b_6d66;

    fn fill(root: &mut Directory<'_>) -> Result {
        let mount = MOUNTS.fetch_add(1, Relaxed) + 1;
        if mount == 3 {
            root.add_file("half", 0o444, b"never seen")?;
            return Err(ENODATA);
        }
        root.add_file("hello", 0o444, b"Hello!\n")?;
        root.add_file("secret", 0o400, b"")?;
        root.add_file("run", 0o555, b"#!/bin/sh\necho it runs\n")?;
        let mut large = KVVec::new();
        for n in 0..20_000_u32 {
            large.extend_from_slice(&n.to_le_bytes(), GFP_KERNEL)?;
        }
        root.add_file("large", 0o444, &large)?;
        let mut many = root.add_directory("many", 0o555)?;
        for n in 0..300 {
            let name = kernel::str::CString::try_from_fmt(fmt!("file {n:03}"))?;
            many.add_file(name.to_str()?, 0o444, name.to_bytes())?;
        }
        many.add_directory("deep", 0o700)?
            .add_symlink("up", c"../../hello")?;
        root.add_symlink("link", c"many/deep/up")?;
        root.add_symlink("dangling", c"nowhere")?;
        for (name, error) in [
            ("hello", EEXIST),
            ("many", EEXIST),
            ("", EINVAL),
            (".", EINVAL),
            ("..", EINVAL),
            ("a/b", EINVAL),
            ("a\0", EINVAL),
            (core::str::from_utf8(&[b'x'; 256])?, ENAMETOOLONG),
        ] {
            assert_eq!(root.add_file(name, 0o444, b""), Err(error));
        }
        assert_eq!(root.add_symlink("empty", c""), Err(EINVAL));
        root.add_file(core::str::from_utf8(&[b'x'; 255])?, 0o444, b"")
    }
}

struct Other;

impl FileSystem for Other {
    const NAME: &'static CStr = Memory::NAME;
    const MAGIC: u32 = 0;

    fn fill(_root: &mut Directory<'_>) -> Result {
        Ok(())
    }
}

/// Registers the file system, and proves what errors there are.
pub(crate) fn register() -> Result<Registration> {
    drop(Registration::register(&MEMORY)?);
    let registration = Registration::register(&MEMORY)?;
    assert_eq!(Registration::register(&MEMORY).err(), Some(EBUSY));
    assert_eq!(Registration::register(&OTHER).err(), Some(EBUSY));
    Ok(registration)
}
