"""Files of every kind that a module can offer, used from a shell in the guest."""

import hashlib

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

# Commands, and what they print. A shell's own message says what write(2) failed with.
CHANNELS = {
    "ls /sys/class/rkm-channel; grep -c rkm-channel /proc/devices": (
        "rkm-channel0  rkm-channel1  rkm-channel2",
        "1",
    ),
    "stat -c '%A %n' /dev/rkm-channel*": (
        "crw------- /dev/rkm-channel0",
        "crw------- /dev/rkm-channel1",
        "crw------- /dev/rkm-channel2",
    ),
    "cd /dev; echo one > rkm-channel1; echo two > rkm-channel2; cat rkm-channel?": ("one", "two"),
    "cd /sys/class/rkm-channel/rkm-channel1; echo 0xff > gain; echo 256 > gain; cat gain": (
        "sh: write error: Numerical result out of range",
        "255",
    ),
    "exec 3< /dev/rkm-channel2; rmmod files": (
        "rmmod: can't unload module 'files': Resource temporarily unavailable",
    ),
}
DEBUGFS = {
    "cd /sys/kernel/debug/rkm-files; stat -c '%a %n' * below/[sw]*": (
        "755 below",
        "600 callbacks",
        "600 number",
        "200 below/secret",
        "400 below/words",
    ),
    "cd /sys/kernel/debug/rkm-files; cat number; echo 12 > number; echo x > number; cat number": (
        "8",
        "sh: write error: Invalid argument",
        "12",
    ),
    "cd /sys/kernel/debug/rkm-files/below; cat words; echo 5 > secret": ('["one", "two"]',),
    "cd /sys/kernel/debug/rkm-files; printf aa > callbacks; cat callbacks; echo 1234 > callbacks": (
        "0xc2",
        "sh: write error: Argument list too long",
    ),
    "cd /sys/kernel/debug/rkm-files/below/counts; echo 7 > good; echo -7 > worse/bad;"
    " find good worse -type f | sort | xargs cat": ("7", "-7"),
    # From a position on, and as much as there is.
    "cd /sys/kernel/debug/rkm-files/below; cat vector; echo; cat counts/bytes;"
    " printf BYTES | dd of=counts/bytes bs=1 seek=2 2>/dev/null; cat counts/bytes;"
    " dd if=counts/bytes bs=1 skip=5 count=2 2>/dev/null": (
        "BABABA",
        "8 bytes",
        "8 BYTES",
        "ES",
    ),
    "exec 3< /sys/kernel/debug/rkm-files/number; rmmod files": (
        "rmmod: can't unload module 'files': Resource temporarily unavailable",
    ),
}
SYSFS = {
    "cd /sys/kernel/rkm-files; stat -c '%a %n' * inner/*": (
        "644 constant",
        "755 inner",
        "644 limit",
        "644 inner/long",
        "600 inner/name",
        "644 inner/on",
    ),
    "cat /proc/rkm-files; cd /sys/kernel/rkm-files; cat limit constant inner/long inner/name": (
        "42",
        "3",
        "42",
        "xxxxxxxxx",
        "none",
    ),
    "cd /sys/kernel/rkm-files; echo 10 > limit; echo 11 > limit; echo 1 > constant; cat limit": (
        "sh: write error: Invalid argument",
        "sh: write error: Permission denied",
        "10",
    ),
    "cd /sys/kernel/rkm-files/inner; echo two words > name; cat name": ("two words",),
    # One byte is the end of the line, and the kernel wants one to be left.
    "cd /sys/kernel/rkm-files/inner; echo 4094 > long; wc -c < long; echo 4095 > long; cat long": (
        "4095",
        "cat: read error: Invalid argument",
    ),
    "cd /sys/kernel/rkm-files/inner; cat on; echo 0 > on; cat on; echo maybe > on": (
        "Y",
        "N",
        "sh: write error: Invalid argument",
    ),
}
SYSCTL = {
    "cd /proc/sys/dev/rkm-files; stat -c '%a %n' *": (
        "444 constant",
        "644 limit",
        "644 long",
        "600 name",
    ),
    "sysctl -n dev.rkm-files.limit; sysctl -w dev.rkm-files.limit=2; cat /sys/kernel/rkm*/limit": (
        "10",
        "dev.rkm-files.limit = 2",
        "2",
    ),
    "cd /proc/sys/dev/rkm-files; echo 99 > limit; cat limit name constant": (
        "sh: write error: Invalid argument",
        "2",
        "two words",
        "42",
    ),
    "cd /proc/sys/dev/rkm-files; cat long; echo a name > name; cat name": (
        "cat: read error: Invalid argument",
        "a name",
    ),
}
LARGE = hashlib.sha256(b"".join(n.to_bytes(4, "little") for n in range(20_000))).hexdigest()
READ_ONLY = "Read-only file system"
FILE_SYSTEM = {
    "mkdir /a /b; grep -c rkmfs /proc/filesystems": ("1",),
    # The third one is a failure of the module's own, half way.
    "for at in /a /b /tmp; do mount -t rkmfs none $at; done; grep rkmfs /proc/mounts": (
        "mount: mounting none on /tmp failed: No data available",
        "none /a rkmfs ro,relatime 0 0",
        "none /b rkmfs ro,relatime 0 0",
    ),
    "cd /a; stat -c '%A %h %s %n' . hello secret many link": (
        "dr-xr-xr-x 3 0 .",
        "-r--r--r-- 1 7 hello",
        "-r-------- 1 0 secret",
        "dr-xr-xr-x 3 0 many",
        "lrwxrwxrwx 1 12 link",
    ),
    "cd /a; ls | wc -l; ls many | wc -l; ls many | sort | uniq -d; stat -c '%i %n' . many": (
        "8",
        "301",
        "1 .",
        "6 many",
    ),
    "cat /a/hello /b/link '/a/many/file 123'; readlink /a/link; /a/run": (
        "Hello!",
        "Hello!",
        "file 123many/deep/up",
        "it runs",
    ),
    "cat /a/nothing; cat /a/dangling; cat /a": (
        "cat: can't open '/a/nothing': No such file or directory",
        "cat: can't open '/a/dangling': No such file or directory",
        "cat: read error: Is a directory",
    ),
    "sha256sum < /b/large; cat /a/large | sha256sum": (f"{LARGE}  -", f"{LARGE}  -"),
    "dd if=/a/large bs=4 skip=12345 2>/dev/null | head -c 4 | hexdump -n 4": (
        "0000000 3039 0000                              ",
        "0000004",
    ),
    "tee /a/hello; touch /a/new; rm /a/hello; mount -o remount,rw /a; touch /a/new": (
        f"tee: /a/hello: {READ_ONLY}",
        f"touch: /a/new: {READ_ONLY}",
        f"rm: can't remove '/a/hello': {READ_ONLY}",
        f"touch: /a/new: {READ_ONLY}",
    ),
    "stat -f -c '%l %s %b %f %c %d' /a": ("255 4096 322 0 311 0",),
    # What was forgotten is found anew, and is as old as before.
    "stat -c %Y /a/hello > /1; sleep 1; echo 3 > /proc/sys/vm/drop_caches; stat -c %Y /a/hello"
    " | cmp - /1; cat /a/many/deep/up; ls /a/many | wc -l": ("Hello!", "301"),
    "exec 3< /a/large; umount /a; exec 3<&-; umount /a; cat /b/hello; rmmod files; umount /b": (
        "umount: can't unmount /a: Device or resource busy",
        "Hello!",
        "rmmod: can't unload module 'files': Resource temporarily unavailable",
    ),
}
# Registrations that are dropped while what they registered is in use, and the module stays.
DROPPED = {
    "exec 3<> /dev/rkm-channel2; cd /sys/kernel/rkm-until; cat channels; echo > channels;"
    " ls /dev/rkm*; echo still >&3; cat /sys/kernel/rkm-until/channels": (
        "true",
        "ls: /dev/rkm*: No such file or directory",
        "false",
    ),
    "mount -t rkmfs none /a; echo > /sys/kernel/rkm-until/rkmfs; cat /a/hello;"
    " mount -t rkmfs none /b; rmmod files; umount /a": (
        "Hello!",
        "mount: mounting none on /b failed: No such device",
        "rmmod: can't unload module 'files': Resource temporarily unavailable",
    ),
}
GONE = {
    # An open file of sysfs does not keep the module: it fails from then on.
    "exec 3< /sys/kernel/rkm-files/limit; rmmod files; cat <&3": (
        "cat: read error: No such device",
    ),
    "ls -d /dev/rkm* /sys/class/rkm* /sys/kernel/rkm* /sys/kernel/debug/rkm* /proc/sys/dev/rkm*"
    " 2>/dev/null; grep rkm /proc/devices /proc/filesystems": (),
}


