"""What a virtual machine needs: the emulator, and a shell that runs without libraries."""

import struct
from pathlib import Path
from typing import Any

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.base import process, search_path
from rkmbuild.base.errors import ToolchainError, WantedPart
from rkmbuild.toolchain import programs, versions
from rkmbuild.toolchain.parts import PassedOver, Tool, Version
from rkmbuild.toolchain.remembered import remembered
from rkmbuild.toolchain.unusable import unusable

# The first with all the machines that guests run on.
OLDEST = Version(4, 2)
# Where the distributions put their static busybox: Debian and openSUSE, Fedora, Alpine.
_BUSYBOXES = r"busybox([.-]static)?"
_PT_INTERP = 3


def choose(arch: Arch | None = None) -> tuple[Tool, list[PassedOver]]:
    """Return the first usable qemu for an architecture, and those that were passed over.

    Args:
        arch: The architecture; this machine's where None.

    Raises:
        ToolchainError: none is there, or none has the machine that guests run on.
    """
    arch = arch or architectures.host()
    passed_over: list[PassedOver] = []
    for path in search_path.every(arch.qemu):
        try:
            tool = programs.at(path, versions.first)
            why = _why_not(tool, arch.guest.kind)
        except ToolchainError as error:
            why = error.message
        else:
            if not why:
                return tool, passed_over
        passed_over.append(PassedOver(str(path), why))
    raise unusable(arch.qemu, WantedPart("qemu"), passed_over)


def busybox() -> Tool:
    """Return a statically linked busybox, the userland of guests.

    Raises:
        ToolchainError: none is there, or only one that needs libraries.
    """
    passed_over: list[PassedOver] = []
    for path in search_path.every(_BUSYBOXES):
        if is_static(path):
            return _asked(path)
        passed_over.append(PassedOver(str(path), "it needs shared libraries"))
    raise unusable("busybox", WantedPart("busybox"), passed_over)


def is_static(program: Path) -> bool:
    """Tell whether `program` is a 64-bit ELF file that asks for no loader (elf(5), PT_INTERP)."""
    with program.open("rb") as file:
        header = file.read(64)
        if len(header) < 64 or header[:5] != b"\x7fELF\x02":
            return False
        (offset,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        file.seek(offset)
        entries = file.read(size * count)
    kinds = [struct.unpack_from("<I", entries, at)[0] for at in range(0, len(entries), size)]
    return _PT_INTERP not in kinds


def _why_not(tool: Tool, machine: str) -> str:
    if tool.version < OLDEST:
        return f"it is {tool.version}, and {OLDEST} is the oldest that can be used"

    def ask() -> dict[str, Any]:
        done = process.run(
            [tool.path, "-machine", "help"],
            doing="asking qemu for its machines",
            timeout=60,
            failure=ToolchainError,
        )
        return {"machines": [line.split(" ")[0] for line in done.stdout.splitlines()]}

    machines = remembered("qemu -machine help", [tool.path], ask)["machines"]
    return "" if machine in machines else f"it has no {machine} machine"


def _asked(path: Path) -> Tool:
    # busybox answers as the applet that its file name says, and has no --version.
    def ask() -> dict[str, Any]:
        done = process.run(
            [path, "--help"], doing="asking busybox for its version", failure=ToolchainError
        )
        return {"text": done.stdout or done.stderr}

    version = versions.first(remembered("busybox --help", [path], ask)["text"])
    if not version:
        raise ToolchainError(f"{path} does not say its version")
    return Tool(name="busybox", path=path, version=version)
