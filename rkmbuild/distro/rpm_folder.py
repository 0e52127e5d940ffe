"""A folder of .rpm files as a source of kernels, as Fedora and openSUSE cut theirs up.

Which package has which part of a kernel is told by the files in it, not by its name: a tree to
build in (usr/src/kernels/RELEASE in Fedora, usr/src/linux-VERSION-obj/MACHINE/FLAVOUR in openSUSE),
the source that openSUSE's leads to, and the image and the modules in lib/modules/RELEASE.
"""

import gzip
import lzma
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import process
from rkmbuild.base.errors import FetchError, ToolchainError, WantedPart
from rkmbuild.distro import package_files, rpm_file
from rkmbuild.distro.rpm_file import Rpm
from rkmbuild.distro.source import Download, Offer, Package

_TREE = re.compile(
    r"/usr/src/(?:kernels/(?P<release>[^/]+)"
    r"|linux-(?P<version>[^/]+)-obj/[^/]+/(?P<flavour>[^/]+))/include/config/auto\.conf"
)
_IMAGE = re.compile(r"(?:/usr)?/lib/modules/(?P<release>[^/]+)/vmlinuz|/boot/vmlinuz-(?P<boot>.+)")
_MODULES = re.compile(r"(?:/usr)?/lib/modules/(?P<release>[^/]+)/")
_SOURCE = re.compile(r"/usr/src/linux-(?P<version>[^/]+)/Makefile")
_DEBUG = re.compile(r"/usr/lib/debug/(?:usr/)?lib/modules/(?P<release>[^/]+)/vmlinux")


class _Contents(NamedTuple):
    """What of which kernels is in a package: their releases, or openSUSE's versions of sources."""

    trees: frozenset[str]
    images: frozenset[str]
    modules: frozenset[str]
    sources: frozenset[str]
    debug: frozenset[str]


class RpmFolder:
    """The kernels in the .rpm files in `folder` and below.

    Where createrepo has described them there, each must have the checksum that is written.
    """

    suite = None
    # openSUSE's ordinary flavour; Fedora's has no name.
    flavours = ("", "default")
    expired = None
    elsewhere = None

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    def offers(self) -> list[Offer]:
        """Return the kernels that have both a tree to build in and an image."""
        found = []
        images = {release for each in self._contents.values() for release in each.images}
        for file, each in self._contents.items():
            for release in sorted(each.trees & images):
                flavour = release.rpartition("-")[2] if _is_suse(release) else ""
                version = self._rpms[file].version
                found.append(Offer(release, version, flavour, recommended=False, ordinary=True))
        return found

    def packages(self, offer: Offer, *, debug_symbols: bool = False) -> list[Package]:
        """Return the packages that hold a part of the kernel."""
        release = offer.release
        chosen = {
            file
            for file, each in self._contents.items()
            if release in each.trees | each.modules | each.images
            or any(release.startswith(f"{version}-") for version in each.sources)
        }
        if debug_symbols:
            symbols = {file for file, each in self._contents.items() if release in each.debug}
            if not symbols:
                raise FetchError(f"{self.name} offers no debug symbols of {release}")
            chosen |= symbols
        return [self._package(file) for file in sorted(chosen)]

    def companions(self, packages: Iterable[Package], compiler: str | None = None) -> list[Package]:  # noqa: ARG002
        """Return no packages: what programs in .rpm files need is not read.

        Raises:
            FetchError: a compiler is wanted.
        """
        if compiler:
            raise FetchError(f"{self.name} offers no {compiler}")
        return []

    def download(self, packages: Iterable[Package], folder: Path) -> list[Download]:
        """Copy `packages` into `folder`, and compare them with what the repository says.

        Raises:
            FetchError: one is not what it should be.
        """
        folder.mkdir(parents=True, exist_ok=True)
        done = []
        for package in packages:
            file = next(each for each in self._rpms if self._package(each) == package)
            copy, sha256 = package_files.copied(file, folder)
            if package.sha256 and package.sha256 != sha256:
                raise FetchError(
                    f"{file} is not what repodata says: its SHA256 is {sha256}, "
                    f"and {package.sha256} is listed",
                    hint="`createrepo_c` describes the folder anew, if the file is right",
                )
            done.append(Download(package, copy, sha256))
        return done

    def unpack(self, package: Path, root: Path) -> None:
        """Unpack the files of the .rpm `package` below `root`, none of them outside of it.

        Raises:
            FetchError: it is no package, or damaged.
            ToolchainError: there is nothing that unpacks it.
        """
        try:
            process.run(
                ["bsdtar", "-x", "--no-same-owner", "-f", str(package), "-C", str(root)],
                doing=f"unpacking {package.name}",
                failure=FetchError,
            )
        except ToolchainError:
            raise ToolchainError(
                "bsdtar was not found, which unpacks .rpm packages", wanted=WantedPart("bsdtar")
            ) from None

    def mark(self, packages: Iterable[Package]) -> str:
        """Return what tells these files from others of the same names and versions."""
        wanted = list(packages)
        return package_files.mark(file for file in self._rpms if self._package(file) in wanted)

    @cached_property
    def _rpms(self) -> dict[Path, Rpm]:
        return {file: rpm_file.read(file) for file in sorted(self._folder.rglob("*.rpm"))}

    @cached_property
    def _contents(self) -> dict[Path, _Contents]:
        return {file: _contents(rpm.files) for file, rpm in self._rpms.items()}

    @cached_property
    def _checksums(self) -> dict[Path, str]:
        found = {}
        for listing in self._folder.rglob("repodata/repomd.xml"):
            found.update(_checksums(listing))
        return found

    def _package(self, file: Path) -> Package:
        rpm = self._rpms[file]
        return Package(
            name=rpm.name,
            version=rpm.version,
            architecture=rpm.architecture,
            sha256=self._checksums.get(file, ""),
            size=file.stat().st_size,
            installed=rpm.installed,
        )


