"""The kernels that tests run on: which there are is said here and nowhere else.

Each is a release series, so that what the distribution brings next is tested without a change.
"""

import functools
from dataclasses import dataclass, replace

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import offer
from rkmbuild.distro.debian import Debian
from rkmbuild.kernel import fetch, fetch_companions, find
from rkmbuild.kernel.tree import KernelTree
from tests.own_kernels import DebugKernel, OwnKernel


@dataclass(frozen=True)
class Tested:
    """A kernel that tests run on.

    Attributes:
        series: Which one: `6.12`.
        suite: The suite of Debian's archive to take it from.
        flavour: As Debian calls it.
        own_first: Take it from the machine's own apt sources where they have it, so that it fits
            the machine's compiler and is what its users have.
    """

    series: str
    suite: str
    flavour: str = "cloud"
    own_first: bool = True

    @property
    def name(self) -> str:
        """What a test's parameter calls it: `6.12`, or with what tells it from that one."""
        parts = [self.series]
        if self.flavour != "cloud":
            parts.append(self.flavour)
        if not self.own_first:
            parts.append(self.suite)
        return "-".join(parts)

    @property
    def fixture(self) -> str:
        """The fixture that has it: `kernel_6_12`."""
        return f"kernel_{self.name.replace('.', '_').replace('-', '_')}"


# All tests of the crate, the templates, `check` and `load` run on these.
ALWAYS = (
    Tested("6.1", "bookworm"),
    Tested("6.12", "trixie"),
    Tested("7.3", "trixie-backports"),
)
NAMES = tuple(tested.name for tested in ALWAYS)
NEWEST = ALWAYS[-1]


def named(name: str) -> Tested:
    """Return one of those by its name."""
    return next(tested for tested in ALWAYS if tested.name == name)


def sometimes(name: str) -> Tested:
    """Return one of those that are tested with --all-kernels by its name."""
    return next(tested for tested in SOMETIMES if tested.name == name)


def other_than(tested: Tested) -> Tested:
    """Return another one, whose modules it refuses."""
    return ALWAYS[0] if tested is ALWAYS[1] else ALWAYS[1]


# The same in the flavour with drivers for every machine; what looks at modules alone uses them.
ORDINARY = tuple(replace(tested, flavour="amd64") for tested in ALWAYS)
# With --all-kernels, the tests of the crate and some others run on these as well.
SOMETIMES = (
    Tested("6.1", "bookworm", "rt"),
    Tested("6.12", "trixie", "rt"),
    Tested("6.12", "trixie", own_first=False),
    Tested("7.2", "sid", own_first=False),
    Tested("7.3", "experimental", own_first=False),
)
# Built from source, and only with --all-kernels: what these have no kernel of Debian's has.
OWN = (
    OwnKernel(
        name="6.12-clang",
        series="6.12",
        suite="trixie",
        flavour="ThinLTO, kCFI",
        options=(
            "PROC_SYSCTL",
            "LTO_CLANG_THIN",
            "CFI_CLANG",
            "CFI_ICALL_NORMALIZE_INTEGERS",
        ),
        llvm=True,
    ),
    OwnKernel(
        name="7.3-gendwarfksyms",
        series="7.3",
        suite="trixie-backports",
        flavour="gendwarfksyms, EXTENDED_MODVERSIONS",
        options=("SYSCTL", "DEBUG_INFO_DWARF4", "GENDWARFKSYMS", "EXTENDED_MODVERSIONS"),
    ),
)
# Likewise: what looks for bugs while the kernel runs.
DEBUG = (DebugKernel("6.12", "trixie"),)
# The one that looks for data races, which excludes the first's checks of memory.
RACES = DebugKernel("6.12", "trixie", ("kcsan", "kcov"))
EVERY = (*ALWAYS, *SOMETIMES, *OWN, *DEBUG)


@functools.cache
def get(tested: Tested | OwnKernel | DebugKernel) -> KernelTree:
    """Return a kernel, fetched once into the cache.

    Raises:
        FetchError: it could not be got.
    """
    if isinstance(tested, OwnKernel | DebugKernel):
        return tested.get()
    suites = (None, tested.suite) if tested.own_first else (tested.suite,)
    # What is in the cache serves; asking apt for a newer one would cost every worker a second.
    for suite in suites:
        for candidate in find.fetched():
            if (
                candidate.manifest
                and candidate.manifest.suite == suite
                and offer.fits(candidate.release, tested.series, tested.flavour)
            ):
                tree = candidate.read()
                # One that an older rkmbuild fetched may lack what its tools need here.
                if not fetch_companions.are_missing(tree, with_compiler=False):
                    return tree
    if tested.own_first:
        try:
            return fetch.fetch(tested.series, tested.flavour, Debian())
        except FetchError:
            pass  # the machine's own sources do not have it
    # An archive may stand still for weeks, and what is tested is not that.
    source = Debian(tested.suite, allow_expired=True)
    return fetch.fetch(tested.series, tested.flavour, source)
