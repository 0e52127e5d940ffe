"""Kernels that the user has named once for good: where they are, in the words of the user.

They lie wherever the user keeps them, and nothing of them is copied. What was said is kept in the
state folder and not in the cache, which may be emptied at any time.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rkmbuild.base import cache, files, locks, paths
from rkmbuild.base.errors import KernelError, StorageError
from rkmbuild.kernel import images

_FILE = "added-kernels.json"
# Counts up when an older rkmbuild could not make sense of what a newer one writes.
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class AddedKernel:
    """A kernel that was added.

    Attributes:
        build: The objtree.
        release: What `uname -r` said under it when it was added.
        name: What the user calls it, or None.
        root: The folder that it was unpacked below, with image and modules, or None.
        image: The image that the user named, or None.
        modules: The folder of modules that the user named, or None.
    """

    build: Path
    release: str
    name: str | None = None
    root: Path | None = None
    image: Path | None = None
    modules: Path | None = None

    def parts(self) -> images.Parts:
        """Return what belongs to it beside the tree: what was named, and else what is found."""
        found = images.find(self.build, self.release, [self.root] if self.root else None)
        return images.Parts(
            self.image or found.image, found.system_map, self.modules or found.modules
        )

    def document(self) -> dict[str, Any]:
        """Return it as the file has it."""
        return {
            "build": str(self.build),
            "release": self.release,
            "name": self.name,
            "root": str(self.root) if self.root else None,
            "image": str(self.image) if self.image else None,
            "modules": str(self.modules) if self.modules else None,
        }


def path() -> Path:
    """Return the file that they are kept in.

    Raises:
        StorageError: nobody says where the user's home is.
    """
    return paths.state_dir() / _FILE


def read() -> list[AddedKernel]:
    """Return the kernels that were added, in the order in which they were.

    Raises:
        KernelError: the file is damaged, or of a newer rkmbuild.
    """
    try:
        file = path()
    except StorageError:  # a user without a home has added none
        return []
    try:
        document = json.loads(file.read_bytes())
        if document["schema"] > _SCHEMA:
            raise KernelError(
                f"{file} is of a newer rkmbuild: schema {document['schema']}, where {_SCHEMA} is "
                "the newest that this one reads",
                hint="use that one",
            )
        return [_kernel(each) for each in document["kernels"]]
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []  # none, or none of this user's
    except KeyError as error:
        why = f"it has no {error.args[0]}"
    except (OSError, TypeError, ValueError) as error:
        why = str(error)
    raise KernelError(
        f"{file} is damaged: {why}",
        hint="remove it, and name the kernels again: rkmbuild kernel add PATH",
    )


def add(kernel: AddedKernel) -> None:
    """Remember a kernel, in place of what was said of the same tree before.

    Raises:
        KernelError: another one has its name, or the file is damaged.
        StorageError: it cannot be written.
    """
    with _changing() as known:
        for other in known:
            if kernel.name and other.name == kernel.name and other.build != kernel.build:
                raise KernelError(
                    f"{other.build} is called {kernel.name!r} already",
                    hint=f"choose another name, or `rkmbuild kernel remove {kernel.name}` first",
                )
        known[:] = [other for other in known if other.build != kernel.build] + [kernel]


def forget(build: Path) -> None:
    """Forget the kernel whose objtree is `build`; its files are the user's and stay.

    Raises:
        KernelError: the file is damaged.
        StorageError: it cannot be written.
    """
    with _changing() as known:
        known[:] = [other for other in known if other.build != build]


@contextlib.contextmanager
def _changing() -> Iterator[list[AddedKernel]]:
    file = path()
    with cache.writing(file), locks.held(file.with_suffix(".lock")):
        known = read()
        yield known
        document = {"schema": _SCHEMA, "kernels": [kernel.document() for kernel in known]}
        files.write(file, json.dumps(document, indent=2) + "\n")


def _kernel(said: dict[str, Any]) -> AddedKernel:
    def place(name: str) -> Path | None:
        return Path(said[name]) if said[name] is not None else None

    build = place("build")
    if build is None:
        raise ValueError("a kernel in it has no tree")
    return AddedKernel(
        build=build,
        release=said["release"],
        name=said["name"],
        root=place("root"),
        image=place("image"),
        modules=place("modules"),
    )
