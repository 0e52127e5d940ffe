// SPDX-License-Identifier: GPL-2.0

//! Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
//!
//! BPF programs call the module's functions and the kernel's own helpers of the same name. They are
//! made by hand and loaded by bpf(2) alone, so that nothing else has to be there.

use std::ffi::{c_char, c_int, c_long, c_void, CString};
use std::fs;
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

const MODULE: &str = "bpf_trace";

// The kernel's own, by their numbers (enum bpf_func_id of <linux/bpf.h>).
const GET_CURRENT_PID_TGID: i32 = 14;
const GET_CURRENT_UID_GID: i32 = 15;
const GET_CURRENT_COMM: i32 = 16;
const GET_CURRENT_TASK: i32 = 35;
const PROBE_READ_KERNEL: i32 = 113;

#[test]
fn whom_the_processor_works_for_is_what_the_kernel_says() {
    for (ours, theirs) in [
        ("current_pid_tgid", GET_CURRENT_PID_TGID),
        ("current_uid_gid", GET_CURRENT_UID_GID),
    ] {
        let program = Program::new().call(ours).keep(0).helper(theirs).keep(1);
        let [one, other] = program.run([0xdead; 2]).unwrap();
        assert_eq!(one, other, "{ours}");
    }
    let pid = Program::new()
        .call("current_pid_tgid")
        .keep(0)
        .run([0])
        .unwrap()[0]
        >> 32;
    assert_eq!(pid, process::id().into());
}

#[test]
fn a_name_fills_the_memory_and_ends_in_a_nul() {
    let name = |size: i32| {
        let all = Program::new().store(-16, -1).store(-8, -1);
        let ours = all.stack(1, -16).set(2, size).call("current_comm").keep(0);
        let ours = ours.load(-16).keep(1).load(-8).keep(2);
        let theirs = ours.store(-16, -1).store(-8, -1);
        let theirs = theirs
            .stack(1, -16)
            .set(2, size)
            .helper(GET_CURRENT_COMM)
            .keep(3);
        theirs.load(-16).keep(4).load(-8).keep(5).run([0; 6])
    };
    for size in [16, 9, 1] {
        let said = name(size).unwrap();
        assert_eq!(said[..3], said[3..], "{size}");
        assert_eq!(said[0], 0);
    }
    // A size that no such memory has: the verifier knows.
    let said = name(17).unwrap_err();
    assert!(said.contains("invalid"), "{said}");
    // Memory without a byte has no room for a name.
    let none = Program::new()
        .store(-8, 0)
        .stack(1, -8)
        .set(2, 0)
        .call("current_comm");
    assert_eq!(none.keep(0).run([0]).unwrap()[0] as i64, -22);
}

#[test]
fn a_task_is_counted_and_given_back() {
    let task = || Program::new().call("current_task").copy(7, 0);
    let whole = task()
        .copy(1, 7)
        .call("task_pid")
        .keep(0)
        .copy(1, 7)
        .call("task_put");
    let thread = Program::new()
        .call("current_pid_tgid")
        .keep(0)
        .run([0])
        .unwrap()[0] as u32;
    assert_eq!(whole.run([0]).unwrap()[0], thread.into());

    let said = task().run([0]).unwrap_err();
    assert!(said.contains("Unreleased reference"), "{said}");
    let put = |program: Program| program.copy(1, 7).call("task_put");
    for wrong in [
        put(put(task())),
        put(task()).copy(1, 7).call("task_pid"),
        Program::new().set(1, 0).call("task_pid"),
        Program::new().stack(1, -8).call("task_put"),
    ] {
        wrong.run([0]).unwrap_err();
    }
}

#[test]
fn memory_of_the_kernel_is_read_as_its_own_helper_reads_it() {
    let read = |address: &dyn Fn(Program) -> Program| {
        let ours = address(Program::new().store(-8, -1))
            .copy(3, 0)
            .stack(1, -8)
            .set(2, 8);
        let ours = ours.call("probe_read_kernel").keep(0).load(-8).keep(1);
        let theirs = address(ours.store(-8, -1))
            .copy(3, 0)
            .stack(1, -8)
            .set(2, 8);
        theirs
            .helper(PROBE_READ_KERNEL)
            .keep(2)
            .load(-8)
            .keep(3)
            .run([0; 4])
            .unwrap()
    };
    let task = read(&|program| program.helper(GET_CURRENT_TASK));
    assert_eq!(task[..2], task[2..]);
    assert_eq!(task[0], 0);
    for nowhere in [0, 8, -4096] {
        let said = read(&|program| program.set(0, nowhere));
        assert_eq!(said[..2], said[2..], "{nowhere}");
        // Out of the kernel's memory, or not there.
        assert!(matches!(said[0] as i32, -34 | -14));
        assert_eq!(said[1], 0);
    }
}

