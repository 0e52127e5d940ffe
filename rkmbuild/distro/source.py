"""What every source of kernels gives, be it a distribution's archive or a folder of packages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package that a source has.

    Attributes:
        name: Its name.
        version: Its version, in the distribution's own writing.
        architecture: The distribution's word for the machine, or for all.
        sha256: What its file must have, 64 hex digits; empty where the source does not say.
        size: Bytes to download.
        installed: Bytes that its files take.
    """

    name: str
    version: str
    architecture: str
    sha256: str
    size: int
    installed: int


class Download(NamedTuple):
    """A package that was downloaded and verified.

    Attributes:
        package: What was asked for.
        file: Where it is now.
        sha256: What the file has, 64 hex digits.
    """

    package: Package
    file: Path
    sha256: str


class Offer(NamedTuple):
    """A kernel that a source has whole: to build for and to boot.

    Attributes:
        release: What `uname -r` says under it.
        version: The version of its packages.
        flavour: The distribution's word for what it is configured for: `cloud`, `rt`, `generic`.
        recommended: Whether the distribution points to it as the one of its series to have.
        ordinary: Whether its flavour is the distribution's ordinary one, however it calls that;
            users may call it generic.
    """

    release: str
    version: str
    flavour: str
    recommended: bool
    ordinary: bool = False


class KernelSource(Protocol):
    """Where kernels come from.

    Whatever goes wrong is told as a FetchError in the source's own words, with what to do about it;
    a disk that is full is a StorageError. Nothing is installed, and no script of a package is run.
    """

    @property
    def name(self) -> str:
        """Who offers, as messages and the manifests of fetched kernels say it: `apt`."""

    @property
    def suite(self) -> str | None:
        """The part of the archive that is asked; None for what this machine is set up for."""

    @property
    def flavours(self) -> Sequence[str]:
        """Which flavour is taken first where the user names none: the smallest image's."""

    @property
    def expired(self) -> str | None:
        """When the source ceased to vouch that it offers the newest; None where it still does."""

    @property
    def elsewhere(self) -> str | None:
        """What the user may try where a kernel is not offered; None where nothing is known."""

    def offers(self) -> Sequence[Offer]:
        """Return the kernels that can be had, in no particular order.

        Raises:
            FetchError: the source cannot be asked.
        """

    def packages(self, offer: Offer, *, debug_symbols: bool = False) -> Sequence[Package]:
        """Return all packages that are needed to build for a kernel and to boot it.

        Args:
            offer: The kernel.
            debug_symbols: Return that with the kernel's debug information as well.

        Raises:
            FetchError: the source lacks one of them.
        """

    def mark(self, packages: Iterable[Package]) -> str:
        """Return what tells `packages` from others of the same names and versions.

        Empty where a version means one content, as in an archive; letters and digits otherwise.
        """

    def companions(
        self, packages: Iterable[Package], compiler: str | None = None
    ) -> Sequence[Package]:
        """Return what the programs of a kernel's packages need on a machine older than they are.

        That is the loader and the libraries which they are linked with. What is returned is
        unpacked below one root, and run there by that loader.

        Args:
            packages: What `packages` returned.
            compiler: The name of a C compiler's package to add, as `gcc-14`, with all that it
                takes to compile for a kernel.

        Raises:
            FetchError: the source cannot be asked, or has no such compiler.
        """

    def download(self, packages: Iterable[Package], folder: Path) -> Sequence[Download]:
        """Get `packages` into `folder`; each is checked against what the source vouches for.

        Raises:
            FetchError: one could not be had, or is not what it should be.
            StorageError: there is no space for them.
        """

    def unpack(self, package: Path, root: Path) -> None:
        """Unpack the files of a downloaded package below `root`.

        Raises:
            FetchError: it is no package, or damaged.
            StorageError: there is no space for them.
        """
