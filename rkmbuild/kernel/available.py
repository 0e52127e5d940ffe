"""Which kernels a source offers, and which of them are here already."""

from typing import Any, NamedTuple

from rkmbuild.base import cache
from rkmbuild.base.errors import FetchError
from rkmbuild.distro import offer
from rkmbuild.distro.source import KernelSource
from rkmbuild.kernel import fetch, fetched_kernel


class Available(NamedTuple):
    """A kernel that can be fetched.

    Attributes:
        release: What `uname -r` says under it.
        version: The version of its packages.
        flavour: The distribution's word for what it is configured for.
        suite: The suite that has it; None for what this machine is set up for.
        size: Bytes to download.
        space: Bytes that fetching takes on the disk at most.
        fetched: Whether it is here already, in this version.
        recommended: Whether the distribution points to it as the one of its series to have.
    """

    release: str
    version: str
    flavour: str
    suite: str | None
    size: int
    space: int
    fetched: bool
    recommended: bool

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return self._asdict()


def available(source: KernelSource) -> list[Available]:
    """Return what `source` offers: the newest first, then by flavour.

    A kernel of which the source lacks a part cannot be fetched, and is left out.

    Raises:
        FetchError: the source cannot be asked.
    """
    found = []
    for each in source.offers():
        try:
            chosen = offer.Chosen(each.release, each.version, tuple(source.packages(each)))
        except FetchError:
            continue
        names = (
            fetch.entry_name(each.release, each.version, debug_symbols=symbols)
            for symbols in (False, True)
        )
        found.append(
            Available(
                release=each.release,
                version=each.version,
                flavour=each.flavour,
                suite=source.suite,
                size=chosen.size,
                space=chosen.space,
                fetched=any(cache.find(fetched_kernel.KIND, name) for name in names),
                recommended=each.recommended,
            )
        )
    found.sort(key=lambda each: each.flavour)
    found.sort(key=lambda each: offer.numbers(each.release), reverse=True)
    return found
