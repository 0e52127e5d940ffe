"""One kernel to build for, as its own tree describes it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering
from pathlib import Path
from typing import NamedTuple, Self


class Origin(StrEnum):
    """Where a kernel tree was found."""

    RUNNING = "running"
    INSTALLED = "installed"
    ADDED = "added"
    FETCHED = "fetched"
    BUILT = "built"
    PATH = "path"


@total_ordering
@dataclass(frozen=True)
class KernelVersion:
    """The numbers at the head of a release: 6.12.117 of `6.12.117+deb12-cloud-amd64`."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the version at the head of `text`; raises ValueError where there is none."""
        found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
        if not found:
            raise ValueError(f"no kernel version in {text!r}")
        return cls(*(int(number or 0) for number in found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def __lt__(self, other: "KernelVersion") -> bool:
        return (self.major, self.minor, self.patch) < (other.major, other.minor, other.patch)


class Compiler(NamedTuple):
    """The C compiler that built a kernel.

    Attributes:
        kind: `gcc` or `clang`.
        version: As in (12, 2, 0).
        text: CONFIG_CC_VERSION_TEXT, the first line of the compiler's `--version`.
        command: What to look for in PATH, as `gcc-12`.
    """

    kind: str
    version: tuple[int, int, int]
    text: str
    command: str


class Kconfig(Mapping[str, str]):
    """A kernel's configuration: names without CONFIG_, values `y`, `m`, a number or a string.

    What is not set is not there.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def on(self, *names: str) -> bool:
        """Tell whether any of `names` is built in; several where a release renamed the option."""
        return any(self._values.get(name) == "y" for name in names)

    def number(self, name: str) -> int:
        """Return a numeric option, 0 where it is not set."""
        return int(self._values.get(name, "0"), 0)


@dataclass(frozen=True, kw_only=True)
class KernelTree:
    """A kernel that modules can be built for.

    Attributes:
        release: What `uname -r` says under it (include/config/kernel.release).
        version: The numbers of the release.
        arch: Machine, in rustc's word; `arch.architectures` tells of it.
        build: The objtree: .config, Module.symvers, include/generated (kbuild's `O=`).
        source: The srctree: the top Makefile, include, scripts; often the same folder.
        origin: Where it was found.
        config: Its configuration.
        compiler: What built it.
        symvers: Its Module.symvers, or None.
        image: An image to boot, or None.
        system_map: Its System.map, or None.
        modules: Its lib/modules/<release> folder, or None.
        name: What `--kernel` takes for it beside its release: what the user called an
            added one, or the series of one that was built here, and what is in it.
        companions: Where loader, libraries and compiler of its own suite lie, which its tools need
            on an older machine, or None.
    """

    release: str
    version: KernelVersion
    arch: str
    build: Path
    source: Path
    origin: Origin
    config: Kconfig
    compiler: Compiler
    symvers: Path | None
    image: Path | None
    system_map: Path | None
    modules: Path | None
    name: str | None = None
    companions: Path | None = None
