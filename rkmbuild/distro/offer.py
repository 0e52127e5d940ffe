"""Works out which packages make up the kernel that the user asks the distribution for."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from rkmbuild.base.errors import FetchError
from rkmbuild.distro.apt import Package

# Taken in this order where the user names no flavour: the smallest image first (Debian), then
# Ubuntu's only common one; Debian's ordinary flavour has the machine's own name.
_DEFAULT_FLAVOURS = ("cloud", "generic")

_HEADERS = "linux-headers-"
# 6.1.0-56, 6.12.117+deb12 or 6.8.0-49, a dash, and the flavour
_RELEASE = re.compile(r"(?P<version>\d+\.\d+[^-]*(?:-\d+)?)-(?P<flavour>[a-z].*)")
_PART = re.compile(r"linux-(headers|kbuild|image|binary|modules|base)-\d")


class Offer(NamedTuple):
    """A kernel that the distribution offers.

    Attributes:
        release: What `uname -r` says under it.
        version: The version of its header package.
        packages: All that is needed to build for it and to boot it.
    """

    release: str
    version: str
    packages: tuple[Package, ...]

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(package.size for package in self.packages)

    @property
    def space(self) -> int:
        """Bytes that fetching takes on the disk at most: the packages, and what is in them."""
        return self.size + sum(package.installed for package in self.packages)


class _Kernel(NamedTuple):
    release: str
    series: str
    flavour: str
    recommended: bool


def resolve(
    offered: Mapping[str, Package], series: str | None = None, flavour: str | None = None
) -> Offer:
    """Return the kernel of `series` that the distribution recommends.

    Args:
        offered: All kernel packages, by name.
        series: `6.12`, or more of a release up to all of it; any where None.
        flavour: `cloud`, `rt`, `amd64`, `generic` and so on; the smallest where None.

    Raises:
        FetchError: there is none.
    """
    kernels = _kernels(offered)
    fitting = [kernel for kernel in kernels if fits(kernel.release, series)]
    if not fitting:
        raise _none(series or "", {kernel.series for kernel in kernels})
    flavours = {kernel.flavour for kernel in fitting}
    if flavour is None:
        chosen = next((name for name in _DEFAULT_FLAVOURS if name in flavours), None)
        chosen = chosen or min(flavours, key=len)
    elif flavour in flavours:
        chosen = flavour
    else:
        raise _none(f"{series or ''} of flavour {flavour!r}".strip(), flavours)
    kernel = max(
        (kernel for kernel in fitting if kernel.flavour == chosen),
        key=lambda kernel: (kernel.recommended, _natural(kernel.release)),
    )
    return Offer(
        release=kernel.release,
        version=offered[_HEADERS + kernel.release].version,
        packages=_closure(offered, kernel.release),
    )


def _kernels(offered: Mapping[str, Package]) -> list[_Kernel]:
    """Return the kernels that have both headers and an image.

    A metapackage (linux-headers-cloud-amd64, linux-headers-6.12-cloud-amd64) depends on the
    headers that the distribution recommends, and is itself no kernel.
    """
    named = {
        name.removeprefix(_HEADERS): package
        for name, package in offered.items()
        if name.startswith(_HEADERS)
    }
    releases = {
        release
        for release in named
        if _RELEASE.fullmatch(release) and f"linux-image-{release}" in offered
    }
    points_to = {
        tail: {name.removeprefix(_HEADERS) for need in package.depends for name in need}
        & (releases - {tail})
        for tail, package in named.items()
    }
    recommended = set().union(*points_to.values())
    kernels = []
    for release in sorted(release for release in releases if not points_to[release]):
        found = _RELEASE.fullmatch(release)
        series = re.match(r"\d+\.\d+", release)
        if found and series:
            machine = f"-{named[release].architecture}"
            tail = found["flavour"].removesuffix(machine)
            kernels.append(_Kernel(release, series[0], tail, release in recommended))
    return kernels


def _closure(offered: Mapping[str, Package], release: str) -> tuple[Package, ...]:
    # Only what the kernel itself is cut into: not the compiler, nor what makes an initramfs.
    waiting = [f"linux-headers-{release}", f"linux-image-{release}"]
    found: dict[str, Package] = {}
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = offered[name]
        for need in offered[name].depends:
            parts = [choice for choice in need if _PART.match(choice)]
            there = next((choice for choice in parts if choice in offered), None)
            if there:
                waiting.append(there)
            elif parts and len(parts) == len(need):
                raise FetchError(
                    f"apt offers {name}, but not {parts[0]}, which it needs",
                    hint="apt's package lists may be old: run `apt-get update` first",
                )
    return tuple(found[name] for name in sorted(found))


def fits(release: str, series: str | None, flavour: str | None = None) -> bool:
    """Tell whether kernel `release` is one of `series`, and of `flavour` where that is given."""
    # 6.1 is not the beginning of 6.12
    if series is not None and not re.match(rf"{re.escape(series)}(?![0-9])", release):
        return False
    found = _RELEASE.fullmatch(release)
    tail = found["flavour"] if found else ""
    return flavour is None or tail == flavour or tail.startswith(f"{flavour}-")


def _natural(release: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", release))


def _none(kernel: str, there_are: set[str]) -> FetchError:
    if not there_are:
        return FetchError("apt offers no kernel with headers and an image")
    names = ", ".join(sorted(there_are, key=lambda name: (_natural(name), name)))
    return FetchError(f"apt offers no kernel {kernel}", hint=f"it offers: {names}")
