"""Debian's and Ubuntu's archives as a source of kernels, through apt."""

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import apt, apt_suite, companions
from rkmbuild.distro.apt import Apt, Listed
from rkmbuild.distro.apt_suite import Suite
from rkmbuild.distro.source import Download, Offer, Package

# What Debian and Ubuntu cut a kernel into: headers and their tools, and the image with its
# modules; from Debian's 7.2 on the image is in linux-binary and its configuration in linux-base.
_KERNEL_PACKAGE = re.compile(r"linux-(headers|kbuild|image|binary|modules|base)-")
_PART = re.compile(rf"{_KERNEL_PACKAGE.pattern}(unsigned-)?\d")
_NOT_WANTED = re.compile(r"-signed-template$")
# An image is signed apart from its building, and some time after it: Debian's unsigned one serves
# until then. Up to 7.1 it is linux-image-RELEASE-unsigned there, from 7.2 on linux-binary-unsigned;
# Ubuntu's is linux-image-unsigned-RELEASE.
_IMAGES = (
    "linux-image-{}",
    "linux-image-{}-unsigned",
    "linux-image-unsigned-{}",
    "linux-binary-unsigned-{}",
)
# Debian's, and Ubuntu's where its archive of debug symbols is among apt's sources.
_DEBUG_SYMBOLS = ("linux-image-{}-dbg", "linux-image-{}-dbgsym", "linux-image-unsigned-{}-dbgsym")
_HEADERS = "linux-headers-"
# 6.1.0-56, 6.12.117+deb12 or 6.8.0-49, a dash, and the flavour
_RELEASE = re.compile(r"\d+\.\d+[^-]*(?:-\d+)?-(?P<flavour>[a-z].*)")

# 7.3.0-mine+, as a kernel of one's own may be called
_ANY_RELEASE = re.compile(r"\d+\.\d+.*")


