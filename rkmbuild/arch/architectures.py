"""The architectures that something is known of, by name."""

import copyreg
import os
from collections.abc import Callable

from rkmbuild.arch.aarch64 import AARCH64
from rkmbuild.arch.arch import Arch
from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.base.errors import KernelError

ALL: tuple[Arch, ...] = (X86_64, AARCH64)


def of(name: str) -> Arch:
    """Return the architecture that rustc calls `name`.

    Raises:
        KernelError: nothing is known of it.
    """
    found = find(name)
    if not found:
        raise KernelError(
            f"nothing is known of the architecture {name}",
            hint=f"known are {', '.join(map(str, ALL))}",
        )
    return found


def find(name: str) -> Arch | None:
    """Return the architecture that rustc calls `name`, or None where nothing is known of it."""
    return next((arch for arch in ALL if arch.name == name), None)


def by_elf(machine: int) -> Arch | None:
    """Return the architecture with this number in the header of a file, or None."""
    return next((arch for arch in ALL if arch.elf_machine == machine), None)


def complete() -> tuple[Arch, ...]:
    """Return the architectures that modules can be built, judged and run for."""
    return tuple(arch for arch in ALL if arch.complete)


def host() -> Arch:
    """Return this machine's architecture, or the first one where nothing is known of it."""
    machine = os.uname().machine
    return next((arch for arch in ALL if arch.names.uname == machine), ALL[0])


def _as_a_name(arch: Arch) -> tuple[Callable[[str], Arch], tuple[str]]:
    return of, (arch.name,)


# To another process it goes as a name: there is one value of each.
copyreg.pickle(Arch, _as_a_name)
