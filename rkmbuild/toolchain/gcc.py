"""The gcc of this machine that is the kernel's own, or comes nearest to it.

The same compiler has several names: `gcc-12`, `gcc` where it is the default, and the same behind
the triple of its machine, as Debian's kernels from 7.1 on call it. One that was built elsewhere may
name one that is no command here, as WSL's do (MACHINE-msft-linux-gcc).
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.arch import architectures
from rkmbuild.base import search_path
from rkmbuild.base.errors import ToolchainError
from rkmbuild.toolchain import cc
from rkmbuild.toolchain.parts import CCompiler, Version


class Match(NamedTuple):
    """A gcc, and how it stands to the one that built the kernel.

    Attributes:
        compiler: The gcc.
        why: In words: why this one.
        same_major: Whether its flags and plugins are those of the kernel's own.
    """

    compiler: CCompiler
    why: str
    same_major: bool


def nearest(
    command: str, version: Version, text: str, machine: str, more: Iterable[Path] = ()
) -> Match | None:
    """Return the gcc that comes nearest to a kernel's own.

    Args:
        command: What the kernel calls its own.
        version: The version of that.
        text: The first line of its `--version`.
        machine: What `uname -m` says where the kernel runs.
        more: Compilers that are not in PATH.

    Raises:
        ToolchainError: the one of that name cannot be asked what it is.
    """
    named = cc.find_compiler(command)
    found = [named] if named and named.kind == "gcc" else []
    for path in (*_commands(machine), *more):
        try:
            compiler = cc.compiler_at(path)
        except ToolchainError:
            continue
        if compiler.kind == "gcc":
            found.append(compiler)
    return best(found, command, version, text) if found else None


def best(found: Sequence[CCompiler], command: str, version: Version, text: str) -> Match:
    """Return the one of `found` that comes nearest, the first of equals; see `nearest`."""
    taken = min(found, key=lambda compiler: _distance(compiler, version, text))
    return Match(taken, _why(taken, command, version, text), taken.version.major == version.major)


def newest(machine: str) -> Version | None:
    """Return the version of the newest gcc in PATH that compiles for `machine`, or None."""
    versions = []
    for path in _commands(machine):
        try:
            versions.append(cc.compiler_at(path).version)
        except ToolchainError:
            continue
    return max(versions, default=None)


def _commands(machine: str) -> list[Path]:
    """Return the gccs in PATH that compile for `machine`, each file once."""
    names = rf"{re.escape(machine)}-(?:[\w.]+-)*gcc(?:-[\d.]+)?"
    if architectures.host().names.uname == machine:
        names += r"|gcc(?:-[\d.]+)?"
    first: dict[Path, Path] = {}
    for path in search_path.every(names):
        first.setdefault(path.resolve(), path)
    return list(first.values())


def _distance(compiler: CCompiler, version: Version, text: str) -> tuple[object, ...]:
    major = compiler.version.major - version.major
    return (
        _behind_name(compiler.text) != _behind_name(text),
        compiler.version != version,
        abs(major),
        # As far away on both sides, the newer one knows all flags of the older.
        major < 0,
        abs(compiler.version.minor - version.minor),
        abs(compiler.version.patch - version.patch),
    )


def _why(compiler: CCompiler, command: str, version: Version, text: str) -> str:
    kernels = f"{command} {version}"
    if compiler.text == text:
        return "the compiler that built the kernel"
    if _behind_name(compiler.text) == _behind_name(text):
        return f"the compiler that built the kernel, there called {command}"
    if compiler.version.major == version.major:
        return f"the nearest here to {kernels}, which built the kernel"
    return f"not of the major version of {kernels}, which built the kernel, but the nearest here"


def _behind_name(text: str) -> str:
    """Return a first line of `--version` without the name that the compiler was called by."""
    return text.partition(" ")[2]
