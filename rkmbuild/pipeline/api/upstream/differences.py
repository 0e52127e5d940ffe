"""What is known to differ between a sidecar's bindings and its kernel, and who is kept from it."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from rkmbuild.base.errors import ProjectError

FILE = Path("rust/layouts.json")
"""Where it is noted in a sidecar's objtree: what differs, by the name of the structure."""


def write(objtree: Path, differing: Mapping[str, str]) -> None:
    """Note what differs, for structures that only a module could name."""
    text = json.dumps(differing, indent=2, sort_keys=True)
    (objtree / FILE).write_text(f"{text}\n")


def words(files: Iterable[Path]) -> set[str]:
    """Return all words in files."""
    return {word for file in files for word in re.findall(r"\w+", file.read_text(errors="replace"))}


def refuse_use(objtree: Path, sources: Iterable[Path]) -> None:
    """Refuse a module's sources where they name a structure that is not as the kernel has it.

    Args:
        objtree: A sidecar's. That of a kernel without BTF has nothing noted.
        sources: All files of the module in Rust.

    Raises:
        ProjectError: one names such a structure.
    """
    noted = objtree / FILE
    differing: dict[str, str] = json.loads(noted.read_text()) if noted.exists() else {}
    for file in sources if differing else ():
        for name in sorted(words([file]) & differing.keys()):
            raise ProjectError(
                f"{file} names {name}, of which the bindings are wrong: {differing[name]}",
                hint="bindgen cannot express how C lays it out; a function in C can read it",
            )
