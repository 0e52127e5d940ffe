"""Reading a Cargo.toml."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rkmbuild.base.errors import ProjectError


def read(manifest: Path) -> dict[str, Any]:
    """Return what a Cargo.toml says.

    Raises:
        ProjectError: there is none, or it cannot be read.
    """
    try:
        with manifest.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ProjectError(
            f"{manifest.parent} is no module project: it has no Cargo.toml",
            hint="`rkmbuild new NAME` creates one",
        ) from None
    except OSError as error:
        raise ProjectError(f"cannot read {manifest}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{manifest}: {error}") from None


def table(document: object, name: str, manifest: Path) -> dict[str, Any]:
    """Return one of the tables in a Cargo.toml, or in a table of it, empty where it is not there.

    Raises:
        ProjectError: it is no table, or what it is in is none.
    """
    found = document.get(name, {}) if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise ProjectError(f"{manifest}: `{name}` must be a table")
    return found


def strings(document: Mapping[str, Any], name: str, manifest: Path) -> list[str]:
    """Return one of the lists of strings in a table of a Cargo.toml, empty where it is not there.

    Raises:
        ProjectError: it is none.
    """
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ProjectError(f"{manifest}: `{name}` must be a list of strings")
    return found


def is_module(document: Mapping[str, Any]) -> bool:
    """Tell whether the library of a package can be linked into a module."""
    library = document.get("lib")
    if not isinstance(library, dict):
        return False
    kinds = library.get("crate-type", library.get("crate_type"))
    return isinstance(kinds, list) and "staticlib" in kinds
