"""What the upstream API builds once a kernel: the crates of its source, as rustc reads them.

An entry of the cache holds a manifest and `objtree`, which lies over the kernel's own objtree:
what `make prepare` of a kernel with CONFIG_RUST leaves in `rust/` for modules, and
`scripts/target.json`.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from rkmbuild.base import cache, files, paths
from rkmbuild.base.errors import StorageError
from rkmbuild.kernel import kconfig
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain.parts import Rust, Version

KIND = "sidecar"
MANIFEST = "sidecar.json"
SPARE = "spare"
"""The file of a sidecar that builds do not take: another one of that kernel is to be used."""
# Counts up when a sidecar of an older rkmbuild will not do.
REVISION = 3
# What of a toolchain is a path.
_PATHS = ("rustc", "cargo", "sysroot", "library")


class Way(StrEnum):
    """How a module comes by the crate's code.

    Attributes:
        OWN: The kernel has it, and exports its symbols.
        STATIC: The module brings what it uses of it.
    """

    OWN = "own"
    STATIC = "static"


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """The upstream crate for one kernel.

    Attributes:
        folder: The entry of the cache.
        release: The kernel's.
        way: How modules are linked.
        why: Why that way, in words.
        rust: The toolchain whose metadata it is: no other reads it.
        source: The version of the source that it was made from.
        kernel: What tells the kernel from others of its release (`identity`).
    """

    folder: Path
    release: str
    way: Way
    why: str
    rust: Rust
    source: str
    kernel: str = ""

    @property
    def objtree(self) -> Path:
        """What lies over the kernel's objtree."""
        return self.folder / "objtree"

    @property
    def crates(self) -> Path:
        """The metadata and the procedural macros; rustc's `-L`."""
        return self.objtree / "rust"

    @property
    def target(self) -> Path:
        """The target specification."""
        return self.objtree / "scripts/target.json"

    def stamps(self) -> tuple[Path, Path]:
        """Return the files, there or not, by which a build sees that it is to be made anew."""
        return self.crates / "libkernel.rmeta", self.folder / SPARE

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "release": self.release,
            "way": self.way,
            "why": self.why,
            "source": self.source,
            "rustc": self.rust.verbose.partition("\n")[0],
            "folder": str(self.folder),
        }

    def write(self) -> None:
        """Write the manifest, last of all that is in the folder."""
        self._write_manifest()
        rustc = Path(_in_cache(self.rust.rustc))
        if not rustc.is_absolute():
            cache.note_need(self.folder, *rustc.parts[:2])

    def told(self, why: str) -> "Sidecar":
        """Return it with another reason for its way, which the manifest says from now on.

        Raises:
            StorageError: the cache cannot be written.
        """
        made = replace(self, why=why)
        if why != self.why:
            with cache.writing(self.folder):
                made._write_manifest()
        return made

    def _write_manifest(self) -> None:
        rust = {
            name: _in_cache(value) if name in _PATHS else str(value)
            for name, value in vars(self.rust).items()
        }
        document = {
            "revision": REVISION,
            "release": self.release,
            "kernel": self.kernel,
            "way": self.way,
            "why": self.why,
            "source": self.source,
            "rust": {**rust, "vendored": self.rust.vendored},
        }
        files.write(self.folder / MANIFEST, json.dumps(document, indent=2) + "\n")


def read(folder: Path) -> Sidecar:
    """Return the sidecar that lies in an entry of the cache."""
    said: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    rust = said["rust"]
    return Sidecar(
        folder=folder,
        release=said["release"],
        way=Way(said["way"]),
        why=said["why"],
        source=said["source"],
        rust=Rust(
            # One of the cache is told by its place in that, which another machine has elsewhere.
            **{name: paths.cache_dir() / rust[name] for name in _PATHS},
            version=Version(*map(int, rust["version"].split("."))),
            verbose=rust["verbose"],
            host=rust["host"],
            vendored=rust["vendored"],
            origin=rust["origin"],
        ),
        kernel=said.get("kernel", ""),
    )


