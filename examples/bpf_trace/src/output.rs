// SPDX-License-Identifier: GPL-2.0

//! Messages, and events.

use crate::probe;
use kernel::bpf::Memory;
use kernel::prelude::*;
use kernel::proc_fs;
use kernel::seq_file::{seq_print, SeqFile};
use kernel::str::BStr;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::percpu::{PerCpu, PerCpuGuard};
use kernel::sync::rcu::{self, Rcu};

/// How deep events nest: in a thread, an interrupt and an NMI.
const LEVELS: usize = 3;

/// The longest text or event, in bytes.
const LONGEST: usize = 64;

/// Prints a text and a number, if the text is one of plain letters.
#[bpf_kfunc(tracing, syscall)]
fn print(text: Memory<'_>, value: u64) -> Result<u32> {
    let mut bytes = [0; LONGEST];
    if text.len() > bytes.len() {
        return Err(E2BIG);
    }
    let size = text.read(&mut bytes);
    let text = bytes[..size].split(|byte| *byte == 0).next().unwrap_or(&[]);
    if !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return Err(EINVAL);
    }
    pr_info!("{}: {value}\n", BStr::from_bytes(text));
    Ok(text.len() as u32)
}

/// Keeps an event: what the program says of it, and memory of the kernel that it is about.
///
/// Each processor has a room for each level. An event that interrupts another one gets the next room;
/// where none is left, that is `EBUSY`.
#[bpf_kfunc(tracing, syscall)]
fn event_output(meta: u64, from: u64, size: u32) -> Result<u32> {
    let reading = rcu::read_lock();
    let processors = PROCESSORS.read(&reading).ok_or(ENODEV)?;
    let level = Level::enter(processors.get())?;
    let mut bytes = [0; LONGEST];
    let bytes = bytes.get_mut(..size as usize).ok_or(E2BIG)?;
    probe::read_kernel(Memory::from(&mut *bytes), from)?;
    level.room().keep(meta, bytes);
    Ok(level.number)
}

/// What a processor has for events.
struct Processor {
    level: Atomic<u32>,
    refused: Atomic<u64>,
    rooms: [Room; LEVELS],
}

static PROCESSORS: Rcu<KBox<PerCpu<Processor>>> = Rcu::empty();

/// All rooms, for as long as there is this.
pub(crate) struct Rooms;

impl Rooms {
    pub(crate) fn new() -> Result<Self> {
        let processors = PerCpu::new(|_| Processor {
            level: Atomic::<u32>::new(0),
            refused: Atomic::<u64>::new(0),
            rooms: [Room::new(), Room::new(), Room::new()],
        })?;
        PROCESSORS.replace(KBox::new(processors, GFP_KERNEL)?);
        Ok(Self)
    }
}

impl Drop for Rooms {
    fn drop(&mut self) {
        PROCESSORS.take();
    }
}

/// A level of nesting, of 1 to [`LEVELS`], which ends when this is dropped, however that comes about.
///
/// The thread stays on the processor meanwhile.
struct Level<'a> {
    processor: PerCpuGuard<'a, Processor>,
    number: u32,
}

impl<'a> Level<'a> {
    fn enter(processor: PerCpuGuard<'a, Processor>) -> Result<Self> {
        let number = processor.level.fetch_add(1, Relaxed) + 1;
        let level = Self { processor, number };
        if number as usize > LEVELS {
            level.processor.refused.add(1, Relaxed);
            return Err(EBUSY);
        }
        Ok(level)
    }

    fn room(&self) -> &Room {
        &self.processor.rooms[self.number as usize - 1]
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.processor.level.add(0_u32.wrapping_sub(1), Relaxed);
    }
}

/// The last event of a level. Whoever reads it may see the half of one and of another.
struct Room {
    count: Atomic<u64>,
    meta: Atomic<u64>,
    sum: Atomic<u64>,
}

impl Room {
    const fn new() -> Self {
        Self {
            count: Atomic::<u64>::new(0),
            meta: Atomic::<u64>::new(0),
            sum: Atomic::<u64>::new(0),
        }
    }

    fn keep(&self, meta: u64, bytes: &[u8]) {
        self.count.add(1, Relaxed);
        self.meta.store(meta, Relaxed);
        self.sum
            .store(bytes.iter().map(|byte| u64::from(*byte)).sum(), Relaxed);
    }
}

/// The file in `/proc`: what each processor has.
pub(crate) struct Shown;

impl proc_fs::Show for Shown {
    fn show(&self, m: &SeqFile) -> Result {
        let reading = rcu::read_lock();
        for (cpu, processor) in PROCESSORS.read(&reading).ok_or(ENODEV)?.iter() {
            let (level, refused) = (
                processor.level.load(Relaxed),
                processor.refused.load(Relaxed),
            );
            seq_print!(
                m,
                "processor {}: level {level}, refused {refused}\n",
                cpu.as_u32()
            );
            for (index, room) in processor.rooms.iter().enumerate() {
                let (count, meta, sum) = (
                    room.count.load(Relaxed),
                    room.meta.load(Relaxed),
                    room.sum.load(Relaxed),
                );
                seq_print!(
                    m,
                    "level {}: {count} events, the last {meta:#x} of {sum}\n",
                    index + 1
                );
            }
        }
        Ok(())
    }
}
