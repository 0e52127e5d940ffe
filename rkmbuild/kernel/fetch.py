"""Gets a kernel from a source into the cache: headers, kbuild tools, image and modules."""

import re
import shutil
import time
from functools import partial
from pathlib import Path

from rkmbuild.base import cache, console, paths
from rkmbuild.base.errors import FetchError, KernelError, StorageError
from rkmbuild.distro import offer, sources
from rkmbuild.distro.source import KernelSource
from rkmbuild.kernel import added_kernels, fetch_companions, fetched_kernel, find
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.fetched_kernel import FetchedKernel, FetchedPackage
from rkmbuild.kernel.tree import KernelTree, Origin


def fetch(
    series: str | None = None,
    flavour: str | None = None,
    source: KernelSource | None = None,
    *,
    debug_symbols: bool = False,
    with_compiler: bool = True,
) -> KernelTree:
    """Return a kernel of `series`, fetched if the newest that is offered is not there yet.

    Nothing is installed: the source downloads, verifies and unpacks, and the finished root folder
    is renamed into the cache.

    Args:
        series: `6.12`, or more of a release up to all of it; the newest recommended where None.
        flavour: `cloud`, `rt`, `generic` for the ordinary one, whatever the distribution calls it;
            the one with the smallest image where None.
        source: Where from; what this machine's packages come from where None.
        debug_symbols: Get its debug information as well, which takes gigabytes.
        with_compiler: Whether to get the kernel's compiler where this machine's gcc is older.

    Raises:
        FetchError: there is no such kernel, or it could not be got.
        StorageError: it could not be written.
    """
    try:
        asked = source or sources.of_this_machine()
        wanted = offer.choose(asked, series, flavour, debug_symbols=debug_symbols)
    except FetchError as error:
        there = _newest_fetched(series, flavour, source, debug_symbols=debug_symbols)
        if there is None:
            raise
        console.note(f"{error.message}; {there.release} is there from before")
        return there
    name, with_symbols = (
        entry_name(wanted.release, wanted.version, wanted.mark, debug_symbols=wanted_symbols)
        for wanted_symbols in (debug_symbols, True)
    )
    place = _intact(name, with_compiler) or _intact(with_symbols, with_compiler)
    if place:
        who = asked.suite or asked.name
        console.status(
            "Fresh", f"{wanted.release} is fetched already, and {who} offers no newer one"
        )
    else:
        check_space(wanted.release, wanted.space)
        amount = f"{wanted.size / 1e6:.0f} MB in {len(wanted.packages)} packages"
        if debug_symbols:
            amount += f", {wanted.space / 1e6:.0f} MB on the disk"
        make = partial(_make, source=asked, wanted=wanted, with_compiler=with_compiler)
        with console.step("Fetching", f"{wanted.release} ({amount})"):
            place = cache.entry(fetched_kernel.KIND, name, make)
    kernel = fetched_kernel.read(place)
    return read_tree(kernel.build, Origin.FETCHED, kernel.parts)


def entry_name(release: str, version: str, mark: str = "", *, debug_symbols: bool = False) -> str:
    """Return what a fetched kernel is called among the entries of the cache.

    Args:
        release: What `uname -r` says under it.
        version: The version of its packages.
        mark: What tells them from others of that version, where that is needed.
        debug_symbols: Whether its debug information is with it.
    """
    # make cannot have a colon in a path, and an epoch is written with one.
    parts = (release, version, mark, "debug" if debug_symbols else "")
    name = "_".join(part for part in parts if part)
    return re.sub(r"[^A-Za-z0-9.+-]", "_", name)


