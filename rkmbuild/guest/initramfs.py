"""The guest's first and only root file system: a static busybox, our init, the caller's files."""

import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from rkmbuild.base.errors import MachineError
from rkmbuild.guest import cpio

Content = Path | bytes | str

STEPS = "rkmbuild/steps"
STOP = "rkmbuild/stop-on-failure"

# The marks that init puts on the result port and, without this byte, into the kernel's log: the
# same ones. A secret word ($1, made for each run) keeps what a module or a script prints from being
# taken for one of them.
MARK = "\x01"

# A kernel without devtmpfs leaves /dev as it is in this archive: mdev makes it by what /sys has.
_SETUP = """\
#!/bin/busybox sh
export PATH=/bin HOME=/
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
[ -c /dev/kmsg ] || mdev -s
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
notests=/sys/module/cryptomgr/parameters/notests
[ -e $notests ] && echo N >$notests
"""

# Every step is a shell of its own, so that an `exit` or an error in one cannot end init, at whose
# death the kernel would panic. A port that takes nothing must not fail what is printed on it. The
# last `exec` closes the port, and a close waits until all that was written has left it. Where there
# is no such port, what a step printed goes into the kernel's log once it has ended: a line of that
# has room for some 1000 letters (kernel/printk/printk.c, devkmsg_write).
_SCRIPT = f"""\
export TERM=dumb
echo "$1 alive" >/dev/kmsg
exec </dev/null
if [ -c /dev/@port@ ]; then
    stty -F /dev/@port@ 115200 raw -echo
    exec >/dev/@port@ 2>&1
    printf '\\001%s alive\\n' "$1" || exec >/dev/null 2>&1
else
    echo "$1 portless" >/dev/kmsg
    exec >/dev/null 2>&1
fi
for step in /{STEPS}/*; do
    [ -e "$step" ] || break
    number=${{step##*/}}
    echo "$1 begin $number" >/dev/kmsg
    printf '\\001%s begin %s\\n' "$1" "$number"
    if [ -c /dev/@port@ ]; then
        sh "$step"
        status=$?
    else
        sh "$step" >/said 2>&1
        status=$?
        cut -c1-900 /said | while IFS= read -r line; do
            echo "$1 said $number $line" >/dev/kmsg
        done
    fi
    echo "$1 end $number $status" >/dev/kmsg
    printf '\\001%s end %s %s\\n' "$1" "$number" "$status"
    if [ "$status" != 0 ] && [ -e "/{STOP}/$number" ]; then break; fi
done
echo "$1 done" >/dev/kmsg
printf '\\001%s done\\n' "$1"
exec >/dev/null 2>&1
poweroff -f
"""

# Its kernel is kept from here on (`frozen`). What it is to do is then in memory that the kernel
# leaves alone, from the MiB that $1 says: a line of words, and an archive.
WAITS, GO = "rkmbuild waits", "rkmbuild-goes-on"
_RUN = "rkmbuild/run"
_TAKEN = ("init", "bin/busybox", "dev/console")
WAITING = f"""\
{_SETUP}exec </dev/null >/dev/null 2>&1
[ -c /dev/mem ] || poweroff -f
echo "{WAITS}" >/dev/kmsg
while :; do
    set -- "$1" $(dd if=/dev/mem bs=4096 skip=$(($1 * 256)) count=1)
    [ "$2" = {GO} ] && break
    usleep 10000
done
date -s "@$4"
echo "$6" >/dev/urandom
dd if=/dev/mem bs=1M skip=$(($1 + 1)) count="$3" | cpio -idum
exec sh /{_RUN} "$5"
"""

# For a person: a shell on the console, after the steps have run there. Nobody listens for the last
# word here, and not every kernel can power off; a reboot is the machine's end as well.
_INTERACTIVE_INIT = f"""\
{_SETUP}export TERM=linux PS1='\\w # '
for step in /{STEPS}/*; do
    [ -e "$step" ] || break
    sh "$step"
done
setsid cttyhack sh
reboot -f
"""


