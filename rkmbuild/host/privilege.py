"""The steps that need root, insmod or rmmod above all: programs run as root or through sudo.

The step is a process of its own, also where we are root: a module whose init function makes the
kernel oops takes the process that loads it along, and somebody has to be left to tell. It is
kmod's program and not ours, because only that is fit to be named in a sudoers file: ours lies where
its user can write.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import process, search_path
from rkmbuild.base.errors import PermissionDeniedError, ToolchainError
from rkmbuild.base.tool_environment import tool_environment

# CAP_SYS_MODULE of include/uapi/linux/capability.h.
_CAP_SYS_MODULE = 16
# What puts files in place; each with the options that make it safe to repeat.
_FILES = ("install", "mv", "rm", "rmdir")
_KMOD = ("insmod", "rmmod")
_PACKAGES = {**dict.fromkeys((*_KMOD, "depmod"), "kmod"), **dict.fromkeys(_FILES, "coreutils")}
# Where distributions put them, whatever PATH says.
_SYSTEM = ("/usr/sbin", "/sbin", "/usr/bin", "/bin")


class ProgramResult(NamedTuple):
    """How the step ended.

    Attributes:
        returncode: 0 for done; negative for a signal.
        said: What the program printed.
    """

    returncode: int
    said: str


def run(program: str, arguments: Sequence[str]) -> ProgramResult:
    """Run a program of the system, as `insmod`, with root's rights.

    Raises:
        PermissionDeniedError: we are not root, and sudo is not there or says no; or root here has
            no right to load modules.
        ToolchainError: the program is not there.
    """
    path = _found(program)
    if os.geteuid() == 0:
        if program in _KMOD and not may_load():
            raise PermissionDeniedError(
                "root cannot load modules here: CAP_SYS_MODULE is missing, as in a container",
                hint="`rkmbuild run` loads a module in a virtual machine",
            )
        return _run([path, *arguments])
    sudo = search_path.named("sudo")
    if not sudo:
        raise PermissionDeniedError(
            "only root can do this, and sudo was not found",
            hint="run it as root; `rkmbuild run` needs no root",
        )
    # Without a terminal nobody can type a password: -n makes sudo say so instead of waiting.
    asking = sys.stdin.isatty() and sys.stderr.isatty()
    outcome = _run([str(sudo), *(() if asking else ("-n",)), "--", path, *arguments])
    # sudo and the program both fail with status 1; the program's lines begin with its name.
    if outcome.returncode > 0 and not re.search(rf"(?m)^(?:\S*/)?{program}: ", outcome.said):
        raise PermissionDeniedError(
            f"sudo did not run {path}", hint="run it as root", output=outcome.said
        )
    return outcome


def run_as_we_are(program: str, arguments: Sequence[str]) -> ProgramResult:
    """Run a program of the system without becoming root.

    Raises:
        ToolchainError: the program is not there.
    """
    return _run([_found(program), *arguments])


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Take back what was begun: signals that ask us to stop, as Ctrl-C sends, wait until then."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _found(program: str) -> str:
    path = search_path.named(program, *_SYSTEM)
    if not path:
        raise ToolchainError(
            f"{program} was not found", hint=f"install the package {_PACKAGES[program]}"
        )
    return str(path)


def may_load(root: Path = Path("/")) -> bool:
    """Tell whether we hold CAP_SYS_MODULE, as root in a container does not.

    True where the kernel does not say.

    Args:
        root: Where proc/ is.
    """
    try:
        status = (root / "proc/self/status").read_text()
        found = re.search(r"(?m)^CapEff:\s*([0-9a-f]+)$", status)
    except OSError:
        return True
    return not found or bool(int(found[1], 16) >> _CAP_SYS_MODULE & 1)


def _run(command: list[str]) -> ProgramResult:
    # sudo asks for the password at our terminal, which a process group of its own may not read.
    child = process.popen(
        command,
        env=tool_environment({"LC_ALL": "C"}),
        stderr=subprocess.STDOUT,
        own_group=False,
    )
    try:
        said, _ = child.communicate()
    finally:
        process.stop(child)
    return ProgramResult(child.returncode, said.decode(errors="replace"))
