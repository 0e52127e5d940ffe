"""Whether a module is one for the running kernel: machine, byte order, vermagic."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.errors import KernelError, MismatchError, NotAModuleError, ToolchainError
from rkmbuild.module import modinfo
from rkmbuild.module.modinfo import Modinfo

_MODULES = Path("/lib/modules")
# How many of the kernel's own modules to look at for one that can be read.
_ENOUGH = 8


@dataclass(frozen=True)
class Running:
    """The kernel under us.

    Attributes:
        release: `uname -r`.
        machine: `uname -m`, in the words of `Modinfo.machine`.
        vermagic: What its modules carry, or None where no module of it is at hand.
    """

    release: str
    machine: str
    vermagic: str | None


def running(modules: Path = _MODULES) -> Running:
    """Describe the running kernel."""
    system = os.uname()
    return Running(system.release, _machine(system.machine), _vermagic(modules / system.release))


def check(module: Modinfo, kernel: Running) -> None:
    """Let a module pass that was built for `kernel`.

    With CONFIG_MODVERSIONS the kernel itself compares no release, only the checksums of the
    symbols that the module names. Rust code also knows the layout of types, which those checksums
    do not all cover: here the release has to be the same.

    Raises:
        MismatchError: it was not; each difference is in the message.
    """
    little_endian = sys.byteorder == "little"
    differences = []
    if module.machine != kernel.machine:
        differences.append(f"machine: built for {module.machine}, running {kernel.machine}")
    elif module.little_endian != little_endian:
        differences.append(f"byte order: running {sys.byteorder}-endian")
    if module.release != kernel.release:
        built = module.release or "no kernel at all (it has no vermagic)"
        differences.append(f"release: built for {built}, running {kernel.release}")
    if kernel.vermagic is not None:
        theirs, ours = module.vermagic.split()[1:], kernel.vermagic.split()[1:]
        differences += [
            *(
                f"option: built with `{o}`, which the kernel is not"
                for o in theirs
                if o not in ours
            ),
            *(
                f"option: built without `{o}`, which the kernel has"
                for o in ours
                if o not in theirs
            ),
        ]
    if differences:
        told = "".join(f"\n  {difference}" for difference in differences)
        raise MismatchError(
            f"{module.path} was not built for the running kernel{told}",
            hint=f"build it for this one: rkmbuild build --kernel {kernel.release}",
        )


def _machine(name: str) -> str:
    """Return `uname -m` without the variants that share one kind of module."""
    if re.fullmatch(r"i[3-6]86", name):
        return "i686"
    if name.startswith("armv"):
        return "arm"
    return {"ppc64le": "ppc64", "mips64": "mips"}.get(name, name)


def _vermagic(modules: Path) -> str | None:
    """Return the vermagic that the kernel's own modules in `modules` carry."""
    looked_at = 0
    for folder, folders, files in os.walk(modules / "kernel"):
        folders.sort()
        for file in sorted(files):
            if re.search(r"\.ko(\.[gxz][zs]t?)?$", file):
                looked_at += 1
                try:
                    return modinfo.read(Path(folder) / file).vermagic
                except (NotAModuleError, ToolchainError, KernelError):
                    pass
            if looked_at >= _ENOUGH:
                return None
    return None
