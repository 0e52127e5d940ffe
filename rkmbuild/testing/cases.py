"""Which tests a project has: functions in the module, and files in its tests/ folder."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rkmbuild.base.errors import ProjectError, UsageError
from rkmbuild.ko.modinfo import Modinfo

FOLDER = "tests"

# What `#[kernel_test]` puts into .modinfo: the test's name, its line, its file.
_FIELD = "kernel_test"
_HEADER = re.compile(r"(?:#|//!?)\s*rkmbuild:\s*(\S*)\s*(.*)")


class CaseKind(StrEnum):
    """Where a test runs."""

    KERNEL = "kernel"
    SCRIPT = "script"
    PROGRAM = "program"
    CYCLES = "cycles"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test.

    Attributes:
        kind: Where it runs.
        name: What it is called: `tests::adds`, `tests/loads.sh`, `cycles`.
        file: Its source, relative to the project; empty where it has none.
        line: The line there, counted from 1, or 0.
        id: The kernel's name of a function: the crate's name stands before `name`.
        params: What the module is loaded with, `name=value` each.
        count: How often the module is loaded and unloaded, for `cycles`.
    """

    kind: CaseKind
    name: str
    file: str = ""
    line: int = 0
    id: str = ""
    params: tuple[str, ...] = ()
    count: int = 0


def in_module(module: Modinfo) -> tuple[Case, ...]:
    """Return the functions that a module built for tests says it has, by file and line."""
    found = []
    for field, value in module.fields:
        if field != _FIELD:
            continue
        id_, line, file = value.split(" ", 2)
        name = id_.partition("::")[2]
        found.append(Case(kind=CaseKind.KERNEL, name=name, file=file, line=int(line), id=id_))
    return tuple(sorted(found, key=lambda case: (case.file, case.line)))


def in_folder(root: Path) -> tuple[Case, ...]:
    """Return the scripts and programs of a project's tests/ folder, by name.

    Raises:
        ProjectError: the head of one says what we do not know.
    """
    folder = root / FOLDER
    kinds = {".sh": CaseKind.SCRIPT, ".rs": CaseKind.PROGRAM}
    files = sorted(f for f in folder.glob("*") if f.suffix in kinds and f.is_file())
    return tuple(
        Case(
            kind=kinds[file.suffix],
            name=f"{FOLDER}/{file.name}",
            file=f"{FOLDER}/{file.name}",
            params=_params(file),
        )
        for file in files
    )


def cycles(count: int) -> Case:
    """Return the test that loads and unloads the module `count` times."""
    return Case(kind=CaseKind.CYCLES, name="cycles", count=count)


def chosen(
    modules: Sequence[Sequence[Case]], filters: Sequence[str]
) -> tuple[tuple[Case, ...], ...]:
    """Return the cases whose name contains one of the filters; all of them without a filter.

    Args:
        modules: The cases of each module.
        filters: Parts of names.

    Raises:
        UsageError: there are cases, but none is chosen.
    """
    found = tuple(
        tuple(c for c in cases if not filters or any(word in c.name for word in filters))
        for cases in modules
    )
    names = list(dict.fromkeys(case.name for cases in modules for case in cases))
    if names and not any(found):
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        words = " or ".join(f"`{word}`" for word in filters)
        hint = f"there are {', '.join(names[:8])}{more}"
        raise UsageError(f"no test's name contains {words}", hint=hint)
    return found


def _params(file: Path) -> tuple[str, ...]:
    """Read the comments at a file's head: `# rkmbuild: params limit=3 label="two words"`."""
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError as error:
        raise ProjectError(f"cannot read {file}: {error.strerror}") from None
    words: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith(("#", "//")):
            break
        header = _HEADER.fullmatch(line.rstrip())
        if not header:
            continue
        place = f"{file}:{number}"
        if header[1] != "params":
            raise ProjectError(f"{place}: unknown word `{header[1]}`; there is `params`")
        try:
            words += shlex.split(header[2])
        except ValueError as error:
            raise ProjectError(f"{place}: {error}") from None
    return tuple(words)