def build(
    busybox: Path,
    *,
    files: Mapping[str, Content],
    script: Sequence[str],
    port: str,
    stop_on_failure: bool | Collection[int] = False,
    interactive: bool = False,
) -> bytes:
    """Return the archive; equal arguments and files give equal bytes.

    Args:
        busybox: A statically linked busybox.
        files: What else is to be there: path in the guest -> a text, bytes, a file of the host
            (executable if it is so there) or a folder of the host with all files in it.
        script: Shell commands for init, run one after another, each in a shell of its own.
        port: The guest's name of the device that results go to.
        stop_on_failure: Leave out the rest of the script after a command that failed; or after
            those alone that have these numbers.
        interactive: Give a shell on the console after the script instead of powering off.

    Raises:
        MachineError: a file cannot be read, or has a place that init needs.
    """
    init = _INTERACTIVE_INIT if interactive else f"{_SETUP}{_script(port)}"
    return _archive(
        lambda: [*_userland(busybox, init), *_entries_of(files, script, stop_on_failure)]
    )


def waiting(busybox: Path) -> bytes:
    """Return the archive of a guest that waits for what `work` gives.

    Raises:
        MachineError: busybox cannot be read.
    """
    return _archive(lambda: _userland(busybox, WAITING))


def work(
    *,
    files: Mapping[str, Content],
    script: Sequence[str],
    port: str,
    stop_on_failure: bool | Collection[int] = False,
) -> bytes:
    """Return the archive for a guest that waits; the arguments are those of `build`.

    Raises:
        MachineError: a file cannot be read, or has a place that init needs.
    """

    def entries() -> Iterator[cpio.Entry]:
        yield cpio.file(_RUN, _script(port).encode())
        for entry in _entries_of(files, script, stop_on_failure):
            if entry.name in _TAKEN:  # by what waits
                raise ValueError(f"two files for {entry.name!r}")
            yield entry

    return _archive(entries)


def _script(port: str) -> str:
    return _SCRIPT.replace("@port@", port)


def _userland(busybox: Path, init: str) -> list[cpio.Entry]:
    return [
        cpio.file("init", init.encode(), executable=True),
        cpio.character_device("dev/console", 5, 1),
        *(cpio.folder(name) for name in ("proc", "sys", "tmp", "root")),
        cpio.file("bin/busybox", busybox.read_bytes(), executable=True),
    ]


def _entries_of(
    files: Mapping[str, Content],
    script: Sequence[str],
    stop_on_failure: bool | Collection[int],
) -> Iterator[cpio.Entry]:
    for number, command in enumerate(script):
        text = f"{command}\n".encode(errors="surrogateescape")
        yield cpio.file(f"{STEPS}/{number:04}", text)
        if stop_on_failure is True or (stop_on_failure and number in stop_on_failure):
            yield cpio.file(f"{STOP}/{number:04}", b"")
    for name, content in files.items():
        yield from _entries(name, content)


def _archive(entries: Callable[[], Iterable[cpio.Entry]]) -> bytes:
    try:
        return cpio.archive(entries())
    except (OSError, ValueError) as error:
        raise MachineError(f"cannot make the guest's root file system: {error}") from None


def _entries(name: str, content: Content) -> Iterator[cpio.Entry]:
    name = str(PurePosixPath(name)).lstrip("/")
    if isinstance(content, str):
        yield cpio.file(name, content.encode(), executable=content.startswith("#!"))
    elif isinstance(content, bytes):
        yield cpio.file(name, content)
    elif content.is_dir():
        yield cpio.folder(name)
        for found in sorted(content.rglob("*")):
            # A pipe would be waited for, and a socket is nothing without who listens.
            if found.is_symlink() or found.is_dir() or found.is_file():
                yield _copy(f"{name}/{found.relative_to(content)}", found)
    else:
        yield _copy(name, content.resolve())


def _copy(name: str, source: Path) -> cpio.Entry:
    mode = source.lstat().st_mode
    if stat.S_ISLNK(mode):
        return cpio.link(name, str(source.readlink()))
    if stat.S_ISDIR(mode):
        return cpio.folder(name)
    return cpio.file(name, source.read_bytes(), executable=bool(mode & stat.S_IXUSR))
