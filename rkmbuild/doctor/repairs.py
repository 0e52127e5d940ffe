"""Run the commands that repair what the doctor found wrong."""

import os
import shlex
import sys
from collections.abc import Iterable, Sequence

from rkmbuild.base import console, process, search_path
from rkmbuild.base.errors import FetchError, PermissionDeniedError
from rkmbuild.base.tool_environment import tool_environment
from rkmbuild.distro import packages
from rkmbuild.doctor.table import Check

# Our own commands work on the cache that this process works on.
_OWN = ("RKMBUILD_CACHE_DIR", "RKMBUILD_STATE_DIR")


def commands(checks: Iterable[Check]) -> list[tuple[str, ...]]:
    """Return the commands that repair all that is wrong: one installation, then the rest."""
    wrong = [check for check in checks if check.wrong]
    wanted = [name for check in wrong if not check.repair for name in check.packages]
    install = [packages.as_root(command) for command in packages.commands(wanted)]
    return install + list(dict.fromkeys(tuple(check.repair) for check in wrong if check.repair))


def run(commands: Sequence[Sequence[str]]) -> None:
    """Run `commands` one after the other, with what they print let through.

    Raises:
        PermissionDeniedError: one needs root, and there is no sudo.
        FetchError: one failed.
    """
    for command in commands:
        console.status("Running", shlex.join(command))
        _run(command)
    packages.forget()


def _run(command: Sequence[str]) -> None:
    argv = list(command)
    if argv[0] == "sudo":
        if not search_path.named("sudo"):
            raise PermissionDeniedError(
                "only root can install packages, and sudo was not found",
                hint=f"as root: `{shlex.join(argv[1:])}`",
            )
        # Without a terminal nobody can type a password; -n says so instead of waiting.
        argv[1:1] = [] if sys.stderr.isatty() else ["-n"]
    if argv[0] == "rkmbuild":
        argv[:1] = [sys.executable, "-m", "rkmbuild"]
    extra = {name: os.environ[name] for name in _OWN if name in os.environ}
    # sudo and pacman ask at our terminal, which a process group of its own may not read. What they
    # print is no result of ours: it goes to standard error.
    child = process.popen(
        argv,
        env=tool_environment({**extra, "DEBIAN_FRONTEND": "noninteractive"}),
        stdout=sys.stderr.fileno(),
        stderr=None,
        own_group=False,
    )
    try:
        status = child.wait()
    finally:
        process.stop(child)
    if status:
        raise FetchError(f"`{shlex.join(command)}` failed with exit status {status}")
