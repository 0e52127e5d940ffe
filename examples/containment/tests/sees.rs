// SPDX-License-Identifier: GPL-2.0

//! Runs in a virtual machine, as root, with the module loaded: `rkmbuild test`.
//!
//! The program is the keeper, and starts itself as the process that is kept: that one waits for a line
//! before each thing that it does, so that it is inside by then, and answers with a line.

use std::ffi::{c_int, c_short, c_ulong, CString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{symlink, OpenOptionsExt};
use std::process::{Child, Command, Stdio};
use std::thread;

// As <linux/ioctl.h> makes them; user/containment.h has them for C.
const CREATE: c_ulong = (b'|' as c_ulong) << 8 | 0xa0;
const ADD: c_ulong = (b'|' as c_ulong) << 8 | 0xa1;
const REMOVE: c_ulong = (b'|' as c_ulong) << 8 | 0xa2;
const DESTROY: c_ulong = (b'|' as c_ulong) << 8 | 0xa3;
const O_NONBLOCK: c_int = 0o4000;
const POLLIN: c_short = 1;
const POLLERR: c_short = 8;
const POLLHUP: c_short = 16;

const PROGRAM: &str = "/jail/program";
/// What the process inside gets for each thing that it tries.
const INSIDE: &str = "read 0, write 0, stat 0, mkdir 0, rmdir 0, look 0, read out 13, write out 13, \
    create out 13, stat out 13, look out 13, mkdir out 13, remove out 13, rename in 13, rename out 13, \
    link in 13, symlink 13, chmod out 13, truncate out 13, run out 13, kill init 1, mount 1";
/// And a process that is outside.
const OUTSIDE: &str =
    "read 0, write 0, stat 0, mkdir 0, rmdir 0, look 0, read out 0, write out 0, \
    create out 0, stat out 0, look out 0, mkdir out 0, remove out 0, rename in 0, rename out 0, \
    link in 0, symlink 0, chmod out 0, truncate out 0, run out 0, kill init 0, mount 0";

#[repr(C)]
struct PollFd {
    file: c_int,
    events: c_short,
    happened: c_short,
}

extern "C" {
    fn ioctl(file: c_int, command: c_ulong, ...) -> c_int;
    fn kill(pid: c_int, signal: c_int) -> c_int;
    fn mount(
        source: *const u8,
        target: *const u8,
        kind: *const u8,
        flags: c_ulong,
        data: *const u8,
    ) -> c_int;
    fn poll(files: *mut PollFd, count: c_ulong, milliseconds: c_int) -> c_int;
    fn umount(target: *const u8) -> c_int;
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("inside") => inside(),
        Some("try") => println!("{}", try_all()),
        Some(_) => {}
        None => keeper(),
    }
}

/// Returns the errno of a result, or 0.
fn errno<T>(result: io::Result<T>) -> i32 {
    result.map_or_else(|error| error.raw_os_error().unwrap_or(-1), |_| 0)
}

fn returned(result: c_int) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Tries all that there is, and says what came of it. What it does it undoes.
fn try_all() -> String {
    let tried = [
        ("read", errno(fs::read("/jail/file"))),
        ("write", errno(fs::write("/jail/file", "more"))),
        ("stat", errno(fs::metadata("/jail/file"))),
        ("mkdir", errno(fs::create_dir("/jail/new"))),
        ("rmdir", errno(fs::remove_dir("/jail/new"))),
        ("look", errno(fs::read_dir("/jail"))),
        ("read out", errno(fs::read("/out/file"))),
        (
            "write out",
            errno(OpenOptions::new().append(true).open("/out/file")),
        ),
        ("create out", errno(File::create("/out/new"))),
        ("stat out", errno(fs::metadata("/out/file"))),
        ("look out", errno(fs::read_dir("/out"))),
        ("mkdir out", errno(fs::create_dir("/out/folder"))),
        ("remove out", errno(fs::remove_file("/out/victim"))),
        ("rename in", errno(fs::rename("/out/other", "/jail/other"))),
        ("rename out", errno(fs::rename("/jail/mine", "/out/mine"))),
        ("link in", errno(fs::hard_link("/out/file", "/jail/stolen"))),
        ("symlink", errno(fs::read("/jail/link"))),
        (
            "chmod out",
            errno(fs::set_permissions("/out/file", mode(0o600))),
        ),
        ("truncate out", errno(truncate("/out/file"))),
        (
            "run out",
            errno(Command::new("/out/program").arg("nothing").status()),
        ),
        // SAFETY: signal 0 only asks whether one could be sent.
        ("kill init", errno(returned(unsafe { kill(1, 0) }))),
        ("mount", errno(mount_once())),
    ];
    let said: Vec<_> = tried
        .iter()
        .map(|(what, error)| format!("{what} {error}"))
        .collect();
    said.join(", ")
}

