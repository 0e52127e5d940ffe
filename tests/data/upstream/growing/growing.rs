// SPDX-License-Identifier: GPL-2.0

//! Memory that grows and shrinks by `vrealloc`, which 6.12 does not export.

use core::alloc::Layout;
use core::ptr::NonNull;
use kernel::alloc::allocator::Vmalloc;
use kernel::alloc::{flags::__GFP_ZERO, AllocError, Allocator, VVec};
use kernel::prelude::*;

module! {
    type: Growing,
    name: "growing",
    author: "Somebody",
    description: "A module for tests",
    license: "GPL",
}

const PAGE: usize = 4096;

struct Room {
    at: NonNull<u8>,
    layout: Layout,
}

impl Room {
    fn new(size: usize) -> Result<Self, AllocError> {
        let layout = bytes(size);
        let at = Vmalloc::alloc(layout, GFP_KERNEL | __GFP_ZERO)?.cast();
        Ok(Room { at, layout })
    }

    fn resize(&mut self, size: usize) -> Result<(), AllocError> {
        let (old, new) = (self.layout, bytes(size));
        // SAFETY: It is of that allocator and layout.
        let made = unsafe { Vmalloc::realloc(Some(self.at), new, old, GFP_KERNEL | __GFP_ZERO)? };
        (self.at, self.layout) = (made.cast(), new);
        Ok(())
    }

    fn all(&mut self) -> &mut [u8] {
        // SAFETY: That much is there, and zeroed or written.
        unsafe { core::slice::from_raw_parts_mut(self.at.as_ptr(), self.layout.size()) }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // SAFETY: It is of that allocator and layout.
        unsafe { Vmalloc::free(self.at, self.layout) };
    }
}

fn bytes(size: usize) -> Layout {
    // SAFETY: One is a power of two, and the sizes are small.
    unsafe { Layout::from_size_align_unchecked(size, 1) }
}

struct Growing;

impl kernel::Module for Growing {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let mut numbers = VVec::new();
        for number in 0..50_000_u64 {
            numbers.push(number, GFP_KERNEL)?;
        }
        pr_info!("sum {}\n", numbers.iter().sum::<u64>());

        let mut room = Room::new(3 * PAGE)?;
        room.all().fill(0xaa);
        let first = room.at;
        room.resize(100)?;
        let kept = room.all().iter().all(|&byte| byte == 0xaa);
        room.resize(3 * PAGE)?;
        let same = first == room.at;
        let (old, new) = room.all().split_at(100);
        let zeroed = new.iter().all(|&byte| byte == 0);
        let still = old.iter().all(|&byte| byte == 0xaa);
        pr_info!("in place: {same} {kept} {still} {zeroed}\n");
        room.resize(20 * PAGE)?;
        let (old, new) = room.all().split_at(100);
        let zeroed = new.iter().all(|&byte| byte == 0);
        let still = old.iter().all(|&byte| byte == 0xaa);
        pr_info!("moved: {still} {zeroed}\n");
        Ok(Growing)
    }
}
