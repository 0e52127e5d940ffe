"""Cargo workspaces: which one a package belongs to, and which packages belong to one."""

import glob
import os
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from rkmbuild.base.errors import ProjectError
from rkmbuild.project import manifest
from rkmbuild.project.manifest import strings

_DEPENDENCIES = ("dependencies", "build-dependencies")


def of(root: Path, document: Mapping[str, Any]) -> Path:
    """Return the folder of a package's workspace, or its own where it has none.

    Args:
        root: The package's folder.
        document: Its Cargo.toml.
    """
    said = manifest.table(document, "package", root / "Cargo.toml").get("workspace")
    if "workspace" in document:
        return root
    if isinstance(said, str):
        return (root / said).resolve()
    for folder, table in above(root):
        if is_member(root, folder, table):
            return folder
    return root


def above(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Give the workspaces in the folders above `root`, the nearest first, and their tables."""
    for folder in root.parents:
        if (folder / "Cargo.toml").is_file():
            table = manifest.read(folder / "Cargo.toml").get("workspace")
            if isinstance(table, dict):
                yield folder, table


def is_member(root: Path, folder: Path, table: Mapping[str, Any]) -> bool:
    """Tell whether the workspace in `folder` names the package in `root`."""
    here = _relative(root, folder)
    said = folder / "Cargo.toml"
    left_out = (_relative(folder / name, folder) for name in strings(table, "exclude", said))
    if any(here.is_relative_to(place) for place in left_out):
        return False
    return any(
        _matches(here, _relative(folder / name, folder)) for name in strings(table, "members", said)
    )


def _relative(place: Path, folder: Path) -> Path:
    # A member may lie beside its workspace: `../driver`.
    return Path(os.path.relpath(place, folder))


def _matches(relative: Path, pattern: Path) -> bool:
    wanted = pattern.parts
    return len(wanted) == len(relative.parts) and all(map(fnmatch, relative.parts, wanted))


def members(folder: Path) -> dict[Path, dict[str, Any]]:
    """Return the packages of the workspace in `folder`, each with its Cargo.toml.

    A package that is no workspace's is the only one of its own.

    Raises:
        ProjectError: one of them cannot be read.
    """
    document = manifest.read(folder / "Cargo.toml")
    found = {folder: document} if "package" in document else {}
    table = manifest.table(document, "workspace", folder / "Cargo.toml")
    for pattern in strings(table, "members", folder / "Cargo.toml"):
        # Unlike Path.glob it takes any pattern: `.`, an absolute path.
        for name in sorted(glob.glob(pattern, root_dir=folder)):  # noqa: PTH207
            place = Path(os.path.normpath(folder / name))
            if (place / "Cargo.toml").is_file() and is_member(place, folder, table):
                found[place] = manifest.read(place / "Cargo.toml")
    return found


def local_packages(root: Path, document: Mapping[str, Any]) -> dict[Path, Mapping[str, Any]]:
    """Return a package and those that it depends on by path, and so on: folder and Cargo.toml."""
    found: dict[Path, Mapping[str, Any]] = {}
    waiting = [(root, document)]
    while waiting:
        folder, said = waiting.pop()
        found[folder] = said
        for kind in _DEPENDENCIES:
            entries = said.get(kind)
            for entry in entries.values() if isinstance(entries, dict) else ():
                place = entry.get("path") if isinstance(entry, dict) else None
                below = (folder / place).resolve() if isinstance(place, str) else root
                if below not in found and below != root:
                    try:
                        waiting.append((below, manifest.read(below / "Cargo.toml")))
                    except ProjectError:
                        continue  # cargo says it better
    return found
