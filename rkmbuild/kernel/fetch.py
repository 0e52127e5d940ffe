"""Gets a kernel from the distribution into the cache: headers, kbuild tools, image and modules."""

import re
import shutil
from pathlib import Path

from rkmbuild.base import cache, console, paths
from rkmbuild.base.errors import FetchError, KernelError, StorageError
from rkmbuild.distro import apt, offer
from rkmbuild.kernel import find
from rkmbuild.kernel.detect import read_release, read_tree
from rkmbuild.kernel.kconfig import AUTO_CONF
from rkmbuild.kernel.tree import KernelTree, Origin


def fetch(series: str | None = None, flavour: str | None = None) -> KernelTree:
    """Return a kernel of `series`, fetched if the distribution's newest is not there yet.

    Nothing is installed: apt downloads and verifies, dpkg-deb unpacks, and the finished root folder
    is renamed into the cache.

    Args:
        series: `6.12`, or more of a release up to all of it; the newest recommended where None.
        flavour: `cloud`, `amd64`, `rt`; the one with the smallest image where None.

    Raises:
        FetchError: apt offers no such kernel, or could not get it.
        StorageError: it could not be written.
    """
    try:
        wanted = _resolve(series, flavour)
    except FetchError as error:
        there = _newest_fetched(series, flavour)
        if there is None:
            raise
        console.note(f"{error.message}; {there.release} is there from before")
        return there
    # make cannot have a colon in a path, and an epoch is written with one.
    name = re.sub(r"[^A-Za-z0-9.+-]", "_", f"{wanted.release}_{wanted.version}")
    place = cache.find(find.FETCHED, name)
    if place:
        console.status("Fresh", f"{wanted.release} is there already, and apt offers no newer one")
    else:
        _check_space(wanted)
        amount = f"{wanted.size / 1e6:.0f} MB in {len(wanted.packages)} packages"
        with console.step("Fetching", f"{wanted.release} ({amount})"):
            place = cache.entry(find.FETCHED, name, lambda folder: _make(folder, wanted))
    return read_tree(_objtree(place, wanted.release), Origin.FETCHED)


def remove(release: str) -> None:
    """Remove the fetched kernel that `release`, or a unique part of it, means.

    Raises:
        KernelError: no fetched kernel is called so, or several are.
        StorageError: it could not be removed.
    """
    chosen = find.matching(release, find.fetched())
    releases = sorted({candidate.release for candidate in chosen})
    if len(releases) != 1:
        there = ", ".join(candidate.release for candidate in find.fetched()) or "none"
        what = f"fits {len(releases)} fetched kernels" if releases else "is no fetched kernel"
        raise KernelError(f"{release!r} {what}", hint=f"fetched kernels: {there}")
    folder = (paths.cache_dir() / find.FETCHED).resolve()
    for candidate in chosen:
        cache.remove(find.FETCHED, candidate.build.relative_to(folder).parts[0])
        console.status("Removed", candidate.release)


def _resolve(series: str | None, flavour: str | None) -> offer.Offer:
    packages = apt.offered()
    try:
        return offer.resolve(packages, series, flavour)
    except FetchError as error:
        if apt.lists_are_empty():
            raise FetchError(
                "apt has no package lists on this machine", hint="run `apt-get update` first"
            ) from None
        raise error from None


def _check_space(wanted: offer.Offer) -> None:
    folder = paths.cache_dir()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < wanted.space:
        raise StorageError(
            f"{wanted.release} needs {wanted.space / 1e6:.0f} MB in {paths.cache_dir()}, "
            f"and {free / 1e6:.0f} MB are free",
            hint="`rkmbuild clean --cache` empties the cache; RKMBUILD_CACHE_DIR moves it",
        )


def _newest_fetched(series: str | None, flavour: str | None) -> KernelTree | None:
    for candidate in find.fetched():
        if offer.fits(candidate.release, series, flavour):
            return read_tree(candidate.build, candidate.origin)
    return None


def _make(folder: Path, wanted: offer.Offer) -> None:
    # The packages lie beside what is unpacked, and are gone once it is.
    with cache.temporary() as downloads:
        for package in apt.download(wanted.packages, downloads):
            apt.unpack(package, folder)
            package.unlink()
    tree = read_tree(_objtree(folder, wanted.release), Origin.FETCHED)
    if tree.image is None or not tree.image.is_relative_to(folder.resolve()):
        raise FetchError(
            f"the packages of {wanted.release} have no image to boot",
            hint=f"they are: {', '.join(package.name for package in wanted.packages)}",
        )


def _objtree(root: Path, release: str) -> Path:
    """Return the folder below `root` whose own files say that it is for `release`."""
    for build in sorted(root.glob("usr/src/*")):
        if (build / AUTO_CONF).exists() and read_release(build) == release:
            return build
    raise FetchError(f"the packages of {release} have no headers for it")
