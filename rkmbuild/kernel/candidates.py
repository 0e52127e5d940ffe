"""What looks like a kernel's tree: where such lie, and what is known of one before it is read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self

from rkmbuild.base import files
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.added_kernels import AddedKernel
from rkmbuild.kernel.completeness import UTS_RELEASE
from rkmbuild.kernel.detect import (
    build_folder,
    read_release,
    read_tree,
    unreadable,
)
from rkmbuild.kernel.fetched_kernel import FetchedKernel
from rkmbuild.kernel.kconfig import AUTO_CONF
from rkmbuild.kernel.tree import KernelTree, Origin

# Where distributions put the objtrees of their kernels: /lib/modules/RELEASE/build leads to them
# everywhere; without modules installed they are still in /usr/src (Debian, Arch), its kernels/
# (Fedora) or its linux-RELEASE-obj/MACHINE/FLAVOUR (openSUSE).
_PLACES = (
    "lib/modules/*/build",
    "usr/lib/modules/*/build",
    "usr/src/*",
    "usr/src/kernels/*",
    "usr/src/linux-*-obj/*/*",
)


class Candidate(NamedTuple):
    """A tree that looks like a kernel's, and the release that it says it is for.

    Attributes:
        build: The objtree.
        release: What `uname -r` says under it.
        origin: Where it was found.
        manifest: What is known of it where it is in the cache: fetched, or built.
        added: What is known of it where it was added.
    """

    build: Path
    release: str
    origin: Origin
    manifest: FetchedKernel | None = None
    added: AddedKernel | None = None

    @classmethod
    def of_added(cls, kernel: AddedKernel) -> Self:
        """Return a kernel that was added."""
        return cls(kernel.build, kernel.release, Origin.ADDED, added=kernel)

    @classmethod
    def of_manifest(cls, kernel: FetchedKernel) -> Self:
        """Return a kernel of the cache."""
        origin = Origin.BUILT if kernel.is_built else Origin.FETCHED
        return cls(kernel.build, kernel.release, origin, kernel)

    @property
    def name(self) -> str | None:
        """What it is called beside its release."""
        known = self.added or self.manifest
        return known.name if known else None

    def read(self) -> KernelTree:
        """Return the kernel.

        Raises:
            KernelError: its tree cannot be built for.
        """
        if self.added:
            tree = read_tree(self.build, self.origin, self.added.parts())
            return replace(tree, name=self.name)
        tree = read_tree(self.build, self.origin, self.manifest.parts if self.manifest else None)
        return replace(tree, name=self.name) if self.name else tree


class PassedOver(NamedTuple):
    """A tree that cannot be built for, and why."""

    path: Path
    why: KernelError


def in_root(root: Path, origin: Origin, passed_over: list[PassedOver]) -> list[Candidate]:
    """Return the trees that lie where a machine whose root is `root` has them.

    Args:
        passed_over: Where those are added that cannot be read.
    """
    builds: dict[Path, None] = {}
    for place in _PLACES:
        for path in sorted(root.glob(place)):
            try:
                if any(files.look_for(path / name) for name in (AUTO_CONF, UTS_RELEASE)):
                    builds[path.resolve()] = None
            except OSError as error:
                passed_over.append(PassedOver(path, unreadable(error)))
    return [
        candidate for build in builds for candidate in _read_candidate(build, origin, passed_over)
    ]


def below(root: Path) -> list[Path]:
    """Return the objtrees in a folder that was unpacked as a machine's root, none outside of it."""
    real = root.resolve()
    found = in_root(real, Origin.PATH, [])
    return [each.build for each in found if each.build.is_relative_to(real)]


def _read_candidate(
    build: Path, origin: Origin, passed_over: list[PassedOver]
) -> Iterator[Candidate]:
    try:
        yield Candidate(build_folder(build), read_release(build), origin)
    except KernelError as error:
        passed_over.append(PassedOver(build, error))
