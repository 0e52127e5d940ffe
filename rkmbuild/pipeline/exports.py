"""What modules export to each other: Module.symvers files in, and one out."""

import os
from collections.abc import Iterable
from pathlib import Path

from rkmbuild.base import cache, files
from rkmbuild.base.errors import ProjectError

VARIABLE = "KBUILD_EXTRA_SYMBOLS"
"""kbuild's own variable: where it finds what other external modules export
(Documentation/kbuild/modules.rst, "Symbols and External Modules")."""


def from_environment() -> tuple[Path, ...]:
    """Return the files that the user names in KBUILD_EXTRA_SYMBOLS, separated by spaces."""
    return tuple(Path(word).absolute() for word in os.environ.get(VARIABLE, "").split())


def joined(symvers: Iterable[Path]) -> str:
    """Return the symbols of several Module.symvers as one, each once.

    Raises:
        ProjectError: a file cannot be read.
    """
    lines: dict[str, None] = {}
    for file in symvers:
        try:
            lines.update(dict.fromkeys(file.read_text().splitlines()))
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ProjectError(
                f"cannot read {file}, a file of exported symbols: {why}",
                hint="a module that exports symbols leaves them beside its .ko, as <name>.symvers",
            ) from None
    return "".join(f"{line}\n" for line in lines)


def publish(made: Path, place: Path) -> Path | None:
    """Copy the Module.symvers that kbuild `made` to its place and return that.

    A module that exports nothing has an empty one, which is not worth a file: None.
    """
    text = made.read_text()
    with cache.writing(place):
        if not text:
            place.unlink(missing_ok=True)
            return None
        # Where it is the same, those who link to the module have nothing to do.
        with files.replacing(place, unless_same=True) as draft:
            draft.write_text(text)
    return place


def exported(header: Path) -> frozenset[str]:
    """Return the names that the Rust code of a module exports.

    Args:
        header: The generated `rkmbuild_exports.h`, or where it would be.
    """
    if not header.is_file():
        return frozenset()
    lines = [line for line in header.read_text().splitlines() if "EXPORT" in line.split("(")[0]]
    return frozenset(line.partition("(")[2].split(")")[0].split(",")[0] for line in lines)
