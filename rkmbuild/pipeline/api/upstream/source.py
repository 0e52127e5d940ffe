"""The source that a kernel was built from, as much of it as its Rust is made of and read with.

It is the distribution's package, kept in the cache for all flavours of a kernel, or what the user
names, of which a copy is taken: a tree that something was built in would be in its own way.
"""

import hashlib
import re
import shutil
import tarfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import cache, console, files
from rkmbuild.base.errors import FetchError, KernelError
from rkmbuild.distro import apt_suite, distribution, source_package
from rkmbuild.distro.apt import Apt, Listed
from rkmbuild.kernel import fetched_kernel
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.pipeline.api.upstream import source_files

# The kind of cache entry that holds a source from a package.
KIND = "kernel-source"
# Counts up when more or less is taken of a source.
_REVISION = 1
FOLDER = "linux"
# A file beside it with the version of its package.
_PACKAGE = "version"
_VERSION = re.compile(r"^(VERSION|PATCHLEVEL|SUBLEVEL)\s*=\s*(\d+)\s*$", re.MULTILINE)


class Source(NamedTuple):
    """A source of a kernel.

    Attributes:
        folder: The srctree.
        version: What it says that it is.
        label: What it is called: of a package its version, of one of the user's its own.
        name: What tells it from others: that, and a digest of its Rust.
    """

    folder: Path
    version: KernelVersion
    label: str
    name: str


def packaged(
    tree: KernelTree,
    *,
    suite: str | None = None,
    allow_expired: bool = False,
    mismatch: bool = False,
) -> Path:
    """Return the source that the distribution has of a kernel, an entry of the cache.

    Args:
        tree: The kernel.
        suite: The suite to get it from; the one that the kernel is from where None.
        allow_expired: Take a suite if the archive does not vouch any more that it is the newest.
        mismatch: Take another patch level.

    Raises:
        FetchError: it is not offered, or could not be got.
        KernelError: what is offered is of another version.
        StorageError: there is no space for it.
    """
    there = _there_already(tree)
    if there:
        return there / FOLDER
    if not distribution.has_apt():
        raise FetchError(
            f"the source of {tree.release} is got with apt, which was not found", hint=_hint(tree)
        )
    suite = suite or suite_of(tree)[0]
    asked = apt_suite.asked(suite, allow_expired=allow_expired)
    package = source_package.choose(asked, f"{tree.version.major}.{tree.version.minor}", suite)
    # What would be refused once it is there need not be got.
    offered = KernelVersion.parse(package.version)
    if offered != tree.version:
        check(offered, tree, package.name, mismatch=mismatch)
    make = partial(_unpack, asked=asked, package=package, tree=tree)
    linux = cache.entry(KIND, _named(package.version, tree), make) / FOLDER
    check(read(linux).version, tree, package.name, mismatch=mismatch)
    return linux


def look(given: Path, tree: KernelTree, *, mismatch: bool) -> None:
    """Refuse what the user names where that is seen at once: before anything is got and copied.

    Args:
        given: A source's folder, or an archive of one.
        tree: The kernel that it is for.
        mismatch: Take another patch level.

    Raises:
        KernelError: it is no source of a kernel, or of another version.
    """
    if files.is_folder(given):
        check(_look(given / "Makefile", given), tree, str(given), mismatch=mismatch)
    elif files.is_file(given):
        _top(given)
    else:
        raise KernelError(f"{given} is neither a folder nor an archive")


def copied(given: Path, tree: KernelTree, folder: Path) -> Path:
    """Take what is needed of a source of the user's, as the folder `linux`, which is returned.

    Args:
        given: A source's folder, or an archive of one, which `look` found good.
        tree: The kernel that it is for.
        folder: Where the folder `linux` is to lie.

    Raises:
        KernelError: it is no source of a kernel.
        StorageError: there is no space for it.
    """
    if files.is_folder(given):
        for path in source_files.wanted(given, tree):
            place = folder / FOLDER / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(given / path, place)
    else:
        arguments = source_files.arguments(tree, _top(given))
        try:
            source_package.extract(given, folder, arguments)
        except FetchError as error:
            raise KernelError(error.message, hint=error.hint, output=error.output) from None
    return folder / FOLDER


def read(linux: Path) -> Source:
    """Return the source that lies in a folder `linux`, in the cache or where it was copied.

    Raises:
        KernelError: it is no source of a kernel, or has no Rust.
    """
    version = _look(linux / "Makefile", linux)
    if not files.is_file(linux / "rust/kernel/lib.rs"):
        raise KernelError(f"the source of {version} has no Rust in it (rust/kernel/lib.rs)")
    package = linux.with_name(_PACKAGE)
    label = package.read_text() if files.is_file(package) else str(version)
    return Source(linux, version, label, f"{label} {_digest(linux)}")


