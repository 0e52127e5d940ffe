"""What a module's own C asks of a kernel: `#ifdef RKMBUILD_HAS_<name>`, as Rust asks by cfgs.

The names are found in the C files and the headers of the project, and asked of the kernel all at
once, with the headers of the kernel that those include.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rkmbuild.pipeline import probe
from rkmbuild.project import headers as headers_of
from rkmbuild.project.project import Project

_ASKED = re.compile(rf"\b{probe.HAS}([A-Za-z]\w*)")
_INCLUDED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(<[^>\n]+>)", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """What files ask.

    Attributes:
        names: What they ask for.
        headers: The headers of the kernel that they include.
    """

    names: frozenset[str]
    headers: tuple[str, ...]

    def questions(self, *, beside: Iterable[probe.Question]) -> Sequence[probe.Question]:
        """Return the questions, but for those that are among others already."""
        known = {question.name for question in beside}
        return [probe.named(name) for name in sorted(self.names - known)]


def in_headers(project: Project) -> Asked:
    """Return what the headers ask that a project has bound."""
    return _of(project.bound, project)


def everywhere(project: Project) -> Asked:
    """Return what a project's C files and headers ask."""
    return _of((*project.bound, *map(str, project.metadata.c_sources)), project)


def _of(names: Iterable[str], project: Project) -> Asked:
    found = (file for name in names for file in headers_of.with_included(project.root / name))
    texts = [file.read_text(errors="replace") for file in dict.fromkeys(found)]
    asked = {name for text in texts for name in _ASKED.findall(text)}
    # A header of the kernel that is bound itself is no file of the project's.
    bound = [f"<{name}>" for name in project.bound if not (project.root / name).is_file()]
    included = [header for text in texts for header in _INCLUDED.findall(text)]
    return Asked(frozenset(asked), tuple(dict.fromkeys([*bound, *included])))
