"""Module.symvers: the symbols that a kernel exports to modules."""

from pathlib import Path
from typing import NamedTuple

from rkmbuild.base.errors import KernelError

TRIMMED = (
    "CONFIG_TRIM_UNUSED_KSYMS is the cause where the kernel has the symbol: only what its own "
    "modules use is exported; a kernel without that option is needed, or one with the symbol in "
    "its CONFIG_UNUSED_KSYMS_WHITELIST"
)
"""What to say where a kernel with that option lacks a symbol (kernel/module/Kconfig)."""

_NO_CRC = "0x00000000\t"


class ExportedSymbol(NamedTuple):
    """One exported symbol.

    Attributes:
        name: The symbol.
        crc: Checksum of its type, 0 in a kernel without CONFIG_MODVERSIONS.
        module: What exports it: `vmlinux`, or a module's path below the source without `.ko`.
        gpl: Whether only modules with a GPL-compatible license may use it.
        namespace: What a module has to import to use it; empty for most.
    """

    name: str
    crc: int
    module: str
    gpl: bool
    namespace: str


def load(path: Path) -> dict[str, ExportedSymbol]:
    """Return the symbols listed in the Module.symvers at `path`, by name.

    A line is crc, name, module, export type and namespace, with tabs between them
    (Documentation/kbuild/modules.rst, the same from 5.4 to 7.2).

    Raises:
        KernelError: the file cannot be read, or has a line of another form.
    """
    symbols = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        fields = line.split("\t")
        try:
            crc, name, module, export = fields[:4]
            namespace = fields[4] if len(fields) > 4 else ""
            symbols[name] = ExportedSymbol(
                name, int(crc, 16), module, export.endswith("_GPL"), namespace
            )
        except ValueError:
            raise KernelError(
                f"{path}, line {number}, is no exported symbol: {line[:80]!r}",
                hint="the file is damaged: install the kernel's headers again",
            ) from None
    return symbols


def useless(path: Path, *, with_crcs: bool) -> str:
    """Return why no module can be built by the Module.symvers at `path`; empty where one can.

    Args:
        path: The file.
        with_crcs: Whether the kernel compares checksums (CONFIG_MODVERSIONS).

    Raises:
        KernelError: the file cannot be read.
    """
    text = _text(path)
    if not text.strip():
        return "is empty"
    if "\tvmlinux\t" not in text:
        return "has symbols of modules alone, and none of the kernel itself (vmlinux)"
    if with_crcs and all(line.startswith(_NO_CRC) for line in text.splitlines()):
        return "has no checksums, though the kernel compares them (CONFIG_MODVERSIONS)"
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="surrogateescape")
    except OSError as error:
        raise KernelError(f"cannot read {path}: {error.strerror}") from None
