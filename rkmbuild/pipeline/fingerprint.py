"""Whether a build has nothing to do: what went in and what came out, as the last build left it.

A file counts as unchanged if its size and its time are what they were, as for make and cargo.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from rkmbuild import __version__
from rkmbuild.base import cache, files, paths
from rkmbuild.base.tool_environment import OF_THE_TERMINAL, tool_environment
from rkmbuild.kernel import kconfig
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import exports
from rkmbuild.project import cargo_config, headers, package, user_flags
from rkmbuild.project.project import Project
from rkmbuild.project.request import BuildRequest

# Variables that choose something, beside those that tools themselves see.
_CHOOSING = (
    *("RUSTC", "BINDGEN", "LIBCLANG_PATH", "RKMBUILD_CACHE_DIR", exports.VARIABLE),
    *user_flags.VARIABLES,
)

# Counts up when a build notes other files than before, or another result of them.
_REVISION = 1


def request_key(request: BuildRequest) -> str:
    """Return a name for all that the user asked for, in words and in the environment."""
    chosen = {name: os.environ.get(name) for name in _CHOOSING}
    seen = tool_environment(dict.fromkeys(OF_THE_TERMINAL))
    # Of two installations each knows the files of its own `kernel` crate, and not the other's.
    ours = f"{__version__} in {paths.data('crates')}"
    return cache.key("request", _REVISION, ours, asdict(request), seen, chosen)


@dataclass(frozen=True)
class Noted:
    """What a build left: stamps of the files that went in and came out, and its result."""

    inputs: dict[str, files.Stamp | None]
    outputs: dict[str, files.Stamp | None]
    result: dict[str, str]

    @classmethod
    def now(cls, inputs: Iterable[Path], outputs: Iterable[Path], result: dict[str, str]) -> Self:
        """Note files as they are now."""
        return cls(
            {str(file): _stamp(file) for file in inputs},
            {str(file): _stamp(file) for file in outputs},
            result,
        )

    def holds(self) -> bool:
        """Tell whether every file is as it was."""
        noted = (*self.inputs.items(), *self.outputs.items())
        return all(_stamp(file) == (tuple(was) if was else None) for file, was in noted)


def is_current(state: Path, request: str) -> Noted | None:
    """Return what the last build noted in `state`, if it was asked for the same and still holds."""
    try:
        document = json.loads(state.read_text())
        asked, noted = document.pop("request"), Noted(**document)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return noted if asked == request and noted.holds() else None


def note(state: Path, request: str, noted: Noted) -> None:
    """Write what a build left to `state`, for is_current."""
    files.write(state, json.dumps({"request": request, **asdict(noted)}))


def project_inputs(project: Project, dep_info: Path, kbuild: Path) -> set[Path]:
    """Return the files of the project that a build reads, those that may appear included."""
    files = set(_dep_info(dep_info.read_text(errors="surrogateescape")))
    # A build script may name a folder, and one that names nothing may read all of its package
    # (The Cargo Book, "Change detection").
    folders = [file for file in files if file.is_dir()]
    folders += [folder for folder in project.packages() if package.has_script(folder)]
    files |= {file for folder in folders for file in package.below(folder)}
    files |= {project.workspace / "Cargo.toml", project.workspace / "Cargo.lock"}
    for folder in project.packages():
        files |= {folder / "Cargo.toml", folder / "build.rs"}
    files |= {*cargo_config.files(project.root)}
    if project.metadata.generate_header:
        files.add(project.root / headers.OWN_CONFIGURATION)
    files |= {project.root / source for source in project.metadata.c_sources}
    for header in project.bound:
        files |= {project.root / header, *headers.with_included(project.root / header)}
    for noted in kbuild.glob(".*.o.cmd"):
        # Folders that kbuild cannot work in are seen through links in its own.
        files |= _below(noted, project.workspace)
    return files


def kernel_inputs(tree: KernelTree) -> set[Path]:
    """Return the files of a kernel whose change makes a new build necessary."""
    names = (kconfig.AUTO_CONF, kconfig.DOT_CONFIG, "Makefile", "include/config/kernel.release")
    files = {tree.build / name for name in names}
    if tree.symvers:
        files.add(tree.symvers)
    return files


def _stamp(file: str | Path) -> files.Stamp | None:
    try:
        return files.stamp(file)
    except OSError:
        return None


def _dep_info(text: str) -> Iterable[Path]:
    """Read cargo's dep-info: make's form, a backslash before a space inside a name."""
    for line in text.splitlines():
        _, _, listed = line.partition(": ")
        for name in re.findall(r"(?:\\ |\S)+", listed):
            yield Path(name.replace("\\ ", " "))


def _below(noted: Path, root: Path) -> set[Path]:
    """Return the prerequisites in one of kbuild's .cmd files that lie below `root`."""
    text = noted.read_text(errors="surrogateescape")
    found = re.findall(rf"^\s+({re.escape(str(root))}/\S+)", text, re.MULTILINE)
    return {Path(name) for name in found}