def check(version: KernelVersion, tree: KernelTree, what: str, *, mismatch: bool) -> None:
    """Refuse a source of another version than a kernel's headers.

    Args:
        version: The source's.
        tree: The kernel.
        what: The source, in words.
        mismatch: Take another patch level.

    Raises:
        KernelError: it is of another one.
    """
    own = of_headers(tree)
    near = (version.major, version.minor) == (own.major, own.minor)
    if version == own or (mismatch and near):
        return
    hint = _hint(tree)
    if near:
        hint += (
            "\n`--allow-mismatch` takes another patch level, if symbols and layouts are the same"
        )
    raise KernelError(
        f"{what} is the source of {version}, and the headers of {tree.release} are of {own}: "
        "what is made of it would not be that kernel's",
        hint=hint,
    )


def of_headers(tree: KernelTree) -> KernelVersion:
    """Return the version that a kernel's headers say, which its release does not say of Ubuntu's.

    They call all of a series by its first one: 6.8.0-45-generic has a Makefile of 6.8.12.
    """
    makefile = tree.source / "Makefile"
    said = (
        version_in(makefile.read_text(errors="surrogateescape"))
        if files.is_file(makefile)
        else None
    )
    return said or tree.version


def version_in(makefile: str) -> KernelVersion | None:
    """Return the version that the text of a top Makefile says, or None."""
    said = {name: int(number) for name, number in _VERSION.findall(makefile)}
    if not {"VERSION", "PATCHLEVEL"} <= said.keys():
        return None
    return KernelVersion(said["VERSION"], said["PATCHLEVEL"], said.get("SUBLEVEL", 0))


def suite_of(tree: KernelTree) -> tuple[str | None, str | None, bool]:
    """Return where a kernel was fetched from: its suite, its packages' version, whether expired."""
    kernel = fetched_kernel.of_tree(tree.build)
    if kernel is None:
        return None, None, False
    headers = (each.version for each in kernel.packages if each.name.startswith("linux-headers-"))
    return kernel.suite, next(headers, None), kernel.expired is not None


def _there_already(tree: KernelTree) -> Path | None:
    """Return the source of a fetched kernel's own packages, if it is in the cache."""
    _, version, _ = suite_of(tree)
    return cache.find(KIND, _named(version, tree)) if version else None


def _named(version: str, tree: KernelTree) -> str:
    # make can have no colon in a path, nor a tilde.
    plain = re.sub(r"[^A-Za-z0-9.+-]", "_", version)
    return f"{plain}-{cache.key(_REVISION, version, tree.arch, *source_files.PATTERNS)}"


def _unpack(folder: Path, *, asked: Apt, package: Listed, tree: KernelTree) -> None:
    size = package.size / 1e6
    with console.step("Fetching", f"{package.name} {package.version} ({size:.0f} MB)"):
        source_package.unpack(asked, package, folder, source_files.arguments(tree, package.name))
    (folder / _PACKAGE).write_text(package.version)


def _top(archive: Path) -> str:
    """Return the folder that all of an archive lies in."""
    try:
        with tarfile.open(archive) as opened:
            first = opened.next()
    except (OSError, tarfile.TarError, EOFError) as error:
        raise KernelError(f"{archive} is no archive that can be read: {error}") from None
    top = Path(first.name).parts[0] if first else ""
    if not first or not (first.isdir() or len(Path(first.name).parts) > 1):
        raise KernelError(
            f"{archive} is no archive of a kernel's source, which has one folder at its top"
        )
    return top


def _look(makefile: Path, what: Path) -> KernelVersion:
    try:
        version = version_in(makefile.read_text(errors="surrogateescape"))
    except OSError:
        version = None
    if version is None:
        raise KernelError(f"{what} is no source of a kernel: its Makefile says no version")
    return version


def _digest(linux: Path) -> str:
    """Return a digest of the Rust of a source."""
    digest = hashlib.sha256()
    for file in sorted((linux / "rust").rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(linux)}\n{files.sha256(file)}\n".encode())
    return digest.hexdigest()[:16]


def _hint(tree: KernelTree) -> str:
    series = f"{tree.version.major}.{tree.version.minor}"
    return (
        f"get the source of {tree.version}, of Debian the package linux-source-{series} of that "
        "version, and name it: `rkmbuild kernel prepare RELEASE --source DIR-OR-TARBALL`"
    )
