"""A kernel in the cache, fetched or built here: a root folder and a manifest of what is in it.

The manifest is written when the kernel is put together, and read from then on: nothing in the root
is looked for again. Its paths are relative to the root, for that is renamed when it is finished.
"""

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.base import cache, files, paths
from rkmbuild.base.errors import KernelError, StorageError
from rkmbuild.kernel import images
from rkmbuild.kernel.detect import read_release
from rkmbuild.kernel.kconfig import AUTO_CONF

# The kind of cache entry that holds them, one root folder each.
KIND = "kernel"
# The kind of those that were built from a source.
BUILT = "built-kernel"
MANIFEST = "fetched.json"
# Where Debian, Fedora and openSUSE have the trees to build in.
_TREES = ("usr/src/*", "usr/src/kernels/*", "usr/src/linux-*-obj/*/*")
# Counts up when an older rkmbuild could not make sense of what a newer one writes.
SCHEMA = 1


class FetchedPackage(NamedTuple):
    """A package that a fetched kernel was unpacked from.

    Attributes:
        name: Its name.
        version: Its version.
        architecture: The distribution's word for the machine, or for all.
        sha256: What its file had, 64 hex digits.
    """

    name: str
    version: str
    architecture: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FetchedKernel:
    """A kernel in the cache, as its manifest describes it; paths are absolute here.

    Attributes:
        entry: The root folder.
        source: The name of where it came from, as `apt`; None where an older rkmbuild fetched it.
        suite: The part of the source's archive; None for what the machine was set up for.
        release: What `uname -r` says under it.
        date: When it was fetched, in UTC: `2026-11-27T23:45:00.123456Z`, so that later is greater.
        packages: What it was unpacked from; none where `source` is None.
        build: The objtree.
        parts: Image, System.map, modules and companions; None where one is not there.
        debug_symbols: The vmlinux with debug information, or None.
        expired: When its archive had ceased to vouch that it offers the newest, in UTC; None where
            it still did when the kernel was fetched.
        without_compiler: Whether its compiler was left out, as the user wished.
        name: What it is called beside its release; None where it was fetched.
        features: What of the kernel's own checks is in it; none where it was fetched.
    """

    entry: Path
    source: str | None
    suite: str | None
    release: str
    date: str
    packages: tuple[FetchedPackage, ...]
    build: Path
    parts: images.Parts
    debug_symbols: Path | None = None
    expired: str | None = None
    without_compiler: bool = False
    name: str | None = None
    features: tuple[str, ...] = ()

    @property
    def is_built(self) -> bool:
        """Whether it was built here."""
        return self.entry.parent.name == BUILT

    def document(self) -> dict[str, Any]:
        """Return it as the manifest has it."""

        def inside(path: Path | None) -> str | None:
            return None if path is None else str(path.relative_to(self.entry.resolve()))

        return {
            "schema": SCHEMA,
            "source": self.source,
            "suite": self.suite,
            "release": self.release,
            "date": self.date,
            "packages": [package._asdict() for package in self.packages],
            "build": inside(self.build),
            "image": inside(self.parts.image),
            "system_map": inside(self.parts.system_map),
            "modules": inside(self.parts.modules),
            "companions": inside(self.parts.companions),
            "debug_symbols": inside(self.debug_symbols),
            "expired": self.expired,
            "without_compiler": self.without_compiler,
            "name": self.name,
            "features": list(self.features),
        }


def entries() -> list[Path]:
    """Return the root folders of all kernels in the cache that were finished."""
    listed: list[Path] = []
    for kind in (KIND, BUILT):
        # Not there, not readable, or of a user without a home: none of his.
        with contextlib.suppress(OSError, StorageError):
            listed += sorted((paths.cache_dir() / kind).iterdir())
    return [entry for entry in listed if cache.is_done(entry)]


def unpacked(root: Path, release: str | None = None) -> tuple[Path, images.Parts] | None:
    """Find the kernel in a root that packages were just unpacked below.

    Args:
        root: The root folder.
        release: What the kernel's own files must say that it is; any where None.

    Returns:
        Its objtree, and its parts as far as they are in this root; None where there is no kernel.

    Raises:
        KernelError: an objtree does not say which kernel it is for.
    """
    real = root.resolve()
    for build in (found for place in _TREES for found in sorted(real.glob(place))):
        if files.is_there(build / AUTO_CONF):
            said = read_release(build)
            if release in (None, said):
                return build, images.find(build, said, [real])
    return None