#[test]
fn memory_of_the_process_is_written_where_it_is() {
    let write = |address: u64| {
        let program = Program::new()
            .store(-8, 0x1234)
            .context(1, 1)
            .stack(2, -8)
            .set(3, 8);
        program
            .call("probe_write_user")
            .keep(0)
            .run([0, address])
            .unwrap()[0] as i32
    };
    let mut value = 0_u64;
    assert_eq!(write(&raw mut value as u64), 0);
    // SAFETY: it is a number of this function's.
    assert_eq!(unsafe { (&raw const value).read_volatile() }, 0x1234);
    let constant: &'static u64 = &7;
    for nowhere in [0, 1 << 46, u64::MAX - 4095, constant as *const u64 as u64] {
        assert_eq!(write(nowhere), -14, "{nowhere:#x}");
    }
    assert_eq!(*constant, 7);
}

static CAUGHT: AtomicU32 = AtomicU32::new(0);

extern "C" fn catch(_: c_int) {
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_signal_reaches_this_process_and_no_other_number_does() {
    let send = |number| {
        Program::new()
            .set(1, number)
            .call("send_signal")
            .keep(0)
            .run([0])
            .unwrap()
    };
    // SAFETY: the handler only counts.
    unsafe { signal(10, catch) };
    assert_eq!(send(10)[0], 0);
    assert_eq!(CAUGHT.load(Ordering::Relaxed), 1);
    for number in [0, -1, 65, i32::MIN] {
        assert_eq!(send(number)[0] as i32, -22, "{number}");
    }
}

#[test]
fn a_cgroup_has_those_below_it() {
    let is_in = |id: u64| {
        let program = Program::new()
            .context(1, 1)
            .call("current_under_cgroup")
            .keep(0);
        program.run([0, id]).unwrap()[0] as i64
    };
    fs::create_dir_all("/cgroups").unwrap();
    mount("/cgroups", "cgroup2");
    for name in ["mine", "mine/below", "other"] {
        fs::create_dir_all(format!("/cgroups/{name}")).unwrap();
    }
    let number = |name: &str| fs::metadata(format!("/cgroups/{name}")).unwrap().ino();
    let enter = |name: &str| {
        fs::write(
            format!("/cgroups/{name}/cgroup.procs"),
            process::id().to_string(),
        )
        .unwrap();
    };
    enter("mine/below");
    let ids = ["", "mine", "mine/below", "other"].map(number);
    assert_eq!(ids.map(is_in), [1, 1, 1, 0]);
    assert_eq!(is_in(u64::MAX), -2);
    enter("");
    assert_eq!(ids.map(is_in), [1, 0, 0, 0]);
}

#[test]
fn a_message_is_one_line_of_plain_letters() {
    let print = |text: u64, size| {
        let program = Program::new()
            .wide(0, text)
            .push(-8)
            .stack(1, -8)
            .set(2, size)
            .set(3, 42);
        program.call("print").keep(0).run([0]).unwrap()[0] as i64
    };
    assert_eq!(print(u64::from_le_bytes(*b"answer\0\0"), 8), 6);
    assert_eq!(print(u64::from_le_bytes(*b"\x1b[31mred"), 8), -22);
    let log = Command::new("dmesg").output().unwrap().stdout;
    assert!(String::from_utf8_lossy(&log).contains("bpf_trace: answer: 42"));
}

/// Events are counted for the whole machine.
static EVENTS: Mutex<()> = Mutex::new(());

#[test]
fn events_nest_three_deep_and_no_level_is_lost() {
    let _alone = EVENTS.lock().unwrap();
    // The event is about the thread's memory in the kernel: reading it is what the others wait for.
    let event = |meta| {
        let program = Program::new().helper(GET_CURRENT_TASK).copy(2, 0);
        program.set(1, meta).set(3, 8).call("event_output")
    };
    let plain = || event(1).keep(0).run([0]).unwrap()[0] as i32;
    assert_eq!(plain(), 1);
    assert_eq!(levels(), 0);
    let before = refused();
    // The kernel has none of them interrupt itself, but each of them the others.
    let nested: Vec<_> = (2..5)
        .map(|meta| event(meta).attach("copy_from_kernel_nofault", FENTRY))
        .collect();
    assert_eq!(plain(), 1);
    // In the order in which each found fewer users of the module.
    nested.into_iter().rev().for_each(drop);
    assert!(refused() > before);
    assert_eq!(levels(), 0);
    let said = shown();
    assert!(!said.contains("level 3: 0 events"), "{said}");
    assert_eq!(plain(), 1);
    // What fails gives its level back as well.
    let bad = |address, size| {
        let program = Program::new()
            .set(1, 9)
            .set(2, address)
            .set(3, size)
            .call("event_output");
        program.keep(0).run([0]).unwrap()[0] as i32
    };
    assert_eq!((bad(0, 8), bad(0, 65), bad(0, -1)), (-34, -7, -7));
    assert_eq!(levels(), 0);
}

#[test]
fn a_program_runs_at_an_event_of_the_kernel() {
    let _alone = EVENTS.lock().unwrap();
    let program = Program::new().helper(GET_CURRENT_TASK).copy(2, 0);
    let program = program.set(1, 0x77).set(3, 8).call("event_output");
    let attached = program.attach("btf_trace_sched_process_exec", TP_BTF);
    assert!(Command::new("true").status().unwrap().success());
    let said = shown();
    assert!(said.contains("the last 0x77 of "), "{said}");
    drop(attached);
}

fn shown() -> String {
    fs::read_to_string("/proc/bpf_trace").unwrap()
}

fn numbers(before: &str) -> u64 {
    let said = shown();
    let after = said
        .split(before)
        .skip(1)
        .map(|rest| rest.split([',', '\n']).next().unwrap());
    after.map(|number| number.parse::<u64>().unwrap()).sum()
}

fn levels() -> u64 {
    numbers(": level ")
}

fn refused() -> u64 {
    numbers("refused ")
}

fn mount(place: &str, kind: &str) {
    let (place, kind) = (CString::new(place).unwrap(), CString::new(kind).unwrap());
    // SAFETY: they are strings.
    let done = unsafe {
        mount_(
            kind.as_ptr(),
            place.as_ptr(),
            kind.as_ptr(),
            0,
            std::ptr::null(),
        )
    };
    assert_eq!(done, 0, "{}", Error::last_os_error());
}

extern "C" {
    #[link_name = "mount"]
    fn mount_(
        what: *const c_char,
        place: *const c_char,
        kind: *const c_char,
        flags: usize,
        data: *const c_void,
    ) -> c_int;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> usize;
    fn syscall(number: c_long, ...) -> c_long;
}

// What follows makes programs, and loads them.

const SYSCALL: u32 = 31; // enum bpf_prog_type
const TRACING: u32 = 26;
const TP_BTF: u32 = 23; // enum bpf_attach_type
const FENTRY: u32 = 24;
const FRAME: u8 = 10;

/// A program in the making. Register 6 has the numbers that it is given, and gives back.
#[derive(Clone)]
struct Program {
    code: Vec<[u8; 8]>,
    calls: Vec<(usize, String)>,
}

impl Program {
    fn new() -> Self {
        Self {
            code: Vec::new(),
            calls: Vec::new(),
        }
        .copy(6, 1)
    }

    fn add(mut self, code: u8, to: u8, from: u8, offset: i16, value: i32) -> Self {
        let [a, b] = offset.to_le_bytes();
        let [c, d, e, f] = value.to_le_bytes();
        self.code.push([code, from << 4 | to, a, b, c, d, e, f]);
        self
    }

    /// Sets a register to a number.
    fn set(self, to: u8, value: i32) -> Self {
        self.add(0xb7, to, 0, 0, value)
    }

    fn wide(self, to: u8, value: u64) -> Self {
        self.add(0x18, to, 0, 0, value as i32)
            .add(0, 0, 0, 0, (value >> 32) as i32)
    }

    fn copy(self, to: u8, from: u8) -> Self {
        self.add(0xbf, to, from, 0, 0)
    }

    /// Sets a register to a place on the stack.
    fn stack(self, to: u8, offset: i32) -> Self {
        self.copy(to, FRAME).add(0x07, to, 0, 0, offset)
    }

    /// Puts a number on the stack.
    fn store(self, offset: i16, value: i32) -> Self {
        self.add(0x7a, FRAME, 0, offset, value)
    }

    /// Puts register 0 on the stack.
    fn push(self, offset: i16) -> Self {
        self.add(0x7b, FRAME, 0, offset, 0)
    }

    /// Takes register 0 from the stack.
    fn load(self, offset: i16) -> Self {
        self.add(0x79, 0, FRAME, offset, 0)
    }

    /// Takes a register from the numbers that the program is given.
    fn context(self, to: u8, index: i16) -> Self {
        self.add(0x79, to, 6, 8 * index, 0)
    }

    /// Gives register 0 back as one of the numbers.
    fn keep(self, index: i16) -> Self {
        self.add(0x7b, 6, 0, 8 * index, 0)
    }

    fn helper(self, number: i32) -> Self {
        self.add(0x85, 0, 0, 0, number)
    }

    fn call(mut self, function: &str) -> Self {
        self.calls
            .push((self.code.len(), format!("{MODULE}_{function}")));
        self.add(0x85, 0, 2, 1, 0)
    }

    /// Runs it as a program of its own, with numbers that it may change.
    fn run<const N: usize>(&self, mut numbers: [u64; N]) -> Result<[u64; N], String> {
        let before = users();
        let done = self.clone().loaded(SYSCALL, 0, 0).and_then(|program| {
            let mut asked = Attributes::new();
            asked
                .number(0, program.as_raw_fd() as u32)
                .number(40, 8 * N as u32);
            asked.pointer(48, numbers.as_mut_ptr());
            asked
                .command(10)
                .map_err(|error| format!("it does not run: {error}"))
        });
        settle(before);
        done.map(|_| numbers)
    }

    /// Has it run at a function or an event of the kernel's, until the result is dropped.
    fn attach(self, to: &str, way: u32) -> Attached {
        let before = users();
        let kind = if way == TP_BTF { 8 } else { 12 };
        let number = kernel().find(to, kind).expect(to);
        let program = self.loaded(TRACING, way, number).unwrap();
        let mut asked = Attributes::new();
        asked.number(8, program.as_raw_fd() as u32);
        Attached(Some(asked.open(17).unwrap()), before)
    }

    fn loaded(self, kind: u32, way: u32, to: u32) -> Result<OwnedFd, String> {
        let mut program = self.set(0, 0).add(0x95, 0, 0, 0, 0);
        let (own, module) = (of_the_module(), descriptor(MODULE));
        for (at, name) in &program.calls {
            let number = own.find(name, 12).expect(name);
            program.code[*at][4..].copy_from_slice(&number.to_le_bytes());
        }
        let (mut log, fds) = (vec![0_u8; 1 << 16], [0, module.as_raw_fd()]);
        let mut asked = Attributes::new();
        asked.number(0, kind).number(4, program.code.len() as u32);
        asked
            .pointer(8, program.code.as_ptr())
            .pointer(16, c"GPL".as_ptr());
        asked
            .number(24, 1)
            .number(28, log.len() as u32)
            .pointer(32, log.as_mut_ptr());
        // A program that a process runs may sleep.
        asked.number(44, u32::from(kind == SYSCALL) << 4);
        asked
            .number(68, way)
            .number(108, to)
            .pointer(120, fds.as_ptr());
        asked.open(5).map_err(|error| {
            let log = String::from_utf8_lossy(&log);
            format!("{error}: {}", log.trim_end_matches('\0'))
        })
    }
}

/// A program that runs whenever the kernel comes by.
struct Attached(Option<OwnedFd>, u32);

impl Drop for Attached {
    fn drop(&mut self) {
        drop(self.0.take());
        settle(self.1);
    }
}

/// Returns how many use the module.
fn users() -> u32 {
    let count = fs::read_to_string(format!("/sys/module/{MODULE}/refcnt")).unwrap();
    count.trim().parse().unwrap()
}

/// Waits until no more use the module than did before: the kernel frees a program a moment after the
/// last descriptor of it is closed, and keeps the module for it until then.
fn settle(before: u32) {
    let end = Instant::now() + Duration::from_secs(20);
    while users() > before {
        assert!(Instant::now() < end, "a program still uses the module");
        sleep(Duration::from_millis(5));
    }
}

/// The `union bpf_attr` of <linux/bpf.h>.
struct Attributes([u8; 152]);

impl Attributes {
    fn new() -> Self {
        Self([0; 152])
    }

    fn number(&mut self, at: usize, value: u32) -> &mut Self {
        self.0[at..at + 4].copy_from_slice(&value.to_le_bytes());
        self
    }

    fn pointer<T>(&mut self, at: usize, value: *const T) -> &mut Self {
        self.0[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
        self
    }

    /// Calls bpf(2).
    fn command(&mut self, command: c_int) -> Result<c_int, Error> {
        // SAFETY: the attributes are as large as is said, and point to what lives.
        let answer = unsafe { syscall(321, command, self.0.as_mut_ptr(), self.0.len()) };
        if answer < 0 {
            return Err(Error::last_os_error());
        }
        Ok(answer as c_int)
    }

    /// Calls bpf(2) for what answers with a descriptor.
    fn open(&mut self, command: c_int) -> Result<OwnedFd, Error> {
        // SAFETY: it is a descriptor, and nobody else's.
        Ok(unsafe { OwnedFd::from_raw_fd(self.command(command)?) })
    }
}

/// Returns a descriptor of a module's types.
fn descriptor(module: &str) -> OwnedFd {
    let mut id = 0;
    loop {
        let mut asked = Attributes::new();
        asked.number(0, id);
        asked
            .command(23)
            .expect("the module has types that the kernel took");
        id = u32::from_le_bytes(asked.0[4..8].try_into().unwrap());
        let mut asked = Attributes::new();
        asked.number(0, id);
        let Ok(found) = asked.open(19) else {
            continue;
        };
        let (mut name, mut info) = ([0_u8; 64], [0_u64; 5]);
        info[2] = name.as_mut_ptr() as u64;
        info[3] = name.len() as u64;
        let mut asked = Attributes::new();
        asked
            .number(0, found.as_raw_fd() as u32)
            .number(4, 40)
            .pointer(8, info.as_mut_ptr());
        asked.command(15).unwrap();
        if name.split(|byte| *byte == 0).next() == Some(module.as_bytes()) {
            return found;
        }
    }
}

/// Types as the kernel has them in /sys/kernel/btf (<linux/btf.h>), and what those of a module follow.
struct Types {
    all: Vec<u8>,
    first: u32,
    strings_before: usize,
}

fn kernel() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| Types::read("vmlinux", 1, 0))
}