def _contents(files: Iterable[str]) -> _Contents:
    trees, images, modules, sources, debug = (set[str]() for _ in range(5))
    for path in files:
        if found := _TREE.fullmatch(path):
            trees.add(found["release"] or f"{found['version']}-{found['flavour']}")
        elif found := _IMAGE.fullmatch(path):
            images.add(found["release"] or found["boot"])
        elif found := _SOURCE.fullmatch(path):
            sources.add(found["version"])
        elif found := _DEBUG.fullmatch(path):
            debug.add(found["release"])
        elif found := _MODULES.match(path):
            modules.add(found["release"])
    return _Contents(*(frozenset(each) for each in (trees, images, modules, sources, debug)))


def _is_suse(release: str) -> bool:
    """Tell openSUSE's releases, 6.12.9-1-default, from Fedora's, whose end is the machine."""
    return re.fullmatch(r"[\d.]+-[\d.]+-[a-z]\w*", release) is not None


def _checksums(listing: Path) -> dict[Path, str]:
    """Return what `repomd.xml` leads to: the SHA256 of each package of a repository."""
    root = listing.parents[1]
    try:
        for data in ET.parse(listing).getroot():  # noqa: S314 - no more than Python's own limits
            place = data.find("{*}location")
            if data.get("type") != "primary" or place is None:
                continue
            # gzip, xz or zstd, as createrepo was told.
            return dict(_of_primary(root, _text(root / place.get("href", ""))))
    except (OSError, ET.ParseError, FetchError) as error:
        raise FetchError(f"{listing} cannot be read: {error}") from None
    return {}


def _of_primary(root: Path, text: bytes) -> Iterable[tuple[Path, str]]:
    for package in ET.fromstring(text):  # noqa: S314 - as above
        place, checksum = package.find("{*}location"), package.find("{*}checksum")
        if place is not None and checksum is not None and checksum.get("type") == "sha256":
            yield root / place.get("href", ""), checksum.text or ""


def _text(file: Path) -> bytes:
    content = file.read_bytes()
    if file.suffix == ".gz":
        return gzip.decompress(content)
    if file.suffix == ".xz":
        return lzma.decompress(content)
    if file.suffix == ".zst":
        command = ["zstd", "-dcq", "--", str(file)]
        try:
            done = process.run(command, doing=f"reading {file.name}", failure=FetchError)
        except ToolchainError:
            raise ToolchainError(
                f"zstd was not found, which unpacks {file}", wanted=WantedPart("zstd")
            ) from None
        return done.stdout.encode(errors="surrogateescape")
    return content
