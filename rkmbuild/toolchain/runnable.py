"""Whether programs that were made elsewhere run on this machine, as its own loader says."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import files, process
from rkmbuild.base.errors import RkmbuildError, ToolchainError
from rkmbuild.toolchain.remembered import remembered

_MAGIC = b"\x7fELF"
# ELFCLASS and e_machine of the header; e_type 1 is an object (elf.h).
_HEADER, _TYPE, _MACHINE, _OBJECT = 20, 16, 18, 1
# "libc.so.6: version `GLIBC_2.38' not found (required by ...)", and
# "error while loading shared libraries: libelf.so.1: cannot open shared object file: ..."
_LACKS = re.compile(r"version `([^']+)' not found|(\S+): cannot open shared object file")
# What installs a library tells the loader of it here, so that it may now be found.
_LIBRARIES = Path("/etc/ld.so.cache")


def programs(folder: Path) -> list[Path]:
    """Return the compiled programs of this machine's architecture below `folder`, in order."""
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        found += [file for name in sorted(names) if _is_program(file := Path(place, name))]
    return found


def lacking(
    those: Sequence[Path], loader: Path | None = None, libraries: Iterable[Path] = ()
) -> Mapping[Path, str]:
    """Return those programs that cannot run, each with what it does not find here.

    Args:
        those: The programs.
        loader: What would load them; this machine's own where None, which is remembered.
        libraries: The folders where libraries are looked for first.

    Raises:
        ToolchainError: the loader cannot be asked.
    """
    if not those:
        return {}
    if loader is not None:
        return {file: why for file in those if (why := _lacks(loader, file, libraries))}
    own = Path(architectures.host().loader)
    if not files.is_file(own):
        return dict.fromkeys(those, f"the loader {own}")
    stamped = [*those, own.resolve(), *([_LIBRARIES] if files.is_file(_LIBRARIES) else [])]
    answer = remembered(
        "which programs run",
        stamped,
        lambda: {str(file): why for file in those if (why := _lacks(own, file))},
    )
    return {Path(file): why for file, why in answer.items()}


def _lacks(loader: Path, file: Path, libraries: Iterable[Path] = ()) -> str:
    """Return what a program does not find with `loader`, empty where it finds all."""
    path = ":".join(map(str, libraries))
    try:
        done = process.run(
            [loader, *(["--library-path", path] if path else []), "--list", file],
            doing=f"asking {loader.name} whether {file.name} runs",
            success=range(-64, 256),
            timeout=60,
            failure=ToolchainError,
        )
    except RkmbuildError as error:
        raise ToolchainError(error.message, hint=error.hint, output=error.output) from None
    return lacks(done.stderr)


def lacks(said: str) -> str:
    """Return what a program does not find, in what a loader said of it; empty where it is all."""
    found = _LACKS.search(said)
    return (found[1] or found[2]) if found else ""


def _is_program(file: Path) -> bool:
    if not os.access(file, os.X_OK):
        return False
    try:
        with file.open("rb") as opened:
            header = opened.read(_HEADER)
    except OSError:
        return False
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        return False
    # All architectures that we work on are little-endian.
    kind, machine = (int.from_bytes(header[at : at + 2], "little") for at in (_TYPE, _MACHINE))
    return kind != _OBJECT and machine == architectures.host().elf_machine
