"""Runs in the guest: carries out the steps of /steps.json and reports each as a line of JSON.

A step of the tool is a fork of this process, which has imported it already: in an emulator each new
interpreter would cost two seconds. One step of the test starts the tool as a user does.
"""

import contextlib
import ctypes
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

USERS = {"root": 0, "user": 1000, "nobody": 65534}
HOMES = {"root": "/root", "user": "/home/user", "nobody": "/nonexistent"}
MARK = "@step "


def main() -> None:
    import rkmbuild.cli

    os.environ["PATH"] = "/usr/sbin:/usr/bin:/bin"
    for command in (
        "list",
        "log",
        "unload none",
        "load --no-such",
        "load /m/other.ko",
        "check --running /m/greeter.ko",
    ):
        # Imports what the steps will need, and leaves nothing behind.
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.suppress(Exception, SystemExit),
        ):
            rkmbuild.cli.app(command.split(), standalone_mode=True)
    with open("/steps.json", encoding="utf-8") as file:  # noqa: PTH123 - as small as it gets
        steps = json.load(file)
    for step in steps:
        report(step["label"], **carry_out(step, rkmbuild.cli.main))


def report(label: str, **values: Any) -> None:
    sys.stdout.write(f"{MARK}{json.dumps({'label': label, **values})}\n")
    sys.stdout.flush()


def carry_out(step: dict[str, Any], tool: Any) -> dict[str, Any]:
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            become(step, out.fileno(), err.fileno(), tool)
        if step["interrupt_when"]:
            says(out.fileno(), ".")
            subprocess.run(["/bin/busybox", "sh", "-c", step["meanwhile"]], check=False)
            says(out.fileno(), step["interrupt_when"])
            os.kill(child, signal.SIGINT)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {
            "status": os.waitstatus_to_exitcode(status),
            "out": out.read().decode(errors="replace"),
            "err": err.read().decode(errors="replace"),
            "seconds": round(time.monotonic() - started, 2),
        }


def says(out: int, pattern: str) -> None:
    """Wait until a step has said something; one that never does fails by what it said instead."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if re.search(pattern.encode(), os.pread(out, os.fstat(out).st_size, 0)):
            return
        time.sleep(0.05)


def become(step: dict[str, Any], out: int, err: int, tool: Any) -> None:
    """Be the step: never returns."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    # The tool writes text; what Python opened for the driver is bound to the old files.
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8")
    os.chdir("/tmp")  # noqa: S108 - of the guest
    os.environ["HOME"] = HOMES[step["user"]]
    os.environ.update(step["environment"])
    if step["drop_capability"]:
        drop(step["drop_capability"])
    number = USERS[step["user"]]
    if number:
        os.setgroups([])
        os.setgid(number)
        os.setuid(number)
    try:
        if step["shell"]:
            done = subprocess.run(
                ["/bin/busybox", "sh", "-c", step["shell"]],
                input=step["stdin"].encode(),
                check=False,
            )
            code = done.returncode
        elif step["python"]:
            exec(step["python"], {})  # noqa: S102 - the test's own
            code = 0
        else:
            sys.argv = ["rkmbuild", *step["tool"]]
            try:
                tool()
            except SystemExit as left:
                code = left.code if isinstance(left.code, int) else 1
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 - the status is the report
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
        os._exit(99)
    os._exit(code)


def drop(number: int) -> None:
    """Drop a capability for good, as a container does (capset(2), prctl(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(24, number, 0, 0, 0)  # PR_CAPBSET_DROP
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    libc.capget(header, sets)
    for index in range(3):
        sets[index] &= ~(1 << number)
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    main()