def debug_symbols(root: Path, release: str) -> Path | None:
    """Find the vmlinux with debug information in a root that packages were just unpacked below."""
    debug = root.resolve() / "usr/lib/debug"
    # Debian up to 7.1 has the file in the first place, and links from the others; from 7.2 on, and
    # in Fedora, it is in the second one.
    places = (f"boot/vmlinux-{release}", f"lib/modules/{release}/vmlinux")
    found = (path.resolve() for path in (debug / place for place in places) if files.is_file(path))
    return next((path for path in found if path.is_relative_to(root.resolve())), None)


def write(kernel: FetchedKernel) -> None:
    """Write the manifest of `kernel` into its root folder.

    Raises:
        OSError: it cannot be written.
    """
    files.write(kernel.entry / MANIFEST, json.dumps(kernel.document(), indent=2) + "\n")


def read(entry: Path) -> FetchedKernel:
    """Return the kernel whose root folder is `entry`.

    Raises:
        KernelError: its manifest is damaged, or of a newer rkmbuild.
    """
    path = entry / MANIFEST
    try:
        document = json.loads(path.read_bytes())
        if document["schema"] > SCHEMA:
            raise KernelError(
                f"{path} is of a newer rkmbuild: schema {document['schema']}, where {SCHEMA} is "
                "the newest that this one reads",
                hint=_again(entry),
            )
        return _kernel(entry, document)
    except FileNotFoundError:
        return _of_older_rkmbuild(entry)
    except KeyError as error:
        why = f"it has no {error.args[0]}"
    except (OSError, TypeError, ValueError) as error:
        why = str(error)
    raise KernelError(f"{path} is damaged: {why}", hint=_again(entry))


def of_tree(build: Path) -> FetchedKernel | None:
    """Return the kernel of the cache whose objtree is `build`; None where that lies elsewhere."""
    for entry in entries():
        if build.resolve().is_relative_to(entry.resolve()):
            with contextlib.suppress(KernelError):
                return read(entry)
    return None


def _kernel(entry: Path, document: dict[str, Any]) -> FetchedKernel:
    root = entry.resolve()

    def inside(name: str) -> Path | None:
        # Manifests of before there were companions do not name them.
        value = document.get(name) if name == "companions" else document[name]
        if value is None:
            return None
        path = Path(value)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{name} leads out of the folder")
        return root / path

    def part(name: str) -> Path | None:
        path = inside(name)
        return path if path and files.is_there(path) else None

    build = inside("build")
    if build is None or not isinstance(document["release"], str):
        raise ValueError("it names no kernel")
    if not isinstance(document["date"], str):
        raise TypeError("its date is no text")
    return FetchedKernel(
        entry=entry,
        source=document["source"],
        suite=document["suite"],
        release=document["release"],
        date=document["date"],
        packages=tuple(FetchedPackage(**package) for package in document["packages"]),
        build=build,
        parts=images.Parts(part("image"), part("system_map"), part("modules"), part("companions")),
        debug_symbols=part("debug_symbols"),
        # Neither is there in those of an older rkmbuild.
        expired=document.get("expired"),
        without_compiler=bool(document.get("without_compiler")),
        name=document.get("name"),
        features=tuple(document.get("features", ())),
    )


def _of_older_rkmbuild(entry: Path) -> FetchedKernel:
    """Look through a root that was made before there were manifests, and write its manifest.

    Which packages it was made of is not known any more; where the cache cannot be written, that
    is done again the next time.
    """
    found = unpacked(entry)
    if found is None:
        raise KernelError(f"{entry} has no headers of a kernel", hint=_again(entry))
    build, parts = found
    kernel = FetchedKernel(
        entry=entry,
        source=None,
        suite=None,
        release=read_release(build),
        date=utc(cache.finished_at(entry)),
        packages=(),
        build=build,
        parts=parts,
    )
    with contextlib.suppress(OSError):
        write(kernel)
    return kernel


def utc(seconds: float) -> str:
    """Return a time, in seconds since 1970, as `date` has it."""
    # Not by datetime, which a build with nothing to do would pay 2 ms for.
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1e6):06}Z"


def _again(entry: Path) -> str:
    if entry.parent.name == BUILT:
        return f"remove {entry}; `rkmbuild kernel build-debug` builds the kernel again"
    return f"`rkmbuild kernel fetch` gets the kernel again; {entry} can be removed"
