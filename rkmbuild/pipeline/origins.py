"""Where a function of a module comes from: the crate, or the C file of the project."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.base.errors import RkmbuildError
from rkmbuild.pipeline.crate import Library

# Crates whose generic code is compiled into others: a name of theirs in a path says little.
_COMMON = frozenset({"core", "alloc", "std", "kernel"})
_RUST_OBJECT = re.compile(r"(\w+?)-[0-9a-f]+\..*rcgu\.o")  # <crate>-<hash>.<unit>.rcgu.o
_DEFINED = re.compile(r":(?:(.*):)?[0-9a-f]+ \w (\S+)$")


def find(names: Mapping[str, str], library: Library, objects: Sequence[Path]) -> dict[str, str]:
    """Return where functions come from: a crate's name, a C file's, or nothing where unknown.

    Args:
        names: Demangled names, each with the one that the linker knows.
        library: The static library that the module was linked from.
        objects: The objects of the project's C files.
    """
    found = {name: _crate_in(name) for name in names}
    bare = {symbol: name for name, symbol in names.items() if not found[name]}
    if not bare:
        return found
    native = {archive: crate for crate, out in library.native for archive in out.glob("*.a")}
    for file, member, symbol in _symbols(
        [*objects, library.archive, *library.dependencies, *native]
    ):
        if symbol not in bare:
            continue
        rust = _RUST_OBJECT.fullmatch(member)
        if file in objects:
            found[bare[symbol]] = f"{file.stem}.c"
        elif file in native:
            found[bare[symbol]] = native[file]
        elif rust:
            found[bare[symbol]] = rust[1]
    return found


def said(origin: str) -> str:
    """Return where a function comes from, as `find` gives it, in words."""
    if origin.endswith(".c"):
        return origin
    return f"crate {origin}" if origin else "of unknown origin"


def _crate_in(name: str) -> str:
    """Return the first crate in a demangled name that is not one that all code uses."""
    crates: Sequence[str] = re.findall(r"(?<![\w:])([A-Za-z_]\w*)::", name)
    return next((crate for crate in crates if crate not in _COMMON), crates[0] if crates else "")


def _symbols(files: Sequence[Path]) -> list[tuple[Path, str, str]]:
    """Return what objects and archives define: file, member of the archive, and symbol."""
    command: list[str | Path] = ["nm", "--print-file-name", "--defined-only", *files]
    try:
        done = process.run(command, doing="looking for functions", success=range(256))
    except RkmbuildError:
        return []
    rows = []
    for line in done.stdout.splitlines():
        for file in files:
            match = line.startswith(str(file)) and _DEFINED.match(line[len(str(file)) :])
            if match:
                rows.append((file, match[1] or "", match[2]))
    return rows