fn of_the_module() -> &'static Types {
    static TYPES: OnceLock<Types> = OnceLock::new();
    TYPES.get_or_init(|| {
        let first = kernel().walk(|_, _, _| false).unwrap_err();
        Types::read(MODULE, first, kernel().word(20))
    })
}

impl Types {
    fn read(name: &str, first: u32, strings_before: usize) -> Self {
        let all = fs::read(format!("/sys/kernel/btf/{name}")).unwrap();
        Self {
            all,
            first,
            strings_before,
        }
    }

    fn word(&self, at: usize) -> usize {
        u32::from_le_bytes(self.all[at..at + 4].try_into().unwrap()) as usize
    }

    /// Returns the number of the type of a kind that has a name.
    fn find(&self, name: &str, kind: usize) -> Option<u32> {
        self.walk(|of, strings, at| {
            let start = self
                .word(at)
                .checked_sub(self.strings_before)
                .map(|name| strings + name);
            let named = |start: usize| {
                let found = &self.all[start..];
                found.starts_with(name.as_bytes()) && found[name.len()] == 0
            };
            of == kind && start.is_some_and(named)
        })
        .ok()
    }

    /// Returns the number of the first type that is wanted, or else the one after the last.
    fn walk(&self, wanted: impl Fn(usize, usize, usize) -> bool) -> Result<u32, u32> {
        let head = self.word(4);
        let (mut at, strings) = (head + self.word(8), head + self.word(16));
        let (end, mut number) = (at + self.word(12), self.first);
        while at < end {
            let (kind, count) = (self.word(at + 4) >> 24 & 31, self.word(at + 4) & 0xffff);
            if wanted(kind, strings, at) {
                return Ok(number);
            }
            at += 12
                + match kind {
                    1 | 14 | 17 => 4,
                    3 => 12,
                    4 | 5 | 15 | 19 => 12 * count,
                    6 | 13 => 8 * count,
                    _ => 0,
                };
            number += 1;
        }
        Err(number)
    }
}