def remove(release: str) -> None:
    """Remove the kernel of the cache that `release`, or a unique part of it, means.

    One that was added is forgotten, and its files stay; where it has the release of a fetched one,
    that one stays as well.

    Raises:
        KernelError: no kernel that was fetched or added is called so, or several are.
        StorageError: it could not be removed.
    """
    there = [*find.added(), *find.fetched(), *find.built()]
    chosen = find.matching(release, there)
    releases = sorted({candidate.release for candidate in chosen})
    if len(releases) != 1:
        names = ", ".join(candidate.release for candidate in there) or "none"
        what = f"fits {len(releases)} kernels" if releases else "was neither fetched nor added"
        raise KernelError(f"{release!r} {what}", hint=f"fetched or added: {names}")
    own = [candidate for candidate in chosen if candidate.added]
    for candidate in own:
        added_kernels.forget(candidate.build)
        console.status("Forgot", f"{candidate.release}, in {candidate.build}")
    for candidate in chosen if not own else ():
        if candidate.manifest:
            entry = candidate.manifest.entry
            cache.remove(entry.parent.name, entry.name)
            console.status("Removed", candidate.release)


def check_space(what: str, size: int) -> None:
    """Refuse to begin with what the disk has no space for.

    Args:
        what: What needs it.
        size: How many bytes.

    Raises:
        StorageError: fewer are free where the cache is.
    """
    folder = paths.cache_dir()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StorageError(
            f"{what} needs {size / 1e6:.0f} MB in {paths.cache_dir()}, "
            f"and {free / 1e6:.0f} MB are free",
            hint="`rkmbuild clean --cache` empties the cache; RKMBUILD_CACHE_DIR moves it",
        )


def _intact(name: str, with_compiler: bool) -> Path | None:
    """Return the cache's entry; one that cannot be read, or lacks something now, is removed."""
    place = cache.find(fetched_kernel.KIND, name)
    if place is None:
        return None
    try:
        kernel = fetched_kernel.read(place)
        tree = read_tree(kernel.build, Origin.FETCHED, kernel.parts)
    except KernelError as error:
        console.warning(f"{error.message}; it is fetched again")
    else:
        with_compiler = with_compiler and kernel.without_compiler
        if not fetch_companions.are_missing(tree, with_compiler=with_compiler):
            return place
    cache.remove(fetched_kernel.KIND, name)
    return None


def _newest_fetched(
    series: str | None, flavour: str | None, source: KernelSource | None, *, debug_symbols: bool
) -> KernelTree | None:
    for candidate in find.fetched():
        kernel = candidate.manifest
        if kernel is None:
            continue
        if source and (kernel.source, kernel.suite) != (source.name, source.suite):
            continue
        if debug_symbols and kernel.debug_symbols is None:
            continue
        if offer.fits(candidate.release, series, flavour):
            return candidate.read()
    return None


def _make(folder: Path, source: KernelSource, wanted: offer.Chosen, *, with_compiler: bool) -> None:
    """Put the kernel together below `folder`, and write its manifest."""
    # The packages lie beside what is unpacked, and are gone once it is.
    with cache.temporary() as downloads:
        got = [*source.download(wanted.packages, downloads)]
        for each in got:
            source.unpack(each.file, folder)
            each.file.unlink()
    found = fetched_kernel.unpacked(folder, wanted.release)
    if found is None:
        raise FetchError(f"the packages of {wanted.release} have no headers for it")
    build, parts = found
    tree = read_tree(build, Origin.FETCHED, parts)  # that it can be built for
    if parts.image is None:
        raise FetchError(
            f"the packages of {wanted.release} have no image to boot",
            hint=f"they are: {', '.join(package.name for package in wanted.packages)}",
        )
    symbols = fetched_kernel.debug_symbols(folder, wanted.release)
    if wanted.debug_symbols and symbols is None:
        raise FetchError(f"the packages of {wanted.release} have no vmlinux with debug symbols")
    further = fetch_companions.bring(
        tree, wanted.packages, source, folder.resolve(), with_compiler=with_compiler
    )
    if further:
        parts = parts._replace(companions=folder.resolve() / fetch_companions.FOLDER)
    fetched_kernel.write(
        FetchedKernel(
            entry=folder,
            source=source.name,
            suite=source.suite,
            release=wanted.release,
            date=fetched_kernel.utc(time.time()),
            packages=tuple(
                FetchedPackage(package.name, package.version, package.architecture, sha256)
                for package, _, sha256 in (*got, *further)
            ),
            build=build,
            parts=parts,
            debug_symbols=symbols,
            expired=source.expired,
            without_compiler=not with_compiler,
        )
    )