def identity(tree: KernelTree) -> str:
    """Return what tells a kernel from others of its release: its configuration and its exports."""
    told = [tree.build / kconfig.AUTO_CONF, *([tree.symvers] if tree.symvers else [])]
    return cache.key(tree.release, [files.sha256(file) for file in told])


def find(tree: KernelTree, link: Way | None = None) -> Sidecar | None:
    """Return the sidecar of a kernel if the cache has one, and the toolchain whose metadata it is.

    Args:
        tree: The kernel.
        link: How modules are to be linked; where None it is the sidecar that was chosen last, and
            none that is spare.
    """
    for found in _all(tree):
        fits = found.way is link if link else not (found.folder / SPARE).exists()
        # One of the cache counts as used then.
        if fits and _is_there(found.rust) and cache.note_use(found.folder):
            return found
    return None


def choose(made: Sidecar, tree: KernelTree) -> None:
    """Have builds for a kernel take this sidecar from now on, and make anew what others made.

    Raises:
        StorageError: the cache cannot be written.
    """
    with cache.writing(made.folder):
        (made.folder / SPARE).unlink(missing_ok=True)
        for other in _all(tree):
            if other.folder != made.folder:
                (other.folder / SPARE).touch()


def get(
    tree: KernelTree,
    source: Path | None = None,
    *,
    allow_mismatch: bool = False,
    suite: str | None = None,
    allow_expired: bool = False,
    link: Way | None = None,
    toolchain: str | None = None,
) -> Sidecar:
    """Return the sidecar of a kernel, made where the cache lacks it.

    What is asked for by source, way or toolchain is what later builds take.

    Args:
        tree: The kernel.
        source: Its source, a folder or an archive; the distribution's package where None.
        allow_mismatch: Take a source of another patch level, if it exports what the kernel does.
        suite: Where source and toolchain are from; that of the kernel where None.
        allow_expired: Take a suite if the archive does not vouch any more that it is the newest.
        link: How modules are to be linked; what the kernel allows where None.
        toolchain: What compiles it, a rustup name or a path to rustc; what fits where None.

    Raises:
        KernelError: it cannot be had for this kernel, or the source is not the kernel's.
        FetchError: source or toolchain could not be got.
        ToolchainError: this machine lacks a tool.
        BuildError: the source does not compile.
        StorageError: the cache cannot be written.
    """
    made = find(tree, link) if source is None and toolchain is None else None
    if made and not link:
        return made
    if made is None:
        # It knows of packages and compilers, which a build with nothing to make never asks for.
        from rkmbuild.pipeline.api.upstream import making  # noqa: PLC0415

        wanted = making.Wanted(
            source=source,
            allow_mismatch=allow_mismatch,
            suite=suite,
            allow_expired=allow_expired,
            link=link,
            toolchain=toolchain,
        )
        made = making.make(tree, wanted)
    choose(made, tree)
    return made


def _all(tree: KernelTree) -> Iterator[Sidecar]:
    """Give the sidecars of a kernel, that first which was made last."""
    try:
        entries = [entry for entry in (paths.cache_dir() / KIND).iterdir() if cache.is_done(entry)]
    except (OSError, StorageError):  # there is none yet, or nobody whose cache it would be
        return
    entries.sort(key=cache.finished_at, reverse=True)
    wanted = ""
    for entry in entries:
        with contextlib.suppress(OSError, ValueError, KeyError):
            said = json.loads((entry / MANIFEST).read_text())
            if said["revision"] != REVISION or said["release"] != tree.release:
                continue
            wanted = wanted or identity(tree)
            found = read(entry)
            if found.kernel == wanted:
                yield found


def _in_cache(path: Path) -> str:
    """Return a path as a manifest has it: relative, where it leads into the cache."""
    root = paths.cache_dir()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _is_there(rust: Rust) -> bool:
    return files.is_file(rust.rustc) and cache.note_use(rust.rustc)
