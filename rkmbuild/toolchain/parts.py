"""The parts of a toolchain, as they were found on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Version(NamedTuple):
    """A tool's version, comparable: `Version(1, 96, 0)`."""

    major: int
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        return ".".join(map(str, self))


@dataclass(frozen=True, kw_only=True)
class Rust:
    """A Rust toolchain that can build for the kernel.

    Attributes:
        rustc: The compiler itself, never rustup's proxy.
        cargo: The cargo that goes with it.
        version: rustc's release, without a channel's suffix.
        verbose: All of `rustc -vV`: commit, host, LLVM version.
        host: The host triple.
        sysroot: What `--print sysroot` says.
        library: The library source, the folder that holds core/ and alloc/.
        vendored: Whether library/vendor has the crates that core and alloc need.
        origin: Where it was found: `rustup:stable`, `RUSTC`, `--toolchain`, `PATH`.
    """

    rustc: Path
    cargo: Path
    version: Version
    verbose: str
    host: str
    sysroot: Path
    library: Path
    vendored: bool
    origin: str


@dataclass(frozen=True, kw_only=True)
class Bindgen:
    """A bindgen and a libclang that work together.

    Attributes:
        path: The bindgen command.
        version: Its version.
        libclang: The shared library that it is to load (folder: `LIBCLANG_PATH`).
        libclang_version: Its version.
    """

    path: Path
    version: Version
    libclang: Path
    libclang_version: Version


@dataclass(frozen=True, kw_only=True)
class CCompiler:
    """A C compiler.

    Attributes:
        path: The command.
        kind: `gcc` or `clang`.
        version: Its version.
        text: The first line of its `--version`, as kbuild compares it.
    """

    path: Path
    kind: str
    version: Version
    text: str


@dataclass(frozen=True, kw_only=True)
class Tool:
    """Any other program: ld, objcopy, make, qemu."""

    name: str
    path: Path
    version: Version


class PassedOver(NamedTuple):
    """A candidate that was not taken, and why."""

    what: str
    why: str