def test_files_of_every_kind_work_and_go_with_the_module(kernel: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "files", kernel)
    expected = (
        {"insmod /files.ko": ()}
        | CHANNELS
        | DEBUGFS
        | SYSFS
        | SYSCTL
        | FILE_SYSTEM
        | DROPPED
        | GONE
    )
    result = crate_guest.run(kernel, {"files": module}, list(expected))
    assert result.outcome is Outcome.FINISHED
    # What was refused because there is one already, the kernel reports with a trace.
    assert {trouble.name for trouble in result.troubles} == {"kobject", "sysfs"}
    for (command, lines), step in zip(expected.items(), result.steps, strict=True):
        assert step.lines == lines, command
    loading = crate_guest.texts(result, 0)
    assert "rkm-channel rkm-channel2: registered" in loading
    assert sum("duplicate filename" in text for text in loading) == 4
    # Where the kernel would do worse, it is not even asked.
    assert not any("already registered" in text for text in loading)
    assert not any("sysctl" in text for text in loading)
    closed = crate_guest.texts(result, *range(1, 1 + len(CHANNELS)))
    assert "files: channel 2 closed" in closed
    # What the devices share goes with the last file that is open on one.
    dropped = crate_guest.texts(result, list(expected).index(next(iter(DROPPED))))
    assert dropped == ["files: channel 2 closed", "files: channels gone"]
    unloaded = crate_guest.texts(result, list(expected).index(next(iter(GONE))))
    assert sorted(unloaded) == ["files: counts gone", "files: long gone", "files: long gone"]
