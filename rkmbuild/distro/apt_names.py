"""What apt calls the packages of a toolchain: asked of apt, since each release has other names."""

import contextlib
import re
from collections.abc import Iterable, Mapping
from functools import cache

from rkmbuild.base import search_path
from rkmbuild.base.errors import RkmbuildError
from rkmbuild.distro.apt import Apt, Listed
from rkmbuild.toolchain import bindgen, cc, versions
from rkmbuild.toolchain.parts import Version

# The Rust packages of Debian and Ubuntu, by the name of their rustc: `rustc` itself where it is
# new enough, the fresh one that Debian 12 carries for browsers, and Ubuntu's numbered ones.
_RUST = {
    "rust": ("rustc{n}", "cargo{n}", "rust{n}-src"),
    "rustfmt and clippy": ("rustfmt{n}", "rust{n}-clippy"),
}
_OLDEST_RUST = Version(1, 85)
# The clang that is tested most. A plain `clang` may be too old to keep a kernel's mitigations (14
# in Debian 12), so a numbered one is named.
_TESTED_CLANG = 19

# How names go on after what they begin with. The 17t64 of Debian 13 is 17, in an archive that
# counts time in 64 bits.
_NUMBER = r"\d+"
_LIBCLANG = r"(-\d+(t64)?)?"
_RUSTC = r"(-web|-1\.\d+)?"

# What is asked of apt.
PARTS = ("bindgen", "clang", *_RUST)


def packages(part: str) -> tuple[str, ...]:
    """Return the packages that give `part`, one of PARTS; none where apt offers none."""
    if part == "bindgen":
        return choose_bindgen(_offered("bindgen"), _offered("libclang1", _LIBCLANG))
    if part == "clang":
        return (choose_clang(_offered("clang-", _NUMBER)) or f"clang-{_TESTED_CLANG}",)
    suffix = choose_rust(_offered("rustc", _RUSTC))
    return () if suffix is None else tuple(name.format(n=suffix) for name in _RUST[part])


def compiler(name: str) -> tuple[str, ...]:
    """Return the package of the C compiler `name` (`gcc-12`); none where apt has no such."""
    # apt without lists knows no package at all, which says nothing about this one.
    there = _offered(name) or not _offered("gcc")
    return (name,) if there else ()


def forget() -> None:
    """Ask apt anew what it offers, after its lists were refreshed."""
    _offered.cache_clear()


def choose_rust(offered: Mapping[str, Listed]) -> str | None:
    """Return what the names of Rust's packages end with, or None if no rustc is new enough.

    Args:
        offered: The packages of rustc that apt has, by name.
    """
    numbered = sorted(
        (name for name in offered if name.startswith("rustc-1.")),
        key=lambda name: int(name.rpartition(".")[2]),
        reverse=True,
    )
    for name in ("rustc", "rustc-web", *numbered):
        if name in offered and _version(offered[name]) >= _OLDEST_RUST:
            return name.removeprefix("rustc")
    # apt without lists offers nothing, and says no more than for an unknown package.
    return None if offered else "-web"


def choose_clang(names: Iterable[str]) -> str | None:
    """Return which of `names` to install as clang, or None if none is new enough.

    That is the one that is tested most, else the next one after it, else the newest before it.
    """
    numbers = [int(name.removeprefix("clang-")) for name in names]
    newer = [number for number in numbers if number >= _TESTED_CLANG]
    older = [number for number in numbers if cc.OLDEST_CLANG.major <= number < _TESTED_CLANG]
    chosen = min(newer) if newer else max(older, default=None)
    return None if chosen is None else f"clang-{chosen}"


def choose_bindgen(
    commands: Mapping[str, Listed], libraries: Mapping[str, Listed]
) -> tuple[str, ...]:
    """Return the packages of bindgen and of a libclang that goes with it.

    bindgen's own package is enough where it depends on a libclang, as Debian's does from Debian 13
    on. Else that is the distribution's own `libclang1`, or the newest numbered one with which this
    bindgen works.

    Args:
        commands: bindgen's package as apt has it, by name.
        libraries: The packages of libclang, `libclang1` and `libclang1-19`, by name.
    """
    package = commands.get("bindgen")
    if package and any(name.startswith("libclang") for need in package.depends for name in need):
        return ("bindgen",)
    version = _version(package) if package else bindgen.OLDEST
    fitting = [name for name in libraries if not bindgen.misfit(version, _version(libraries[name]))]
    if "libclang1" in fitting or not fitting:
        return "bindgen", "libclang1"
    return "bindgen", max(fitting, key=lambda name: _version(libraries[name]))


def _version(package: Listed) -> Version:
    """Return upstream's version: 14.0 of Debian's 1:14.0-55.7~deb12u1."""
    return versions.first(package.version.partition(":")[2] or package.version) or Version(0)


@cache
def _offered(beginning: str, end: str = "") -> dict[str, Listed]:
    """Return the packages that apt can install, by name: `beginning`, then what `end` describes."""
    whole = re.compile(re.escape(beginning) + end)
    if not search_path.named("apt-cache"):
        return {}
    with contextlib.suppress(RkmbuildError):
        return Apt().listed(beginning, lambda name: whole.fullmatch(name) is not None)
    return {}
