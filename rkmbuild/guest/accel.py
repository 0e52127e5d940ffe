"""Choose how a guest runs: KVM where it really works, else qemu's own translation (TCG).

That /dev/kvm is there, opens and makes virtual processors proves nothing: nested in some clouds a
kernel hangs under it before its first line. Only a kernel that booted is a proof, so the first
guest is watched, and what came of it is remembered until the host reboots or a week has passed.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import files, paths
from rkmbuild.base.errors import UsageError
from rkmbuild.toolchain.parts import Tool

DEVICE = Path("/dev/kvm")
VARIABLE = "RKMBUILD_ACCEL"

_DAYS = 7
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, kw_only=True)
class Accel:
    """How a guest is to run.

    Attributes:
        name: `kvm` or `tcg`, as qemu's `-accel` takes it.
        reason: Why this one, in a few words.
        proven: Whether a guest is known to boot under it on this host.
    """

    name: str
    reason: str
    proven: bool


def choose(emulator: Tool) -> Accel:
    """Return what to boot a guest with, from what is known already; starts nothing.

    `RKMBUILD_ACCEL` (`kvm` or `tcg`) decides where it is set.

    Args:
        emulator: The qemu that will boot it; another one may get on with this host's KVM.

    Raises:
        UsageError: RKMBUILD_ACCEL is something else.
    """
    asked = os.environ.get(VARIABLE)
    if asked:
        if asked not in ("kvm", "tcg"):
            raise UsageError(f"{VARIABLE} is {asked!r}; it must be kvm or tcg")
        return Accel(name=asked, reason=f"{VARIABLE} says so", proven=True)
    if not DEVICE.exists():
        return Accel(name="tcg", reason=f"there is no {DEVICE}", proven=True)
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        reason = f"{DEVICE} cannot be opened: permission denied (the group kvm can open it)"
        return Accel(name="tcg", reason=reason, proven=True)
    works = _remembered(emulator)
    if works is None:
        return Accel(name="kvm", reason=f"{DEVICE} is there, not tried yet", proven=False)
    if works:
        return Accel(name="kvm", reason="a kernel booted under it", proven=True)
    return Accel(name="tcg", reason="no kernel boots under this host's KVM", proven=True)


def remember(emulator: Tool, *, works: bool) -> None:
    """Keep for later runs whether a kernel booted under KVM; not being able to is no failure."""
    state = _state()
    document = {"host": _host(emulator), "works": works, "time": time.time()}
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        files.write(state, json.dumps(document))
    except OSError:
        return


def forget() -> None:
    """Have the next guest try again."""
    _state().unlink(missing_ok=True)


def _state() -> Path:
    return paths.state_dir() / "kvm.json"


def _remembered(emulator: Tool) -> bool | None:
    try:
        document = json.loads(_state().read_text())
        fresh = 0 <= time.time() - document["time"] < _DAYS * 86400
        same = document["host"] == _host(emulator)
        return bool(document["works"]) if fresh and same else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _host(emulator: Tool) -> list[str]:
    try:
        boot = _BOOT_ID.read_text().strip()
    except OSError:
        boot = ""
    return [os.uname().release, boot, str(emulator.path), str(emulator.version)]