fn mode(mode: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

fn truncate(path: &str) -> io::Result<()> {
    extern "C" {
        fn truncate(path: *const std::ffi::c_char, length: i64) -> c_int;
    }
    let path = CString::new(path).unwrap();
    // SAFETY: the path is a string.
    returned(unsafe { truncate(path.as_ptr(), 1) })
}

fn mount_once() -> io::Result<()> {
    let (kind, target) = (b"tmpfs\0", b"/jail/mounted\0");
    // SAFETY: these are strings.
    returned(unsafe {
        mount(
            kind.as_ptr(),
            target.as_ptr(),
            kind.as_ptr(),
            0,
            std::ptr::null(),
        )
    })?;
    // SAFETY: this is a string.
    returned(unsafe { umount(target.as_ptr()) })
}

/// What the process does that is kept.
fn inside() {
    for line in io::stdin().lock().lines().map(Result::unwrap) {
        let said = match line.split(' ').collect::<Vec<_>>()[..] {
            ["try"] => try_all(),
            ["thread"] => thread::spawn(try_all).join().unwrap(),
            ["child"] => {
                // Of its own accord, std would open /dev/null for it.
                let mut child = Command::new(PROGRAM);
                let child = child.arg("try").stdin(Stdio::inherit()).output();
                String::from_utf8(child.unwrap().stdout)
                    .unwrap()
                    .trim()
                    .to_owned()
            }
            ["kill", pid] => {
                // SAFETY: signal 0 only asks whether one could be sent.
                errno(returned(unsafe { kill(pid.parse().unwrap(), 0) })).to_string()
            }
            _ => panic!("{line}"),
        };
        println!("{said}");
    }
}

/// A process that may be kept, and the ends of what it hears and says.
struct Kept(Child, BufReader<std::process::ChildStdout>);

impl Kept {
    fn start() -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("inside")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.0.stdin.as_mut().unwrap(), "{question}").unwrap();
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

struct Device(File);

impl Device {
    fn open() -> Self {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(O_NONBLOCK);
        Self(options.open("/dev/containment").unwrap())
    }

    fn container() -> Self {
        let device = Self::open();
        let path = CString::new("/jail").unwrap();
        // SAFETY: it is a string.
        returned(unsafe { ioctl(device.0.as_raw_fd(), CREATE, path.as_ptr()) }).unwrap();
        device
    }

    fn call(&self, command: c_ulong, pid: u32) -> i32 {
        // SAFETY: nothing of this process' memory is told.
        errno(returned(unsafe {
            ioctl(self.0.as_raw_fd(), command, c_ulong::from(pid))
        }))
    }

    /// Takes all reports, each without its number.
    fn reports(&mut self) -> Vec<String> {
        let (mut lines, mut room) = (Vec::new(), vec![0; 1 << 16]);
        while let Ok(count) = self.0.read(&mut room) {
            let text = std::str::from_utf8(&room[..count]).unwrap();
            lines.extend(
                text.lines()
                    .map(|line| line.split_once(' ').unwrap().1.to_owned()),
            );
        }
        lines
    }

    fn ready(&self) -> c_short {
        let mut file = PollFd {
            file: self.0.as_raw_fd(),
            events: POLLIN,
            happened: 0,
        };
        // SAFETY: it is one file.
        unsafe { poll(&mut file, 1, 0) };
        file.happened
    }
}

fn prepare() {
    for folder in ["/jail", "/jail/mounted", "/out"] {
        fs::create_dir_all(folder).unwrap();
    }
    let program = std::env::current_exe().unwrap();
    for copy in [PROGRAM, "/out/program"] {
        fs::copy(&program, copy).unwrap();
    }
    symlink("/out/file", "/jail/link").unwrap();
    put_back();
}

/// What `try_all` outside has done.
fn put_back() {
    for file in [
        "/jail/file",
        "/jail/mine",
        "/out/file",
        "/out/victim",
        "/out/other",
    ] {
        fs::write(file, "contents").unwrap();
    }
    for file in ["/out/new", "/out/mine", "/jail/other", "/jail/stolen"] {
        let _ = fs::remove_file(file);
    }
    let _ = fs::remove_dir("/out/folder");
}

fn list() -> String {
    fs::read_to_string("/proc/containment").unwrap()
}

fn keeper() {
    prepare();
    let mut device = Device::container();
    assert_eq!(device.ready(), 0);
    let mut kept = Kept::start();
    let mut stranger = Kept::start();
    assert_eq!(kept.ask("try"), OUTSIDE);
    put_back();
    // What is outside is not told of.
    assert_eq!(device.reports(), [""; 0]);

    assert_eq!(device.call(ADD, kept.pid()), 0);
    for who in ["try", "thread", "child"] {
        assert_eq!(kept.ask(who), INSIDE, "{who}");
    }
    assert_eq!(fs::read("/out/file").unwrap(), b"contents");
    assert_eq!(stranger.ask("try"), OUTSIDE);
    put_back();

    assert_eq!(device.ready(), POLLIN);
    let told = device.reports();
    assert_eq!(device.ready(), 0);
    let pid = kept.pid();
    for line in [
        format!("{pid} file_open 0 /jail/file"),
        format!("{pid} file_open -13 /out/file"),
        format!("{pid} path_mknod -13 /out"),
        format!("{pid} path_link -13 /out/file"),
        format!("{pid} inode_getattr -13 /out/file"),
        format!("{pid} task_kill -1 1"),
        format!("{pid} sb_mount -1"),
    ] {
        assert!(told.contains(&line), "{line} is not in {told:#?}");
    }
    let children: Vec<_> = told
        .iter()
        .filter_map(|line| line.strip_prefix(&format!("{pid} fork 0 ")))
        .collect();
    // One for each program outside that was to run, in this process, and in its child; one is that.
    assert_eq!(children.len(), 3);
    for what in [
        "file_open -13 /out/program",
        "file_open 0 /jail/program",
        "exec 0",
        "exit 0",
    ] {
        let line = |child: &&str| told.contains(&format!("{child} {what}"));
        assert!(
            children.iter().any(|child| line(child)),
            "{what}: {told:#?}"
        );
    }

    // Two inside know each other, and a third one's processes are none of theirs.
    assert_eq!(kept.ask(&format!("kill {}", stranger.pid())), "1");
    assert_eq!(device.call(ADD, stranger.pid()), 0);
    assert_eq!(kept.ask(&format!("kill {}", stranger.pid())), "0");
    assert_eq!(device.call(REMOVE, stranger.pid()), 0);
    let other = Device::container();
    assert_eq!(other.call(ADD, stranger.pid()), 0);
    assert_eq!(kept.ask(&format!("kill {}", stranger.pid())), "1");
    let lines = list();
    assert_eq!(lines.matches("processes 1 ").count(), 2, "{lines}");
    assert!(
        lines.lines().all(|line| line.ends_with(" /jail")),
        "{lines}"
    );

    // Closing the file frees nobody; what is destroyed does.
    drop(other);
    assert_eq!(stranger.ask("try"), INSIDE);
    stranger.end();
    assert_eq!(device.call(DESTROY, 0), 0);
    assert_eq!(kept.ask("try"), OUTSIDE);
    put_back();
    assert_eq!(device.ready(), POLLERR | POLLHUP);
    kept.end();
    // A thread of the kernel's frees the other one, some time after its last process.
    while !list().is_empty() {
        thread::yield_now();
    }
}
