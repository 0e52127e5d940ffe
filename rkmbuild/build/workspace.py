"""Cargo workspaces: which one a package belongs to, and which packages belong to one."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from rkmbuild.build import manifest
from rkmbuild.errors import ProjectError

_DEPENDENCIES = ("dependencies", "build-dependencies")


def of(root: Path, document: Mapping[str, Any]) -> Path:
    """Return the folder of a package's workspace, or its own where it has none.

    Args:
        root: The package's folder.
        document: Its Cargo.toml.
    """
    said = document.get("package", {}).get("workspace")
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
    relative = root.relative_to(folder)
    if any(relative.is_relative_to(left_out) for left_out in table.get("exclude", [])):
        return False
    return any(_matches(relative, str(pattern)) for pattern in table.get("members", []))


def _matches(relative: Path, pattern: str) -> bool:
    wanted = Path(pattern).parts
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
    for pattern in table.get("members", []):
        for place in sorted(folder.glob(str(pattern))):
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
            for entry in said.get(kind, {}).values():
                place = entry.get("path") if isinstance(entry, dict) else None
                below = (folder / place).resolve() if isinstance(place, str) else root
                if below not in found and below != root:
                    try:
                        waiting.append((below, manifest.read(below / "Cargo.toml")))
                    except ProjectError:
                        continue  # cargo says it better
    return found
