"""Chooses among the kernels that a source offers, by series and flavour."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from rkmbuild.base.errors import FetchError
from rkmbuild.distro.source import KernelSource, Package

# What the ordinary flavour may be called everywhere; Debian's has the machine's own name.
GENERIC = "generic"
# A release is numbers with what is glued to them, and perhaps words behind a dash.
_FLAVOUR = re.compile(r"-([a-z].*)")


class Chosen(NamedTuple):
    """A kernel that is to be fetched.

    Attributes:
        release: What `uname -r` says under it.
        version: The version of its packages.
        packages: All that is needed to build for it and to boot it.
        debug_symbols: Whether its debug information is among them.
        mark: What tells them from others of the same names and versions, where that is needed.
    """

    release: str
    version: str
    packages: tuple[Package, ...]
    debug_symbols: bool = False
    mark: str = ""

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(package.size for package in self.packages)

    @property
    def space(self) -> int:
        """Bytes that fetching takes on the disk at most: the packages, and what is in them."""
        return self.size + sum(package.installed for package in self.packages)


def choose(
    source: KernelSource,
    series: str | None = None,
    flavour: str | None = None,
    *,
    debug_symbols: bool = False,
) -> Chosen:
    """Return the kernel of `series` that the source recommends, else the newest.

    Args:
        source: Who offers.
        series: `6.12`, or more of a release up to all of it; any where None.
        flavour: As the source calls it, or `generic` for its ordinary one; the one with the
            smallest image where None.
        debug_symbols: Have its debug information among the packages.

    Raises:
        FetchError: there is none, or the source lacks a part of it.
    """
    offers = source.offers()
    fitting = [offer for offer in offers if fits(offer.release, series)]
    if not fitting:
        raise _none(source, series or "", {series_of(offer.release) for offer in offers})
    flavours = {offer.flavour for offer in fitting}
    if flavour is None:
        wanted = next((name for name in source.flavours if name in flavours), None)
        wanted = wanted or min(flavours, key=lambda name: (len(name), name))
    elif flavour in flavours:
        wanted = flavour
    elif flavour == GENERIC and any(offer.ordinary for offer in fitting):
        wanted = next(offer.flavour for offer in fitting if offer.ordinary)
    else:
        raise _none(source, f"{series or ''} of flavour {flavour!r}".strip(), flavours)
    best = max(
        (offer for offer in fitting if offer.flavour == wanted),
        key=lambda offer: (offer.recommended, numbers(offer.release)),
    )
    packages = tuple(source.packages(best, debug_symbols=debug_symbols))
    mark = source.mark(packages)
    return Chosen(best.release, best.version, packages, debug_symbols, mark)


def fits(release: str, series: str | None, flavour: str | None = None) -> bool:
    """Tell whether kernel `release` is one of `series`, and of `flavour` where that is given."""
    # 6.1 is not the beginning of 6.12
    if series is not None and not re.match(rf"{re.escape(series)}(?![0-9])", release):
        return False
    found = _FLAVOUR.search(release)
    tail = found[1] if found else ""
    return flavour is None or tail == flavour or tail.startswith(f"{flavour}-")


def series_of(release: str) -> str:
    """Return the series of a kernel: 6.12 of 6.12.117+deb12-cloud-amd64."""
    found = re.match(r"\d+\.\d+", release)
    return found[0] if found else release


def numbers(release: str) -> tuple[int, ...]:
    """Return what releases are ordered by."""
    return tuple(int(number) for number in re.findall(r"\d+", release))


def _none(source: KernelSource, kernel: str, there_are: Iterable[str]) -> FetchError:
    names = ", ".join(sorted(there_are, key=lambda name: (numbers(name), name)))
    who = source.suite or source.name
    if not names:
        return FetchError(
            f"{who} offers no kernel with headers and an image", hint=source.elsewhere
        )
    hints = [f"it offers: {names}", *([source.elsewhere] if source.elsewhere else [])]
    return FetchError(f"{who} offers no kernel {kernel}", hint="\n".join(hints))