class Debian:
    """The kernels of this machine's apt sources, or of one suite of the archive.

    Args:
        suite: `trixie-backports` and its like; None for what apt is set up for here.
        allow_expired: Take the suite if the archive does not vouch any more that it is the newest.
        apt: How apt is asked.
        name: Who offers.
        any_name: Take kernels that are not called as Debian's and Ubuntu's are, as those of
            `make bindeb-pkg`; metapackages are told from them by their names alone.
    """

    # The smallest image first (Debian), then Ubuntu's only common one; Debian's ordinary flavour
    # has the machine's own name.
    flavours = ("cloud", "generic")

    def __init__(
        self,
        suite: str | None = None,
        *,
        allow_expired: bool = False,
        apt: Apt | None = None,
        name: str = "apt",
        any_name: bool = False,
    ) -> None:
        self.name = name
        self._release = _ANY_RELEASE if any_name else _RELEASE
        self.suite = suite
        self._allow_expired = allow_expired
        self._given = apt
        # Packages of the suite under this one.
        self._borrowed: set[Package] = set()

    @property
    def expired(self) -> str | None:
        """When the archive ceased to vouch for what it lists; None where it still does."""
        return self._apt.expired

    @property
    def elsewhere(self) -> str | None:
        """What else there is to try where a kernel is not offered."""
        if self.suite is not None or self.name != "apt":
            return None
        return (
            "`--suite NAME` asks another suite of the archive, such as trixie-backports; "
            "`rkmbuild kernel list --available --suite NAME` shows what it has"
        )

    def offers(self) -> list[Offer]:
        """Return the kernels that have both headers and an image.

        A metapackage (linux-headers-cloud-amd64, linux-headers-6.12-cloud-amd64) depends on the
        headers that the distribution recommends, and is itself no kernel.

        Raises:
            FetchError: apt fails, has no lists, or knows no such suite.
        """
        listed = self._listed
        if not listed and self._apt.lists_are_empty():
            raise FetchError(
                "apt has no package lists on this machine", hint="run `apt-get update` first"
            )
        headers = {
            name.removeprefix(_HEADERS): package
            for name, package in listed.items()
            if name.startswith(_HEADERS)
        }
        releases = {
            release
            for release in headers
            if self._release.fullmatch(release) and self._first(_IMAGES, release)
        }
        points_to = {
            tail: {name.removeprefix(_HEADERS) for need in package.depends for name in need}
            & (releases - {tail})
            for tail, package in headers.items()
        }
        recommended = set().union(*points_to.values())
        return [
            Offer(
                release=release,
                version=headers[release].version,
                flavour=_flavour(release, headers[release].architecture),
                recommended=release in recommended,
                ordinary=_flavour(release, "") == headers[release].architecture,
            )
            for release in sorted(releases)
            if not points_to[release]
        ]

    def packages(self, offer: Offer, *, debug_symbols: bool = False) -> list[Package]:
        """Return what the kernel itself is cut into: no compiler, nothing to make an initramfs.

        Raises:
            FetchError: apt's lists lack one of them.
        """
        listed = self._listed
        waiting = [f"linux-headers-{offer.release}"]
        image = self._first(_IMAGES, offer.release)
        if image:
            waiting.append(image)
            # The signed image needs its modules by itself.
            modules = f"linux-modules-{offer.release}"
            waiting += [modules] if "unsigned" in image and modules in listed else []
        if debug_symbols:
            symbols = self._first(_DEBUG_SYMBOLS, offer.release)
            if symbols is None:
                raise FetchError(
                    f"{self.suite or self.name} offers no debug symbols of {offer.release}"
                )
            waiting.append(symbols)
        found: dict[str, Package] = {}
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found[name] = listed[name]
            for need in listed[name].depends:
                parts = [choice for choice in need if _PART.match(choice)]
                there = next((choice for choice in parts if choice in listed), None)
                if there:
                    waiting.append(there)
                elif parts and len(parts) == len(need):
                    raise FetchError(
                        f"apt offers {name}, but not {parts[0]}, which it needs",
                        hint=f"apt's package lists may be old: {self._apt.newer_lists}",
                    )
        return [found[name] for name in sorted(found)]

    def mark(self, packages: Iterable[Package]) -> str:
        """Return what tells `packages` from others of their names; see `DebFolder.mark`."""
        return self._apt.mark(packages)

    def companions(self, packages: Iterable[Package], compiler: str | None = None) -> list[Package]:
        """Return what lets the programs of `packages` run on an older machine, and a compiler.

        Raises:
            FetchError: apt fails, or does not offer the compiler.
        """
        there = [self._listed[package.name] for package in packages]
        more = [compiler] if compiler else []
        needs = {name for package in there for need in package.depends for name in need}
        names = sorted({*needs, *more})
        # What both suites have is taken from the one that is whole.
        under = self._under.with_dependencies(names) if self._under else {}
        offered = self._apt.with_dependencies(names) | under
        if compiler and compiler not in offered:
            raise FetchError(f"{self.suite or self.name} offers no {compiler}")
        found = companions.companions(there, more, offered)
        self._borrowed |= {package for package in found if package.name in under}
        return [*found]

    @cached_property
    def _under(self) -> Apt | None:
        """The suite that has what packages of this one are built for, if it is another one."""
        name = companions.suite_under(self.suite) if self.suite else None
        return Suite(name, allow_expired=self._allow_expired) if name else None

    def download(self, packages: Iterable[Package], folder: Path) -> list[Download]:
        """Have apt download and verify `packages`; see `Apt.download`."""
        wanted = list(packages)
        borrowed = [package for package in wanted if package in self._borrowed]
        own = [package for package in wanted if package not in self._borrowed]
        got = self._apt.download(own, folder) if own else []
        if borrowed and self._under:
            got += self._under.download(borrowed, folder)
        return got

    def unpack(self, package: Path, root: Path) -> None:
        """Unpack a .deb; see `apt.unpack`."""
        apt.unpack(package, root)

    @cached_property
    def _apt(self) -> Apt:
        return self._given or apt_suite.asked(self.suite, allow_expired=self._allow_expired)

    @cached_property
    def _listed(self) -> dict[str, Listed]:
        return self._apt.listed("linux-", _is_of_a_kernel)

    def _first(self, patterns: Iterable[str], release: str) -> str | None:
        names = (pattern.format(release) for pattern in patterns)
        return next((name for name in names if name in self._listed), None)


def _is_of_a_kernel(name: str) -> bool:
    return bool(_KERNEL_PACKAGE.match(name)) and not _NOT_WANTED.search(name)


def _flavour(release: str, machine: str) -> str:
    found = _RELEASE.fullmatch(release)
    return found["flavour"].removesuffix(f"-{machine}") if found else ""
